"""ListObjectsV2 and ListObjectVersions, one page.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import ClassVar

from minio_sdk.operation import Operation
from minio_sdk.wire.columns import rename
from minio_sdk.wire.listing import NOTHING, Beside, Page, read_listing
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string


def _own_page(operation: ListObjectsV2 | ListObjectVersions, reply: Reply) -> Page:
    """The page with the tenant's names; what lies outside its place is an error, never shown.

    Not every server leaves out what doesn't begin with the prefix, so that is done here.
    """
    page = read_listing(reply.body, operation.beside)
    place = operation.place
    place.check_name(page.name)
    keys = [item.key for item in page.objects]
    if place.prefix:
        if place.prefix in keys:
            # Some servers list the folder that a prefix is to them: no tenant can have given it its key.
            page.objects = [item for item in page.objects if item.key != place.prefix]
            keys = [key for key in keys if key != place.prefix]
        keys = place.keys_back(keys)
        rename(page.objects, keys)
        if page.next_key is not None:
            place.key_back(page.next_key)  # refuses another tenant's; it goes back as it came
    if operation.prefix and not all(map(str.startswith, keys, repeat(operation.prefix))):
        page.objects = [o for o in page.objects if o.key.startswith(operation.prefix)]
    return page


@dataclass(frozen=True, slots=True)
class ListObjectsV2(Operation[Page]):
    """A page of keys in byte order.

    Attributes:
        prefix: only keys that begin with it.
        delimiter: ``"/"`` folds what lies below the next slash into one folder; empty: nothing.
        token: the continuation token of the page before; empty for the first.
        start_after: only keys behind this one.
        max_keys: at most this many, 1 to 1,000.
        beside: what else the entries are to tell.
    """

    name: ClassVar[str] = "ListObjectsV2"

    prefix: str = ""
    delimiter: str = ""
    token: str = ""
    start_after: str = ""
    max_keys: int = 1000
    beside: Beside = NOTHING

    def request(self) -> Request:
        """GET the page."""
        pairs = [("encoding-type", "url"), ("list-type", "2"), ("max-keys", str(self.max_keys))]
        prefix = self.place.prefix_out(self.prefix)
        if prefix:
            pairs.append(("prefix", prefix))
        if self.delimiter:
            pairs.append(("delimiter", self.delimiter))
        if self.token:
            pairs.append(("continuation-token", self.token))
        if self.start_after:
            pairs.append(("start-after", self.place.key_out(self.start_after, "start_after")))
        if self.beside.owner:
            pairs.append(("fetch-owner", "true"))
        if self.beside.metadata:
            pairs.append(("metadata", "true"))
        return Request("GET", self.place.path, query_string(pairs))

    def parse(self, reply: Reply) -> Page:
        """The page with the tenant's names."""
        return _own_page(self, reply)


@dataclass(frozen=True, slots=True)
class ListObjectVersions(Operation[Page]):
    """A page of versions and delete markers, newest first for each key.

    Attributes:
        prefix: only keys that begin with it.
        key_marker, version_marker: where the page before ended, in the server's own words, which go back
            as they came; empty for the first.
        max_keys: at most this many, 1 to 1,000.
        delimiter: ``"/"`` folds what lies below the next slash into one folder; empty: nothing.
        beside: what else the entries are to tell; the owner is told without being asked for.
    """

    name: ClassVar[str] = "ListObjectVersions"

    prefix: str = ""
    key_marker: str = ""
    version_marker: str = ""
    max_keys: int = 1000
    delimiter: str = ""
    beside: Beside = NOTHING

    def request(self) -> Request:
        """GET the page."""
        pairs = [("encoding-type", "url"), ("max-keys", str(self.max_keys)), ("versions", "")]
        prefix = self.place.prefix_out(self.prefix)
        if prefix:
            pairs.append(("prefix", prefix))
        if self.delimiter:
            pairs.append(("delimiter", self.delimiter))
        if self.key_marker:
            pairs.append(("key-marker", self.key_marker))
        if self.version_marker:
            pairs.append(("version-id-marker", self.version_marker))
        if self.beside.metadata:
            pairs.append(("metadata", "true"))
        return Request("GET", self.place.path, query_string(pairs))

    def parse(self, reply: Reply) -> Page:
        """The page with the tenant's names."""
        return _own_page(self, reply)
