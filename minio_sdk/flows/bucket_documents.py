"""A bucket as one document: read it, see what would change, change it.

Rule of this file: what can be known to be impossible is refused before anything is changed, and after a
failure it is said what was done and what wasn't.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    BucketAlreadyExistsError,
    BucketNotFoundError,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    PartlyAppliedError,
    PlanOutdatedError,
    ServerError,
    ValidationError,
    as_class,
    invalid,
    reword,
)
from minio_sdk.flows import bucket_sections, buckets
from minio_sdk.flows.bucket_sections import SECTIONS
from minio_sdk.flows.bulk_items import settled
from minio_sdk.models.bucket_document import (
    SECTIONS as NAMES,
)
from minio_sdk.models.bucket_document import (
    BucketChange,
    BucketDocument,
    BucketPlan,
    check_sections,
    document_of,
)
from minio_sdk.models.bulk import BulkResult
from minio_sdk.models.names import check_flag
from minio_sdk.operations.bucket_cors import PutBucketCors
from minio_sdk.operations.documents import document_headers
from minio_sdk.protocols import AtHand
from minio_sdk.wire.message import Request
from minio_sdk.wire.quirks import is_minio, lacks_setting, locks_from_the_beginning

AT_ONCE = 4
"""Questions about one bucket at the same time."""

_PLAN = "PlanBucket"

Given = BucketDocument | Mapping[str, Any]


# -- reading ---------------------------------------------------------------------------------------


async def export(
    engine: Engine, bucket: str, sections: Iterable[str] | None = None
) -> BucketDocument:
    """What is set on a bucket.

    Sections that were not asked for by name are left out where the server or the tenancy has none.
    """
    with _called("ExportBucket"):
        return await _export(engine, bucket, sections)


async def _export(engine: Engine, bucket: str, sections: Iterable[str] | None) -> BucketDocument:
    named = None if sections is None else check_sections(sections)
    place = engine.place(bucket)
    if named is None:
        wanted = tuple(n for n in NAMES if not place.prefix or SECTIONS[n].scoped)
    else:
        wanted = named
        for name in wanted:
            if place.prefix and not SECTIONS[name].scoped:
                raise _unscoped(engine, bucket, name)
    if not await _is_there(engine, bucket):
        raise _missing(engine, bucket, "create_bucket() first, and check the spelling")
    found = await _read(engine, bucket, wanted)
    values: dict[str, Any] = {}
    for name, value in found.items():
        if not isinstance(value, MinIOError):
            values[name] = value
        elif named is not None or not _may_lack(name, value):
            raise value
    return BucketDocument(**values)


def _may_lack(section: str, error: MinIOError) -> bool:
    """Whether an export does without a section; a quota is the operator's, and nobody else may see it."""
    return isinstance(error, NotSupportedError) or (
        section == "quota" and isinstance(error, AccessDeniedError)
    )


def _unscoped(engine: Engine, bucket: str, section: str) -> MinIOError:
    try:
        nothing: dict[str, Any] = {section: None}
        bucket_sections.check(engine, bucket, BucketDocument(**nothing))
    except NotSupportedError as error:
        return error
    raise AssertionError("a section without a scope is refused")


def _missing(engine: Engine, bucket: str, hint: str) -> MinIOError:
    error = BucketNotFoundError("the bucket does not exist", code="NoSuchBucket")
    error.hint = hint
    return _named(engine, bucket, error)


async def _is_there(engine: Engine, bucket: str) -> bool:
    try:
        return await buckets.exists(engine, bucket)
    except AccessDeniedError:
        return True  # the sections will tell


