"""Where a tenant's names lie on the server.

Three ways, one type: a `Scope` makes the `Place` of each bucket.

    no tenancy      bucket "docs"  ->  bucket "docs",            no prefix
    bucket          bucket "docs"  ->  bucket "{slug}-docs",     no prefix
    prefix          bucket "docs"  ->  bucket shared_bucket,     prefix "{slug}/docs/"

A slug never has a ``-`` or ``/`` and no two tenants share one, so what stands before the first ``-`` (or
``/``) of a server's name says whose it is, and nothing else does. With prefixes, a bucket exists when
the object ``{slug}/.buckets/docs`` does: no bucket of a tenant can be called ``.buckets``, so that
no listing of a tenant's bucket ever shows it. Its tags are in ``{slug}/.bucket-tags/docs``.

Snapshots of bucket "docs" lie where no bucket of a tenant can:

    no tenancy      bucket "docs--snapshots"       prefix "docs/"
    bucket          bucket "{slug}--snapshots",    prefix "docs/"
    prefix          bucket shared_bucket,          prefix "{slug}/.snapshots/docs/"
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from hashlib import sha256

from minio_sdk.config import Config
from minio_sdk.errors import ValidationError, invalid
from minio_sdk.models.names import (
    MAX_BUCKET,
    canonical_tenant,
    check_bucket_part,
    check_existing_bucket,
    check_tenant_id,
    check_whole_bucket,
    is_uuid,
    plain,
)
from minio_sdk.operation import WHOLE_SERVER, Place
from minio_sdk.wire.url import quote_value

_OWN_SLUG = re.compile(r"[a-z0-9]{1,20}", re.ASCII)
REGISTRY = ".buckets"
TAGS = ".bucket-tags"
SNAPSHOTS = "snapshots"


def slug_of(tenant_id: str) -> str:
    """The tenant's mark in names on the server.

    1 to 20 of ``a-z 0-9`` stand for themselves; a UUID gives its 32 hexadecimal digits; anything else
    gives ``x`` and 20 characters of its SHA-256 in base32. The lengths keep the three apart.

    Raises:
        ValidationError: not a tenant id.
    """
    tenant_id = canonical_tenant(check_tenant_id(tenant_id))
    if _OWN_SLUG.fullmatch(tenant_id):
        return tenant_id
    if is_uuid(tenant_id):
        return tenant_id.replace("-", "")
    digest = sha256(tenant_id.encode()).digest()
    return "x" + base64.b32encode(digest).decode().lower()[:20]


class Scope:
    """Names without tenancy: they go to the server as they are."""

    __slots__ = ()

    @property
    def server(self) -> Place:
        """The server as a whole, as this tenant sees it."""
        return WHOLE_SERVER

    def place(self, bucket: str) -> Place:
        """Where `bucket` lies.

        Raises:
            ValidationError: not a bucket name.
        """
        return _plain_place(_text(bucket))

    def _checked(self, bucket: str) -> str:
        self.place(bucket)
        return _text(bucket)

    def check_new(self, bucket: str) -> None:
        """Refuse a name that S3 allows no new bucket to have."""
        check_whole_bucket(self.place(bucket).server_bucket, bucket)

    def own(self, server_bucket: str) -> str | None:
        """The tenant's name of a bucket on the server, None when it is another tenant's."""
        return server_bucket

    def registry(self, bucket: str = "") -> Place | None:
        """Where the markers of buckets lie when they are not buckets of the server."""
        return None

    def tags(self, bucket: str) -> Place | None:
        """Where the tags of buckets lie when they are not buckets of the server."""
        return None

    def snapshots(self, bucket: str) -> Place:
        """Where the snapshots of `bucket` lie: a place that is no bucket's, which `bucket` None says."""
        bucket = self._checked(bucket)
        ending = f"--{SNAPSHOTS}"
        name = bucket
        if len(name) + len(ending) > MAX_BUCKET:
            digest = base64.b32encode(sha256(bucket.encode()).digest()).decode().lower()[:12]
            name = f"{bucket[: MAX_BUCKET - len(ending) - 13].rstrip('.-_')}-{digest}"
        home = name.lower().replace("_", "-") + ending
        return Place(None, home, f"{bucket}/", f"/{home}")


