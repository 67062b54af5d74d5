"""The items of bulk jobs: what users write them as, and what is done with one.

Rule of this file: whatever is wrong with an item is that item's outcome, a `MinIOError`; only what isn't
an `Exception`, such as an interrupt, gets out.
"""

from __future__ import annotations

import inspect
import stat
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    MinIOError,
    ObjectLockedError,
    ServerError,
    ValidationError,
    as_class,
    invalid,
)
from minio_sdk.flows import copies, downloads, objects, reading, undeleting, uploads
from minio_sdk.flows.conditions import condition
from minio_sdk.flows.copy_rules import Changes, Conditions
from minio_sdk.flows.deletes import NOT_REPORTED, reports
from minio_sdk.flows.progress import OnProgress, Share
from minio_sdk.flows.sources import Source
from minio_sdk.models.moments import Moment
from minio_sdk.models.names import check_flag
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.results import DeletedObject, ObjectInfo, ObjectMetadata, UploadResponse
from minio_sdk.protocols import Relay
from minio_sdk.wire.failure import class_of

Outcome = Any
"""A result, or a `MinIOError`."""

Package = list[tuple[int, dict[str, Any]]]
"""Items with their places in the input, as the arguments of what is done with them."""

Done = list[tuple[int, Outcome]]

_DESCRIBING = frozenset(inspect.signature(uploads.object_headers).parameters) - {"key"}
_CHANGES = frozenset(f.name for f in fields(Changes) if f.init)
_CONDITIONS = frozenset(f.name for f in fields(Conditions))


@dataclass(frozen=True, slots=True)
class Verb:
    """What is done with each item.

    Attributes:
        shape: the names of a tuple's members.
        needs: how many of them there must be at least.
        options: what else a dict may have.
        act: does it.
        tells: whether `act` can say how far it is.
        known: all names that a dict may have.
    """

    shape: tuple[str, ...]
    needs: int
    options: frozenset[str]
    act: Callable[..., Awaitable[Any]]
    tells: bool = False
    known: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", self.options | {*self.shape})

    def fields(self, item: object, index: int, bucket: str | None) -> dict[str, Any]:
        """An item as arguments of `act`.

        Raises:
            ValidationError: it is none; names its index.
        """
        if type(item) is tuple and (given := self._whole(item, bucket)) is not None:
            return given
        where = f"items[{index}]"
        given = self._given(item, where, bucket is not None)
        if bucket is not None and "bucket" in self.shape:
            given.setdefault("bucket", bucket)
        if not given.keys() <= self.known:
            name = next(name for name in given if name not in self.known)
            raise invalid(where, name, f"is not one of {', '.join(sorted(self.known))}")
        missing = [name for name in self.shape[: self.needs] if name not in given]
        if missing:
            raise ValidationError(f"{where}: {' and '.join(missing)} must be given")
        return given

    def _whole(self, item: tuple[Any, ...], bucket: str | None) -> dict[str, Any] | None:
        """The short way of a tuple that has what it needs, and so can have no other fault."""
        shape, needs = self.shape, self.needs
        lent = bucket is not None and shape[0] == "bucket"
        if lent:
            shape, needs = shape[1:], needs - 1
        if not needs <= len(item) <= len(shape):
            return None
        given = {name: value for name, value in zip(shape, item, strict=False) if value is not None}
        if len(given) < len(item):
            return None
        if lent:
            given["bucket"] = bucket
        return given

    def _given(self, item: object, where: str, has_bucket: bool) -> dict[str, Any]:
        shape = self.shape
        if has_bucket and shape[0] == "bucket":
            shape = shape[1:]
        if isinstance(item, str) and "key" in self.shape:
            item = {"key": item}
        if isinstance(item, ObjectInfo):
            item = {"key": item.key, "version_id": item.version_id}
        if isinstance(item, Mapping):
            return {name: value for name, value in item.items() if value is not None}
        if not isinstance(item, (tuple, list)) or len(item) > len(shape):
            names = ", ".join(shape)
            what = "" if isinstance(item, (tuple, list)) else f", not {type(item).__name__}"
            raise ValidationError(f"{where}: must be a dict or a tuple ({names}){what}")
        return {name: value for name, value in zip(shape, item, strict=False) if value is not None}


