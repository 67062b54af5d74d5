"""MinIO's admin API: remote tiers, batch jobs, healing and locks."""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import admin_storage as flows
from minio_sdk.flows.admin_storage import Job
from minio_sdk.models.admin_jobs import (
    AdminLock,
    BackgroundHealing,
    BatchJob,
    BatchJobStatus,
    HealStatus,
)
from minio_sdk.models.admin_tiers import Tier, TierUsage
from minio_sdk.models.secret import hidden


class AsyncStorageAdmin(AsyncBase):
    """Where MinIO keeps what it keeps, and what it does with it in the background."""

    async def add_tier(self, tier: Tier) -> None:
        """Let lifecycle rules move objects to another storage; its name is their ``storage_class``.

        MinIO writes an object there and removes it before it answers.

        Args:
            tier: a `MinIOTier`, `S3Tier`, `AzureTier` or `GCSTier`; its keys travel sealed. A bucket of
                this same server can't be one: MinIO would wait for itself.

        Raises:
            ConflictError: there is a tier of this name, or its place holds objects already.
            MinIOError: MinIO can't write there, and says why.

        Example:
            >>> cold = MinIOTier(
            ...     name="COLD", endpoint="https://cold.example.com", bucket="archive",
            ...     access_key="tiering", secret_key="a-secret-of-theirs",
            ... )
            >>> await client.admin.add_tier(cold)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-ilm-tier.html
        """
        engine = self._engine.begin()
        return await self._run(flows.add_tier(engine, tier))

    async def list_tiers(self) -> list[Tier]:
        """All remote tiers by name, without their secrets.

        Example:
            >>> names = [tier.name for tier in await client.admin.list_tiers()]
        """
        engine = self._engine.begin()
        return await self._run(flows.list_tiers(engine))

    async def edit_tier(
        self,
        name: str,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        account_key: str | None = None,
        credentials_json: str | None = None,
        aws_role: bool = False,
    ) -> None:
        """Give a tier other keys, which MinIO tries first; nothing else of a tier can change.

        Danger: MinIO goes on with keys that it has refused, and reads nothing from the tier, until it gets
        good ones by another call, or some minutes later finds those that it has saved.

        Args:
            name: which.
            access_key, secret_key: for MinIO and S3.
            account_key: for Azure.
            credentials_json: for Google.
            aws_role: for S3, the role of the machine instead of keys.

        Raises:
            ValidationError: they are for another kind of tier; nothing was changed.
            NotFoundError: there is no such tier.
            MinIOError: the keys don't do, and why.

        Example:
            >>> await client.admin.edit_tier("COLD", access_key="tiering", secret_key="a-new-secret")
        """
        secret_key, account_key = hidden(secret_key), hidden(account_key)
        credentials_json = hidden(credentials_json)
        engine = self._engine.begin()
        return await self._run(
            flows.edit_tier(
                engine,
                name,
                access_key=access_key,
                secret_key=secret_key,
                account_key=account_key,
                credentials_json=credentials_json,
                aws_role=aws_role,
            )
        )

    async def remove_tier(self, name: str, *, force: bool = False) -> None:
        """Remove a tier that nothing was moved to; a missing one is no error.

        Danger: with `force`, what was moved there can't be read through this server any more. Then it
        is sent once and never tried again.

        Args:
            name: which.
            force: also when there are objects in it.

        Raises:
            ConflictError: there are objects in it.
            MinIOError: MinIO can't look into it, and why.

        Example:
            >>> await client.admin.remove_tier("COLD")
        """
        engine = self._engine.begin()
        return await self._run(flows.remove_tier(engine, name, force))

    async def verify_tier(self, name: str) -> None:
        """Have MinIO write, read and remove an object in a tier.

        Raises:
            NotFoundError: there is no such tier.
            MinIOError: what it could not do there.

        Example:
            >>> await client.admin.verify_tier("COLD")
        """
        engine = self._engine.begin()
        return await self._run(flows.verify_tier(engine, name))

    async def tier_usage(self) -> Mapping[str, TierUsage]:
        """What lies in each tier, as of the server's last scan; of tiers it has not seen yet, nothing.

        Example:
            >>> usage = await client.admin.tier_usage()
        """
        engine = self._engine.begin()
        return await self._run(flows.tier_usage(engine))

    async def start_batch_job(self, document: Job) -> BatchJob:
        """Have the server work through a bucket by itself: replicate, expire or encrypt anew.

        Danger: an ``expire`` job deletes objects for good. The document is the operator's, and names
        buckets as the server does, whatever the client's tenant. It is sent once and never tried again:
        when its answer is lost, `list_batch_jobs` tells whether it was started.

        Args:
            document: YAML text as `mc batch generate` writes it, or the same as a dict, with one of the
                names ``replicate``, ``expire`` and ``keyrotate``; at most 4 MiB. It may hold keys of
                another server, which travel as safely as the connection is.

        Raises:
            MinIOError: the server finds something wrong with it, and says what.

        Example:
            >>> rule = {"type": "object", "olderThan": "365d", "name": "tmp/*"}
            >>> job = await client.admin.start_batch_job(
            ...     {"expire": {"apiVersion": "v1", "bucket": "docs", "rules": [rule]}}
            ... )

        https://docs.min.io/community/minio-object-store/administration/batch-framework.html
        """
        document = hidden(document)
        engine = self._engine.begin()
        return await self._run(flows.start_batch_job(engine, document))

    async def list_batch_jobs(self, kind: str | None = None) -> list[BatchJob]:
        """The batch jobs that are under way; those of the last moments may be among them.

        Args:
            kind: ``"replicate"``, ``"expire"`` or ``"keyrotate"``; None for all.

        Example:
            >>> jobs = await client.admin.list_batch_jobs()
        """
        engine = self._engine.begin()
        return await self._run(flows.list_batch_jobs(engine, kind))

    async def batch_job_status(self, id: str) -> BatchJobStatus:
        """How far a batch job is, which the server tells for some days after its end.

        Args:
            id: as `start_batch_job` or `list_batch_jobs` told it.

        Raises:
            ValidationError: no job has such an id.
            NotFoundError: there is no such job, or it has not begun yet.

        Example:
            >>> status = await client.admin.batch_job_status(job.id)
            >>> print(status.complete, status.objects, status.objects_failed)
        """
        engine = self._engine.begin()
        return await self._run(flows.batch_job_status(engine, id))

    async def describe_batch_job(self, id: str) -> str:
        """The document of a batch job, as YAML, with what MinIO has filled in; hidden in `repr`.

        Raises:
            NotFoundError: there is no such job under way.

        Example:
            >>> print(await client.admin.describe_batch_job(job.id))
        """
        engine = self._engine.begin()
        return await self._run(flows.describe_batch_job(engine, id))

    async def cancel_batch_job(self, id: str) -> None:
        """End a batch job; what it has done stays done. A missing one is no error.

        Example:
            >>> await client.admin.cancel_batch_job(job.id)
        """
        engine = self._engine.begin()
        return await self._run(flows.cancel_batch_job(engine, id))

    async def start_heal(
        self,
        bucket: str | None = None,
        prefix: str = "",
        *,
        recursive: bool = True,
        dry_run: bool = False,
        remove_dangling: bool = False,
        deep: bool = False,
        update_parity: bool = False,
        force: bool = False,
    ) -> str:
        """Look for what drives have lost, and write it again. MinIO does so by itself; this is for now.

        Danger: it keeps all drives busy, and MinIO deletes an object that most drives know nothing of,
        even in a dry run and without `remove_dangling`: when drives are missing that come back, bring them
        back first. It is sent once and never tried again. MinIO with a single drive has nothing to heal
        from.

        Args:
            bucket: a bucket of the tenant; None for everything on the server.
            prefix: only what begins so, of a bucket.
            recursive: objects, too, and not only the bucket itself.
            dry_run: heal nothing.
            remove_dangling: delete whatever can't be healed, such as buckets that few drives have.
            deep: read all data and compare its checksums.
            update_parity: write objects anew that were stored with less parity than is set now.
            force: also when a run is under way there, which is stopped.

        Returns:
            The token of the run, for `heal_status`; without `force` it may be that of one under way.

        Raises:
            ConflictError: a run is under way there, or in a place that has this one in it.
            NotSupportedError: the server has a single drive; or ``tenancy="prefix"`` and a bucket.

        Example:
            >>> token = await client.admin.start_heal("docs", dry_run=True)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-heal.html
        """
        engine = self._engine.begin()
        return await self._run(
            flows.start_heal(
                engine,
                bucket,
                prefix,
                recursive=recursive,
                dry_run=dry_run,
                remove_dangling=remove_dangling,
                deep=deep,
                update_parity=update_parity,
                force=force,
            )
        )

    async def heal_status(
        self, token: str, bucket: str | None = None, prefix: str = ""
    ) -> HealStatus:
        """What a healing run has done since it was last asked; the server tells each thing once.

        It knows the last run of each place, until some minutes after its end. Of a place without one it
        says ``"finished"``, and nothing else.

        Args:
            token: as `start_heal` told it.
            bucket, prefix: as they were given to it.

        Raises:
            MinIOError: another run has taken its place.

        Example:
            >>> status = await client.admin.heal_status(token, "docs")
            >>> print(status.summary, len(status.found))
        """
        engine = self._engine.begin()
        return await self._run(flows.heal_status(engine, token, bucket, prefix))

    async def stop_heal(self, bucket: str | None = None, prefix: str = "") -> None:
        """Stop the healing run that is under way there. Where there is none it is no error.

        Example:
            >>> await client.admin.stop_heal("docs")
        """
        engine = self._engine.begin()
        return await self._run(flows.stop_heal(engine, bucket, prefix))

    async def background_healing(self) -> BackgroundHealing:
        """What MinIO heals by itself at this time.

        Raises:
            NotSupportedError: the server has a single drive.

        Example:
            >>> print((await client.admin.background_healing()).healing_drives)
        """
        engine = self._engine.begin()
        return await self._run(flows.background_healing(engine))

    async def top_locks(self, limit: int = 10, *, stale: bool = False) -> list[AdminLock]:
        """The locks that have been held longest.

        Args:
            limit: the most that are told. Default 10.
            stale: also those that fewer servers hold than have to.

        Raises:
            NotSupportedError: the server isn't one of a cluster.

        Example:
            >>> locks = await client.admin.top_locks()
        """
        engine = self._engine.begin()
        return await self._run(flows.top_locks(engine, limit, stale))

    async def force_unlock(self, *resources: str) -> None:
        """Take locks away from whoever holds them.

        Danger: who holds one believes to be alone, and two writers at a time can damage an object. For
        locks whose holder is known to be gone. It is sent once and never tried again.

        Args:
            *resources: bucket and key as `top_locks` tells them, by the server's names. One that nobody
                holds is no error.

        Raises:
            NotSupportedError: the server isn't one of a cluster.

        Example:
            >>> await client.admin.force_unlock("docs/report.pdf")
        """
        engine = self._engine.begin()
        return await self._run(flows.force_unlock(engine, resources))
