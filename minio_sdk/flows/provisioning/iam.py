"""SeaweedFS and AWS-like servers: users by the language of IAM.

AWS keeps the tenant's id in the user's path, and the policy inside the user. SeaweedFS keeps neither path
nor tags, and makes coarse actions without conditions of a policy inside a user: there the policy
has a name of its own, and with it conditions and all, and says in its first Sid whose it is.
"""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from minio_sdk.engine import Engine
from minio_sdk.errors import ConflictError, NotFoundError, NotSupportedError
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
    user_of,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import canonical_tenant
from minio_sdk.operation import Operation
from minio_sdk.operations.iam import (
    AttachUserPolicy,
    CreateAccessKey,
    CreatePolicy,
    CreateUser,
    DeleteAccessKey,
    DeletePolicy,
    DeleteUser,
    DeleteUserPolicy,
    DetachUserPolicy,
    GetPolicyVersion,
    GetUser,
    GetUserPolicy,
    IamUser,
    ListAccessKeys,
    ListUsers,
    PutUserPolicy,
)
from minio_sdk.wire.url import quote_value


class Iam:
    """What both have in common."""

    server: ClassVar[str]
    product: ClassVar[str]

    def __init__(self, operator: Operator) -> None:
        self.engine: Engine = operator.engine

    def check(self, wanted: Wanted) -> None:
        """Neither has quotas."""
        if wanted.quota is not None:
            raise NotSupportedError(
                f"{self.product} has no quota that can be set here; nothing was made",
                operation="add", hint="leave quota out, or watch the tenant's usage",
            )  # fmt: skip

    async def new_key(self, account: Account) -> Credentials:
        """Another pair of keys; where a user may have two, the older one ends for it."""
        try:
            return await self.engine.send(CreateAccessKey(account.user))
        except ConflictError as error:
            if error.code != "LimitExceeded" or not account.keys:
                raise
        await self.end_key(account, account.keys[0])
        return await self.engine.send(CreateAccessKey(account.user))

    async def end_key(self, account: Account, access_key: str) -> None:
        """End a pair of keys."""
        await self._unless_gone(DeleteAccessKey(account.user, access_key))

    async def close(self) -> None:
        """Nothing, where S3 and IAM share an address."""

    async def _keys(self, user: str) -> tuple[str, ...]:
        try:
            found = await self.engine.send(ListAccessKeys(user))
        except NotFoundError:
            return ()
        dated = sorted(found, key=lambda k: k.create_date.timestamp() if k.create_date else 0.0)
        return tuple(key.access_key_id for key in dated)

    async def _users(self, path: str) -> list[IamUser]:
        found: list[IamUser] = []
        marker = ""
        while True:
            page = await self.engine.send(ListUsers(path, marker))
            found += page.users
            if not page.is_truncated or not page.marker or page.marker == marker:
                return [user for user in found if user.user_name.startswith(OURS)]
            marker = page.marker

    async def _unless_gone(self, operation: Operation[Any]) -> bool:
        """Whether there was something to do it to."""
        try:
            await self.engine.send(operation)
        except NotFoundError:
            return False
        return True

    async def _end_user(self, user: str, *policies: Operation[Any]) -> bool:
        """The keys first, so that nothing can be done with them while the rest goes."""
        there = False
        for key in await self._keys(user):
            there |= await self._unless_gone(DeleteAccessKey(user, key))
        for operation in (*policies, DeleteUser(user)):
            there |= await self._unless_gone(operation)
        return there


