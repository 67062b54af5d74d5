"""The read cache: its settings, and how it does."""

from __future__ import annotations

from dataclasses import dataclass

from minio_sdk.errors import bad_setting
from minio_sdk.models.record import Record
from minio_sdk.models.settings import folder

_MiB = 1024 * 1024
_MOST = 1 << 50


@dataclass(frozen=True, kw_only=True)
class Cache:
    """How whole objects that were read are kept, for ``Config(cache=...)``.

    Without `trust` the server is asked at each read whether the object is still the same, and sends it
    only if it isn't (``If-None-Match``, 304).

    Args:
        memory: bytes that are kept in memory, what keeping them takes included. Default 64 MiB.
        trust: seconds for which what the server has sent or confirmed is used without asking it again.
            Within them a change by others isn't seen, and a right that was taken away still reads. What
            this client and its views change is seen at once. Default 0.
        max_object: bytes of the largest object that is kept. Default 8 MiB.
        disk: a folder of this machine in which objects are kept as well, beyond the end of the process and
            for all processes of this user that name it; made when it is missing. None for none.
        disk_size: bytes of the file there. Default 1 GiB.

    Raises:
        ConfigurationError: a field is not right.

    Example:
        >>> config = Config("http://localhost:9000", "acme", cache=Cache(trust=5))
    """

    memory: int = 64 * _MiB
    trust: float = 0.0
    max_object: int = 8 * _MiB
    disk: str | None = None
    disk_size: int = 1024 * _MiB

    def __post_init__(self) -> None:
        for name, least in (("memory", 64 * 1024), ("max_object", 1), ("disk_size", 4 * _MiB)):
            value = getattr(self, name)
            if type(value) is not int or not least <= value <= _MOST:
                rule = f"must be a whole number of bytes from {least} to {_MOST}"
                raise bad_setting(f"cache.{name}", value, rule)
        trust = self.trust
        if isinstance(trust, bool) or not isinstance(trust, (int, float)) or not 0 <= trust < 1e9:
            raise bad_setting("cache.trust", trust, "must be seconds, from 0 to 1e9")
        object.__setattr__(self, "disk", folder("cache.disk", self.disk))


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats(Record):
    """How the read cache does, since the client was made or closed.

    Attributes:
        hits: reads that asked nobody.
        revalidated: reads for which the server only had to say that nothing has changed.
        misses: reads for which it sent the object.
        bytes_saved: bytes that didn't have to be sent.
        hit_rate: the share, 0 to 1, of reads that `hits` and `revalidated` are.
        objects: how many are in memory.
        size: bytes that these take, what keeping them takes included.
        evictions: how many had to go from memory for want of room.
        disk_hits: how many of the revalidated ones were on disk and not in memory.
        disk_objects: how many are on disk, for all who use it.
        disk_size: bytes of the file there.
        disk_errors: how often the disk failed, such as for being full; reads don't fail for that.
    """

    hits: int = 0
    revalidated: int = 0
    misses: int = 0
    bytes_saved: int = 0
    hit_rate: float = 0.0
    objects: int = 0
    size: int = 0
    evictions: int = 0
    disk_hits: int = 0
    disk_objects: int = 0
    disk_size: int = 0
    disk_errors: int = 0
