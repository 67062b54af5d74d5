"""`Cache` and `CacheStats`: values like the settings around them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import Cache, CacheStats, Config, ConfigurationError


@pytest.mark.parametrize(
    "name, value",
    [
        ("memory", 65_535),
        ("memory", (1 << 50) + 1),
        ("memory", 1e9),
        ("memory", "64 MiB"),
        ("memory", True),
        ("max_object", 0),
        ("trust", -0.1),
        ("trust", float("nan")),
        ("trust", float("inf")),
        ("trust", "5"),
        ("trust", True),
        ("disk", ""),
        ("disk", "a\0b"),
        ("disk", 5),
        ("disk", b"folder"),
        ("disk_size", (4 << 20) - 1),
        ("disk_size", None),
    ],
)
def test_what_can_t_be_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=rf"^cache\.{name}="):
        Cache(**{name: value})


@pytest.mark.parametrize("value", [True, False, 5, "memory", {"memory": 1 << 20}, Cache])
def test_only_a_cache_is_one(value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^cache="):
        Config("http://localhost:9000", "acme", cache=value)


def test_a_config_with_one_is_a_value() -> None:
    config = Config("http://localhost:9000", "acme", cache=Cache(disk="/tmp/x", trust=1))
    assert Cache(disk=Path("/tmp/x"), trust=1) == config.cache  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(config)) == config
    assert len({config, config.with_(timeout=30), config.with_(cache=None)}) == 2
    assert "cache=Cache(" in repr(config)
    with pytest.raises(AttributeError):
        config.cache.trust = 5  # type: ignore[misc]


def test_its_figures_are_a_record() -> None:
    stats = CacheStats(hits=3, hit_rate=0.75)
    assert stats["hits"] == 3
    assert dict(stats)["hit_rate"] == 0.75
    assert pickle.loads(pickle.dumps(stats)) == stats
