"""The rules for names, and what hostile input makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.models.names import (
    canonical_tenant,
    check_bucket_part,
    check_existing_bucket,
    check_key,
    check_prefix,
    check_tenant_id,
    check_version_id,
    check_whole_bucket,
    is_uuid,
)
from tests.strategies import MANY, MODERATE, anything, tenants

NOT_TEXT = [None, 5, b"bytes", ["a"], {"a"}, object()]
# What `$` in place of `\Z`, str.isdigit or a locale would let through.
HOSTILE = [
    "\0",
    "acme\0",
    "acme\n",
    "acme\r\n",
    "\nacme",
    "acme\t",
    "ac\x7fme",
    "ac\x1bme",
    "acme\u2028",
    "acme\u200b",  # a blank without width
    "\ufeffacme",
    "acme\xa0",
    "\u0661\u0662\u0663",  # 123 in Arabic
    "\uff41\uff43\uff4d\uff45",  # "acme" full width
    "acm\xe9",
    "\u0430cme",  # with a Cyrillic a
    "acme\ud800",
    "\ufb01le",  # with a ligature
    "\u212a",  # the Kelvin sign, which lower() makes a k
    "\u017f",  # the long s, which upper() makes an S
]


def complaint(check: Any, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        check(value)
    assert str(caught.value).isprintable()
    return str(caught.value)


# -- tenants ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tenant",
    [
        "a",
        "acme",
        "Acme Corp.",
        "user@example.com",
        "a/b",
        "-",
        "..",
        "*",
        "'\"",
        "~" * 256,
        "a  b",
    ],
)
def test_any_printable_ascii_is_a_tenant(tenant: str) -> None:
    assert check_tenant_id(tenant) == tenant


@pytest.mark.parametrize("tenant", HOSTILE)
def test_a_tenant_has_nothing_but_printable_ascii(tenant: str) -> None:
    told = complaint(check_tenant_id, tenant)
    assert told.startswith("tenant_id=")
    assert "must be printable ASCII characters without a blank at either end" in told


@pytest.mark.parametrize("tenant", ["", "a" * 257])
def test_a_tenant_has_1_to_256_characters(tenant: str) -> None:
    assert "must have 1 to 256 characters" in complaint(check_tenant_id, tenant)


@pytest.mark.parametrize("tenant", [" a", "a ", " "])
def test_a_tenant_has_no_blank_at_an_end(tenant: str) -> None:
    assert "without a blank at either end" in complaint(check_tenant_id, tenant)


@pytest.mark.parametrize("tenant", NOT_TEXT)
def test_a_tenant_is_text(tenant: object) -> None:
    assert "must be text (None means: no tenancy)" in complaint(check_tenant_id, tenant)


UUID = "0f8fad5b-d9cb-469f-a165-70867728950E"


def test_a_uuid_is_the_same_tenant_in_either_case() -> None:
    assert canonical_tenant(UUID) == canonical_tenant(UUID.upper()) == UUID.lower()


@pytest.mark.parametrize(
    "tenant",
    [
        "ACME",
        UUID.replace("-", ""),
        "{" + UUID + "}",
        "urn:uuid:" + UUID,
        UUID[:-1],
        UUID + "0",
        UUID + "\n",
        UUID.replace("-", "", 1),
        UUID.replace("0", "\u0660"),
        UUID.replace("f", "\uff46"),
        UUID.replace("-", "\u2010"),
    ],
)
def test_only_the_36_character_form_is_a_uuid(tenant: str) -> None:
    assert not is_uuid(tenant)
    assert canonical_tenant(tenant) == tenant


@MODERATE
@given(tenants)
def test_the_canonical_spelling_is_a_tenant_and_its_own_spelling(tenant: str) -> None:
    spelling = canonical_tenant(check_tenant_id(tenant))
    assert canonical_tenant(check_tenant_id(spelling)) == spelling
    assert spelling.lower() == tenant.lower()


# -- buckets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", ["a", "0", "docs", "b-c", "b.c", "a--b", "a..b", "a" * 63])
def test_a_part_of_a_bucket_name(bucket: str) -> None:
    assert check_bucket_part(bucket) == bucket


@pytest.mark.parametrize(
    "bucket",
    [
        *HOSTILE,
        "",
        "-a",
        "a-",
        ".a",
        "a.",
        "A",
        "a_b",
        "a/b",
        "a b",
        "..",
        "a" * 64,
        "a%2fb",
        "a:b",
    ],
)
def test_a_part_of_a_bucket_name_has_nothing_else(bucket: str) -> None:
    told = complaint(check_bucket_part, bucket)
    assert told.startswith("bucket=")
    assert "must be 1 to 63 of a-z, 0-9, '.' and '-'" in told


@pytest.mark.parametrize("check", [check_bucket_part, check_existing_bucket])
@pytest.mark.parametrize("bucket", NOT_TEXT)
def test_a_bucket_is_text(check: Any, bucket: object) -> None:
    assert f"must be text, not {type(bucket).__name__}" in complaint(check, bucket)


@pytest.mark.parametrize("bucket", ["abc", "a" * 63, "a-b.c", "1.2.3", "1.2.3.4.5", "xn-a", "a-s3"])
def test_a_whole_bucket_name(bucket: str) -> None:
    assert check_whole_bucket(bucket, bucket) == bucket


@pytest.mark.parametrize(
    "bucket, rule",
    [
        ("ab", "must have at least 3 characters"),
        ("a..b", "must not have two dots in a row"),
        ("1.2.3.4", "must not look like an IP address"),
        ("192.168.005.4", "must not look like an IP address"),
        ("xn--abc", "begins or ends with a word that S3 keeps for itself"),
        ("sthree-abc", "begins or ends with a word that S3 keeps for itself"),
        ("amzn-s3-demo-abc", "begins or ends with a word that S3 keeps for itself"),
        ("abc-s3alias", "begins or ends with a word that S3 keeps for itself"),
        ("abc--ol-s3", "begins or ends with a word that S3 keeps for itself"),
        ("abc.mrap", "begins or ends with a word that S3 keeps for itself"),
        ("abc--x-s3", "begins or ends with a word that S3 keeps for itself"),
        ("abc--table-s3", "begins or ends with a word that S3 keeps for itself"),
        ("Abc", "must be of a-z, 0-9, '.' and '-'"),
        ("abc-", "must be of a-z, 0-9, '.' and '-'"),
        ("abc\n", "must be of a-z, 0-9, '.' and '-'"),
        ("a" * 64, "S3 allows 63 characters, and this one has 64 on the server"),
    ],
)
def test_a_whole_bucket_name_obeys_s3(bucket: str, rule: str) -> None:
    told = complaint(lambda name: check_whole_bucket(name, name), bucket)
    assert rule in told
    assert "are left for your part" not in told


def test_a_name_that_is_too_long_with_its_tenant_says_how_much_room_there_is() -> None:
    user_s = "b" * 60
    told = complaint(lambda name: check_whole_bucket(name, user_s), f"acme-{user_s}")
    assert repr(user_s) in told
    assert "this one has 65 on the server; at most 58 are left for your part of it" in told


@pytest.mark.parametrize("bucket", ["abc", "My_Old.Bucket", "a:b", "a" * 255, "a--b", "1.2.3.4"])
def test_an_existing_bucket_may_have_a_name_of_old(bucket: str) -> None:
    assert check_existing_bucket(bucket) == bucket


@pytest.mark.parametrize(
    "bucket",
    [*HOSTILE, "", "ab", "a/b/c", "..", "...", "a..b", "-abc", "abc-", "a b", "a%2fb", "a" * 256],
)
def test_an_existing_bucket_leads_nowhere_else(bucket: str) -> None:
    assert "must be 3 to 255 letters, digits" in complaint(check_existing_bucket, bucket)


@MANY
@given(st.text(st.sampled_from("a0.-_/:%A\n\0é１") | anything, max_size=12))
def test_no_bucket_name_that_is_let_through_can_leave_its_segment_of_a_path(name: str) -> None:
    for check in (check_bucket_part, check_existing_bucket):
        try:
            check(name)
        except ValidationError:
            continue
        assert name.isascii()
        assert not set(name) & set("/\\%?# \0\r\n")
        assert name not in (".", "..", "")


# -- keys and prefixes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [*(name for name in HOSTILE if "\ud800" not in name), " ", "/", "//", "..", "../x", "k" * 1024]
    + ["ü" * 512, "日" * 341, "😀" * 256],
)
def test_a_key_may_be_anything_of_up_to_1024_bytes(key: str) -> None:
    assert check_key(key) == check_prefix(key) == key


@pytest.mark.parametrize("key", ["k" * 1025, "ü" * 513, "日" * 342, "😀" * 257])
@pytest.mark.parametrize("check", [check_key, check_prefix])
def test_a_key_of_more_bytes_is_refused_with_their_number(check: Any, key: str) -> None:
    size = len(key.encode())
    assert f"S3 allows 1024 bytes of UTF-8, this is {size}" in complaint(check, key)


@pytest.mark.parametrize("key", ["\ud800", "a\udfff", "\udc80" * 500])
@pytest.mark.parametrize("check", [check_key, check_prefix])
def test_half_of_a_surrogate_pair_is_refused(check: Any, key: str) -> None:
    assert "half of a surrogate pair" in complaint(check, key)


@pytest.mark.parametrize("key", NOT_TEXT)
def test_a_key_is_text(key: object) -> None:
    kind = type(key).__name__
    assert f"key={key!r}: must be text, not {kind}"[:40] in complaint(check_key, key)
    assert f"must be text, not {kind}" in complaint(check_prefix, key)


def test_a_key_is_not_empty_and_a_prefix_may_be() -> None:
    assert complaint(check_key, "") == "key='': must not be empty"
    assert check_prefix("") == ""


@MODERATE
@given(st.text(st.characters() | st.just("ü"), max_size=600))
@example("😀" * 256)
@example("k" * 257)
def test_the_limit_is_in_bytes_whatever_shortcut_the_check_takes(key: str) -> None:
    try:
        right = 0 < len(key.encode()) <= 1024
    except UnicodeEncodeError:
        right = False
    if right:
        assert check_key(key) is key
    else:
        complaint(check_key, key)


@pytest.mark.parametrize("version_id", ["v", "null", "a/+ &=", "é", "v" * 1024])
def test_a_version_id_is_the_server_s_own_word(version_id: str) -> None:
    assert check_version_id(version_id) == version_id


@pytest.mark.parametrize("version_id", ["", "v\n", "\0", "\ud800", "v" * 1025, *NOT_TEXT])
def test_what_no_server_gave_is_no_version_id(version_id: object) -> None:
    assert complaint(check_version_id, version_id).startswith("version_id=")


def test_a_long_value_is_cut_in_the_message() -> None:
    told = complaint(check_key, "k" * 100_000)
    assert len(told) < 250
    assert "(100002 characters)" in told
