"""`Operation`: one S3 request as a frozen value, and how its reply is read. No I/O, no clock.

An operation gets a `Place` instead of a bucket's name. A place is where the tenant's bucket lies on the
server, and the only thing that turns the tenant's names into the server's and back; so an operation
can't be written that forgets the tenant: it has no other way to make a path.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from typing import ClassVar, Generic, Literal, TypeVar

from minio_sdk.errors import ServerError, VersionNotFoundError, as_class, invalid
from minio_sdk.models.names import MAX_KEY_BYTES, check_key, check_prefix, check_version_id
from minio_sdk.wire.failure import error_of, is_s3, not_s3
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import quote_path, quote_value

T = TypeVar("T")

Encrypts = Literal[
    "", "stores", "begins", "stores a part", "copies", "copies a part", "reads", "needs the key"
]
"""What an operation has to do with the encryption of an object; see `minio_sdk.encrypting`."""


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket of the tenant, as the tenant and as the server name it.

    Attributes:
        bucket: the tenant's name for it; None for the server as a whole.
        server_bucket: the server's name for it.
        prefix: what stands before every key on the server; empty unless tenants share a bucket.
        path: the encoded path of `server_bucket`.
        slug: the tenant's mark in names on the server; empty without tenancy.
    """

    bucket: str | None
    server_bucket: str
    prefix: str
    path: str
    slug: str = field(default="", compare=False)

    def object_path(self, key: str) -> str:
        """The encoded path of an object."""
        key = check_key(key)
        if not self.prefix:
            return f"{self.path}/{quote_path(key)}"
        return f"{self.path}/{quote_path(self.key_out(key))}"

    def key_out(self, key: str, argument: str = "key") -> str:
        """The server's name of a key."""
        return self._joined(check_key(key, argument), argument)

    def prefix_out(self, prefix: str) -> str:
        """The server's form of a prefix of keys."""
        return self._joined(check_prefix(prefix), "prefix")

    def _joined(self, name: str, argument: str) -> str:
        whole = self.prefix + name
        if self.prefix and len(whole.encode()) > MAX_KEY_BYTES:
            room = MAX_KEY_BYTES - len(self.prefix.encode())
            raise invalid(argument, name, f"at most {room} bytes of UTF-8 fit beside the tenant")
        return whole

    def key_back(self, name: str) -> str:
        """The tenant's name of a key.

        Raises:
            ServerError: the server named a key that is not this tenant's, which is never shown.
        """
        if not self.prefix:
            return name
        if not name.startswith(self.prefix):
            raise _foreign("the answer names a key that lies outside this tenant's prefix")
        return name[len(self.prefix) :]

    def keys_back(self, names: list[str]) -> list[str]:
        """The tenant's names of the keys of an answer; all are refused as one is by `key_back`."""
        if not self.prefix:
            return names
        if all(map(str.startswith, names, repeat(self.prefix))):
            start = len(self.prefix)
            return [name[start:] for name in names]
        return [self.key_back(name) for name in names]

    def check_name(self, server_bucket: str | None) -> None:
        """Refuse an answer that says itself that it is about another bucket.

        Keys carry no mark of their tenant but below a prefix: of an answer that was mixed up on its way,
        such as by a cache, the bucket's name is all that tells.

        Raises:
            ServerError: it does.
        """
        if self.slug and server_bucket and server_bucket != self.server_bucket:
            raise _foreign("the answer is about another bucket than was asked for")

    def text_back(self, text: str) -> str:
        """A server's message with the tenant's names in place of the server's, and without others'.

        What could be another tenant's name on the server is shown as ``***``, now and then a plain word
        that looks like one, too.
        """
        if self.slug:
            return _masked(self, text)
        if self.prefix:
            text = text.replace(self.prefix, "")
        if self.bucket is not None and self.server_bucket != self.bucket:
            text = text.replace(self.server_bucket, self.bucket)
        return text


def _foreign(why: str) -> ServerError:
    hint = "report it to the server's operator; nothing of the answer was used"
    return ServerError(why, hint=hint)


_PLAIN = re.compile(
    r"x-(?:amz|minio)-[a-z0-9-]+|if-[a-z-]+|[a-z]{2}-[a-z]+-\d|pre-conditions?|read-only"
    r"|(?:application|image|multipart|text)/[a-z0-9.+-]+",
    re.ASCII,
)
"""Words of servers' messages that look like names: headers, regions, types, English."""


