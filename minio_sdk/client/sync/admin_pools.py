# Made by scripts/make_sync.py from client/aio/admin_pools.py: change that one.
"""MinIO's admin API: pools of drives."""

from __future__ import annotations

from collections.abc import Iterable

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import admin_pools as flows
from minio_sdk.models.admin_pools import Rebalance, StoragePool
from minio_sdk.models.showing import RecordList


class PoolsAdmin(Base):
    """Of an installation that was enlarged, or is to be made smaller."""

    def list_pools(self) -> RecordList[StoragePool]:
        """The pools of drives that MinIO spreads objects over, and whether one is being emptied.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ServerInfo``).
            NotSupportedError: the server is not MinIO, or was started with drives that are no pool, such
                as a single one.

        Example:
            >>> for pool in client.admin.list_pools():
            ...     print(pool.name, pool.free, pool.total, pool.decommission)

        https://docs.min.io/community/minio-object-store/operations/concepts/erasure-coding.html
        """
        engine = self._engine.begin()
        return self._run(flows.list_pools(engine))

    def pool_status(self, pool: str) -> StoragePool:
        """One pool of drives, and how far `start_decommission` is with it.

        Args:
            pool: its name, as `list_pools` tells it.

        Raises:
            NotFoundError: there is no such pool.
            NotSupportedError: the server is not MinIO, or has no pools.

        Example:
            >>> print((client.admin.pool_status("/mnt/old{1...4}")).decommission)
        """
        engine = self._engine.begin()
        return self._run(flows.pool_status(engine, pool))

    def start_decommission(self, pools: str | Iterable[str]) -> None:
        """Have MinIO move everything out of a pool of drives, so that it can be taken away.

        Danger: nothing new is written to the pool from now on, and the others must have room for what is
        in it. Once it is complete the pool can't be had back: it has to go from the command line of all
        servers. It is sent once and never tried again: `pool_status` tells what became of it.

        Args:
            pools: the name of one, as `list_pools` tells it, or of several, emptied one after the other.

        Raises:
            NotFoundError: there is no such pool, or only one.
            ConflictError: a pool is being emptied already, or a rebalance is under way.
            NotSupportedError: the server is not MinIO, or has no pools.

        Example:
            >>> client.admin.start_decommission("/mnt/old{1...4}")

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-decommission.html
        """
        engine = self._engine.begin()
        return self._run(flows.start_decommission(engine, pools))

    def cancel_decommission(self, pool: str) -> None:
        """Have MinIO stop moving objects out of a pool; what was moved stays where it is now.

        Danger: the pool stays half empty, and MinIO writes nothing new to it even so;
        `start_decommission` goes on. It is sent once and never tried again: `pool_status` tells what
        became of it.

        Args:
            pool: its name, as `list_pools` tells it.

        Raises:
            NotFoundError: there is no such pool.
            ConflictError: it isn't being emptied.
            NotSupportedError: the server is not MinIO, or has no pools.

        Example:
            >>> client.admin.cancel_decommission("/mnt/old{1...4}")
        """
        engine = self._engine.begin()
        return self._run(flows.cancel_decommission(engine, pool))

    def start_rebalance(self) -> str:
        """Have MinIO move objects from its full pools of drives to emptier ones.

        Danger: it keeps all drives busy, for days where there is much. It is sent once and never tried
        again: `rebalance_status` tells what became of it.

        Returns:
            The id of the run.

        Raises:
            ConflictError: one is under way, or a pool is being emptied.
            NotSupportedError: the server is not MinIO, or has a single pool.

        Example:
            >>> run = client.admin.start_rebalance()

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-rebalance.html
        """
        engine = self._engine.begin()
        return self._run(flows.start_rebalance(engine))

    def rebalance_status(self) -> Rebalance:
        """How far MinIO is with what `start_rebalance` began last.

        Raises:
            NotFoundError: none was ever begun.
            NotSupportedError: the server is not MinIO, or has no pools.

        Example:
            >>> status = client.admin.rebalance_status()
            >>> print(status.running, [pool.size for pool in status.pools])
        """
        engine = self._engine.begin()
        return self._run(flows.rebalance_status(engine))

    def stop_rebalance(self) -> None:
        """Have MinIO move no more between its pools; what was moved stays. None under way is no error.

        Raises:
            NotSupportedError: the server is not MinIO, or has no pools.

        Example:
            >>> client.admin.stop_rebalance()
        """
        engine = self._engine.begin()
        return self._run(flows.stop_rebalance(engine))