async def _read(engine: Engine, bucket: str, sections: Iterable[str]) -> dict[str, Any]:
    """What is set by section, or the error of asking for it."""

    async def one(section: str) -> Any:
        try:
            value = await SECTIONS[section].read(engine, bucket)
            if reason := _why_lacking(engine, section):
                raise _named(engine, bucket, NotSupportedError(reason))
            return BucketDocument(**{section: value})[section]
        except ValidationError as error:
            why = f"what is set can't be given back: {error.message}"
            return _of(section, _named(engine, bucket, ServerError(why)))
        except MinIOError as error:
            return _of(section, error)

    names = list(sections)
    found = await engine.transport.map(one, AtHand(names), min(AT_ONCE, engine.config.pool_size))
    return dict(zip(names, found, strict=True))


def _why_lacking(engine: Engine, section: str) -> str | None:
    """Why the server is known not to have a section, whatever it answers when it is asked for it."""
    known = engine.api.capabilities
    if known is not None and section in known.tried and known.get(section) is False:
        return "the server doesn't have it, as get_capabilities() has found"
    return lacks_setting(engine.api.server, section)


def _of(section: str, error: MinIOError) -> MinIOError:
    """The error, which says what section it is about."""
    reword(error, f"{section}: {error.message}")
    return error


def _named(engine: Engine, bucket: str, error: MinIOError) -> MinIOError:
    """An error that is about a bucket as a whole, and about no answer of the server."""
    error.operation, error.bucket = _PLAN, bucket
    error.tenant_id = engine.config.tenant_id
    error.endpoint = engine.transport.signing.endpoint.origin
    return error


@contextmanager
def _called(operation: str) -> Iterator[None]:
    """What is found out by planning is an error of what the user has called."""
    try:
        yield
    except MinIOError as error:
        if error.operation == _PLAN:
            error.operation = operation
        raise


# -- planning --------------------------------------------------------------------------------------


async def plan(engine: Engine, bucket: str, given: Given, create: bool = False) -> BucketPlan:
    """What would have to be done; nothing is changed."""
    check_flag("create", create)
    document = document_of(given)
    bucket_sections.check(engine, bucket, document)
    nothing = BucketPlan(
        bucket=bucket,
        tenant_id=engine.config.tenant_id,
        endpoint=engine.transport.signing.endpoint.origin,
    )
    there = await _is_there(engine, bucket)
    if not there and not create:
        raise _missing(engine, bucket, "create=True makes it")
    found: dict[str, Any]
    if there:
        found = await _read(engine, bucket, document.sections)
    else:
        found = {name: SECTIONS[name].nothing for name in document.sections}
    changes = [_change(engine, bucket, document, name, found[name], there) for name in found]
    ordered = sorted(filter(None, changes), key=_order)
    return replace(nothing, creates=not there, changes=tuple(ordered))


def _order(change: BucketChange) -> int:
    return bucket_sections.order(change.section, change.after)


def _change(
    engine: Engine, bucket: str, document: BucketDocument, name: str, before: Any, there: bool
) -> BucketChange | None:
    after = document[name]
    removes = bucket_sections.is_nothing(engine, name, after)
    if isinstance(before, MinIOError):
        if removes and isinstance(before, NotSupportedError):
            return None  # a server that lacks it has none
        raise before
    if bucket_sections.same(engine, name, before, after):
        return None
    fresh = bucket_sections.is_nothing(engine, name, before)
    why = None if there or removes else _why_lacking(engine, name)
    if name == "object_lock" and removes:
        why = "a bucket keeps its lock for ever; ObjectLock() lets new objects have no retention"
    elif name == "object_lock" and fresh and there and locks_from_the_beginning(engine.api.server):
        why = "this server gives locks only to buckets that are made with them"
    if why is not None:
        raise _of(name, _named(engine, bucket, NotSupportedError(why)))
    old, new = SECTIONS[name].shown(before, after)
    action = "remove" if removes else "add" if fresh else "change"
    return BucketChange(section=name, action=action, before=before, after=after, old=old, new=new)


# -- applying --------------------------------------------------------------------------------------


async def apply(
    engine: Engine, bucket: str, given: Given | BucketPlan, create: bool = False
) -> BucketPlan:
    """Do what a document or a plan asks for; what was done."""
    with _called("ApplyBucket"):
        return await _apply(engine, bucket, given, create)


