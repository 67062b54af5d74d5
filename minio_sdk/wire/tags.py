"""Tags, as users write them and as S3 does.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from minio_sdk.errors import ValidationError, invalid
from minio_sdk.wire.xml import writable, xml

MAX_OBJECT_TAGS = 10
MAX_BUCKET_TAGS = 50
MAX_NAME = 128
MAX_VALUE = 256


@dataclass(frozen=True, slots=True)
class Tag:
    """``<Tag>``."""

    key: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Tagging:
    """``<Tagging>``."""

    tags: tuple[Tag, ...] = field(default=(), metadata=xml("TagSet/Tag"))


def check_tags(tags: Mapping[str, str], most: int) -> dict[str, str]:
    """Tags against S3's rules: at most `most`, names to 128 and values to 256 characters.

    Raises:
        ValidationError: a rule is broken; the message names the tag.
    """
    if not isinstance(tags, Mapping):
        raise invalid("tags", tags, "must be a mapping of names to values")
    if len(tags) > most:
        raise ValidationError(f"tags: {len(tags)} of them, and S3 allows {most} here")
    for name, value in tags.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise invalid("tags", {name: value}, "names and values must be text")
        if not 1 <= len(name) <= MAX_NAME:
            raise invalid("tags", name, f"a name must have 1 to {MAX_NAME} characters")
        if len(value) > MAX_VALUE:
            raise invalid("tags", value, f"a value must have at most {MAX_VALUE} characters")
        if not writable(name) or not writable(value):
            raise invalid("tags", {name: value}, "has a character that XML can't carry")
    return dict(tags)


def tagging(tags: Mapping[str, str]) -> Tagging:
    """The document for a mapping."""
    return Tagging(tuple(Tag(name, value) for name, value in tags.items()))


def tags_of(document: Tagging) -> dict[str, str]:
    """The mapping of a document."""
    return {tag.key: tag.value for tag in document.tags}


def tags_header(tags: Mapping[str, str]) -> str:
    """Tags as the header ``x-amz-tagging`` has them: a URL query."""
    return urlencode(tags)


def tags_in_query(text: str) -> dict[str, str]:
    """What `tags_header` has written."""
    return dict(parse_qsl(text, keep_blank_values=True))
