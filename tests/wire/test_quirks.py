"""What known servers do with keys, and what they offer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk.wire.quirks import is_complete, is_minio, key_of_token, not_kept, suspicious
from tests import strategies

SERVERS = ("SeaweedFS 30GB 4.48", "MinIO", "AmazonS3", "", "nginx")


@given(
    strategies.keys, st.sampled_from(SERVERS), st.sampled_from(["", "acme/docs/"]), st.booleans()
)
def test_a_key_that_is_not_kept_was_suspected(
    key: str, header: str, prefix: str, empty: bool
) -> None:
    """Only those are looked at more closely, so none may be missed."""
    if not_kept(header, prefix + key, empty):
        assert suspicious(key)


@pytest.mark.parametrize("key", ["a", "a/b", "a/b.txt", "ü", "a b", "%2F", "."])
def test_ordinary_keys_are_not_suspected(key: str) -> None:
    assert not suspicious(key)


@pytest.mark.parametrize("no_key", ["", None, 5, b"//", ["//"]])
def test_what_is_no_key_is_left_to_those_who_say_so(no_key: object) -> None:
    assert not suspicious(no_key)


@pytest.mark.parametrize(
    "header, key",
    [
        ("SeaweedFS 30GB 4.48", "a//b"),
        ("seaweedfs", "/a"),
        ("SeaweedFS", "a\\b"),
        ("MinIO", "/a"),
        ("MinIO", "a//b"),
        ("minio/2020", "a//"),
    ],
)
def test_keys_that_are_not_kept(header: str, key: str) -> None:
    assert not_kept(header, key, empty=True)
    assert not_kept("nginx", key, empty=True) is None


def test_a_folder_of_seaweedfs_has_no_bytes() -> None:
    assert not_kept("SeaweedFS", "a/", empty=False)
    assert not_kept("SeaweedFS", "a/", empty=True) is None
    assert not_kept("MinIO", "a/", empty=False) is None


@pytest.mark.parametrize(
    "header, complete",
    [
        ("MinIO", True),
        ("SeaweedFS 8000GB 4.48", True),
        ("AmazonS3", True),
        ("Ceph Object Gateway (squid)", True),
        ("rclone/v1.66", False),
        ("nginx", False),
        ("", False),
        (None, False),
    ],
)
def test_servers_that_are_known_to_copy_and_to_tag(header: str | None, complete: bool) -> None:
    assert is_complete(header) is complete


@pytest.mark.parametrize(
    "header, token, key",
    [
        ("SeaweedFS 4.48", "acme/docs/a b", "acme/docs/a b"),
        ("SeaweedFS 4.48", "opaque", None),
        ("MinIO", "YmV0YS9kb2NzL2FbbWluaW9fY2FjaGU6djIscmV0dXJuOl0=", "beta/docs/a"),
        ("MinIO", "YmV0YS9kb2NzL2E=", None),
        ("MinIO", "acme/docs/a", None),
        ("MinIO", "/w==", None),
        ("MinIO", "ü", None),
        ("AmazonS3", "acme/docs/a", None),
        (None, "acme/docs/a", None),
    ],
)
def test_the_key_that_a_token_is_known_to_name(
    header: str | None, token: str, key: str | None
) -> None:
    assert key_of_token(header, token) == key


@pytest.mark.parametrize(
    "server, known",
    [
        ("MinIO", True),
        ("MinIO/RELEASE.2020-01-01T00-00-00Z", True),
        ("SeaweedFS 30GB 4.48", False),
        ("AmazonS3", False),
        ("Ceph Object Gateway (squid)", False),
        ("Werkzeug/3.1.3 Python/3.11.7", False),
        ("nginx/1.25.3", None),
        ("not MinIO", None),
        ("", None),
        (None, None),
    ],
)
def test_minio_is_known_by_its_name(server: str | None, known: bool | None) -> None:
    assert is_minio(server) is known
