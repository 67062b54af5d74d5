"""What a copy changes, and what must be true of its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minio_sdk.errors import invalid
from minio_sdk.models.results import ObjectMetadata
from minio_sdk.wire.conditions import bare, date_header
from minio_sdk.wire.describing import DESCRIBING, check_storage_class, describing_header
from minio_sdk.wire.metadata import carried_headers, metadata_headers
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different about the copy; None is carried over from the source.

    Raises:
        ValidationError: something that a header can't carry or S3 doesn't allow.
    """

    metadata: Mapping[str, str] | None = None
    tags: Mapping[str, str] | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    cache_control: str | None = None
    expires: datetime | str | None = None
    storage_class: str | None = None
    _headers: dict[str, str] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        for name in DESCRIBING:
            value = getattr(self, name)
            if value is not None:
                self._headers[name.replace("_", "-")] = describing_header(name, value)
        if self.metadata is not None:
            self._headers.update(metadata_headers(self.metadata))
        if self.tags is not None:
            object.__setattr__(self, "tags", check_tags(self.tags, MAX_OBJECT_TAGS))
        if self.storage_class is not None:
            check_storage_class(self.storage_class)

    @property
    def describes(self) -> bool:
        """Whether metadata or a header that describes the content is given anew."""
        return bool(self._headers) or self.metadata is not None

    def description(self, found: ObjectMetadata) -> dict[str, str]:
        """The headers that describe the copy: as the source is described, but for what is given anew."""
        headers = {}
        for name in DESCRIBING:
            value = getattr(found, name)
            if name == "content_encoding" and value:
                value = _without_framing(value)
            if value:
                headers[name.replace("_", "-")] = value
        if self.metadata is None:
            headers.update(carried_headers(found.metadata))
        return {**headers, **self._headers}


def _without_framing(encoding: str) -> str:
    """Some servers keep ``aws-chunked``, which was a word on the upload and not on the content."""
    kept = (word.strip() for word in encoding.split(","))
    return ",".join(word for word in kept if word and word.lower() != "aws-chunked")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be true of the source, as RFC 9110 has it (13.2.2): an ETag counts before a date.

    Raises:
        ValidationError: not an ETag, or not a moment.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: datetime | None = None
    if_unmodified_since: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("if_match", "if_none_match"):
            etag = getattr(self, name)
            if etag is not None:
                object.__setattr__(self, name, bare(etag, name))
        if self.if_none_match == "*":
            raise invalid(
                "if_none_match", "*", "is about the source, which must be there to be copied"
            )
        for name in ("if_modified_since", "if_unmodified_since"):
            when = getattr(self, name)
            if when is not None:
                date_header(when, name)

    def failed(self, found: ObjectMetadata) -> str | None:
        """The name of the condition that doesn't hold, None when all do."""
        if self.if_match is not None:
            if self.if_match != "*" and self.if_match != found.etag:
                return "if_match"
        elif self.if_unmodified_since is not None and not _unchanged(
            found, self.if_unmodified_since
        ):
            return "if_unmodified_since"
        if self.if_none_match is not None:
            if self.if_none_match == found.etag:
                return "if_none_match"
        elif self.if_modified_since is not None and _unchanged(found, self.if_modified_since):
            return "if_modified_since"
        return None


def _unchanged(found: ObjectMetadata, since: datetime) -> bool:
    return found.last_modified is not None and found.last_modified <= since
