"""What every command has: the settings that lead to a server, and where it prints."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from minio_sdk.cli.addresses import Remote
from minio_sdk.cli.screen import Screen
from minio_sdk.cli.values import KEY_FILE, Kind
from minio_sdk.cli.working import Work
from minio_sdk.errors import ConfigurationError
from minio_sdk.models.variables import url_from_env

if TYPE_CHECKING:  # loaded when a server is asked, and not for --help
    from minio_sdk.client import MinIOClient
    from minio_sdk.config import Config

AWS = "https://s3.{region}.amazonaws.com"


class Session:
    """One run of a command: its clients, which are closed at its end, and its screen.

    Args:
        screen: where it prints.
        given: the settings of the command line: profile, url, tenant, no_tenant, tenancy.
        **fields: fields of `Config` that win over all others.
    """

    def __init__(self, screen: Screen, given: dict[str, Any], **fields: Any) -> None:
        self.screen = screen
        self._given = given
        self._fields = fields
        self._open = ExitStack()
        self._first: MinIOClient | None = None
        self._clients: dict[str | None, MinIOClient] = {}

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._open:
            self.screen.flush()

    @property
    def code(self) -> int:
        """The exit code: 1 when something was told to have failed."""
        return 1 if self.screen.failures else 0

    @functools.cached_property
    def config(self) -> Config:
        """The settings in force.

        Raises:
            ConfigurationError: something isn't right with them.
        """
        return settings(self._given, self._fields)

    def client(self, address: Remote | None = None) -> MinIOClient:
        """The client for an address, whose tenant may be another than the one in force."""
        from minio_sdk.client import MinIOClient

        tenant = self.config.tenant_id
        if address is not None and address.tenant is not None:
            tenant = address.tenant
        if self._first is None:
            self._first = self._open.enter_context(MinIOClient(self.config))
        if tenant == self.config.tenant_id:
            return self._first
        if tenant not in self._clients:
            self._clients[tenant] = self._first.with_(tenant_id=tenant)
        return self._clients[tenant]

    def work(self, label: str, size: int | None = None, count: int | None = None) -> Work:
        """Something that may take a while; see `Work`."""
        return Work(self.screen, label, size, count)


def settings(given: dict[str, Any], fields: dict[str, Any]) -> Config:
    """What the environment, a profile and the command line say, the last above all.

    Raises:
        ConfigurationError: something isn't right with it.
    """
    from minio_sdk.config import Config

    found: dict[str, Any] = {}
    if given.get("profile") is not None:
        found = _profile(given["profile"])
    if given.get("url") is not None:
        url = given["url"]
        found["base_url"] = url if "://" in url else f"http://{url}"
    if given.get("no_tenant"):
        if given.get("tenant") is not None:
            raise click.UsageError("--tenant and --no-tenant contradict each other")
        found["tenant_id"] = None
    elif given.get("tenant") is not None:
        found["tenant_id"] = given["tenant"]
    if given.get("tenancy") is not None:
        found["tenancy"] = given["tenancy"]
    return Config.from_env(**{**found, **fields})


def _profile(name: str) -> dict[str, Any]:
    """The server and the keys of an alias of `mc`, else those of a profile of AWS's files."""
    from minio_sdk.credentials.mc import McConfigProvider
    from minio_sdk.credentials.profiles import ProfileProvider

    alias = McConfigProvider(alias=name)
    url = alias.address()
    if url is not None:
        keys = alias.fetch()
        return {"base_url": url, "credentials": keys if keys is not None else _nobody}
    provider = ProfileProvider(name)
    profile = provider.read().get(name)
    if profile is None:
        raise ConfigurationError(
            f"profile: {name!r} is neither an alias in {str(alias.config_file)!r} nor a profile in "
            f"{str(provider.credentials_file)!r} or {str(provider.config_file)!r}"
        )
    region = profile.get("region") or "us-east-1"
    # Keys of AWS must not go to whatever listens on this computer.
    url = profile.get("endpoint_url") or url_from_env(os.environ) or AWS.format(region=region)
    return {"base_url": url, "region": region, "credentials": provider}


def _nobody() -> None:
    """The credentials of an alias for anonymous calls."""


def profiles() -> list[str]:
    """The names that ``--profile`` may have."""
    from minio_sdk.credentials.mc import McConfigProvider
    from minio_sdk.credentials.profiles import ProfileProvider

    return sorted({*McConfigProvider(alias="").names(), *ProfileProvider().read()})


class _ProfileName(Kind):
    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from minio_sdk.cli.completing import items

        return items(profiles, incomplete)


PROFILE = _ProfileName()


customer_key = click.option(
    "--sse-c",
    "customer_key",
    type=KEY_FILE,
    metavar="FILE",
    help="A file with the key of 32 bytes that the objects are encrypted with (SSE-C).",
)
"""What commands have that read or store objects; `command` makes it the client's key."""


def command(function: Callable[..., object]) -> Callable[..., int]:
    """Give a command the settings that all have, and a `Session` in front of its own arguments."""

    @click.option("--profile", type=PROFILE, help="An alias of mc, or a profile of AWS's files.")
    @click.option("--url", help="The server; by default MINIO_ENDPOINT and its like.")
    @click.option("--tenant", help="On whose behalf; by default MINIO_TENANT_ID.")
    @click.option("--no-tenant", is_flag=True, help="Names go to the server as they are.")
    @click.option(
        "--tenancy",
        type=click.Choice(["bucket", "prefix"]),
        help="Buckets of their own for tenants, or a prefix in one that is shared.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Results as JSON, one a line.")
    @click.option("-q", "--quiet", is_flag=True, help="Only results and failures.")
    @functools.wraps(function)
    def run(as_json: bool, quiet: bool, **given: Any) -> int:
        names = ("profile", "url", "tenant", "no_tenant", "tenancy")
        chosen = {name: given.pop(name) for name in names}
        key = given.pop("customer_key", None)
        fields = {} if key is None else {"encryption": key}
        with Session(Screen(as_json, quiet), chosen, **fields) as session:
            function(session, **given)
        return session.code

    return run
