"""MinIO: a user with a policy of its name, and service accounts of that user as its keys.

Nobody knows the secret of the user itself, so that keys can be renewed while the old ones still work, and
`mc admin accesskey ls` and `mc admin policy info` show what there is.
"""

from __future__ import annotations

from typing import Any, ClassVar

from minio_sdk.engine import Engine
from minio_sdk.errors import NotFoundError, NotSupportedError
from minio_sdk.flows import admin, buckets
from minio_sdk.flows.admin import new_secret
from minio_sdk.flows.provisioning.backend import (
    OURS,
    Account,
    Operator,
    Wanted,
    accounts_of,
    is_read_only,
    mark_of,
    marked,
    not_ours,
    policy_of,
    reach_of,
    statements_in,
    user_of,
)
from minio_sdk.models.admin import User
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import canonical_tenant
from minio_sdk.tenancy import SNAPSHOTS, slug_of

_NAME = "minio-sdk"
_QUOTA = "quota "

# Without this, MinIO lets every user make keys for itself, which would outlive those that made them.
_NO_ADMIN = {"Effect": "Deny", "Action": ["admin:*"]}


class MinIO:
    """Through the admin API."""

    server: ClassVar[str] = "minio"

    def __init__(self, operator: Operator) -> None:
        self.engine: Engine = operator.engine

    def check(self, wanted: Wanted) -> None:
        """Quotas are those of buckets."""
        if wanted.quota is not None and self.engine.config.tenancy == "prefix":
            raise NotSupportedError(
                "MinIO has quotas for whole buckets, and with tenancy='prefix' all tenants share one; "
                "nothing was made",
                operation="add",
                hint="tenancy='bucket', or no quota",
            )

    async def find(self, tenant_id: str) -> Account | None:
        """The user, when there is one."""
        policy = await self._policy(tenant_id)
        if policy is None or await self._user(tenant_id) is None:
            return None
        return await self._account(tenant_id, policy)

    async def make(self, wanted: Wanted) -> Account:
        """The policy first: it says whose the user will be."""
        user = user_of(wanted.tenant_id)
        before = await self._policy(wanted.tenant_id)
        document = self._document(wanted)
        await admin.add_policy(self.engine, user, document)
        there = await self._user(wanted.tenant_id)
        if there is None:
            await admin.add_user(self.engine, user, new_secret())
        if there is None or user not in there.policies:
            await admin.attach_policy(self.engine, user, user=user)
        if wanted.quota is not None or _quota_in(before or {}) is not None:
            await self._set_quota(wanted)
        return await self._account(wanted.tenant_id, document, new=there is None)

    async def new_key(self, account: Account) -> Credentials:
        """Another service account of the user."""
        return await admin.add_service_account(
            self.engine, user=account.user, name=_NAME, description=account.tenant_id
        )

    async def end_key(self, account: Account, access_key: str) -> None:
        """Remove a service account."""
        try:
            await admin.remove_service_account(self.engine, access_key)
        except NotFoundError:
            pass

    async def end(self, tenant_id: str, *, delete_data: bool) -> bool:
        """The user with its service accounts, then the policy."""
        user = user_of(tenant_id)
        if await self._policy(tenant_id) is None:
            return False
        try:
            await admin.remove_user(self.engine, user)
        except NotFoundError:
            pass
        await admin.remove_policy(self.engine, user)
        return True

    async def accounts(self) -> list[Account]:
        """The users that have a policy which says whose they are."""
        policies = await admin.list_policies(self.engine)
        users = {user.access_key: user for user in await admin.list_users(self.engine)}
        ours = [
            (tenant_id, policy)
            for name, policy in policies.items()
            if name.startswith(OURS) and name in users and (tenant_id := mark_of(policy))
        ]
        return await accounts_of(self.engine, lambda item: self._account(*item), ours)

    async def close(self) -> None:
        """Nothing."""

    async def _account(
        self, tenant_id: str, policy: dict[str, Any], *, new: bool = False
    ) -> Account:
        user = user_of(tenant_id)
        # What is said about them is sealed, which costs a tenth of a second on either side.
        keys = [] if new else await admin.list_service_accounts(self.engine, user)
        return Account(
            tenant_id, user, tuple(key.access_key for key in keys),
            quota=_quota_in(policy), read_only=is_read_only(policy), reach=reach_of(policy),
        )  # fmt: skip

    async def _user(self, tenant_id: str) -> User | None:
        try:
            return await admin.get_user(self.engine, user_of(tenant_id))
        except NotFoundError:
            return None

    async def _policy(self, tenant_id: str) -> dict[str, Any] | None:
        """The tenant's policy: its user is made after it, and removed before it.

        Raises:
            ConflictError: it is not this tenant's, or there is a user without one.
        """
        user = user_of(tenant_id)
        try:
            policy = await admin.get_policy(self.engine, user)
        except NotFoundError:
            if await self._user(tenant_id) is not None:
                raise not_ours(user) from None
            return None
        if mark_of(policy) != canonical_tenant(tenant_id):
            raise not_ours(user)
        return policy

    def _document(self, wanted: Wanted) -> dict[str, Any]:
        document = marked(policy_of(self.engine, wanted), wanted.tenant_id)
        more: list[dict[str, Any]] = [_NO_ADMIN]
        if wanted.quota is not None:
            more.append(
                {
                    # A bucket that the tenant makes would have no quota.
                    "Sid": f"{_QUOTA}{wanted.quota}",
                    "Effect": "Deny",
                    "Action": ["s3:CreateBucket"],
                    "Resource": ["arn:aws:s3:::*"],
                }
            )
        return {**document, "Statement": [*document["Statement"], *more]}

    async def _set_quota(self, wanted: Wanted) -> None:
        slug = slug_of(wanted.tenant_id)
        if wanted.quota is not None:
            for name in (self.engine.config.bucket, f"-{SNAPSHOTS}"):
                await buckets.create_missing(self.engine, f"{slug}-{name}")
        for bucket in await buckets.list_all(self.engine):
            if bucket.name.startswith(f"{slug}-"):
                await admin.set_bucket_quota(self.engine, bucket.name, wanted.quota)


def _quota_in(policy: dict[str, Any]) -> int | None:
    """The quota that a policy was made with."""
    for statement in statements_in(policy):
        sid = str(statement.get("Sid", ""))
        number = sid.removeprefix(_QUOTA)
        if sid.startswith(_QUOTA) and number.isdecimal():
            return int(number)
    return None
