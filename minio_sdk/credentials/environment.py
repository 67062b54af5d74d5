"""The keys in environment variables, and a chain of sources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.errors import ConfigurationError
from minio_sdk.models.credentials import Credentials, CredentialsProvider
from minio_sdk.models.names import plain

_VARIABLES = (
    ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_SESSION_TOKEN"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
PROFILE_NAMES = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
AWS_FILES = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}
MC_HOST = "MC_HOST_"


def expanded(path: str | os.PathLike[str], env: Mapping[str, str]) -> Path:
    """A path whose ``~`` is the home folder, that of `env` where it names one."""
    text = os.fspath(path)
    home = env.get("HOME") if os.name == "posix" else env.get("USERPROFILE")
    if home and (text == "~" or text.startswith(("~/", "~\\"))):
        return Path(home) / text[2:]
    return Path(text).expanduser()


def aws_files(env: Mapping[str, str]) -> tuple[Path, Path]:
    """Where AWS's files are: that of the keys, and that of the settings."""
    keys, settings = (expanded(env.get(k) or v, env) for k, v in AWS_FILES.items())
    return keys, settings


def first_of(env: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The first of these variables that is set; it holds no secret."""
    return next((plain(env[name]) for name in names if env.get(name)), None)


def asks_no_instance(env: Mapping[str, str]) -> bool:
    """Whether somebody has switched the question for an instance's metadata off."""
    return env.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"


def mc_file(env: Mapping[str, str]) -> Path:
    """Where `mc` keeps its aliases."""
    folder = env.get("MC_CONFIG_DIR") or ("~/.mc" if os.name == "posix" else "~/mc")
    return expanded(folder, env) / "config.json"


def keys_in_environment(env: Mapping[str, str]) -> Credentials | None:
    """The keys in ``MINIO_...``, else in ``AWS_...``, else None.

    Raises:
        ConfigurationError: there is an access key without its secret, or the reverse.
    """
    for access, secret, token in _VARIABLES:
        if env.get(access) and env.get(secret):
            return Credentials(env[access], env[secret], env.get(token) or None)
        if env.get(access) or env.get(secret):
            missing = secret if env.get(access) else access
            raise ConfigurationError(f"{missing}: is not set, but the key that goes with it is")
    return None


class EnvironmentProvider:
    """The keys in ``MINIO_ACCESS_KEY``, ``MINIO_SECRET_KEY`` and ``MINIO_SESSION_TOKEN``, else in AWS's.

    They are read at each call, so that a program that changes its own environment is heard.

    Args:
        environ: another mapping than ``os.environ``.

    Example:
        >>> config = Config(url, "acme", credentials=EnvironmentProvider())
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ

    def credentials(self) -> Credentials | None:
        """The keys, or None.

        Raises:
            ConfigurationError: one half of a pair is missing.
        """
        return keys_in_environment(os.environ if self._environ is None else self._environ)

    def __repr__(self) -> str:
        return "EnvironmentProvider()"


class ChainProvider(RefreshingProvider):
    """The first of several sources that has credentials.

    A source without any is passed over; one that fails is an error, since going on would be to act as
    somebody else.

    Args:
        *providers: the sources in their order.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: no source, or one that is none.

    Example:
        >>> keys = ChainProvider(EnvironmentProvider(), ProfileProvider("work"))
        >>> config = Config(url, "acme", credentials=keys)
    """

    def __init__(self, *providers: CredentialsProvider, clock: Clock = SYSTEM_CLOCK) -> None:
        if not providers:
            raise ConfigurationError("providers: give at least one")
        for provider in providers:
            if isinstance(provider, type) or not isinstance(provider, CredentialsProvider):
                raise ConfigurationError(f"providers: a {type(provider).__name__} is no provider")
        self.providers = providers
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"ChainProvider({', '.join(map(repr, self.providers))})"

    def fetch(self) -> Credentials | None:
        """The first credentials there are.

        Raises:
            MinIOError: a source fails.
        """
        for provider in self.providers:
            # Of a refreshing one the source itself is asked: the chain has a refresher of its own.
            ask = (
                provider.fetch if isinstance(provider, RefreshingProvider) else provider.credentials
            )
            keys = ask()
            if keys is not None:
                return keys
        return None