async def _apply(
    engine: Engine, bucket: str, given: Given | BucketPlan, create: bool
) -> BucketPlan:
    if isinstance(given, BucketPlan):
        check_flag("create", create)
        made = _own(engine, bucket, given)
        await _expect_current(engine, made)
    else:
        made = await plan(engine, bucket, given, create)
    await _expect_known(engine, made)
    done: list[str] = []
    steps = list(made.changes)
    if made.creates:
        locks = any(change.section == "object_lock" for change in steps)
        try:
            await buckets.create(engine, bucket, None, locks)
        except BucketAlreadyExistsError as error:
            await buckets.prove_own(engine, error, engine.place(bucket))
            if isinstance(given, BucketPlan):
                raise _outdated(engine, bucket, ["the bucket is there"]) from None
            return await _apply(engine, bucket, given, create=False)
        done.append("the bucket")
    for number, change in enumerate(steps):
        step = partial(_do, engine, bucket, change)
        try:
            await (buckets.when_known(engine, step) if made.creates else step())
        except MinIOError as error:
            left = tuple(later.section for later in steps[number + 1 :])
            raise _stopped(error, change.section, tuple(done), left) from error
        done.append(change.section)
    return made


async def _do(engine: Engine, bucket: str, change: BucketChange) -> None:
    section = SECTIONS[change.section]
    if change.action == "remove":
        await section.remove(engine, bucket)
    else:
        await section.write(engine, bucket, change.after)


def _stopped(
    error: MinIOError, section: str, done: tuple[str, ...], left: tuple[str, ...]
) -> MinIOError:
    """The error for a change that failed; the same one when nothing was changed before it."""
    lost = isinstance(error, MinIOConnectionError)
    words = [f"{section}: {error.message}"]
    if lost:
        words.append(f"whether {section} has changed is not known")
    words.append(f"done before: {', '.join(done) or 'nothing'}")
    if left:
        words.append(f"not done: {', '.join(left)}")
    message = "; ".join(words)
    if not done:
        reword(error, message)
        return error
    hint = "apply the document again when the cause is gone: it goes on from there"
    partly = as_class(error, PartlyAppliedError, message, hint)
    partly.done, partly.failed, partly.left = done, section, left
    return partly


def _own(engine: Engine, bucket: str, given: BucketPlan) -> BucketPlan:
    """A plan that was made by a client like this one, checked as a document is."""
    origin = engine.transport.signing.endpoint.origin
    for name, mine in (
        ("bucket", bucket), ("tenant_id", engine.config.tenant_id), ("endpoint", origin),
    ):  # fmt: skip
        if given[name] != mine:
            raise invalid(f"plan.{name}", given[name], f"is not what it is applied to: {mine!r}")
    engine.place(bucket)
    names = [change.section for change in given.changes]
    if len(set(names)) < len(names):
        raise invalid("plan.changes", names, "has a section twice")
    check_sections(names, "plan.changes")
    document = BucketDocument(**{change.section: change.after for change in given.changes})
    bucket_sections.check(engine, bucket, document)
    changes = (replace(change, after=document[change.section]) for change in given.changes)
    return replace(given, changes=tuple(sorted(changes, key=_order)))


async def _expect_current(engine: Engine, made: BucketPlan) -> None:
    """Make sure that what was there when a plan was made is still there.

    Raises:
        PlanOutdatedError: it isn't.
    """
    wrong: list[str] = []
    there = await _is_there(engine, made.bucket)
    if there is made.creates:
        wrong.append("the bucket is there" if there else "the bucket is gone")
    elif there:
        found = await _read(engine, made.bucket, [change.section for change in made.changes])
        for change in made.changes:
            now = found[change.section]
            if isinstance(now, MinIOError):
                raise now
            if not bucket_sections.same(engine, change.section, now, change.before):
                wrong.append(f"{change.section} has changed")
    if wrong:
        raise _outdated(engine, made.bucket, wrong)


