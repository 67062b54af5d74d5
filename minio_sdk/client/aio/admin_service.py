"""MinIO's admin API: its servers, exports, the KMS, and who may do what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import admin_service as flows
from minio_sdk.models.admin_access import (
    AccountInfo,
    KMSKeyStatus,
    KMSStatus,
    PolicyEntities,
    UserAccessKeys,
    UserProvider,
)
from minio_sdk.models.admin_config import ServiceResult


class AsyncServiceAdmin(AsyncBase):
    """What an operator does with MinIO's servers."""

    async def restart_server(self, *, dry_run: bool = False) -> list[ServiceResult]:
        """Restart all servers of the installation.

        Danger: calls that are under way are cut off. It is sent once and never tried again; an answer
        that is lost doesn't tell whether they restart.

        Args:
            dry_run: only tell what would keep them from it.

        Returns:
            What each server said. They restart after that; `client.health_check` tells when they are
            back.

        Example:
            >>> for server in await client.admin.restart_server(dry_run=True):
            ...     print(server.host, server.error, server.hanging_drives)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-service.html
        """
        engine = self._engine.begin()
        return await self._run(flows.restart(engine, dry_run))

    async def stop_server(self, *, dry_run: bool = False) -> list[ServiceResult]:
        """Stop all servers of the installation.

        Danger: nothing here can start them again; that takes somebody on their machines. It is sent
        once and never tried again.

        Args:
            dry_run: only tell what would keep them from it.

        Returns:
            What each server said before it ended.

        Example:
            >>> servers = await client.admin.stop_server(dry_run=True)
        """
        engine = self._engine.begin()
        return await self._run(flows.stop(engine, dry_run))

    async def freeze_server(self) -> None:
        """Hold all calls of S3 on all servers, which then wait; the admin API goes on.

        Danger: every client hangs until `unfreeze_server`, as often as they were frozen, or a restart. It
        is sent once and never tried again. MinIO freezes in a dry run as well, so there is none.

        Example:
            >>> await client.admin.freeze_server()
        """
        engine = self._engine.begin()
        return await self._run(flows.freeze(engine))

    async def unfreeze_server(self) -> None:
        """Let calls of S3 go on, when this was called as often as `freeze_server`. Sent once.

        Example:
            >>> await client.admin.unfreeze_server()
        """
        engine = self._engine.begin()
        return await self._run(flows.unfreeze(engine))

    async def update_server(self, url: str = "", *, dry_run: bool = False) -> list[ServiceResult]:
        """Put another release on all servers, and restart them.

        Danger: it replaces the program that runs, by what the URL gives. It is sent once and never
        tried again.

        Args:
            url: of a release's checksum file; empty for MinIO's newest.
            dry_run: only fetch and verify it.

        Returns:
            What became of each server.

        Raises:
            NotSupportedError: this build can't be updated, or its ``MINIO_UPDATE=off`` says so.
            MinIOError: the URL can't be fetched.

        Example:
            >>> servers = await client.admin.update_server(dry_run=True)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-update.html
        """
        engine = self._engine.begin()
        return await self._run(flows.update(engine, url, dry_run))

    async def profile(self, kinds: str | Sequence[str] = "cpu", *, seconds: float = 10.0) -> bytes:
        """What MinIO's servers are busy with, for `go tool pprof`.

        Sent once: each further one ends the one before. The call takes as long as `seconds`.

        Args:
            kinds: one or several of ``"block"``, ``"cpu"``, ``"cpuio"``, ``"goroutines"``, ``"mem"``,
                ``"mutex"``, ``"runtime"``, ``"threads"`` and ``"trace"``.
            seconds: how long they look; less than `Config.timeout`, since no byte comes until then.

        Returns:
            A zip file.

        Example:
            >>> archive = await client.admin.profile(["cpu", "mem"], seconds=5)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-profile.html
        """
        engine = self._engine.begin()
        return await self._run(flows.profile(engine, kinds, seconds))

    async def inspect(self, bucket: str, path: str) -> bytes:
        """The files that an object is on the drives, of all servers, to find out what is wrong with it.

        Args:
            bucket: a bucket of the tenant; without a tenant also ``".minio.sys"``, where MinIO keeps what is
                its own.
            path: a file in the folder of an object, such as ``"a/b.txt/xl.meta"``, or of several with
                ``*``. ``"a/b.txt/**"`` has its data, too: all of it is held in memory, up to 1 GiB.

        Returns:
            A zip file with a folder for each drive, and what tells of the servers.

        Raises:
            AccessDeniedError: these credentials may not (``admin:InspectData``).
            NotFoundError: there is nothing of the kind.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``; or the package
                `cryptography` is missing, which opens the answer.
            IntegrityError: the answer was changed or cut off.

        Example:
            >>> archive = await client.admin.inspect("docs", "a/b.txt/xl.meta")

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-support-inspect.html
        """
        engine = self._engine.begin()
        return await self._run(flows.inspect(engine, bucket, path))

    async def export_bucket_metadata(self, bucket: str | None = None) -> bytes:
        """The settings of a bucket: policy, lifecycle, versioning, tags, quota, lock and the like.

        Args:
            bucket: a bucket of the tenant; None for all of the server, which needs a client without a
                tenant.

        Returns:
            A zip file, for `import_bucket_metadata`. Buckets have the server's names in it.

        Raises:
            BucketNotFoundError: there is no such bucket.
            NotSupportedError: the server is not MinIO; or ``tenancy="prefix"``.

        Example:
            >>> archive = await client.admin.export_bucket_metadata("docs")

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-cluster-bucket.html
        """
        engine = self._engine.begin()
        return await self._run(flows.export_buckets(engine, bucket))

    async def import_bucket_metadata(self, archive: bytes) -> Mapping[str, Mapping[str, str]]:
        """Set what a file of `export_bucket_metadata` has; buckets that are missing are made.

        Danger: settings that are there are overwritten.

        Args:
            archive: the zip file. With a tenant it may have nothing of buckets of others.

        Returns:
            What could not be set: by bucket, the error of each setting; empty when all went well.

        Raises:
            ValidationError: no zip file, or one with buckets that aren't the tenant's; nothing was sent.

        Example:
            >>> errors = await client.admin.import_bucket_metadata(archive)
        """
        engine = self._engine.begin()
        return await self._run(flows.import_buckets(engine, archive))

    async def export_iam(self) -> bytes:
        """All users, groups, policies and service accounts of the server, with their secrets in plain.

        Returns:
            A zip file, for `import_iam`. Keep it as you keep the secrets.

        Example:
            >>> archive = await client.admin.export_iam()

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-cluster-iam.html
        """
        engine = self._engine.begin()
        return await self._run(flows.export_iam(engine))

    async def import_iam(self, archive: bytes) -> dict[str, Any]:
        """Add the users, groups, policies and service accounts of a file of `export_iam`.

        Danger: those of the same names that are there get the file's secrets and rights. It is sent
        once and never tried again. Keys of the root user do nothing where that has another name.

        Args:
            archive: the zip file.

        Returns:
            What was ``"added"``, ``"removed"``, ``"skipped"`` and ``"failed"``, as MinIO tells it: lists of
            names by ``"users"``, ``"policies"``, ``"groups"`` and ``"serviceAccounts"``, and of what is
            attached by ``"userPolicies"`` and ``"groupPolicies"``; what has none is left out.

        Raises:
            ValidationError: no zip file; nothing was sent.

        Example:
            >>> report = await client.admin.import_iam(archive)
        """
        engine = self._engine.begin()
        return await self._run(flows.import_iam(engine, archive))

    async def kms_status(self) -> KMSStatus:
        """The key management that MinIO encrypts with.

        Raises:
            NotSupportedError: it has none.

        Example:
            >>> print((await client.admin.kms_status()).default_key)
        """
        engine = self._engine.begin()
        return await self._run(flows.kms_status(engine))

    async def create_kms_key(self, key: str) -> None:
        """Make a key, for objects to be encrypted with. Sent once.

        Args:
            key: its name: 1 to 80 letters, digits, ``-`` and ``_``.

        Raises:
            ConflictError: there is such a key.
            NotSupportedError: there is no KMS, or it has a fixed key only.

        Example:
            >>> await client.admin.create_kms_key("acme")

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-kms-key.html
        """
        engine = self._engine.begin()
        return await self._run(flows.create_kms_key(engine, key))

    async def kms_key_status(self, key: str | None = None) -> KMSKeyStatus:
        """Have MinIO encrypt and decrypt something with a key.

        Args:
            key: its name; None for the default key.

        Returns:
            `KMSKeyStatus`; its ``ok`` is False for a key that is missing.

        Raises:
            NotSupportedError: there is no KMS.

        Example:
            >>> assert (await client.admin.kms_key_status()).ok
        """
        engine = self._engine.begin()
        return await self._run(flows.kms_key_status(engine, key))

    async def list_kms_keys(self, prefix: str = "") -> list[str]:
        """The names of the keys that the KMS has, in order; of very many only the first.

        Args:
            prefix: only names that begin with it.

        Raises:
            AccessDeniedError: these credentials may not (``kms:ListKeys``).
            NotSupportedError: there is no KMS.

        Example:
            >>> print(await client.admin.list_kms_keys("acme-"))
        """
        engine = self._engine.begin()
        return await self._run(flows.list_kms_keys(engine, prefix))

    async def account_info(self, *, prefixes: bool = False) -> AccountInfo:
        """Who these credentials are, the policy in force, and the buckets that they reach.

        It needs no admin rights. With a tenant: the tenant's buckets only, none with
        ``tenancy="prefix"``.

        Args:
            prefixes: also the bytes below each folder at the top of a bucket.

        Example:
            >>> info = await client.admin.account_info()
            >>> print(info.name, [name for name, bucket in info.buckets.items() if bucket.write])
        """
        engine = self._engine.begin()
        return await self._run(flows.account_info(engine, prefixes))

    async def policy_entities(
        self,
        *,
        users: Sequence[str] = (),
        groups: Sequence[str] = (),
        policies: Sequence[str] = (),
    ) -> PolicyEntities:
        """Which policies are attached to whom.

        Args:
            users, groups, policies: whose; with none of them, all policies that are attached to somebody.
                A name that isn't there is no error, and not in the answer.

        Example:
            >>> entities = await client.admin.policy_entities(policies=["readwrite"])
            >>> print(entities.policies["readwrite"].users)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-policy-entities.html
        """
        engine = self._engine.begin()
        return await self._run(flows.policy_entities(engine, users, groups, policies))

    async def ldap_policy_entities(
        self,
        *,
        users: Sequence[str] = (),
        groups: Sequence[str] = (),
        policies: Sequence[str] = (),
    ) -> PolicyEntities:
        """Which policies are attached to whom of an LDAP directory.

        Args:
            users, groups: distinguished names.
            policies: their names.

        Raises:
            MinIOError: MinIO doesn't sign in by LDAP.

        Example:
            >>> entities = await client.admin.ldap_policy_entities(policies=["readwrite"])
        """
        engine = self._engine.begin()
        return await self._run(flows.policy_entities(engine, users, groups, policies, ldap=True))

    async def attach_ldap_policy(
        self, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
    ) -> None:
        """Let a user or a group of LDAP do what a policy says.

        Args:
            name: of one policy or several. One that is attached already is no error.
            user: a distinguished or short name; either this or `group`.
            group: a distinguished name.

        Raises:
            NotFoundError: there is no such policy, user or group.
            NotSupportedError: MinIO doesn't sign in by LDAP.

        Example:
            >>> await client.admin.attach_ldap_policy("readonly", user="uid=ada,ou=people,dc=acme")
        """
        engine = self._engine.begin()
        return await self._run(flows.attach_ldap_policy(engine, name, user, group))

    async def detach_ldap_policy(
        self, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
    ) -> None:
        """Take a policy from a user or a group of LDAP; one that isn't attached is no error.

        Args:
            name: of one policy or several.
            user: a distinguished or short name; either this or `group`.
            group: a distinguished name.

        Raises:
            NotFoundError: there is no such policy, user or group.
            NotSupportedError: MinIO doesn't sign in by LDAP.

        Example:
            >>> await client.admin.detach_ldap_policy("readonly", user="uid=ada,ou=people,dc=acme")
        """
        engine = self._engine.begin()
        return await self._run(flows.detach_ldap_policy(engine, name, user, group))

    async def list_access_keys(
        self, users: str | Iterable[str] | None = None
    ) -> Mapping[str, UserAccessKeys]:
        """The service accounts and temporary keys of users, without secrets.

        Args:
            users: one access key or several; None for all users of the server. One that isn't there is no
                error, and not in the answer.

        Example:
            >>> keys = await client.admin.list_access_keys("ada")
        """
        engine = self._engine.begin()
        return await self._run(flows.list_access_keys(engine, users, False))

    async def list_ldap_access_keys(
        self, users: str | Iterable[str] | None = None
    ) -> Mapping[str, UserAccessKeys]:
        """The service accounts and temporary keys of LDAP's users, without secrets.

        Args:
            users: one distinguished name or several; None for all whom a policy is attached to themselves,
                and not to one of their groups.

        Raises:
            NotSupportedError: MinIO doesn't sign in by LDAP.

        Example:
            >>> keys = await client.admin.list_ldap_access_keys()
        """
        engine = self._engine.begin()
        return await self._run(flows.list_access_keys(engine, users, True))

    async def revoke_tokens(
        self,
        user: str | None = None,
        *,
        token_revoke_type: str | None = None,
        everything: bool = False,
        provider: UserProvider = "builtin",
    ) -> None:
        """End sessions of a user before their time: temporary keys that STS has given out.

        Danger: they are refused at once, in the middle of what they are used for. Without `user`, or with
        one of a directory, it is sent once and never tried again: the keys that ask may be among those
        that end, and MinIO fails where the directory has no such user.

        The user goes on, with the user's own keys and service accounts, and can begin new sessions: to keep
        somebody out, `set_user_status` first. Sessions belong to the user whose keys asked for them, so
        those that root has handed out are root's. A provider of sessions gets itself a new one.

        Args:
            user: the access key; of a directory the short or the distinguished name. One whom MinIO has
                itself, and who isn't there, is no error. None for the caller's own sessions, for which no
                right is needed.
            token_revoke_type: only sessions of this type, as `AssumeRoleProvider` and the other providers of
                sessions have named it. None, without `user` and `everything`: those of the type of the
                session that calls, itself included.
            everything: all sessions, of any type and of none. Not together with `token_revoke_type`; with
                `user` it is the one or the other.
            provider: ``"ldap"`` for the directory to say whom `user` means. Default ``"builtin"``: MinIO
                takes the name as it is. That is also how to name who has left the directory, by the
                distinguished name, and users of OpenID Connect, certificates and plugins, whom
                `get_temporary_account` tells as the ``parent`` of a session.

        Raises:
            AccessDeniedError: sessions of another user, without ``admin:RemoveServiceAccount``.
            NotFoundError: the directory knows no such user.
            NotSupportedError: an older MinIO, or one that knows no LDAP directory.
            ValidationError: arguments that contradict each other; nothing was sent.

        Example:
            >>> await client.admin.revoke_tokens("ada", token_revoke_type="reports")
            >>> await client.admin.revoke_tokens("grace", everything=True, provider="ldap")

        https://docs.min.io/enterprise/aistor-object-store/reference/cli/admin/mc-admin-accesskey/mc-admin-accesskey-sts-revoke
        """
        engine = self._engine.begin()
        return await self._run(
            flows.revoke_tokens(engine, user, token_revoke_type, everything, provider)
        )
