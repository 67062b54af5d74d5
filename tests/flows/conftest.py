"""What several tests of flows need."""

from __future__ import annotations

import pytest

from minio_sdk.flows import copies


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four bytes are copied in one request, more in parts of three."""
    monkeypatch.setattr(copies, "LARGEST", 4)
    monkeypatch.setattr(copies, "PART", 3)
