"""`Hedge`: its settings are checked."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import ConfigurationError, Hedge


def test_what_is_good() -> None:
    assert (Hedge().after, Hedge().budget) == (None, 0.05)
    assert len({Hedge(), Hedge(after=1), Hedge(after=1.0)}) == 2


@pytest.mark.parametrize("after", [0, -1, True, "1", float("nan"), float("inf")])
def test_a_time_that_can_t_be(after: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^hedge\.after="):
        Hedge(after=after)


@pytest.mark.parametrize("budget", [0, -0.1, 1.1, None, False, "0.1", float("nan")])
def test_a_share_that_can_t_be(budget: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^hedge\.budget="):
        Hedge(budget=budget)
