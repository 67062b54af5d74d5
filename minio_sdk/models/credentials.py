"""The keys that sign a request, and who provides them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from minio_sdk.errors import ConfigurationError
from minio_sdk.models.secret import Secret


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key with its secret, and for temporary ones a token and an end.

    Args:
        access_key: the access key id. Not secret.
        secret_key: the secret access key; hidden in `repr`.
        session_token: the token of temporary credentials; hidden in `repr`.
        expires_at: when they end (aware datetime), or None for never.

    Raises:
        ConfigurationError: a key is empty, not text, or has a blank or control character at an end.
    """

    access_key: str
    secret_key: str
    session_token: str | None = field(default=None)
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        for name in ("access_key", "secret_key", "session_token"):
            value = getattr(self, name)
            if value is None and name == "session_token":
                continue
            if not isinstance(value, str):
                raise ConfigurationError(f"{name}: must be text, not {type(value).__name__}")
            # The value is never part of the message: a mistyped key may be a real one.
            if not value or value != value.strip() or not value.isprintable():
                raise ConfigurationError(
                    f"{name}: must be printable text without a blank at either end, and not empty"
                )
            if name != "access_key":
                object.__setattr__(self, name, Secret(value))
        for name in ("access_key", "session_token"):
            if not (getattr(self, name) or "").isascii():
                raise ConfigurationError(f"{name}: must be ASCII, since it travels in a header")


@runtime_checkable
class CredentialsProvider(Protocol):
    """Anything with a `credentials()` method: asked at each request, so it must answer from memory.

    One whose keys are good for one tenant only has an attribute `tenant_id`; then `Config` takes it for no
    other tenant, and a view for another one needs credentials of its own.
    """

    def credentials(self) -> Credentials | None:
        """The keys in force now; None means an anonymous, unsigned request."""
        ...