@lru_cache(maxsize=256)
def _names(slug: str, shared: str) -> re.Pattern[str]:
    """What looks like a name on the server, in either tenancy, or like a URL's beginning.

    The group ``own`` is what the tenant calls its own, ``url`` the beginning; without them it is another's.

    Args:
        slug: the tenant's.
        shared: the bucket that all share; empty where each has buckets of its own.
    """
    cut = "(?:/|%2[Ff])"
    mine = rf"(?:{re.escape(shared)}{cut})?{slug}{cut}" if shared else f"{slug}-(?!-)"
    rest = r"[^\s'\"<>`,;()]*"
    return re.compile(
        r"(?P<url>https?://[^/\s'\"-]+(?:/|(?=[\s'\"]|\Z)))|(?<![\w.-])(?:"
        rf"{mine}(?P<own>{rest})|[a-z0-9]{{1,32}}(?:-+[a-z0-9]|{cut}[a-z0-9.]){rest})",
        re.ASCII,
    )


def _masked(place: Place, text: str) -> str:
    shared = "" if place.server_bucket.startswith(f"{place.slug}-") else place.server_bucket
    below = place.prefix.removeprefix(f"{place.slug}/") if shared else ""

    def shown(found: re.Match[str]) -> str:
        if found["own"] is not None:
            return str(found["own"]).removeprefix(below)
        return found[0] if found["url"] or _PLAIN.fullmatch(found[0]) else "***"

    text = text.replace("/buckets/", "/")  # where SeaweedFS has them on its disk
    text = _names(place.slug, shared).sub(shown, text)
    if shared and place.bucket is not None:
        text = text.replace(shared, place.bucket)
    return text


@dataclass(frozen=True, slots=True)
class CopySource:
    """The object that is copied.

    Attributes:
        place: its bucket.
        key: its key.
        version_id: a version of it; None for the current one.
        etag: the generation that is meant; None for whatever is there.
    """

    place: Place
    key: str
    version_id: str | None = None
    etag: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers that name it."""
        name = self.place.object_path(self.key).removeprefix("/")
        if self.version_id is not None:
            name += f"?versionId={quote_value(check_version_id(self.version_id))}"
        headers = {"x-amz-copy-source": name}
        if self.etag is not None:
            headers["x-amz-copy-source-if-match"] = f'"{self.etag}"'
        return headers


WHOLE_SERVER = Place(None, "", "", "/")


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One request. Subclasses add fields, `request` and `parse`.

    Attributes:
        name: S3's own name of it.
        api: ``"s3"`` or ``"enterprise"``: who understands it.
        ok: the statuses of success.
        encrypts: what it has to do with encryption; nothing, for most.
        place: where it happens.
    """

    name: ClassVar[str]
    api: ClassVar[str] = "s3"
    ok: ClassVar[frozenset[int]] = frozenset({200})
    not_found: ClassVar[str] = "NoSuchBucket"
    encrypts: ClassVar[Encrypts] = ""

    place: Place

    @property
    def subject(self) -> str | None:
        """The key that errors name, None when it is about a bucket."""
        return None

    @property
    def changes(self) -> tuple[str, ...] | None:
        """The keys whose objects it may change, or who may read them; None for all of the bucket's."""
        return ()

    def request(self) -> Request:
        """The request, unsigned.

        Raises:
            ValidationError: a field breaks a rule.
        """
        raise NotImplementedError

    def parse(self, reply: Reply) -> T:
        """What the caller gets out of a success.

        Raises:
            XmlError: the body is not what S3 answers; the engine says so.
        """
        raise NotImplementedError

    def failure(self, reply: Reply) -> Exception:
        """The exception for an answer that is not a success."""
        headless = self.name.startswith("Head")  # no answer to HEAD has a body, not even S3's
        if reply.status == 404 and not reply.body and not headless and not is_s3(reply):
            # Any web server says this of any path: it is no word of S3 on a bucket or key.
            return not_s3(reply, "a 404 that has none of the marks of an S3 answer")
        # None but operations on a version have the attribute.
        version = getattr(self, "version_id", None)
        if not version:
            return error_of(reply, self.not_found)
        error = error_of(reply, "NoSuchVersion")
        if error.code == "InvalidArgument" and "version" in error.message.lower():
            hint = "list_objects(..., versions=True) shows the versions there are"
            return as_class(error, VersionNotFoundError, error.message, hint)
        return error


@dataclass(frozen=True, slots=True)
class ObjectOperation(Operation[T]):
    """An operation on one object."""

    not_found: ClassVar[str] = "NoSuchKey"

    key: str

    @property
    def subject(self) -> str | None:
        """The key."""
        return self.key

    @property
    def changes(self) -> tuple[str, ...] | None:
        """The key, unless it only reads."""
        return () if self.name.startswith(("Get", "Head", "List")) else (self.key,)