def _upload(
    engine: Engine,
    bucket: str,
    key: str,
    data: Any = None,
    path: Any = None,
    if_none_match: str | None = None,
    if_match: str | None = None,
    content_type: str | None = None,
    metadata: Any = None,
    resume: bool = False,
    progress: OnProgress | None = None,
    encryption: GivenEncryption = None,
    **others: Any,
) -> Awaitable[UploadResponse]:
    engine = engine.begin(encryption)
    if resume is not False:
        check_flag("resume", resume)
    if (data is None) is (path is None):
        raise ValidationError(
            "data, path: give one of the two; a tuple is (bucket, key, data), or (key, data) with bucket="
        )
    headers = uploads.object_headers(key, content_type, metadata, **others)
    wanted = condition(if_none_match, if_match)
    place = engine.place(bucket)
    if path is not None:
        return uploads.put_file(
            engine, place, key, path, headers, condition=wanted, progress=progress, resume=resume
        )
    source = Source(data)
    return uploads.put(
        engine,
        place,
        key,
        source,
        headers,
        create_bucket=True,
        condition=wanted,
        progress=progress,
    )


def _download(
    engine: Engine,
    bucket: str,
    key: str,
    path: Any = None,
    version_id: str | None = None,
    resume: bool = False,
    progress: OnProgress | None = None,
    at: Moment | None = None,
    encryption: GivenEncryption = None,
) -> Awaitable[bytes | ObjectMetadata]:
    check_flag("resume", resume)
    engine = engine.begin(encryption)
    if path is None:
        return reading.get(engine, bucket, key, version_id=version_id, at=at)
    return downloads.to_file(engine, bucket, key, path, version_id, progress, resume, at)


async def _copy(
    engine: Engine,
    dest_bucket: str,
    dest_key: str,
    source_bucket: str,
    source_key: str,
    source_version_id: str | None = None,
    at: Moment | None = None,
    encryption: GivenEncryption = None,
    source_encryption: GivenEncryption = None,
    **options: Any,
) -> UploadResponse:
    return await copies.copy(
        copies.begun(engine, encryption, source_encryption),
        engine.place(dest_bucket, "dest_bucket"),
        dest_key,
        engine.place(source_bucket, "source_bucket"),
        source_key,
        source_version_id=source_version_id,
        changes=Changes(**{n: v for n, v in options.items() if n in _CHANGES}),
        conditions=Conditions(**{n: v for n, v in options.items() if n in _CONDITIONS}),
        at=at,
        keeps=encryption is None,
    )


VERBS: dict[str, Verb] = {
    "upload": Verb(
        ("bucket", "key", "data"),
        2,
        _DESCRIBING | {"path", "if_none_match", "if_match", "resume", "encryption"},
        _upload,
        tells=True,
    ),
    "download": Verb(
        ("bucket", "key", "path"),
        2,
        frozenset({"version_id", "at", "resume", "encryption"}),
        _download,
        tells=True,
    ),
    "copy": Verb(
        ("dest_bucket", "dest_key", "source_bucket", "source_key"),
        4,
        _CHANGES | _CONDITIONS | {"source_version_id", "at", "encryption", "source_encryption"},
        _copy,
    ),
    "delete": Verb(
        ("bucket", "key", "version_id"), 2, frozenset({"bypass_governance"}), objects.delete
    ),
    "undelete": Verb(
        ("bucket", "key"), 2, frozenset({"copy", "dry_run", "encryption"}), undeleting.undelete
    ),
}


async def do(
    engine: Engine, verb: str, package: Package, limit: int = 1, relay: Relay | None = None
) -> Done:
    """Do all of a package, at most `limit` at once; `relay` is told how far each is."""
    if verb == "delete":
        return await _delete_all(engine, package)

    act = VERBS[verb]
    done: Done = []
    if limit == 1 or len(package) == 1:
        for item in package:
            done += await do_one(engine, act, item, relay)
        return done
    for one in await engine.transport.map(
        partial(do_one, engine, act, relay=relay), package, limit
    ):
        done += one
    return done


async def do_one(
    engine: Engine, verb: Verb, item: tuple[int, dict[str, Any]], relay: Relay | None = None
) -> Done:
    """Do what there is to do with one item, which is none to delete."""
    index, given = item
    try:
        if relay is not None and verb.tells:
            given["progress"] = Share(relay, index)
        return [(index, await verb.act(engine.begin(), **given))]
    except Exception as error:
        return [(index, failed(error, index, given))]


