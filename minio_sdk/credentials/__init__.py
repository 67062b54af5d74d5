"""Where the keys come from.

The order: what `Config` says, the environment, AWS's files, `mc`'s, then what the machine has (a container's
service, a web identity, an instance's metadata), on a loopback server MinIO's well-known development pair,
else none, and requests are not signed.

Rules of this file: making a client asks no network and starts no program, and for a loopback server nothing
here ever does. Nothing is asked on the hot path but `Provider.ask()`, which answers from memory.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FuturesTimeoutError
from functools import lru_cache
from typing import TypeVar

from minio_sdk.config import Config
from minio_sdk.credentials.environment import (
    AWS_FILES,
    MC_HOST,
    PROFILE_NAMES,
    asks_no_instance,
    aws_files,
    first_of,
    keys_in_environment,
    mc_file,
)
from minio_sdk.credentials.refreshing import Found, RefreshingProvider, settled
from minio_sdk.errors import ConfigurationError, MinIOTimeoutError
from minio_sdk.models.credentials import Credentials, CredentialsProvider
from minio_sdk.models.secret import FrozenDict, Secret
from minio_sdk.wire.url import parse_endpoint

T = TypeVar("T")
_State = tuple[tuple[int, int], ...]

DEVELOPMENT = Credentials("minioadmin", "minioadmin")
"""The pair that a MinIO server has until its operator sets another; `LocalServer` has it too."""

_log = logging.getLogger("minio_sdk")


class Provider:
    """Keys, and where they were found.

    Attributes:
        source: ``"config"``, ``"environment"``, ``"profile"``, ``"mc"``, ``"container"``,
            ``"web identity"``, ``"instance"``, ``"development"`` or ``"anonymous"``.
        fixed: they are always the same.
    """

    __slots__ = ("_ask", "_refreshing", "fixed", "source")

    def __init__(
        self,
        source: str,
        ask: Callable[[], Credentials | Future[Found] | None],
        refreshing: RefreshingProvider | None = None,
        fixed: bool = False,
    ) -> None:
        self.source = source
        self.fixed = fixed
        self._ask = ask
        self._refreshing = refreshing

    def ask(self) -> Credentials | Future[Found] | None:
        """The keys in force, None for unsigned requests, or the future of those that are on their way."""
        return self._ask()

    def credentials(self, patience: float | None = None) -> Credentials | None:
        """The keys in force now, None for unsigned requests.

        Args:
            patience: seconds to wait for keys that are on their way; None waits for them.

        Raises:
            CredentialsError: there are none to be had.
            MinIOTimeoutError: they didn't come in time.
        """
        found = self._ask()
        if not isinstance(found, Future):
            return found
        try:
            outcome = found.result(patience)
        except FuturesTimeoutError:
            late = MinIOTimeoutError("no credentials came within the deadline", hint="a longer one")
            late.permanent = True
            raise late from None
        return settled(outcome)

    def refused(self, keys: Credentials) -> bool:
        """Whether the next question may bring better keys than these, which the server has refused."""
        return self._refreshing is not None and self._refreshing.refused(keys)

    @property
    def found(self) -> bool:
        """Whether somebody gave them for this, rather than that they were assumed.

        An instance's metadata are asked because nobody has said anything; many instances have some role.
        """
        return self.source not in ("instance", "development", "anonymous")


def find_credentials(config: Config, environ: Mapping[str, str] | None = None) -> Provider:
    """The provider that a configuration and the environment lead to.

    Raises:
        ConfigurationError: the environment has an access key without its secret, or names a profile or a
            file that can't be used.
    """
    if config.access_key is not None and config.secret_key is not None:
        return _fixed(
            "config", Credentials(config.access_key, config.secret_key, config.session_token)
        )
    given = config.credentials
    if isinstance(given, Credentials):
        return _fixed("config", given)
    if isinstance(given, RefreshingProvider):
        return _refreshing("config", given)
    if given is not None:
        ask = given.credentials if isinstance(given, CredentialsProvider) else given
        return Provider("config", lambda: _checked(ask()))
    env = os.environ if environ is None else environ
    keys = keys_in_environment(env)
    if keys is not None:
        return _fixed("environment", keys)
    loopback = all(parse_endpoint(url).is_loopback for url in config.endpoints)
    found = _in_files(config, env, loopback)
    if found is None and not loopback:
        found = _of_machine(env)
    if found is not None:
        return found
    return _fixed("development", DEVELOPMENT) if loopback else _fixed("anonymous", None)


def _checked(keys: object) -> Credentials | None:
    """What a user's provider gave; anything but `Credentials` is a mistake in their code."""
    if keys is None or isinstance(keys, Credentials):
        return keys
    # Not its value: it may hold the secret.
    raise ConfigurationError(
        f"credentials: the provider gave a {type(keys).__name__}; it must give Credentials or None"
    )


