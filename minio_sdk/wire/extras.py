"""What a configuration adds to requests: a user's headers and parameters, and whose a bucket has to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minio_sdk.models.extras import UNSIGNED
from minio_sdk.wire.message import Request
from minio_sdk.wire.url import quote_value

OWNER = "x-amz-expected-bucket-owner"
SOURCE_OWNER = "x-amz-source-expected-bucket-owner"


@dataclass(frozen=True, slots=True)
class Extras:
    """A user's headers and parameters, in the form in which they are sent.

    Attributes:
        headers: lower-case names.
        query: names and values, encoded.
    """

    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...]

    @property
    def signed(self) -> frozenset[str]:
        """The headers that the signature has to cover."""
        return frozenset(self.headers) - UNSIGNED

    @property
    def names(self) -> frozenset[str]:
        """The parameters, as they stand in a query."""
        return frozenset(name for name, _ in self.query)

    def add_to(self, request: Request) -> None:
        """Let a request of the store's API bear them, once; others are none of theirs."""
        if request.service != "s3" or request.extras is not None:
            return
        request.extras = self
        request.headers = {**self.headers, **request.headers}
        if self.query:
            pairs = [_pair(each) for each in request.query.split("&") if each]
            pairs = sorted([*pairs, *self.query])
            request.query = "&".join([f"{name}={value}" for name, value in pairs])


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def extras_of(headers: Mapping[str, str] | None, query: Mapping[str, str] | None) -> Extras | None:
    """What is to be added; None for nothing."""
    if not headers and not query:
        return None
    pairs = tuple((quote_value(name), quote_value(value)) for name, value in (query or {}).items())
    return Extras(dict(headers or {}), pairs)
