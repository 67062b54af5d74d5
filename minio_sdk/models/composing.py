"""What `compose_object` takes: objects, or ranges of them, one behind the other."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minio_sdk.errors import ValidationError, invalid, reword
from minio_sdk.models.given import named, whole
from minio_sdk.models.names import check_key, check_version_id
from minio_sdk.models.object_encryption import GivenEncryption, encryption_of
from minio_sdk.models.record import Record
from minio_sdk.models.results import ObjectInfo

_FORMS = "must be a key, (bucket, key), (bucket, key, version_id), a dict or a ComposeSource"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeSource(Record):
    """An object, or a range of one, that becomes a piece of another. A dict does as well.

    Attributes:
        key: its key.
        bucket: its bucket; None for that of the object that is made.
        version_id: a version of it; None for the current one.
        offset: the first byte that is taken.
        length: how many are; None takes all up to the end.
        if_match, if_none_match: only if it has this ETag, or has it not.
        if_modified_since, if_unmodified_since: only if it was changed after this moment, or was not;
            with a time zone. They count where no ETag is given with them.
        encryption: the `SseC(key)` that it was stored with, or a dict like one; False for none; None takes
            the `source_encryption` of the call.

    Raises:
        ValidationError: `encryption` is none.
    """

    key: str
    bucket: str | None = None
    version_id: str | None = None
    offset: int = 0
    length: int | None = None
    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None
    encryption: GivenEncryption = None

    def __post_init__(self) -> None:
        given = self.encryption
        if given is not None and given is not False:  # a dict would show its key
            object.__setattr__(self, "encryption", encryption_of(given))


ComposeItem = (
    str
    | tuple[str, str]
    | tuple[str, str, str | None]
    | ComposeSource
    | ObjectInfo
    | Mapping[str, Any]
)
"""What a source may be written as."""


def sources_of(given: Any) -> list[ComposeSource]:
    """The sources as users give them, checked.

    Raises:
        ValidationError: there is none, or one of them is no source; it names which.
    """
    if isinstance(given, (str, bytes, Mapping, Record, AsyncIterable)) or not isinstance(
        given, Iterable
    ):
        raise invalid("sources", given, "must be a list of objects")
    if isinstance(given, Set):
        raise invalid("sources", given, "has no order; must be a list of objects")
    found = [_source(each, f"sources[{number}]") for number, each in enumerate(given)]
    if not found:
        raise ValidationError("sources: there must be at least one")
    return found


def _source(given: Any, where: str) -> ComposeSource:
    values: dict[str, Any]
    if isinstance(given, str):
        values = {"key": given}
    elif isinstance(given, ObjectInfo):
        values = {"key": given.key, "version_id": given.version_id}
    elif isinstance(given, (tuple, list)):
        if not 2 <= len(given) <= 3:
            raise invalid(where, given, _FORMS)
        values = dict(zip(("bucket", "key", "version_id"), given, strict=False))
    elif isinstance(given, (Mapping, ComposeSource)):
        values = named(given, where, ComposeSource)
    else:
        raise invalid(where, given, _FORMS)
    check_key(values.get("key"), f"{where}.key")
    try:
        source = ComposeSource(**values)
    except ValidationError as error:
        reword(error, error.message.replace("encryption", f"{where}.encryption", 1))
        raise
    if source.version_id is not None:
        check_version_id(source.version_id, f"{where}.version_id")
    whole(source.offset, f"{where}.offset", 0)
    if source.length is not None:
        whole(source.length, f"{where}.length", 1)
    return source
