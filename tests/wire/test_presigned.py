"""What may be signed ahead: headers, overrides, the fields and conditions of forms."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.wire import presigned
from minio_sdk.wire.presigned import FILENAME, LARGEST, Form, form_for
from tests.strategies import MODERATE, keys, xml_text


def form() -> Form:
    return form_for("b", "k", "k")


# -- URLs ------------------------------------------------------------------------------------------


def test_headers_are_asked_for_in_lower_case() -> None:
    assert presigned.asked_headers(None) == {}
    assert presigned.asked_headers({"Content-Type": "a/b", "X-Amz-Meta-A": "1  2"}) == {
        "content-type": "a/b",
        "x-amz-meta-a": "1  2",
    }


@pytest.mark.parametrize(
    "name",
    [
        "Host", "Authorization", "X-Tenant-ID", "x-tenant-id", "Connection", "Keep-Alive", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Expect", "User-Agent",
        "X-Amz-Date", "x-amz-content-sha256", "x-amz-security-token", "X-Amz-Signature",
        "x-amz-copy-source", "X-Amz-Copy-Source-Range", "x-amz-rename-source",
        "", "a b", "a:b", "a\n", "ü", "a\r\nb",
    ],
)  # fmt: skip
def test_headers_that_are_never_signed_ahead(name: str) -> None:
    with pytest.raises(ValidationError, match="headers="):
        presigned.asked_headers({name: "x"})


@pytest.mark.parametrize("value", ["", " a", "a ", "a\nb", "ü", "\x7f", "a\tb"])
def test_values_that_no_header_can_carry(value: str) -> None:
    with pytest.raises(ValidationError, match="^headers="):
        presigned.asked_headers({"content-type": value})
    with pytest.raises(ValidationError, match="^response_headers="):
        presigned.override_query({"content-type": value})


@pytest.mark.parametrize("given", ["a", ["content-type"], {"content-type": 1}, {1: "a"}, 5])
def test_mappings_of_text_only(given: Any) -> None:
    with pytest.raises(ValidationError, match="^headers="):
        presigned.asked_headers(given)
    with pytest.raises(ValidationError, match="^response_headers="):
        presigned.override_query(given)


def test_names_that_stand_there_twice() -> None:
    with pytest.raises(ValidationError, match="twice"):
        presigned.asked_headers({"A": "1", "a": "1"})
    with pytest.raises(ValidationError, match="twice"):
        presigned.override_query({"Expires": "1", "response-expires": "1"})


def test_overrides_go_by_their_short_names_or_by_s3_s() -> None:
    given = {"Content-Type": "a/b", "response-cache-control": "no-store", "EXPIRES": "0"}
    assert presigned.override_query(given) == [
        ("response-content-type", "a/b"),
        ("response-cache-control", "no-store"),
        ("response-expires", "0"),
    ]
    for name in ("etag", "x-amz-meta-a", "response-", "", "versionId", "response-response-expires"):
        with pytest.raises(ValidationError, match="is not one of"):
            presigned.override_query({name: "x"})


# -- forms -----------------------------------------------------------------------------------------


def test_a_key_is_the_only_one_and_a_file_s_name_stands_behind_what_is_fixed() -> None:
    assert form_for("b", "a/k", "a/k") == Form({"bucket": "b", "key": "a/k"})
    assert form_for("b", "a/" + FILENAME, "a/" + FILENAME) == Form(
        {"bucket": "b"}, [["starts-with", "$key", "a/"]], {"key": "a/" + FILENAME}
    )
    assert form_for("b", FILENAME, FILENAME).conditions == [["starts-with", "$key", ""]]


@pytest.mark.parametrize(
    "key", [f"{FILENAME}/a", f"a{FILENAME}b", FILENAME * 2, f"{FILENAME}/{FILENAME}", "a\nb", "\r"]
)
def test_keys_that_a_form_can_t_have(key: str) -> None:
    with pytest.raises(ValidationError, match="key="):
        form_for("b", key, key)


@MODERATE
@given(keys, keys)
def test_a_form_lets_no_key_through_but_its_own(key: str, other: str) -> None:
    """Whatever the key is: what is not it, or doesn't begin as it does, meets a condition it breaks."""
    try:
        made = form_for("b", key, key)
    except ValidationError:
        assert FILENAME in key or "\n" in key or "\r" in key
        return
    limits = [c[2] for c in made.conditions if c[:2] == ["starts-with", "$key"]]
    allowed = other == made.fixed.get("key") or any(other.startswith(start) for start in limits)
    assert ("key" in made.fixed) != bool(limits)
    assert allowed == (other == key or (key.endswith(FILENAME) and other.startswith(key[:-11])))