class SeaweedFS(Iam):
    """IAM on the S3 port: `weed s3` and `weed mini` with ``-s3.iam.readOnly=false``."""

    server: ClassVar[str] = "seaweedfs"
    product: ClassVar[str] = "SeaweedFS"

    async def find(self, tenant_id: str) -> Account | None:
        """The user, when there is one."""
        user = user_of(tenant_id)
        policy = await self._policy(user, tenant_id)
        if policy is None or not await self._unless_gone(GetUser(user)):
            return None
        return await self._account(tenant_id, user, policy)

    async def make(self, wanted: Wanted) -> Account:
        """The policy first: it says whose the user will be.

        One that changes is made anew, as it can't be replaced; a spare one stands for it meanwhile.
        """
        user = user_of(wanted.tenant_id)
        document = marked(policy_of(self.engine, wanted), wanted.tenant_id)
        await self._policy(user, wanted.tenant_id)
        there = await self._document(user)
        changes = there is not None and _plain(there) != _plain(document)
        if changes:
            await self._drop(user, _spare(user))
            await self.engine.send(CreatePolicy(_spare(user), document))
            await self.engine.send(AttachUserPolicy(user, _arn(_spare(user))))
            await self._drop(user, user)
        if there is None or changes:
            await self.engine.send(CreatePolicy(user, document))
        try:
            await self.engine.send(CreateUser(user))
        except ConflictError:
            pass  # an earlier run has made it
        await self.engine.send(AttachUserPolicy(user, _arn(user)))
        await self._drop(user, _spare(user))
        return await self._account(wanted.tenant_id, user, document)

    async def end(self, tenant_id: str, *, delete_data: bool) -> bool:
        """Keys and user, and last the policy."""
        user = user_of(tenant_id)
        if await self._policy(user, tenant_id) is None:
            return False
        arns = [_arn(user), _arn(_spare(user))]
        await self._end_user(user, *(DetachUserPolicy(user, arn) for arn in arns))
        for arn in arns:
            await self._unless_gone(DeletePolicy(arn))
        return True

    async def _drop(self, user: str, policy: str) -> None:
        await self._unless_gone(DetachUserPolicy(user, _arn(policy)))
        await self._unless_gone(DeletePolicy(_arn(policy)))

    async def accounts(self) -> list[Account]:
        """The users whose policies say whose they are."""

        async def one(user: IamUser) -> Account | None:
            policy = await self._document(user.user_name)
            policy = policy or await self._document(_spare(user.user_name))
            tenant_id = mark_of(policy or {})
            if policy is None or tenant_id is None:
                return None
            return await self._account(tenant_id, user.user_name, policy)

        return await accounts_of(self.engine, one, await self._users("/"))

    async def _account(self, tenant_id: str, user: str, policy: dict[str, Any]) -> Account:
        keys = await self._keys(user)
        return Account(
            tenant_id, user, keys, read_only=is_read_only(policy), reach=reach_of(policy)
        )

    async def _policy(self, user: str, tenant_id: str) -> dict[str, Any] | None:
        """The tenant's policy, which its user has from before it is made until it is gone.

        Raises:
            ConflictError: it is not this tenant's, or there is a user without one.
        """
        policy = await self._document(user) or await self._document(_spare(user))
        if policy is None:
            if await self._unless_gone(GetUser(user)):
                raise not_ours(user)
        elif mark_of(policy) != canonical_tenant(tenant_id):
            raise not_ours(user)
        return policy

    async def _document(self, user: str) -> dict[str, Any] | None:
        try:
            return await self.engine.send(GetPolicyVersion(_arn(user)))
        except NotFoundError:
            return None


def _spare(policy: str) -> str:
    return f"{policy}-new"  # nobody else's, as no slug has a dash; SeaweedFS fails at a dot


def _arn(policy: str) -> str:
    return f"arn:aws:iam:::policy/{policy}"


