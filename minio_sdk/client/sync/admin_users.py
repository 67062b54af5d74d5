# Made by scripts/make_sync.py from client/aio/admin_users.py: change that one.
"""MinIO's admin API: users, groups, policies and service accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import admin as flows
from minio_sdk.flows.admin import Policy
from minio_sdk.models.admin import Group, ServiceAccount, User
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import hidden


class UsersAdmin(Base):
    """Who may sign in to MinIO, and do what."""

    def add_user(self, access_key: str, secret_key: str, *, enabled: bool = True) -> None:
        """Add a user, or give the one that is there another secret.

        It may do nothing until a policy is attached to it.

        Args:
            access_key: the name, 3 to 128 ASCII characters without ``=``, ``,`` and ``/``.
            secret_key: the secret, 8 to 128 bytes; it travels sealed with this client's own.
            enabled: whether it may sign requests.

        Raises:
            ValidationError: a bad name or secret; nothing was sent.
            NotSupportedError: the server is not MinIO, or a package is missing.

        Example:
            >>> client.admin.add_user("ada", "a-secret-of-ada")
        """
        secret_key = hidden(secret_key)
        engine = self._engine.begin()
        return self._run(flows.add_user(engine, access_key, secret_key, enabled=enabled))

    def remove_user(self, access_key: str) -> None:
        """Remove a user, with all its service accounts.

        Raises:
            NotFoundError: there is no such user.

        Example:
            >>> client.admin.remove_user("ada")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_user(engine, access_key))

    def set_user_status(self, access_key: str, enabled: bool) -> None:
        """Let a user sign requests, or not; its policies and groups stay.

        While it may not, MinIO attaches no policy to it and makes no service account for it.

        Raises:
            NotFoundError: there is no such user.

        Example:
            >>> client.admin.set_user_status("ada", False)
        """
        engine = self._engine.begin()
        return self._run(flows.set_user_status(engine, access_key, enabled))

    def get_user(self, access_key: str) -> User:
        """One user, with the names of its policies and groups.

        Raises:
            NotFoundError: there is no such user.

        Example:
            >>> user = client.admin.get_user("ada")
            >>> print(user.enabled, user.policies, user.groups)
        """
        engine = self._engine.begin()
        return self._run(flows.get_user(engine, access_key))

    def list_users(self) -> list[User]:
        """All users of the server, by name; not its root user.

        Raises:
            AccessDeniedError: these credentials have no admin rights.

        Example:
            >>> names = [user.access_key for user in client.admin.list_users()]
        """
        engine = self._engine.begin()
        return self._run(flows.list_users(engine))

    def add_to_group(self, group: str, members: str | Iterable[str]) -> None:
        """Put users into a group, which is made when it isn't there.

        Args:
            group: its name.
            members: one access key or several.

        Raises:
            NotFoundError: there is no such user.

        Example:
            >>> client.admin.add_to_group("editors", ["ada", "grace"])
        """
        engine = self._engine.begin()
        return self._run(flows.add_to_group(engine, group, members))

    def remove_from_group(self, group: str, members: str | Iterable[str]) -> None:
        """Take users out of a group; the group stays, also when it is empty.

        Raises:
            NotFoundError: there is no such group or user.

        Example:
            >>> client.admin.remove_from_group("editors", "ada")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_from_group(engine, group, members))

    def remove_group(self, group: str) -> None:
        """Remove a group that has no members.

        Raises:
            NotFoundError: there is no such group.
            ConflictError: it has members.

        Example:
            >>> client.admin.remove_group("editors")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_group(engine, group))

    def set_group_status(self, group: str, enabled: bool) -> None:
        """Put a group's policies in force, or out of it.

        `get_group` tells none of the policies of a group that is out of force.

        Raises:
            NotFoundError: there is no such group.

        Example:
            >>> client.admin.set_group_status("editors", False)
        """
        engine = self._engine.begin()
        return self._run(flows.set_group_status(engine, group, enabled))

    def get_group(self, group: str) -> Group:
        """One group, with its members and the names of its policies.

        Raises:
            NotFoundError: there is no such group.

        Example:
            >>> members = (client.admin.get_group("editors")).members
        """
        engine = self._engine.begin()
        return self._run(flows.get_group(engine, group))

    def list_groups(self) -> list[str]:
        """The names of all groups of the server.

        Raises:
            AccessDeniedError: these credentials have no admin rights.

        Example:
            >>> names = client.admin.list_groups()
        """
        engine = self._engine.begin()
        return self._run(flows.list_groups(engine))

    def add_policy(self, name: str, policy: Policy) -> None:
        """Keep a policy under a name, in place of the one that has it.

        Args:
            name: at most 128 bytes without ``=``, ``,``, ``/`` and a backslash.
            policy: the document, as JSON text or a dict, at most 20 KiB. Buckets in it are named as on
                the server: it is not rewritten for the tenant.

        Raises:
            ValidationError: a bad name, or not a policy; nothing was sent.
            MinIOError: the server finds something wrong with it, and says what.

        Example:
            >>> reads = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::docs/*"}
            >>> document = {"Version": "2012-10-17", "Statement": [reads]}
            >>> client.admin.add_policy("read-docs", document)

        https://docs.min.io/community/minio-object-store/administration/identity-access-management/policy-based-access-control.html
        """
        engine = self._engine.begin()
        return self._run(flows.add_policy(engine, name, policy))

    def get_policy(self, name: str) -> dict[str, Any]:
        """The policy under a name, as the server wrote it.

        Raises:
            NotFoundError: there is no such policy.

        Example:
            >>> document = client.admin.get_policy("readwrite")
        """
        engine = self._engine.begin()
        return self._run(flows.get_policy(engine, name))

    def list_policies(self) -> dict[str, dict[str, Any]]:
        """All named policies of the server, its own ones included.

        Raises:
            AccessDeniedError: these credentials have no admin rights.

        Example:
            >>> names = list(client.admin.list_policies())
        """
        engine = self._engine.begin()
        return self._run(flows.list_policies(engine))

    def remove_policy(self, name: str) -> None:
        """Remove a named policy; a missing one is no error.

        Raises:
            ConflictError: it is attached to a user or group.

        Example:
            >>> client.admin.remove_policy("read-docs")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_policy(engine, name))

    def attach_policy(
        self, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
    ) -> None:
        """Let a user or a group do what a policy says, beside what it may do already.

        Args:
            name: of one policy or several. One that is attached already is no error.
            user: an access key; either this or `group`.
            group: its name.

        Raises:
            NotFoundError: there is no such policy, group or user, or the user is disabled.

        Example:
            >>> client.admin.attach_policy("read-docs", user="ada")
        """
        engine = self._engine.begin()
        return self._run(flows.attach_policy(engine, name, user=user, group=group))

    def detach_policy(
        self, name: str | Sequence[str], *, user: str | None = None, group: str | None = None
    ) -> None:
        """Take a policy from a user or a group; one that isn't attached is no error.

        Args:
            name: of one policy or several.
            user: an access key; either this or `group`.
            group: its name.

        Raises:
            NotFoundError: there is no such policy, group or user, or the user is disabled.

        Example:
            >>> client.admin.detach_policy("read-docs", user="ada")
        """
        engine = self._engine.begin()
        return self._run(flows.detach_policy(engine, name, user=user, group=group))

    def add_service_account(
        self,
        *,
        user: str | None = None,
        policy: Policy | None = None,
        name: str | None = None,
        description: str | None = None,
        expires_at: datetime | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
    ) -> Credentials:
        """Make further keys for a user, with its rights or fewer.

        Args:
            user: whose they are; None for the caller's own user.
            policy: what they may do of what the user may, JSON text or a dict of at most 4 KiB; None
                for all.
            name: 1 to 32 of letters, digits, ``_`` and ``-``, beginning with a letter.
            description: up to 256 bytes.
            expires_at: when they end (aware datetime), 15 minutes to 365 days from now; None for never.
            access_key: as in `add_user`; made at random when it isn't given.
            secret_key: 8 to 128 bytes; made at random when it isn't given.

        Returns:
            `Credentials`, for ``client.with_(credentials=...)``. The secret can't be asked for again.

        Raises:
            ConflictError: there is a service account of that access key.
            NotFoundError: there is no such user, or it is disabled.
            ValidationError: a bad argument; nothing was sent.

        Example:
            >>> keys = client.admin.add_service_account(user="ada", name="laptop")
            >>> theirs = client.with_(credentials=keys)
        """
        secret_key = hidden(secret_key)
        engine = self._engine.begin()
        return self._run(
            flows.add_service_account(
                engine,
                user=user,
                policy=policy,
                name=name,
                description=description,
                expires_at=expires_at,
                access_key=access_key,
                secret_key=secret_key,
            )
        )

    def list_service_accounts(self, user: str | None = None) -> list[ServiceAccount]:
        """The service accounts of a user, by access key, without their policies.

        Args:
            user: whose; None for the caller's own. MinIO gives none for a user that isn't there.

        Example:
            >>> accounts = client.admin.list_service_accounts("ada")
        """
        engine = self._engine.begin()
        return self._run(flows.list_service_accounts(engine, user))

    def get_service_account(self, access_key: str) -> ServiceAccount:
        """One service account, with its policy.

        Raises:
            NotFoundError: there is no such service account.

        Example:
            >>> account = client.admin.get_service_account("ADALAPTOP")
        """
        engine = self._engine.begin()
        return self._run(flows.get_service_account(engine, access_key))

    def get_temporary_account(self, access_key: str) -> ServiceAccount:
        """The keys of a session that STS gave, as to `AssumeRoleProvider`: whose, until when, what for.

        Args:
            access_key: of the session.

        Returns:
            `ServiceAccount`, without a name.

        Raises:
            AccessDeniedError: these credentials may not (``admin:ListTemporaryAccounts``).
            NotFoundError: there is no such session, or it has ended.

        Example:
            >>> session = client.admin.get_temporary_account(keys.access_key)
            >>> print(session.parent, session.expires_at, session.policy)
        """
        engine = self._engine.begin()
        return self._run(flows.get_temporary_account(engine, access_key))

    def update_service_account(
        self,
        access_key: str,
        *,
        policy: Policy | None = None,
        name: str | None = None,
        description: str | None = None,
        expires_at: datetime | None = None,
        secret_key: str | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Change what is given of a service account; None leaves it as it is.

        MinIO drops an account's own policy in a change that doesn't name it; here it is read and sent
        again.

        Args:
            access_key: which one.
            policy: what it may do; ``{}`` for all that its user may.
            name, description, expires_at, secret_key: as in `add_service_account`.
            enabled: whether it may sign requests.

        Raises:
            NotFoundError: there is no such service account.
            ValidationError: a bad argument; nothing was sent.

        Example:
            >>> client.admin.update_service_account("ADALAPTOP", enabled=False)
        """
        secret_key = hidden(secret_key)
        engine = self._engine.begin()
        return self._run(
            flows.update_service_account(
                engine,
                access_key,
                policy=policy,
                name=name,
                description=description,
                expires_at=expires_at,
                secret_key=secret_key,
                enabled=enabled,
            )
        )

    def remove_service_account(self, access_key: str) -> None:
        """Remove a service account: its keys are worth nothing from now on.

        Raises:
            NotFoundError: there is no such service account.

        Example:
            >>> client.admin.remove_service_account("ADALAPTOP")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_service_account(engine, access_key))
