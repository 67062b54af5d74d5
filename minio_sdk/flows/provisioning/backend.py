"""What a kind of server has to know about tenants, and what all of them share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from minio_sdk.engine import Engine
from minio_sdk.errors import ConflictError
from minio_sdk.models.credentials import Credentials
from minio_sdk.policies.tenants import tenant_policy
from minio_sdk.tenancy import slug_of
from minio_sdk.wire.policy import statements

T = TypeVar("T")

OURS = "minio-sdk-"
"""What the names of users and policies begin with that provisioning makes."""

AT_ONCE = 8
"""Users that are asked about at a time."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who provisions.

    Attributes:
        engine: sends with the operator's keys, without tenancy.
        view: an engine with other settings; `Engine.transport.close` when it has connections of its own.
        iam_url: where AWS IAM is, when it was said.
    """

    engine: Engine
    view: Callable[..., Engine]
    iam_url: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a tenant is to have."""

    tenant_id: str
    quota: int | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A tenant's user, as the server knows it.

    Attributes:
        tenant_id: whose it is.
        user: its name on the server.
        keys: its access keys, the oldest first.
        quota: bytes, None for no limit.
        read_only: whether it can only read and list.
        created: when it was made.
        buckets: the buckets that it owns; None where names say whose a bucket is.
        reach: what its policy lets it use, as the policy names it; empty where no policy says.
    """

    tenant_id: str
    user: str
    keys: tuple[str, ...] = ()
    quota: int | None = None
    read_only: bool = False
    created: datetime | None = None
    buckets: tuple[str, ...] | None = field(default=None)
    reach: frozenset[str] = frozenset()


class Backend(Protocol):
    """One kind of server. Each method can be called again after a failure anywhere."""

    server: ClassVar[str]

    def check(self, wanted: Wanted) -> None:
        """Refuse what this server can't do, before anything is made.

        Raises:
            NotSupportedError: it can't.
        """
        ...

    async def find(self, tenant_id: str) -> Account | None:
        """The tenant's user, None when there is none.

        Raises:
            ConflictError: there is a user of that name which provisioning didn't make.
        """
        ...

    async def make(self, wanted: Wanted) -> Account:
        """The user with its rights and quota, whatever part of it was there; no new keys."""
        ...

    async def new_key(self, account: Account) -> Credentials:
        """Another pair of keys for the user."""
        ...

    async def end_key(self, account: Account, access_key: str) -> None:
        """End a pair of keys; no error when it has ended."""
        ...

    async def end(self, tenant_id: str, *, delete_data: bool) -> bool:
        """End the user, its keys and rights; whether there was anything. Data only where users own it."""
        ...

    async def accounts(self) -> list[Account]:
        """The users of all tenants."""
        ...

    async def close(self) -> None:
        """Give back connections of its own."""
        ...


def user_of(tenant_id: str) -> str:
    """The name of the tenant's user and policy."""
    return OURS + slug_of(tenant_id)


async def accounts_of(
    engine: Engine, one: Callable[[T], Awaitable[Account | None]], users: Iterable[T]
) -> list[Account]:
    """The accounts of the users that are some tenant's; `one` gives None for another's."""
    found = await engine.transport.map(one, users, AT_ONCE)
    return [account for account in found if account is not None]


def policy_of(engine: Engine, wanted: Wanted) -> dict[str, Any]:
    """The policy that holds the tenant's user to its names."""
    return tenant_policy(
        wanted.tenant_id,
        tenancy=engine.config.tenancy,
        shared_bucket=engine.config.shared_bucket,
        read_only=wanted.read_only,
    )


# Servers keep the Sid of a statement as it is: there stands whose it is, as no slug can tell.
_MARK = "tenant "


def marked(policy: dict[str, Any], tenant_id: str) -> dict[str, Any]:
    """A policy that says for whom it is."""
    first, *others = policy["Statement"]
    return {**policy, "Statement": [{"Sid": _MARK + tenant_id, **first}, *others]}


def mark_of(policy: dict[str, Any]) -> str | None:
    """For which tenant a policy is; None when it isn't one of provisioning's."""
    sid = next((each.get("Sid") for each in statements_in(policy)), None)
    if not isinstance(sid, str) or not sid.startswith(_MARK):
        return None
    return sid[len(_MARK) :]


def statements_in(policy: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements of a policy that a server tells; an administrator may have written it anew."""
    return [each for each in statements(policy) if isinstance(each, dict)]


def is_read_only(policy: dict[str, Any]) -> bool:
    """Whether a policy of provisioning's lets nothing be written."""
    for statement in statements_in(policy):
        actions = statement.get("Action", [])
        for action in [actions] if isinstance(actions, str) else actions:
            if statement.get("Effect") == "Allow" and action in ("s3:*", "s3:PutObject"):
                return False
    return True


def reach_of(policy: dict[str, Any]) -> frozenset[str]:
    """The resources that a policy allows anything on."""
    found: set[str] = set()
    for statement in statements_in(policy):
        if statement.get("Effect") == "Allow":
            resources = statement.get("Resource", [])
            found.update([resources] if isinstance(resources, str) else resources)
    return frozenset(found)


def check_tenancy(engine: Engine, account: Account) -> None:
    """Refuse to act on a tenant whose names are others than this client's settings make of them.

    Raises:
        ConflictError: they are.
    """
    wanted = reach_of(policy_of(engine, Wanted(account.tenant_id)))
    if account.reach and not account.reach & wanted:
        raise ConflictError(
            f"tenant {account.tenant_id!r} was added with another tenancy or shared_bucket than this "
            f"client's: it reaches {min(account.reach)}; nothing was changed",
            operation="provision", hint="tenancy= and shared_bucket= as it was added with",
        )  # fmt: skip


def not_ours(user: str) -> ConflictError:
    """The error for a user or policy of that name that somebody else has made."""
    return ConflictError(
        f"the server has {user!r} already, and it is not this tenant's",
        hint="rename or remove that one; provisioning changes nothing that it didn't make",
    )