def test_sizes_are_both_included() -> None:
    for limits in ((0, 0), (1, 5), [0, LARGEST]):
        made = form()
        presigned.limit_size(made, limits)  # type: ignore[arg-type]
        assert made.conditions == [["content-length-range", *limits]]
    made = form()
    presigned.limit_size(made, None)
    assert made == form()


@pytest.mark.parametrize(
    "limits",
    [(1,), (1, 2, 3), (2, 1), (-1, 5), (0, LARGEST + 1), (0.0, 1), (False, True), ("0", "1"), 5]
    + ["12", {1: 2}],
)
def test_sizes_that_are_none(limits: Any) -> None:
    with pytest.raises(ValidationError, match="content_length_range="):
        presigned.limit_size(form(), limits)


def test_a_type_is_one_or_those_that_begin_alike() -> None:
    made = form()
    presigned.limit_type(made, "image/png")
    assert made.fixed["Content-Type"] == "image/png"
    assert made.conditions == []
    made = form()
    presigned.limit_type(made, "image/*")
    assert "Content-Type" not in made.fixed
    assert made.conditions == [["starts-with", "$Content-Type", "image/"]]


@pytest.mark.parametrize(
    "content_type", ["*", "text", "*/*", "a/*b", "ü/b", "a/b\n", " a/b", b"a/b", ""]
)
def test_types_that_are_none(content_type: Any) -> None:
    with pytest.raises(ValidationError, match="content_type="):
        presigned.limit_type(form(), content_type)


@given(st.dictionaries(xml_text.filter(bool), xml_text, max_size=3))
def test_tags_are_one_line_of_xml_that_says_them(tags: dict[str, str]) -> None:
    """Browsers make CRLF of a line end in a field, and the signed value would be another."""
    made = form()
    presigned.describe(made, {"Author": "Ä"}, tags)
    assert made.fixed["x-amz-meta-author"] == "=?UTF-8?B?w4Q=?="
    text = made.fixed["tagging"]
    assert not set("\r\n") & set(text)
    found = {}
    for tag in ElementTree.fromstring(text).iter("{http://s3.amazonaws.com/doc/2006-03-01/}Tag"):
        found[tag[0].text] = tag[1].text or ""
    assert found == tags


def test_tags_and_metadata_that_s3_refuses() -> None:
    with pytest.raises(ValidationError, match="tags"):
        presigned.describe(form(), None, {str(n): "" for n in range(11)})
    with pytest.raises(ValidationError, match="metadata"):
        presigned.describe(form(), {"a b": ""}, None)


def test_what_the_browser_sees_afterwards() -> None:
    for status in (200, 201, 204):
        made = form()
        presigned.answer_with(made, status, None)
        assert made.fixed["success_action_status"] == str(status)
    made = form()
    presigned.answer_with(made, None, "https://example.com/done?a=b#c")
    assert made.fixed["success_action_redirect"] == "https://example.com/done?a=b#c"
    presigned.answer_with(made, None, None)
    wrong: list[Any] = [True, 202, "201", 0, 303]
    for status in wrong:
        with pytest.raises(ValidationError, match="success_action_status="):
            presigned.answer_with(form(), status, None)
    with pytest.raises(ValidationError, match="success_action_status="):
        presigned.answer_with(form(), 200, "https://example.com/")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "/done", "//h/x", "ftp://h/", "http://", "http:/h", "http://u:p@h/", ""]
    + [
        "http://h:x/",
        "http://h:99999/",
        "http://[::1/",
        "http://h/\n",
        "http://h/a b",
        "http://ü/",
        5,
    ],
)
def test_places_that_no_browser_is_sent_to(url: Any) -> None:
    with pytest.raises(ValidationError, match="success_action_redirect="):
        presigned.answer_with(form(), None, url)
