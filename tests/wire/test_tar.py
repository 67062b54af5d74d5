"""Tar archives: what Python's own reader makes of them."""

from __future__ import annotations

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.tar import END, entry_head, keeps_key, padded
from tests.flows.unpacking import entries

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)
PATHS = st.lists(st.sampled_from(["a", "..", ".", "", "é", "\\", "\0", "b c"]), min_size=1).map(
    "/".join
)


@given(
    KEYS.filter(lambda key: "\0" not in key), st.binary(max_size=1500), st.text("xé=\n", max_size=9)
)
def test_what_goes_in_comes_out(key: str, data: bytes, value: str) -> None:
    records = {"minio.metadata.content-type": "text/plain", "minio.metadata.x-amz-meta-a": value}
    tar = entry_head(key, len(data), records) + padded(data) + END
    assert len(tar) % 512 == 0
    ((name, found, told),) = entries(tar)
    # Python's reader takes slashes from the end; no key that has any is packed.
    assert (name, found) == (key.rstrip("/"), data)
    assert told == {"path": told["path"], **records}


@pytest.mark.parametrize("length", [*range(85, 125), *range(985, 1025)])
def test_lengths_of_records_count_their_own_digits(length: int) -> None:
    ((name, _, _),) = entries(entry_head("k" * length, 0, {}) + END)
    assert name == "k" * length


@given(st.one_of(KEYS, PATHS))
def test_a_packed_key_is_clean(key: str) -> None:
    """What MinIO does to a name, `path.Clean` of what has no slash in front, changes no packed key."""
    if keeps_key(key):
        assert posixpath.normpath(key) == key == key.lstrip("/")
        assert posixpath.normpath(f"acme/docs/{key}") == f"acme/docs/{key}"


@pytest.mark.parametrize(
    "key", ["/a", "a/", "a//b", ".", "..", "a/../b", "../../other/docs/x", "a/./b", "a\0b", "a\\b",
            "a\\..\\b", "é" * 128, f"a/{'b' * 256}/c"]
)  # fmt: skip
def test_keys_that_stay_out(key: str) -> None:
    assert not keeps_key(key)


@pytest.mark.parametrize(
    "key", ["a", "a/b", "...", "a..b", ".hidden", " ", "é" * 127, "b" * 255, "a\n"]
)
def test_keys_that_go_in(key: str) -> None:
    assert keeps_key(key)