def _outdated(engine: Engine, bucket: str, wrong: list[str]) -> MinIOError:
    """The error for a plan that isn't for what is there."""
    message = f"since the plan was made, {', '.join(wrong)}; nothing was done"
    return _named(engine, bucket, PlanOutdatedError(message, hint="plan_bucket() again"))


class _NoCors(PutBucketCors):
    """What is no document, so that nobody sets it."""

    def request(self) -> Request:
        body = b"no document"
        return Request("PUT", self.place.path, "cors=", document_headers(body), body)


async def _expect_known(engine: Engine, made: BucketPlan) -> None:
    """Have a server refuse what it only seems to know, before anything is changed.

    MinIO answers that no CORS rules are set, and takes none. It is given a document that no server takes.
    """
    adds = {change.section for change in made.changes if change.action != "remove"}
    if made.creates or "cors" not in adds or not is_minio(engine.api.server):
        return
    try:
        await engine.send(_NoCors(engine.place(made.bucket), ()))
    except NotSupportedError as error:
        raise _of("cors", error) from None
    except MinIOError:
        return  # it has read the document


# -- several buckets -------------------------------------------------------------------------------


def _mapping(given: object) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise invalid("documents", given, "must be a mapping of buckets to documents")
    return dict(given)


async def plan_all(
    engine: Engine, documents: Mapping[str, Given], create: bool = False
) -> dict[str, BucketPlan]:
    """A plan for each of several buckets."""
    check_flag("create", create)
    wanted = {name: _document(name, given) for name, given in _mapping(documents).items()}
    for bucket, document in wanted.items():
        bucket_sections.check(engine, bucket, document)
    plans = await engine.transport.map(
        lambda bucket: plan(engine, bucket, wanted[bucket], create),
        list(wanted),
        _side_by_side(engine),
    )
    return dict(zip(wanted, plans, strict=True))


def _document(bucket: str, given: Given) -> BucketDocument:
    try:
        return document_of(given)
    except ValidationError as error:
        if error.message.startswith("document"):
            reword(error, error.message.replace("document", f"documents[{bucket!r}]", 1))
        raise


async def apply_all(
    engine: Engine, documents: Mapping[str, Given | BucketPlan], create: bool = False
) -> BulkResult:
    """Apply a document or a plan to each of several buckets, once all of them are known to be possible."""
    with _called("ApplyBucket"):
        return await _apply_all(engine, documents, create)


async def _apply_all(
    engine: Engine, documents: Mapping[str, Given | BucketPlan], create: bool
) -> BulkResult:
    check_flag("create", create)
    given = _mapping(documents)
    fresh = {n: item for n, item in given.items() if not isinstance(item, BucketPlan)}
    plans: dict[str, BucketPlan] = {}
    for bucket, item in given.items():
        if isinstance(item, BucketPlan):
            plans[bucket] = _own(engine, bucket, item)
    for made in plans.values():
        await _expect_current(engine, made)
    plans |= await plan_all(engine, fresh, create)
    for made in plans.values():
        await _expect_known(engine, made)
    clock = engine.transport.clock
    begun = clock.monotonic()

    async def one(bucket: str) -> BucketPlan | MinIOError:
        try:
            return await apply(engine, bucket, plans[bucket])
        except MinIOError as error:
            return settled(error, bucket, None)

    results = await engine.transport.map(one, list(given), _side_by_side(engine))
    errors = tuple(result for result in results if isinstance(result, MinIOError))
    return BulkResult(
        results=tuple(results),
        errors=errors,
        ok=not errors,
        succeeded=len(results) - len(errors),
        failed=len(errors),
        seconds=clock.monotonic() - begun,
    )


def _side_by_side(engine: Engine) -> int:
    return max(1, engine.config.pool_size // AT_ONCE)
