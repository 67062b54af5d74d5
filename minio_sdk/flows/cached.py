"""Reading through the cache: memory, then disk, then the server.

Rule of this file: what is given out was sent or confirmed by the server for this very tenant and these very
keys, at this read or, with `Cache.trust`, so many seconds ago.
"""

from __future__ import annotations

from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import replace

from minio_sdk.cache import NEVER, Entry, Fill, Shelf, Store, digest
from minio_sdk.credentials.refreshing import Found
from minio_sdk.engine import Engine
from minio_sdk.errors import (
    AccessDeniedError,
    NotFoundError,
    PreconditionFailedError,
    ValidationError,
)
from minio_sdk.flows import objects
from minio_sdk.models.cache import CacheStats
from minio_sdk.models.credentials import Credentials
from minio_sdk.operation import Place
from minio_sdk.operations.get_object import GetObjectIfChanged
from minio_sdk.wire.conditions import Fresh
from minio_sdk.wire.quirks import tells_checksums


async def get(engine: Engine, bucket: str, key: str) -> bytes:
    """The bytes of an object."""
    store = engine.store
    if store is None or engine.customer_key is not None:
        # What has a key of its own is never kept: it would be there for those who don't have the key.
        return await objects.get(engine, bucket, key)
    place = engine.place(bucket)
    origin = engine.transport.signing.endpoint.url
    name = (origin, place.server_bucket, place.key_out(key))
    keys = _asking(engine)
    if isinstance(keys, Future):  # who it is that asks isn't known yet
        return await objects.get(engine, bucket, key)
    who = identity(engine, place, keys)
    shelf = store.shelf(who)
    held = shelf.get(key)
    if held is not None and held.until > engine.transport.clock.monotonic():
        held.reads += 1
        if engine.auditor is not None:
            assert engine.watcher is not None  # an auditor is one
            operation = GetObjectIfChanged(place, key, etag=held.etag)
            with engine.watcher.watch(operation.request(), operation):
                pass
        return held.data
    with store.filling(name) as fill:
        return await _Read(engine, store, shelf, fill, place, key, keys).run(held)


def trusted(engine: Engine) -> Shelf | None:
    """Where `download` may look without asking who it is that reads; None where it has to ask.

    That is so with keys that never change, and where nobody wants a record of each read.
    """
    store, provider = engine.store, engine.transport.signing.provider
    keyed = engine.auditor is not None or engine.customer_key is not None
    if store is None or not store.settings.trust or keyed or not provider.fixed:
        return None
    keys = provider.ask()
    try:
        place = engine.place(engine.config.bucket)
    except ValidationError:  # too long with the tenant; each call says so
        return None
    return None if isinstance(keys, Future) else store.shelf(identity(engine, place, keys))


def identity(engine: Engine, place: Place, keys: Credentials | None) -> Hashable:
    """Whose reads are each other's: the same tenant with the same keys in the same bucket."""
    signing = engine.transport.signing
    tenancy = engine.config.tenancy
    owner = engine.config.expected_bucket_owner
    here = signing.endpoint.url, signing.tenant, tenancy, place.server_bucket, place.prefix, keys
    return here if owner is None else (*here, owner)


def _asking(engine: Engine) -> Credentials | Future[Found] | None:
    try:
        keys: Credentials | Future[Found] | None = engine.transport.signing.provider.ask()
    except Exception:  # of a provider of the user's: signing asks again, and says so
        return Future()
    return keys


class _Read:
    """One read that asks the server.

    Args:
        engine: sends.
        store, shelf: where the answer is kept.
        fill: whether it may be.
        place, key: the object.
        keys: who asks.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        shelf: Shelf,
        fill: Fill,
        place: Place,
        key: str,
        keys: Credentials | None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._shelf = shelf
        self._fill = fill
        self._place = place
        self._key = key
        self._keys = keys

    async def run(self, held: Entry | None) -> bytes:
        """The bytes of the object as it is now."""
        from_disk = None if held is not None else await self._on_disk()
        known = (held.etag, held.data) if held is not None else from_disk
        trust = self._store.settings.trust
        until = self._engine.transport.clock.monotonic() + trust if trust else NEVER
        try:
            found = await self._unless(known[0] if known else None)
            if found.data is None and known is not None and found.etag == known[0]:
                self._keep(known[1], known[0], until)
                outcome = "disk" if from_disk else "revalidated"
                self._store.count(outcome, len(known[1]))
                return known[1]
            if found.data is None:  # it hasn't changed, and is another one
                found = await self._ask(None)
        except (AccessDeniedError, NotFoundError) as error:
            self._store.lose(self._shelf, self._key)
            disk = self._store.disk
            if known is not None and disk is not None and isinstance(error, NotFoundError):
                await self._engine.transport.call(disk.remove, [self._fill.name])
            raise
        assert found.data is not None  # asked without a condition, or it would have been an error
        self._store.count("miss")
        data = bytes(found.data)
        if found.etag is None or not self._store.takes(len(data)):
            self._store.lose(self._shelf, self._key)
        elif self._keep(data, found.etag, until):
            await self._to_disk(found.etag, data)
        return data

    async def _unless(self, etag: str | None) -> Fresh:
        try:
            return await self._ask(etag)
        except PreconditionFailedError:  # the server means 304, or something quite different
            if etag is None:
                raise
            return await self._ask(None)

    async def _ask(self, etag: str | None) -> Fresh:
        checksum = tells_checksums(self._engine.api.server)
        operation = GetObjectIfChanged(self._place, self._key, checksum, etag)
        return await objects.read(self._engine, operation)

    def _keep(self, data: bytes, etag: str, until: float) -> bool:
        """Keep it, unless it was changed meanwhile, or is what others than those who asked may read."""
        if not self._fill.good or _asking(self._engine) != self._keys:
            return False
        self._store.keep(self._fill, self._shelf, self._key, data, etag, until)
        return True

    # --- on disk ---------------------------------------------------------------------------------

    def _digest(self) -> bytes:
        # The access key and nothing secret: the server is asked anyway, and checks the rest.
        who = self._keys.access_key if self._keys is not None else None
        signing = self._engine.transport.signing
        tenancy, prefix = self._engine.config.tenancy, self._place.prefix
        return digest(*self._fill.name, signing.tenant, tenancy, prefix, who)

    async def _on_disk(self) -> tuple[str, bytes] | None:
        disk = self._store.disk
        return None if disk is None else await self._engine.transport.call(disk.get, self._digest())

    async def _to_disk(self, etag: str, data: bytes) -> None:
        disk = self._store.disk
        if disk is not None:
            who, name = self._digest(), self._fill.name
            await self._engine.transport.call(disk.put, who, name, etag, data)


# --- looking after it ---------------------------------------------------------------------------------


async def stats(engine: Engine) -> CacheStats:
    """How it does."""
    store = engine.store
    if store is None:
        return CacheStats()
    found = store.stats()
    if store.disk is None:
        return found
    count, size = await engine.transport.call(store.disk.usage)
    errors = store.disk.errors
    return replace(found, disk_objects=count, disk_size=size, disk_errors=errors)


async def clear(engine: Engine) -> None:
    """Forget everything, on disk too."""
    engine.caches.clear()
    for disk in engine.caches.disks():
        await engine.transport.call(disk.clear)


async def close(engine: Engine, own: bool) -> None:
    """Give connections back, and memory where it is this client's own and not that of a view's client."""
    if own:
        engine.caches.clear()
        for disk in engine.caches.disks():
            await engine.transport.call(disk.close)
    await engine.transport.close()