def failed(error: Exception, index: int, item: Mapping[str, Any]) -> MinIOError:
    """The error of an item, which says whose it is."""
    where = f"items[{index}]"
    if isinstance(error, ValidationError) and not error.attempts:
        error.message = f"{where}.{error.message}"
    bucket, key = item.get("bucket", item.get("dest_bucket")), item.get("key", item.get("dest_key"))
    return settled(error, bucket, key, f"{where}: ")


def settled(error: Exception, bucket: Any, key: Any, where: str = "") -> MinIOError:
    """An error to keep: one of ours, with names, which holds on to none of the bytes it met."""
    if isinstance(error, MinIOError):
        found = error
    else:  # a file that isn't there, a full disk, an iterator of the user's that fails
        text = str(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        found = MinIOError(f"{where}{text}")
        found.__cause__ = error
    if found.bucket is None:
        found.bucket, found.key = bucket, key
    # Without tracebacks, whose frames would keep the data of a million failures in memory.
    each: BaseException | None = found
    seen: set[int] = set()
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        each.__traceback__ = None
        each = each.__cause__ or each.__context__
    return found


# --- sizes that are known without reading; blocking -------------------------------------------------


def size_of(item: Mapping[str, Any]) -> int | None:
    """Bytes of an item to upload; None where only reading it would tell."""
    path = item.get("path")
    try:
        if path is None:
            return memoryview(item["data"]).nbytes
        found = Path(path).stat()
        return found.st_size if stat.S_ISREG(found.st_mode) else None
    except (KeyError, OSError, TypeError, ValueError):
        return None


def total_of(
    verb: str, items: Sequence[Any], bucket: str | None, done: Callable[[Mapping[str, Any]], bool]
) -> tuple[int, int | None]:
    """How many of the items are still to be done, and their bytes, if those can be known."""
    count = 0
    total: int | None = 0 if verb in ("upload", "download") else None
    for index, item in enumerate(items):
        try:
            given = VERBS[verb].fields(item, index, bucket)
        except Exception:  # it is no item, and says so in its turn
            count += 1
            continue
        if done(given):
            continue
        count += 1
        if total is not None:
            listed = item.size if isinstance(item, ObjectInfo) else None
            size = size_of(given) if verb == "upload" else listed
            total = None if size is None else total + size
    return count, total


# --- deleting: a thousand of one bucket in one request ----------------------------------------------


async def _delete_all(engine: Engine, package: Package) -> Done:
    """Delete items of one bucket; what is there twice is asked for once."""
    places: dict[bool, dict[tuple[str, str | None], list[int]]] = {}
    done: Done = []
    for index, item in package:
        pair = (item["key"], item.get("version_id"))
        bypass = item.get("bypass_governance", False)
        try:
            objects.checked_pair(pair)
            check_flag("bypass_governance", bypass)
        except ValidationError as error:
            done.append((index, failed(error, index, item)))
        else:
            places.setdefault(bypass, {}).setdefault(pair, []).append(index)
    bucket = package[0][1]["bucket"]
    for bypass, pairs in places.items():
        outcomes = await _delete_pairs(engine.begin(), bucket, list(pairs), bypass)
        for pair, indexes in pairs.items():
            done += [(index, outcomes[pair]) for index in indexes]
    return done


async def _delete_pairs(
    engine: Engine, bucket: str, pairs: Sequence[tuple[str, str | None]], bypass: bool
) -> dict[tuple[str, str | None], Outcome]:
    outcomes: dict[tuple[str, str | None], Outcome] = {}
    if not pairs:
        return outcomes
    try:
        result = await objects.delete_objects(engine, bucket, pairs, bypass)
    except MinIOError as error:
        settled(error, bucket, None)
        return {
            pair: as_class(error, type(error), error.message, error.hint, key=pair[0])
            for pair in pairs
        }
    reported = reports(pairs, result)
    for pair in pairs:
        found = reported.get(pair)
        if isinstance(found, DeletedObject):
            outcomes[pair] = found
            continue
        code = found.code if found else "NotReported"
        message = found.message if found else NOT_REPORTED
        cls = ObjectLockedError if found and found.locked else class_of(code, ServerError)
        outcomes[pair] = cls(
            message or code, code=code, operation="DeleteObjects", bucket=bucket, key=pair[0],
            tenant_id=engine.config.tenant_id, endpoint=engine.transport.signing.endpoint.origin,
            hint=found.hint if found else None,
        )  # fmt: skip
    return outcomes