def _plain(value: Any) -> Any:
    """A policy for comparison: SeaweedFS makes texts of lists that have one."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        return items[0] if len(items) == 1 else items
    return value


_PATH = "/minio-sdk/"
_POLICY = "minio-sdk"
_LONGEST = 480  # of the 512 characters that a path may have
_CODED = "="


class Aws(Iam):
    """IAM as AWS has it, at an address of its own."""

    server: ClassVar[str] = "aws"
    product: ClassVar[str] = "AWS"

    def __init__(self, operator: Operator) -> None:
        super().__init__(operator)
        config = operator.engine.config
        url = operator.iam_url or _iam_url(config.endpoints[0])
        self._apart = url not in config.endpoints
        if self._apart:
            region = config.region if config.region.startswith(("cn-", "us-gov-")) else "us-east-1"
            self.engine = operator.view(base_url=url, region=region)

    async def find(self, tenant_id: str) -> Account | None:
        """The user, when there is one."""
        user = await self._user(tenant_id)
        return None if user is None else await self._account(tenant_id, user)

    async def make(self, wanted: Wanted) -> Account:
        """The user, and the policy inside it."""
        user = user_of(wanted.tenant_id)
        try:
            await self.engine.send(CreateUser(user, _path_of(wanted.tenant_id)))
        except ConflictError as error:
            if error.code != "EntityAlreadyExists":
                raise
            await self._user(wanted.tenant_id)  # it is this tenant's
        await self.engine.send(PutUserPolicy(user, _POLICY, policy_of(self.engine, wanted)))
        keys = await self._keys(user)
        return Account(wanted.tenant_id, user, keys, read_only=wanted.read_only)

    async def end(self, tenant_id: str, *, delete_data: bool) -> bool:
        """Keys, policy and user."""
        await self._user(tenant_id)
        user = user_of(tenant_id)
        return await self._end_user(user, DeleteUserPolicy(user, _POLICY))

    async def accounts(self) -> list[Account]:
        """The users below our path."""

        async def one(user: IamUser) -> Account | None:
            tenant_id = _tenant_at(user.path)
            return None if tenant_id is None else await self._account(tenant_id, user)

        return await accounts_of(self.engine, one, await self._users(_PATH))

    async def close(self) -> None:
        """Give back the connections to IAM."""
        if self._apart:
            await self.engine.transport.close()

    async def _user(self, tenant_id: str) -> IamUser | None:
        """The tenant's user.

        Raises:
            ConflictError: it is not this tenant's.
        """
        try:
            user = await self.engine.send(GetUser(user_of(tenant_id)))
        except NotFoundError:
            return None
        if _tenant_at(user.path) != canonical_tenant(tenant_id):
            raise not_ours(user.user_name)
        return user

    async def _account(self, tenant_id: str, user: IamUser) -> Account:
        try:
            policy = await self.engine.send(GetUserPolicy(user.user_name, _POLICY))
        except NotFoundError:
            policy = {}
        keys = await self._keys(user.user_name)
        return Account(
            tenant_id, user.user_name, keys,
            read_only=is_read_only(policy), created=user.create_date, reach=reach_of(policy),
        )  # fmt: skip


def _iam_url(base_url: str) -> str:
    """AWS's own address of IAM for its addresses of S3; else IAM is where S3 is."""
    host = urlsplit(base_url).hostname or ""
    if host.endswith(".amazonaws.com.cn"):
        return "https://iam.cn-north-1.amazonaws.com.cn"
    if host.endswith(".amazonaws.com"):
        gov = ".us-gov-" in host
        return "https://iam.us-gov.amazonaws.com" if gov else "https://iam.amazonaws.com"
    return base_url


def _path_of(tenant_id: str) -> str:
    """The user's path, which says whose it is."""
    text = quote_value(canonical_tenant(tenant_id))
    if len(text) > _LONGEST:
        text = _CODED + base64.urlsafe_b64encode(tenant_id.encode()).decode().rstrip("=")
    return f"{_PATH}{text}/"


def _tenant_at(path: str) -> str | None:
    """The tenant that a path was made for."""
    text = path.removeprefix(_PATH).removesuffix("/")
    try:
        if text.startswith(_CODED):
            code = text.removeprefix(_CODED)
            tenant_id = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)).decode()
        else:
            tenant_id = unquote(text)
    except ValueError:
        return None
    return tenant_id if tenant_id and _path_of(tenant_id) == path else None
