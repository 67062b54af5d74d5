"""Where the keys come from.

The order: what `Config` says, then the environment, then on a loopback server MinIO's well-known
development pair, else none, and requests are not signed. Nothing here is asked on the hot path but
`Provider.credentials()`, which answers from memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from minio_sdk.config import Config
from minio_sdk.errors import ConfigurationError
from minio_sdk.models.credentials import Credentials, CredentialsProvider
from minio_sdk.wire.url import parse_endpoint

DEVELOPMENT = Credentials("minioadmin", "minioadmin")
"""The pair that a MinIO server has until its operator sets another; `LocalServer` has it too."""

_VARIABLES = (
    ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_SESSION_TOKEN"),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)


class Provider:
    """Keys, and where they were found.

    Attributes:
        source: ``"config"``, ``"environment"``, ``"development"`` or ``"anonymous"``.
    """

    __slots__ = ("_ask", "source")

    def __init__(self, source: str, ask: Callable[[], Credentials | None]) -> None:
        self.source = source
        self._ask = ask

    def credentials(self) -> Credentials | None:
        """The keys in force now, None for unsigned requests."""
        return self._ask()

    @property
    def found(self) -> bool:
        """Whether somebody gave them, rather than that they were assumed."""
        return self.source in ("config", "environment")


def find_credentials(config: Config, environ: Mapping[str, str] | None = None) -> Provider:
    """The provider that a configuration and the environment lead to.

    Raises:
        ConfigurationError: the environment has an access key without its secret.
    """
    if config.access_key is not None and config.secret_key is not None:
        return _fixed(
            "config", Credentials(config.access_key, config.secret_key, config.session_token)
        )
    given = config.credentials
    if isinstance(given, Credentials):
        return _fixed("config", given)
    if given is not None:
        ask = given.credentials if isinstance(given, CredentialsProvider) else given
        return Provider("config", lambda: _checked(ask()))
    env = os.environ if environ is None else environ
    for access, secret, token in _VARIABLES:
        if env.get(access) and env.get(secret):
            return _fixed(
                "environment", Credentials(env[access], env[secret], env.get(token) or None)
            )
        if env.get(access) or env.get(secret):
            missing = secret if env.get(access) else access
            raise ConfigurationError(f"{missing}: is not set, but the key that goes with it is")
    if parse_endpoint(config.base_url).is_loopback:
        return _fixed("development", DEVELOPMENT)
    return Provider("anonymous", lambda: None)


def _checked(keys: object) -> Credentials | None:
    """What a user's provider gave; anything but `Credentials` is a mistake in their code."""
    if keys is None or isinstance(keys, Credentials):
        return keys
    # Not its value: it may hold the secret.
    raise ConfigurationError(
        f"credentials: the provider gave a {type(keys).__name__}; it must give Credentials or None"
    )


def _fixed(source: str, keys: Credentials) -> Provider:
    return Provider(source, lambda: keys)