class BucketScope(Scope):
    """Each tenant has buckets of its own, told apart by name.

    Args:
        tenant_id: the tenant.
        shared_bucket: the bucket that tenants with prefixes share, and that can be nobody's own; one
            without a ``-`` never meets a name of ours.
    """

    __slots__ = ("shared", "slug")

    def __init__(self, tenant_id: str, shared_bucket: str = "") -> None:
        self.slug = slug_of(tenant_id)
        self.shared = shared_bucket

    @property
    def server(self) -> Place:
        """The server as a whole, as this tenant sees it."""
        return Place(None, "", "", "/", self.slug)

    def place(self, bucket: str) -> Place:
        """Where `bucket` lies."""
        place = _bucket_place(self.slug, _text(bucket))
        if place.server_bucket == self.shared:
            raise invalid("bucket", bucket, "is, with the tenant before it, the shared_bucket")
        return place

    def snapshots(self, bucket: str) -> Place:
        """Where the snapshots of `bucket` lie; no bucket's own part can begin with ``-``."""
        bucket = self._checked(bucket)
        home = f"{self.slug}--{SNAPSHOTS}"
        if home == self.shared:
            raise ValidationError(f"shared_bucket={home!r}: this tenant's snapshots lie there")
        return Place(None, home, f"{bucket}/", f"/{home}", self.slug)

    def own(self, server_bucket: str) -> str | None:
        """The tenant's name of a bucket on the server, None when it is another tenant's."""
        slug, _, bucket = server_bucket.partition("-")
        if slug != self.slug:
            return None
        try:
            return self.place(bucket).bucket
        except ValidationError:  # made by others, and no name that this tenant could use
            return None


class PrefixScope(Scope):
    """All tenants share one bucket, each below a prefix of its own."""

    __slots__ = ("shared", "slug")

    def __init__(self, tenant_id: str, shared_bucket: str) -> None:
        self.slug = slug_of(tenant_id)
        self.shared = shared_bucket

    @property
    def server(self) -> Place:
        """The server as a whole, as this tenant sees it."""
        return Place(None, self.shared, "", "/", self.slug)

    def place(self, bucket: str) -> Place:
        """Where `bucket` lies."""
        return _prefix_place(self.slug, self.shared, _text(bucket))

    def check_new(self, bucket: str) -> None:
        """Refuse what is not a bucket name of a tenant."""
        self.place(bucket)

    def own(self, server_bucket: str) -> str | None:
        """No bucket of the server is a tenant's."""
        return None

    def registry(self, bucket: str = "") -> Place | None:
        """Where the markers of the tenant's buckets lie."""
        return self._below(f"{REGISTRY}/", bucket or None)

    def tags(self, bucket: str) -> Place | None:
        """Where the tags of the tenant's buckets lie."""
        return self._below(f"{TAGS}/", bucket)

    def snapshots(self, bucket: str) -> Place:
        """Where the snapshots of `bucket` lie; no bucket's name can begin with ``.``."""
        bucket = self._checked(bucket)
        return self._below(f".{SNAPSHOTS}/{bucket}/", None)

    def _below(self, prefix: str, bucket: str | None) -> Place:
        return Place(bucket, self.shared, f"{self.slug}/{prefix}", f"/{self.shared}", self.slug)


def scope_of(config: Config) -> Scope:
    """The scope that a configuration asks for."""
    if config.tenant_id is None:
        return Scope()
    if config.tenancy == "prefix":
        return PrefixScope(config.tenant_id, config.shared_bucket)
    return BucketScope(config.tenant_id, config.shared_bucket)


def _text(bucket: object) -> str:
    # The caches below can't be asked for a list, and would say so in words of their own.
    if not isinstance(bucket, str):
        raise invalid("bucket", bucket, f"must be text, not {type(bucket).__name__}")
    return bucket if type(bucket) is str else plain(bucket)


@lru_cache(maxsize=4096)
def _plain_place(bucket: str) -> Place:
    check_existing_bucket(bucket)
    return Place(bucket, bucket, "", f"/{quote_value(bucket)}")


@lru_cache(maxsize=4096)
def _bucket_place(slug: str, bucket: str) -> Place:
    check_bucket_part(bucket)
    name = check_whole_bucket(f"{slug}-{bucket}", bucket)
    return Place(bucket, name, "", f"/{name}", slug)


@lru_cache(maxsize=4096)
def _prefix_place(slug: str, shared: str, bucket: str) -> Place:
    check_bucket_part(bucket)
    return Place(bucket, shared, f"{slug}/{bucket}/", f"/{shared}", slug)
