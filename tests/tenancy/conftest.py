"""Both tenancies, both clients."""

from __future__ import annotations

import pytest

from tests.tenancy.world import Worlds


@pytest.fixture(params=["bucket", "prefix"])
def tenancy(request: pytest.FixtureRequest) -> str:
    """How acme's names lie on the server."""
    return str(request.param)


@pytest.fixture
def worlds(tenancy: str, monkeypatch: pytest.MonkeyPatch) -> Worlds:
    """A server in memory, and clients on it."""
    return Worlds(tenancy, monkeypatch)


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which client."""
    return str(request.param)