def _fixed(source: str, keys: Credentials | None) -> Provider:
    return Provider(source, lambda: keys, fixed=True)


def _in_files(config: Config, env: Mapping[str, str], loopback: bool) -> Provider | None:
    """What AWS's files have, then `mc`'s; the latter has keys for exactly one server."""
    if first_of(env, PROFILE_NAMES) or any(map(os.path.exists, aws_files(env))):
        from minio_sdk.credentials.profiles import ProfileProvider

        explicit = first_of(env, (*PROFILE_NAMES, *AWS_FILES)) is not None
        settings, state = _settings(env), _state(env)
        kind = _tried(lambda: _kind(settings, state), explicit)
        # For this computer's own server only keys will do: the others ask the network or a program.
        if kind == "keys" or (kind is not None and not loopback):
            return _refreshing("profile", _shared(ProfileProvider, settings, state))
    if mc_file(env).exists() or any(name.startswith(MC_HOST) for name in env):
        from minio_sdk.credentials.mc import McConfigProvider

        mc = McConfigProvider(config.endpoints[0], environ=env)
        keys = _tried(mc.fetch, explicit=bool(env.get("MC_CONFIG_DIR")))
        if keys is not None:
            return _fixed("mc", keys)
    return None


def _tried(look: Callable[[], T], explicit: bool) -> T | None:
    """What is found in files. One that can't be read is an error only where somebody has named it."""
    try:
        return look()
    except ConfigurationError as error:
        if explicit:
            raise
        _log.warning("%s: no credentials are taken from it", error.message)
        return None


def _of_machine(env: Mapping[str, str]) -> Provider | None:
    """What this container or instance has; who it is that asks for it, the first call will."""
    settings = _settings(env)
    if any(env.get(f"AWS_CONTAINER_CREDENTIALS_{way}_URI") for way in ("RELATIVE", "FULL")):
        from minio_sdk.credentials.metadata import ContainerProvider

        return _refreshing("container", _shared(ContainerProvider, settings))
    if env.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        if not env.get("AWS_ROLE_ARN"):
            raise ConfigurationError("AWS_ROLE_ARN: is not set, but AWS_WEB_IDENTITY_TOKEN_FILE is")
        from minio_sdk.credentials.profiles import identity_in_environment

        return _refreshing("web identity", _shared(identity_in_environment, settings))
    if not asks_no_instance(env):
        from minio_sdk.credentials.metadata import OptionalInstanceProvider

        return _refreshing("instance", _shared(OptionalInstanceProvider, settings))
    return None


def _refreshing(source: str, provider: RefreshingProvider) -> Provider:
    return Provider(source, provider.ask, provider)


def _settings(env: Mapping[str, str]) -> FrozenDict[str]:
    """The variables that tell one source from another."""
    kept = ("HOME", "USERPROFILE")
    return FrozenDict({k: Secret(v) for k, v in env.items() if k.startswith("AWS_") or k in kept})


def _state(env: Mapping[str, str]) -> _State:
    """What changes when somebody writes AWS's files: clients that are made then see the new ones."""
    files = [path.stat() for path in aws_files(env) if path.exists()]
    return tuple((file.st_mtime_ns, file.st_size) for file in files)


@lru_cache(maxsize=64)
def _kind(settings: FrozenDict[str], _: _State) -> str | None:
    """What the profile has, read once for all clients: each view is one."""
    from minio_sdk.credentials.profiles import ProfileProvider

    return ProfileProvider(environ=settings).kind()


@lru_cache(maxsize=64)
def _shared(
    make: Callable[..., RefreshingProvider], settings: FrozenDict[str], _: _State = ()
) -> RefreshingProvider:
    """One provider, and so one refresher, for all clients that find the same source."""
    return make(environ=settings)
