"""A head from an outline is what the careful way makes of the same request, byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import Config, Credentials
from minio_sdk.credentials import find_credentials
from minio_sdk.models.secret import SecretBytes
from minio_sdk.signing import Signing, Skew
from minio_sdk.wire import outlines
from minio_sdk.wire.heads import add_length, head_of
from minio_sdk.wire.message import Request, StreamBody
from minio_sdk.wire.sigv4 import trimmed
from tests.clock import FakeClock

KEYS = Credentials("AK%s", "secret")
TEMPORARY = Credentials("AK", "secret", "token%d/+=")


def signing(
    keys: Credentials | None = KEYS, tenant: str | None = "acme", base: str = ""
) -> Signing:
    config = Config(f"https://h.example:9000{base}", tenant, credentials=keys)
    return Signing(config, find_credentials(config, {}), FakeClock(), Skew())


def carefully(of: Signing, request: Request) -> bytes:
    headers = of.headers(request)
    add_length(headers, request)
    return head_of(request.method, of.endpoint.path + request.target, headers)


names = st.sampled_from(
    [
        "content-type",
        "range",
        "x-amz-meta-a",
        "x-amz-meta-%s",
        "if-match",
        "x-zzz",
        "a",
        "x-minio-a",
    ]
)
values = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)
requests = st.builds(
    Request,
    st.sampled_from(["GET", "PUT", "HEAD", "POST", "DELETE"]),
    st.sampled_from(["/b/k", "/b/%25s", "/b/a%20b", "/"]),
    st.sampled_from(["", "uploads", "a=%25s&b=2"]),
    st.dictionaries(names, values, max_size=4),
    st.one_of(st.binary(max_size=20), st.binary(max_size=3).map(lambda data: memoryview(data))),
)


@given(st.lists(requests, min_size=1, max_size=4), st.booleans(), st.booleans())
def test_it_says_what_the_careful_way_says(
    many: list[Request], temporary: bool, tenant: bool
) -> None:
    of = signing(TEMPORARY if temporary else KEYS, "acme" if tenant else None, "/base")
    for request in many:
        assert of.head(request) == carefully(of, request)
        assert isinstance(of.head(request), SecretBytes)
        assert request.keys == (TEMPORARY if temporary else KEYS)


@given(requests, st.lists(st.sampled_from(["/b/k", "/b/%25s", "/"]), min_size=3, max_size=5))
def test_values_that_come_again_are_filled_in_once(first: Request, paths: list[str]) -> None:
    of, body = signing(TEMPORARY), b""
    headers = {name: f"{value}%b" for name, value in first.headers.items()}
    for number, path in enumerate(paths, start=1):
        body = b"x" * number if first.body else b""
        request = Request(first.method, path, first.query, headers, body)
        assert of.head(request) == carefully(of, request)
    assert isinstance(of.clock, FakeClock)
    of.clock.advance(1)
    again = Request(first.method, "/b/k", first.query, headers, body)
    for _ in range(3):
        assert of.head(again) == carefully(of, again)
    other = Request(first.method, "/b/k", "", dict.fromkeys(headers, "z"), body)
    assert of.head(other) == carefully(of, other)


ANY = st.text(st.characters(max_codepoint=300), max_size=6)


@given(ANY, ANY, ANY, st.sampled_from(["", "\r\n", "\n", "\r", "\0", " ", "\x7f", "\u00e9"]))
def test_what_it_is_not_sure_of_is_left_to_the_careful_way(
    a: str, b: str, c: str, odd: str
) -> None:
    of = signing()
    for request in (
        Request("GET", f"/b/{a}{odd}"),
        Request("GET", "/b/k", query=f"a={b}{odd}"),
        Request("GET", "/b/k", headers={"x-amz-meta-a": f"{c}{odd}x"}),
        Request("GET", "/b/k", headers={f"{a}{odd}": "x"}),
    ):
        try:
            want: bytes | None = carefully(of, request)
        except ValueError:
            want = None
        if want is None:
            with pytest.raises(ValueError, match="."):
                of.head(request)
        else:
            assert of.head(request) == want


@pytest.mark.parametrize("name", sorted(outlines._OURS))
def test_a_header_that_is_ours_to_write_has_no_outline(name: str) -> None:
    of = signing()
    request = Request("GET", "/b/k", headers={name: "x"})
    assert of.head(request) == carefully(of, request)
    assert not of._moment.outlines


@pytest.mark.parametrize(
    "changed",
    [{"signed": False}, {"service": "iam"}, {"body": StreamBody(lambda: [b"x"], None, True)}],
)
def test_what_is_signed_otherwise_has_no_outline(changed: dict[str, Any]) -> None:
    of = signing()
    request = Request("PUT", "/b/k", **changed)
    assert of.head(request) == carefully(of, request)
    assert not of._moment.outlines


def test_what_nobody_signs_has_no_outline() -> None:
    of = signing(None)
    request = Request("GET", "/b/k")
    assert of.head(request) == carefully(of, request)
    assert b"authorization" not in of.head(request)


def test_outlines_end_with_their_day_and_keys() -> None:
    of = signing()
    request = Request("GET", "/b/k")
    first = of.head(request)
    assert of.head(request) == first
    of.clock.sleep(3600 * 24)
    second = of.head(request)
    assert second == carefully(of, request)
    assert second != first
    other = of.head(request, TEMPORARY)
    assert b"x-amz-security-token: token%d/+=\r\n" in other
    assert of.head(request) == second


def test_keys_that_are_made_anew_each_time_keep_their_outlines() -> None:
    of = signing()
    request = Request("GET", "/b/k")
    of.head(request)
    before = of._moment
    again = Credentials(KEYS.access_key, KEYS.secret_key)
    of.head(request, again)
    assert of._moment is before
    assert request.keys is again


def test_headers_of_any_names_take_no_memory_for_ever() -> None:
    of = signing()
    for number in range(300):
        request = Request("GET", "/b/k", headers={f"x-amz-meta-{number}": "x"})
        assert of.head(request) == carefully(of, request)
    assert len(of._moment.outlines) == 256


def test_blanks_count_as_they_do_in_the_canonical_form() -> None:
    assert trimmed(" a  b\t") == "a b"
    of = signing()
    request = Request("GET", "/b/k", headers={"x-amz-meta-a": " a  b "})
    assert of.head(request) == carefully(of, request)
    assert b"x-amz-meta-a:  a  b \r\n" in of.head(request)
