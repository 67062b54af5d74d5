"""Conditions of writing: "only if there is nothing yet", "only if it is still what I read".

Rule of this file: a server that doesn't know a condition ignores it, answers 200 and overwrites. So the
object is asked for first, whatever the server is; the header then closes the moment in between where
the server knows it. On one that doesn't, two writers within that moment can still meet.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    EncryptionKeyError,
    MinIOError,
    NotFoundError,
    ObjectNotFoundError,
    PreconditionFailedError,
    as_class,
    invalid,
)
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.operation import Place
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.conditions import bare

GONE = "there is no object of this key any more"
READ_ANEW = "read it anew and decide again"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of the object that is to be replaced, if any.

    Attributes:
        etag: the ETag that it must have; None: there must be none.
    """

    etag: str | None

    def headers(self) -> dict[str, str]:
        """The header that says so."""
        return {"if-none-match": "*"} if self.etag is None else {"if-match": f'"{self.etag}"'}


def condition(if_none_match: str | None, if_match: str | None) -> Condition | None:
    """The condition that a user's arguments are.

    Raises:
        ValidationError: both, or what S3 doesn't take for writing.
    """
    if if_none_match is not None:
        if if_none_match != "*":
            rule = "must be '*': write only if there is no such object; for an ETag use if_match"
            raise invalid("if_none_match", if_none_match, rule)
        if if_match is not None:
            raise invalid("if_match", if_match, "can't go together with if_none_match")
        return Condition(None)
    if if_match is None:
        return None
    etag = bare(if_match, "if_match")
    if etag == "*":
        raise invalid("if_match", "*", "must be the ETag of the object that is to be replaced")
    return Condition(etag)


def unmet(error: ObjectNotFoundError, headers: Mapping[str, str]) -> MinIOError:
    """What it means that a write found nothing: some servers say so where `if_match` finds nothing."""
    if "if-match" not in headers:
        return error
    return as_class(error, PreconditionFailedError, GONE, READ_ANEW)


async def _with_any_key(
    engine: Engine, place: Place, key: str, wanted: Condition
) -> ObjectMetadata | None:
    """An object that the key of its successor doesn't open; None where the server alone can compare it."""
    if wanted.etag is None:
        return ObjectMetadata(key=key, size=0)  # it is there, and that is all that counts
    try:
        return await engine.begin(encryption=False).send(HeadObject(place, key))
    except EncryptionKeyError:
        return None


async def check_condition(engine: Engine, place: Place, key: str, wanted: Condition) -> None:
    """Refuse to write when the condition doesn't hold now.

    Raises:
        PreconditionFailedError: it doesn't.
    """
    found: ObjectMetadata | None = None
    try:
        found = await engine.send(HeadObject(place, key))
    except NotFoundError:
        pass
    except EncryptionKeyError:
        found = await _with_any_key(engine, place, key, wanted)
        if found is None:
            return
    except AccessDeniedError:
        return  # these credentials may write and not read: the server alone can tell
    if wanted.etag is None and found is not None:
        why = "there is an object of this key already"
    elif wanted.etag is not None and found is None:
        why = GONE
    elif wanted.etag is not None and found is not None and found.etag != wanted.etag:
        why = f"the object has another ETag by now: {found.etag}"
    else:
        return
    error = PreconditionFailedError(why, code="PreconditionFailed", status=412, hint=READ_ANEW)
    raise engine.named(error, PutObject(place, key, b""))
