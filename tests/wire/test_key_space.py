"""Where the next pages may begin: never wrong to ask for, and right for names that go on as they came."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.models.names import check_key
from minio_sdk.wire.key_space import beginnings
from minio_sdk.wire.quirks import suspicious
from tests.strategies import MODERATE, keys


@MODERATE
@given(st.lists(keys, min_size=2, max_size=12, unique=True).map(sorted), st.integers(1, 4))
def test_guesses_are_ever_larger_keys_that_any_server_takes(page: list[str], most: int) -> None:
    last = page[-1]
    for guess in islice(beginnings(page, "", most), 20):
        assert guess > last
        assert not suspicious(guess)
        if len(guess.encode()) <= 1024:
            assert check_key(guess) == guess
        last = guess


def test_nothing_is_guessed_outside_the_prefix() -> None:
    page = [f"a/b/{n}" for n in range(8)]
    assert list(beginnings(page, "a/b/", 5)) == []
    assert list(beginnings(page, "a/", 5)) == ["a/b0"]
    assert list(beginnings(page, "", 5)) == ["a/b0", "a0"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (
            [f"object-{n:06}.txt" for n in range(1000)],
            ["object-001899.tx", "object-002799.tx", "object-003699.tx"],
        ),
        ([f"{n:04x}" for n in range(0, 0x400, 4)], ["0795", "0b2e", "0ec7"]),
        ([f"2026/01/0{n}" for n in range(1, 4)], ["2026/01/05", "2026/01/07", "2026/01/09"]),
        (["a", "ab"], []),
        (["b", "a"], []),
    ],
)
def test_numbers_go_on_a_little_slower_than_they_came(page: list[str], expected: list[str]) -> None:
    assert list(beginnings(page, "", 3))[:3] == expected
