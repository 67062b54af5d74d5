"""MinIO's admin API: how fast its servers and drives are."""

from __future__ import annotations

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import admin_speed as flows
from minio_sdk.models.admin_speed import DriveSpeed, NetworkSpeed, SiteSpeed, SpeedTest


class AsyncSpeedAdmin(AsyncBase):
    """What an operator measures."""

    async def speedtest(
        self,
        *,
        size: int = 64 * 1024 * 1024,
        concurrency: int = 32,
        seconds: int = 10,
        autotune: bool = False,
    ) -> SpeedTest:
        """Have MinIO's servers write objects for some time, and then read them, as fast as they can.

        Danger: all calls of S3 wait until it is over. The objects are in a bucket of MinIO's own, and are
        removed. It is sent once and never tried again.

        Args:
            size: bytes of each object.
            concurrency: how many at once, on each server.
            seconds: for writing, and as many for reading; whole ones.
            autotune: try more at once after that, as long as it gets faster.

        Returns:
            `SpeedTest`; its ``write.errors`` and ``read.errors`` say which server couldn't.

        Raises:
            AccessDeniedError: these credentials may not (``admin:OBDInfo``).
            NotSupportedError: the server is not MinIO.
            MinIOError: the drives have no room for it, or it failed.

        Example:
            >>> speed = await client.admin.speedtest(size=1024 * 1024, seconds=2)
            >>> print(speed.write.bytes_per_second, speed.read.bytes_per_second)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-perf.html
        """
        engine = self._engine.begin()
        return await self._run(flows.objects(engine, size, concurrency, seconds, autotune))

    async def drive_speedtest(
        self,
        *,
        file_size: int = 1024 * 1024 * 1024,
        block_size: int = 4 * 1024 * 1024,
        serial: bool = False,
    ) -> list[DriveSpeed]:
        """Have MinIO's servers write a file on each of their drives, and read it.

        Danger: all calls of S3 wait until it is over, and each drive needs the room. It is sent
        once and never tried again.

        Args:
            file_size: bytes of the file.
            block_size: bytes that are written at once, a multiple of 4,096 up to 64 MiB.
            serial: one drive after another.

        Returns:
            `DriveSpeed` of each drive.

        Raises:
            AccessDeniedError: these credentials may not (``admin:OBDInfo``).
            NotSupportedError: the server is not MinIO.

        Example:
            >>> for drive in await client.admin.drive_speedtest(file_size=64 * 1024 * 1024):
            ...     print(drive.server, drive.path, drive.read, drive.write, drive.error)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-perf.html
        """
        engine = self._engine.begin()
        return await self._run(flows.drives(engine, file_size, block_size, serial))

    async def network_speedtest(self, *, seconds: int = 10) -> list[NetworkSpeed]:
        """Have each of MinIO's servers send to all others at once, as fast as they can.

        Danger: all calls of S3 wait until it is over, and it takes all of the network. It is sent once and
        never tried again.

        Args:
            seconds: for measuring; whole ones, 10 at least. The call takes some more. `Config.timeout`
                must be 10 s longer, since no byte comes until then.

        Returns:
            `NetworkSpeed` of each server.

        Raises:
            AccessDeniedError: these credentials may not (``admin:OBDInfo``).
            NotSupportedError: the server is not MinIO; or there is one only.

        Example:
            >>> for node in await client.admin.network_speedtest():
            ...     print(node.server, node.sent, node.received, node.error)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-perf.html
        """
        engine = self._engine.begin()
        return await self._run(flows.network(engine, seconds))

    async def site_speedtest(self, *, seconds: int = 10) -> list[SiteSpeed]:
        """Have each site of a site replication send to all others at once, as fast as they can.

        Danger: it takes all of the network between sites. It is sent once and never tried again.

        Args:
            seconds: as in `network_speedtest`.

        Returns:
            `SiteSpeed` of each site.

        Raises:
            AccessDeniedError: these credentials may not (``admin:OBDInfo``).
            NotSupportedError: the server is not MinIO; or there is no site replication.

        Example:
            >>> for site in await client.admin.site_speedtest():
            ...     print(site.site, site.sent, site.received, site.error)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-perf.html
        """
        engine = self._engine.begin()
        return await self._run(flows.sites(engine, seconds))
