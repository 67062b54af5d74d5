"""What both facades have in common: how a client is made, viewed and pickled."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from minio_sdk.api import Api
from minio_sdk.cache import Caches, Entry
from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import DEFAULT_URL, Config
from minio_sdk.engine import Engine
from minio_sdk.errors import ConfigurationError, shown
from minio_sdk.flows.cached import trusted
from minio_sdk.flows.server import find_api
from minio_sdk.models import extras
from minio_sdk.models.variables import url_from_env
from minio_sdk.protocols import Transport

# Settings that a view can change without another connection pool.
_OF_THE_POOL = ("base_url", "pool_size", "verify", "cert", "proxies", "memory_budget", "hedge")
_UNSET: Any = object()
_NOTHING: dict[str, Entry] = {}
_Part = TypeVar("_Part", bound="BaseClient")


def make_config(
    config: Config | None, host: str | None, port: int | None, secure: bool, fields: dict[str, Any]
) -> Config:
    """The configuration that a client's arguments and the environment lead to.

    Raises:
        ConfigurationError: arguments that contradict each other, or a bad setting.
    """
    if not isinstance(secure, bool):
        raise ConfigurationError(f"secure={shown(secure)}: must be True or False")
    if config is not None:
        if not isinstance(config, Config):
            raise ConfigurationError(
                f"config={shown(config)}: must be a Config",
                hint="MinIOClient(Config('http://localhost:9000', 'acme'))",
            )
        if host is not None or port is not None:
            raise ConfigurationError("host, port: belong to base_url; config.with_(base_url=...)")
        return config.with_(**fields) if fields else config
    if host is not None or port is not None:
        if "base_url" in fields:
            raise ConfigurationError("host, port: give either them or base_url, not both")
        if host is not None and (not isinstance(host, str) or not host):
            raise ConfigurationError(f"host={shown(host)}: must be a host name or address")
        if port is not None and (not isinstance(port, int) or not 0 < port < 65536):
            raise ConfigurationError(f"port={shown(port)}: must be 1 to 65535")
        name = host or "localhost"
        if "/" in name or name.count(":") == 1:
            raise ConfigurationError(
                f"host={shown(host)}: must be a bare host name or address; the port goes into port, and "
                "a URL into base_url"
            )
        if ":" in name and not name.startswith("["):
            name = f"[{name}]"
        scheme = "https" if secure else "http"
        fields = {**fields, "base_url": f"{scheme}://{name}:{port or 9000}"}
    elif secure:
        raise ConfigurationError("secure: goes with host and port; else say https:// in base_url")
    if "base_url" not in fields and url_from_env(os.environ) is None:
        fields = {**fields, "base_url": _discovered()}
    return Config.from_env(**fields)


def _discovered() -> str:
    if os.environ.get("CONSUL_HTTP_ADDR"):
        from minio_sdk.transport.consul import find_service

        return find_service(os.environ) or DEFAULT_URL
    return DEFAULT_URL


class BaseClient:
    """Holds the configuration and the engine."""

    _engine: Engine
    # What `download` asks before anything else, with as little between it and the caller as can be.
    _hit: Callable[[str], Entry | None]
    _now: Callable[[], float]
    _own_caches: bool

    def __init__(
        self,
        config: Config | None = None,
        *,
        host: str | None = None,
        port: int | None = None,
        secure: bool = False,
        clock: Clock | None = None,
        **fields: Any,
    ) -> None:
        self._clock: Clock = clock or SYSTEM_CLOCK
        self._start(make_config(config, host, port, secure, fields), None, None, None)

    def _start(
        self, config: Config, connections: Any, api: Api | None, caches: Caches | None
    ) -> None:
        transport = self._new_transport(config, connections)
        self._engine = Engine(config, transport, api or Api(config.api), find_api, caches)
        self._own_caches = caches is None
        shelf = trusted(self._engine)
        self._hit = _NOTHING.get if shelf is None else shelf.get
        self._now = self._clock.monotonic

    def _new_transport(self, config: Config, connections: Any) -> Transport:
        raise NotImplementedError

    @property
    def config(self) -> Config:
        """The settings."""
        return self._engine.config

    def _view(self, changes: dict[str, Any]) -> Any:
        """A client with other settings; on the same connections unless the server changes."""
        before = self.config
        config = before.with_(**changes)
        view = object.__new__(type(self))
        view._clock = self._clock
        same = all(getattr(config, name) == getattr(before, name) for name in _OF_THE_POOL)
        connections = getattr(self._engine.transport, "connections", None) if same else None
        # What the server speaks is known; without credentials before, it may be asked anew.
        same_api = same and config.api == before.api and _keys(config) == _keys(before)
        view._start(
            config, connections, self._engine.api if same_api else None, self._engine.caches
        )
        return view

    def _part(self, cls: type[_Part]) -> _Part:
        """A facade of another part of the API, on the same engine."""
        part = object.__new__(cls)
        part._clock, part._engine = self._clock, self._engine
        return part

    def __reduce__(self) -> tuple[Any, ...]:
        clock = None if self._clock is SYSTEM_CLOCK else self._clock
        return _restored, (type(self), self.config, clock)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.config!r})"


def extras_of_view(config: Config, headers: object, query: object) -> dict[str, Any]:
    """The settings of a view that adds these as well.

    Raises:
        ValidationError: one can't be added.
    """
    added = {} if headers is None else extras.extra_headers(headers, "headers")
    asked = {} if query is None else extras.extra_query(query, "query")
    return {
        "extra_headers": extras.beside(config.extra_headers, added),
        "extra_query_params": extras.beside(config.extra_query_params, asked),
    }


def _keys(config: Config) -> tuple[Any, ...]:
    return (config.access_key, config.secret_key, config.credentials)


def _restored(cls: Any, config: Config, clock: Clock | None) -> Any:
    return cls(config, clock=clock)
