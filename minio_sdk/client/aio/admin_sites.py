"""MinIO's admin API: replication to other servers, of buckets and of whole sites."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import admin_backlog as backlog
from minio_sdk.flows import admin_sites as flows
from minio_sdk.models.admin_sites import (
    RemoteTarget,
    ReplicationResync,
    ReplicationStatus,
    Site,
    SiteReplication,
    SiteReplicationResult,
    SiteReplicationStatus,
    SiteResync,
    SiteResyncStatus,
    UnreplicatedVersion,
)
from minio_sdk.models.secret import hidden


class AsyncSitesAdmin(AsyncBase):
    """Where MinIO replicates to."""

    async def add_remote_target(
        self,
        bucket: str,
        *,
        endpoint: str,
        target_bucket: str,
        access_key: str,
        secret_key: str,
        region: str = "",
        synchronous: bool = False,
        bandwidth_limit: int = 0,
        proxy: bool = True,
        storage_class: str = "",
        health_check: float = 60.0,
    ) -> str:
        """Tell MinIO of a bucket elsewhere that a bucket can be replicated to, before the rules that do it.

        Both buckets need versioning. MinIO asks the other server before it answers.

        Args:
            bucket: a bucket of the tenant.
            endpoint: URL of the other server, without a path.
            target_bucket: the bucket there; with a tenant, by the tenant's name, as in the rules.
            access_key, secret_key: keys that may replicate there; they travel sealed.
            region: of the bucket there.
            synchronous: an upload here ends only when it is there as well.
            bandwidth_limit: bytes a second, at least 100,000,000; 0 for no limit.
            proxy: whether reads of what isn't here yet are passed on to it.
            storage_class: of the objects there.
            health_check: seconds between two looks at it. Default 60.

        Returns:
            Its ARN: the ``destination`` of a rule of `set_bucket_replication`. For a target that is
                there already,
            the one it has.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.
            MinIOError: the other server can't be reached, or says no, and why.

        Example:
            >>> arn = await client.admin.add_remote_target(
            ...     "docs", endpoint="https://other.example.com", target_bucket="docs-copy",
            ...     access_key="replicator", secret_key="a-secret-of-theirs",
            ... )
            >>> await client.set_bucket_replication("docs", {"rules": [{"destination": arn}]})

        https://docs.min.io/community/minio-object-store/administration/bucket-replication.html
        """
        secret_key = hidden(secret_key)
        engine = self._engine.begin()
        return await self._run(
            flows.add_remote_target(
                engine,
                bucket,
                endpoint=endpoint,
                target_bucket=target_bucket,
                access_key=access_key,
                secret_key=secret_key,
                region=region,
                synchronous=synchronous,
                bandwidth_limit=bandwidth_limit,
                proxy=proxy,
                storage_class=storage_class,
                health_check=health_check,
            )
        )

    async def list_remote_targets(self, bucket: str) -> list[RemoteTarget]:
        """Where a bucket can be replicated to, without the secrets; with a tenant, to its own buckets.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> for target in await client.admin.list_remote_targets("docs"):
            ...     print(target.arn, target.online, target.latency)
        """
        engine = self._engine.begin()
        return await self._run(flows.list_remote_targets(engine, bucket))

    async def edit_remote_target(
        self,
        bucket: str,
        arn: str,
        *,
        access_key: str | None = None,
        secret_key: str | None = None,
        synchronous: bool | None = None,
        bandwidth_limit: int | None = None,
        proxy: bool | None = None,
        health_check: float | None = None,
    ) -> None:
        """Change what is given of a remote target; None leaves it as it is.

        Args:
            bucket: a bucket of the tenant.
            arn: as `add_remote_target` or `list_remote_targets` told it.
            access_key, secret_key, synchronous, bandwidth_limit, proxy, health_check: as in
                `add_remote_target`; both keys go together.

        Raises:
            NotFoundError: the bucket has no such target.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> await client.admin.edit_remote_target("docs", arn, synchronous=True)
        """
        secret_key = hidden(secret_key)
        engine = self._engine.begin()
        return await self._run(
            flows.edit_remote_target(
                engine,
                bucket,
                arn,
                access_key=access_key,
                secret_key=secret_key,
                synchronous=synchronous,
                bandwidth_limit=bandwidth_limit,
                proxy=proxy,
                health_check=health_check,
            )
        )

    async def remove_remote_target(self, bucket: str, arn: str) -> None:
        """Forget a remote target. The bucket there, and what is in it, stay.

        Raises:
            NotFoundError: the bucket has no such target.
            MinIOError: a rule of the bucket still names it.

        Example:
            >>> await client.admin.remove_remote_target("docs", arn)
        """
        engine = self._engine.begin()
        return await self._run(flows.remove_remote_target(engine, bucket, arn))

    async def replication_status(self, bucket: str) -> ReplicationStatus:
        """What was replicated of a bucket, what waits and what failed, since the server was started.

        Raises:
            NotFoundError: there is no such bucket, or it isn't replicated.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> status = await client.admin.replication_status("docs")
            >>> print(status.count, status.queued_count, status.failed_count)
        """
        engine = self._engine.begin()
        return await self._run(flows.replication_status(engine, bucket))

    async def start_replication_resync(self, bucket: str, arn: str) -> ReplicationResync:
        """Have MinIO replicate all that is in a bucket to a target once more, such as after a loss there.

        The rule that names the target must have ``existing_objects=True``. It goes on in the server;
        `replication_resync_status` tells how far it is.

        Args:
            bucket: a bucket of the tenant.
            arn: as `add_remote_target` or `list_remote_targets` told it.

        Returns:
            What was begun: its `id` and `arn`.

        Raises:
            NotFoundError: there is no such bucket or target, or the bucket isn't replicated.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.
            ConflictError: the rule leaves out what was there before it.
            MinIOError: it failed, such as while one is under way already.

        Example:
            >>> print((await client.admin.start_replication_resync("docs", arn)).id)
        """
        engine = self._engine.begin()
        return await self._run(flows.start_resync(engine, bucket, arn))

    async def replication_resync_status(
        self, bucket: str, arn: str | None = None
    ) -> list[ReplicationResync]:
        """How far the server is with what `start_replication_resync` began, by target.

        Args:
            bucket: a bucket of the tenant.
            arn: of one target; None for all.

        Raises:
            NotFoundError: there is no such bucket, or it isn't replicated.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> for run in await client.admin.replication_resync_status("docs"):
            ...     print(run.arn, run.status, run.count, run.failed_count)
        """
        engine = self._engine.begin()
        return await self._run(flows.resync_status(engine, bucket, arn))

    def replication_backlog(
        self,
        bucket: str,
        prefix: str = "",
        *,
        arn: str | None = None,
    ) -> AsyncIterator[UnreplicatedVersion]:
        """The versions in a bucket that its replication has still to send, told while MinIO looks for them.

        A bucket with a million of them takes no more memory here than one with ten. It has a connection
        beside those of `Config.pool_size`.

        Args:
            bucket: a bucket of the tenant.
            prefix: only keys that begin with it.
            arn: only for this target, as `list_remote_targets` tells it; None for all.

        Returns:
            An iterator of `UnreplicatedVersion`, by key.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotFoundError: it isn't replicated.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.
            MinIOConnectionError: it broke off: what has come is not all there is.

        Example:
            >>> async for version in client.admin.replication_backlog("docs"):
            ...     print(version.key, version.status, dict(version.targets))

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-replicate-backlog.html
        """
        engine = self._engine.begin()
        operation = backlog.asked(engine, bucket, prefix, arn)
        return self._iterate(backlog.backlog(engine, operation))

    async def site_replication(self) -> SiteReplication:
        """Which installations hold the same as this one.

        Example:
            >>> print([site.name for site in (await client.admin.site_replication()).sites])
        """
        engine = self._engine.begin()
        return await self._run(flows.site_replication(engine))

    async def site_replication_status(self) -> SiteReplicationStatus:
        """Whether all sites hold the same, and what differs.

        Names of buckets and users are the server's: with a tenant, those of all tenants.

        Example:
            >>> status = await client.admin.site_replication_status()
            >>> print(status.out_of_step)
        """
        engine = self._engine.begin()
        return await self._run(flows.site_replication_status(engine))

    async def add_site_replication(
        self, sites: Sequence[Site], *, replicate_expiry: bool = False
    ) -> SiteReplicationResult:
        """Let several installations hold the same: buckets, objects, users, policies and settings.

        Danger: it reaches all data of all sites. All but one of them must be empty, and all must use
        the same KMS. It is sent once and never tried again: `site_replication` tells what became of it.

        Args:
            sites: all of them, this one included; their keys travel sealed.
            replicate_expiry: rules of expiry, too.

        Raises:
            ValidationError: fewer than two sites, or one twice; nothing was sent.
            MinIOError: the sites don't agree, and why.

        Example:
            >>> here = Site(name="here", endpoint="https://a.example", access_key="ra", secret_key="...")
            >>> there = Site(name="there", endpoint="https://b.example", access_key="rb", secret_key="...")
            >>> result = await client.admin.add_site_replication([here, there])

        https://docs.min.io/community/minio-object-store/operations/install-deploy-manage/multi-site-replication.html
        """
        engine = self._engine.begin()
        return await self._run(flows.add_site_replication(engine, sites, replicate_expiry))

    async def edit_site_replication(
        self,
        site: str,
        *,
        endpoint: str | None = None,
        synchronous: bool | None = None,
        bandwidth_limit: int | None = None,
        replicate_expiry: bool | None = None,
    ) -> SiteReplicationResult:
        """Change how a site takes part; None leaves it as it is.

        Danger: with a wrong `endpoint` the other sites lose this one. It is sent once and never tried
        again.

        Args:
            site: its name.
            endpoint: its new URL.
            synchronous: an upload ends only when it is there as well.
            bandwidth_limit: bytes a second for each bucket, at least 100,000,000; 0 for no limit.
            replicate_expiry: rules of expiry, on all sites.

        Raises:
            NotFoundError: there is no such site.

        Example:
            >>> result = await client.admin.edit_site_replication("there", synchronous=True)
        """
        engine = self._engine.begin()
        return await self._run(
            flows.edit_site_replication(
                engine,
                site,
                endpoint=endpoint,
                synchronous=synchronous,
                bandwidth_limit=bandwidth_limit,
                replicate_expiry=replicate_expiry,
            )
        )

    async def remove_site_replication(
        self, sites: str | Iterable[str] | None
    ) -> SiteReplicationResult:
        """Let sites go on by themselves; each keeps what it has.

        Danger: from now on they differ, and a site that is to come back must be empty first. It is sent
        once and never tried again: `site_replication` tells what became of it.

        Args:
            sites: the name of one, or several; None for all, which ends site replication.

        Raises:
            MinIOError: there is no such site, or no site replication.

        Example:
            >>> result = await client.admin.remove_site_replication("there")
        """
        engine = self._engine.begin()
        return await self._run(flows.remove_site_replication(engine, sites))

    async def start_site_resync(self, site: str) -> SiteResync:
        """Have this site send another all that it has once more, such as after a loss there.

        Danger: it keeps both sites busy, for days where there is much. It is sent once and never tried
        again: another call is refused while it is under way. `site_resync_status` tells how far it is.

        Args:
            site: the name of the other one.

        Returns:
            `SiteResync`: what began, and with which buckets it couldn't.

        Raises:
            NotFoundError: there is no such site.
            MinIOError: one is under way already, or it is this very site.

        Example:
            >>> print((await client.admin.start_site_resync("there")).errors)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-replicate.html
        """
        engine = self._engine.begin()
        return await self._run(flows.site_resync(engine, site, False))

    async def cancel_site_resync(self, site: str) -> SiteResync:
        """End what `start_site_resync` began; what was sent stays. It is sent once and never tried again.

        MinIO takes the run for one that is under way until its servers are started anew, and refuses another
        until then.

        Args:
            site: the name of the other one.

        Raises:
            NotFoundError: there is no such site.
            MinIOError: nothing is under way.

        Example:
            >>> print((await client.admin.cancel_site_resync("there")).status)
        """
        engine = self._engine.begin()
        return await self._run(flows.site_resync(engine, site, True))

    async def site_resync_status(self, site: str) -> SiteResyncStatus | None:
        """How far this site is with what `start_site_resync` began.

        Names of buckets are the server's, whatever the client's tenant.

        Args:
            site: the name of the other one.

        Returns:
            `SiteResyncStatus`; None when nothing was begun.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ServerInfo``).
            NotFoundError: there is no such site.
            NotSupportedError: the server is not MinIO.

        Example:
            >>> run = await client.admin.site_resync_status("there")
            >>> if run is not None:
            ...     print(run.status, run.count, run.failed_count, run.failed_buckets)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-replicate.html
        """
        engine = self._engine.begin()
        return await self._run(flows.site_resync_status(engine, site))
