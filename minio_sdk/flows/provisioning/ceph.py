"""Ceph RGW: a user in an RGW tenant of its own, which owns its buckets.

RGW knows policies for buckets, and ownership: a user reaches what it owns, and no policy of the user can hold
it to names. So each of our tenants is a tenant of RGW's too, with a namespace of its own: a bucket
that is called like another tenant's is another bucket. Written by its documentation; not seen to work yet.
"""

from __future__ import annotations

from typing import Any, ClassVar

from minio_sdk.engine import Engine
from minio_sdk.errors import ConflictError, NotFoundError, NotSupportedError, ServerError
from minio_sdk.flows.provisioning.backend import (
    Account,
    Operator,
    Wanted,
    accounts_of,
    not_ours,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import canonical_tenant
from minio_sdk.operations import rgw_admin as rgw
from minio_sdk.tenancy import slug_of

_USER = "$minio-sdk"
_MARK = "minio-sdk tenant "
_ALL, _READ = "read, write, delete", "read"


class Ceph:
    """Through the admin ops; the operator's user needs ``users=*;buckets=*;metadata=read``."""

    server: ClassVar[str] = "ceph"

    def __init__(self, operator: Operator) -> None:
        self.engine: Engine = operator.engine

    def check(self, wanted: Wanted) -> None:
        """A bucket that is shared would have one owner."""
        if self.engine.config.tenancy == "prefix":
            raise NotSupportedError(
                "Ceph lets a user reach the buckets that it owns, and no prefix of one that others own; "
                "nothing was made",
                operation="add",
                hint="tenancy='bucket'",
            )

    async def find(self, tenant_id: str) -> Account | None:
        """The user, when there is one."""
        user = await self._user(tenant_id)
        return None if user is None else await self._account(_uid(tenant_id), user)

    async def make(self, wanted: Wanted) -> Account:
        """The user, what it may do, and its quota."""
        uid = _uid(wanted.tenant_id)
        mask = _READ if wanted.read_only else _ALL
        name = _MARK + canonical_tenant(wanted.tenant_id)
        if await self._user(wanted.tenant_id) is None:
            user = await self.engine.send(rgw.RgwCreateUser(uid, name, mask))
        else:
            user = await self.engine.send(rgw.RgwModifyUser(uid, mask))
        if _is_read_only(user) != wanted.read_only:
            raise NotSupportedError(
                f"Ceph was told that {uid!r} may {mask}, and says {user.get('op_mask')!r}; no keys "
                "were made",
                operation="add",
            )
        await self.engine.send(rgw.RgwSetQuota(uid, wanted.quota))
        return await self._account(uid, user)

    async def new_key(self, account: Account) -> Credentials:
        """Another pair of keys: the one that wasn't there before."""
        for key in await self.engine.send(rgw.RgwCreateKey(account.user)):
            access_key = _text(key, "access_key")
            if access_key and access_key not in account.keys and _text(key, "secret_key"):
                return Credentials(access_key, _text(key, "secret_key"))
        raise ServerError("Ceph made keys and didn't tell them", operation="RgwCreateKey")

    async def end_key(self, account: Account, access_key: str) -> None:
        """End a pair of keys."""
        try:
            await self.engine.send(rgw.RgwRemoveKey(account.user, access_key))
        except NotFoundError:
            pass

    async def end(self, tenant_id: str, *, delete_data: bool) -> bool:
        """The keys, then the user: it stays, suspended, where it owns buckets that are to be kept."""
        account = await self.find(tenant_id)
        if account is None:
            return False
        for key in account.keys:
            await self.end_key(account, key)
        try:
            await self.engine.send(rgw.RgwRemoveUser(account.user, delete_data))
        except NotFoundError:
            pass
        except ConflictError:
            if delete_data:
                raise
            await self.engine.send(rgw.RgwModifyUser(account.user, None, True))
        return True

    async def accounts(self) -> list[Account]:
        """The users that are called like ours."""

        async def one(uid: str) -> Account | None:
            try:
                user = await self.engine.send(rgw.RgwGetUser(uid))
            except NotFoundError:
                return None
            return None if _tenant_in(user) is None else await self._account(uid, user)

        return await accounts_of(self.engine, one, await self._uids())

    async def close(self) -> None:
        """Nothing."""

    async def _user(self, tenant_id: str) -> dict[str, Any] | None:
        """The tenant's user.

        Raises:
            ConflictError: it is not this tenant's.
        """
        uid = _uid(tenant_id)
        try:
            user = await self.engine.send(rgw.RgwGetUser(uid))
        except NotFoundError:
            return None
        if _tenant_in(user) != canonical_tenant(tenant_id):
            raise not_ours(uid)
        return user

    async def _uids(self) -> list[str]:
        uids: list[str] = []
        marker = ""
        while True:
            page, following = await self.engine.send(rgw.RgwListUsers(marker))
            uids += [uid for uid in page if uid.endswith(_USER)]
            if not following or following == marker:
                return uids
            marker = following

    async def _account(self, uid: str, user: dict[str, Any]) -> Account:
        quota = await self.engine.send(rgw.RgwGetQuota(uid))
        size = quota.get("max_size")
        limited = quota.get("enabled") is True and isinstance(size, int) and size >= 0
        keys = user.get("keys") or ()
        buckets = await self.engine.send(rgw.RgwListBuckets(uid))
        return Account(
            _tenant_in(user) or "", uid,
            tuple(filter(None, (_text(key, "access_key") for key in keys))),
            quota=size if limited else None,
            read_only=_is_read_only(user),
            buckets=tuple(buckets),
        )  # fmt: skip


def _uid(tenant_id: str) -> str:
    return slug_of(tenant_id) + _USER


def _tenant_in(user: dict[str, Any]) -> str | None:
    """For which tenant a user was made."""
    name = _text(user, "display_name")
    return name[len(_MARK) :] or None if name.startswith(_MARK) else None


def _is_read_only(user: dict[str, Any]) -> bool:
    return _text(user, "op_mask").strip() == _READ


def _text(document: Any, name: str) -> str:
    value = document.get(name) if isinstance(document, dict) else None
    return value if isinstance(value, str) else ""
