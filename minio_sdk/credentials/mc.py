"""The keys that MinIO's client `mc` has for a server.

https://docs.min.io/community/minio-object-store/reference/minio-mc.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.credentials.asking import document_of
from minio_sdk.credentials.environment import MC_HOST, expanded, mc_file
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.errors import ConfigurationError, MinIOError
from minio_sdk.models.addresses import check_url
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import plain
from minio_sdk.models.secret import FrozenDict, Secret

# As `mc` reads it: nothing is percent-encoded.
_URL = re.compile(r"(https?://)([^:@/]+):(.+)@([^@]+)")


class McConfigProvider(RefreshingProvider):
    """The keys of an alias of `mc`: ``MC_HOST_<alias>``, or an entry of ``~/.mc/config.json``.

    Args:
        base_url: the server; the first alias whose URL it is counts.
        alias: the name of the alias, instead of `base_url`.
        config_dir: the folder of ``config.json``; None takes ``MC_CONFIG_DIR``, or ``~/.mc``.
        environ: another mapping than ``os.environ``; read now.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: neither `base_url` nor `alias`, or both.

    Example:
        >>> config = Config(url, "acme", credentials=McConfigProvider(alias="production"))
    """

    def __init__(
        self,
        base_url: str | None = None,
        *,
        alias: str | None = None,
        config_dir: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if (base_url is None) == (alias is None):
            raise ConfigurationError("alias: give either it or base_url")
        env = os.environ if environ is None else environ
        self.base_url = None if base_url is None else check_url("base_url", base_url)
        self.alias = alias
        if config_dir is None:
            self.config_file: Path = mc_file(env)
        else:
            self.config_file = expanded(config_dir, env) / "config.json"
        self._env = FrozenDict({k: Secret(v) for k, v in env.items() if k.startswith(MC_HOST)})
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"McConfigProvider({self.alias or self.base_url!r})"

    def fetch(self) -> Credentials | None:
        """The alias's keys; None when there is no such alias, or it has none.

        Raises:
            ConfigurationError: the file can't be read.
        """
        for name, url, keys in self._aliases():
            ours = name == self.alias if self.base_url is None else url == self.base_url
            if keys is not None and ours:
                return keys
        return None

    def address(self) -> str | None:
        """The alias's URL; None when there is no such alias.

        Raises:
            ConfigurationError: the file can't be read.
        """
        return next((url for name, url, _ in self._aliases() if url and name == self.alias), None)

    def names(self) -> list[str]:
        """The names of all aliases.

        Raises:
            ConfigurationError: the file can't be read.
        """
        return [name for name, url, _ in self._aliases() if url]

    def _aliases(self) -> Iterator[tuple[str, str | None, Credentials | None]]:
        for variable, value in self._env.items():
            url, access, secret, token = _taken_apart(value)
            if url is not None:
                name = variable.removeprefix(MC_HOST)
                yield name, _canonical(url), _credentials(access, secret, token)
        aliases = self._document().get("aliases")
        for name, entry in aliases.items() if isinstance(aliases, dict) else ():
            if isinstance(entry, dict):
                found = (entry.get(k) for k in ("accessKey", "secretKey", "sessionToken"))
                keys = _credentials(*found)
                yield name, _canonical(entry.get("url")), keys

    def _document(self) -> dict[str, Any]:
        try:
            text = Secret(self.config_file.read_text(encoding="utf-8"))
            return document_of(text, repr(str(self.config_file)))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, MinIOError) as error:
            why = "no JSON object" if isinstance(error, MinIOError) else type(error).__name__
            raise ConfigurationError(f"{str(self.config_file)!r} can't be read ({why})") from None


def _taken_apart(value: str) -> tuple[str | None, str, Secret, Secret]:
    """URL, access key, secret and token of ``https://access:secret[:token]@host``."""
    found = _URL.fullmatch(value)
    if found is None:
        return None, "", Secret(), Secret()
    secret, _, token = found[3].partition(":")
    return found[1] + found[4], found[2], Secret(secret), Secret(token)


def _canonical(url: Any) -> str | None:
    try:
        return check_url("url", plain(url) if isinstance(url, str) else url)
    except ConfigurationError:
        return None  # an entry that is not for us


def _credentials(access: Any, secret: Any, token: Any) -> Credentials | None:
    if not access or not secret:
        return None  # an alias for anonymous calls
    try:
        return Credentials(plain(access), secret, token or None)
    except (ConfigurationError, TypeError):
        return None
