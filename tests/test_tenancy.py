"""No two tenants ever meet: not in a slug, not in a name on the server, not on the way back."""

from __future__ import annotations

import itertools
import re
import uuid
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from minio_sdk import Config, ValidationError
from minio_sdk.models.names import canonical_tenant
from minio_sdk.operation import Place
from minio_sdk.tenancy import BucketScope, PrefixScope, Scope, scope_of, slug_of
from tests.strategies import FEW, MANY, MODERATE, bucket_parts, keys, tenants

SHARED = "tenants"


def placed(scope: Scope, bucket: str) -> Place | None:
    """The place, None when the bucket's name is refused."""
    try:
        return scope.place(bucket)
    except ValidationError:
        return None


def on_server(scope: Scope, bucket: str, key: str) -> tuple[str, str] | None:
    """Where an object lies; None for a name or key that is refused."""
    place = placed(scope, bucket)
    try:
        return (place.server_bucket, place.key_out(key)) if place else None
    except ValidationError:
        return None


# -- slugs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tenant, slug",
    [
        ("a", "a"),
        ("acme", "acme"),
        ("0123456789abcdefghij", "0123456789abcdefghij"),
        ("0123456789abcdefghijk", "xuznfvz2jdsui4qhnod3g"),
        ("acme-b", "xay5imj66twy366quuyoy"),
        ("ACME", "xvayi5drojnzta7mgbxro"),
        ("0f8fad5b-d9cb-469f-a165-70867728950E", "0f8fad5bd9cb469fa16570867728950e"),
        ("0f8fad5bd9cb469fa16570867728950e", "x3kzmlpzcejq475gaoj5v"),
    ],
)
def test_a_slug_is_the_id_the_uuid_s_digits_or_a_digest(tenant: str, slug: str) -> None:
    """These must never change: they are where data lies."""
    assert slug_of(tenant) == slug


@MANY
@given(tenants)
def test_a_slug_has_neither_dash_nor_slash_and_says_by_its_length_how_it_was_made(
    tenant: str,
) -> None:
    slug = slug_of(tenant)
    assert re.fullmatch("[a-z0-9]{1,20}|x[a-z2-7]{20}|[0-9a-f]{32}", slug)
    assert (len(slug) <= 20) is (slug == tenant)
    # Deterministic, and a slug used as an id of its own is another tenant, or the very same id.
    assert slug_of(tenant) == slug
    assert (slug_of(slug) == slug) is (slug == tenant)


@MANY
@given(st.data(), tenants)
def test_no_two_tenants_share_a_slug(data: st.DataObject, tenant: str) -> None:
    relatives = st.sampled_from(
        [
            slug_of(tenant),
            tenant.lower(),
            tenant.upper(),
            tenant.replace("-", ""),
            tenant.replace("-", "_"),
            tenant + "-",
            tenant + "x",
            tenant[:-1],
            tenant[:20],
            f"x{tenant}",
            tenant.replace("a", "-"),
        ]
    )
    other = data.draw((tenants | relatives).filter(lambda t: 0 < len(t) <= 256 and t == t.strip()))
    same = canonical_tenant(tenant) == canonical_tenant(other)
    assert (slug_of(tenant) == slug_of(other)) is same


@FEW
@given(st.uuids())
def test_a_uuid_is_one_tenant_in_either_case_and_without_dashes_another(value: uuid.UUID) -> None:
    assert slug_of(str(value)) == slug_of(str(value).upper()) == value.hex
    assert slug_of(value.hex) != value.hex


@pytest.mark.parametrize("tenant", ["", " a", "a\n", "é", None, 5])
def test_what_is_no_tenant_has_no_slug(tenant: Any) -> None:
    with pytest.raises(ValidationError, match="^tenant_id="):
        slug_of(tenant)


# -- places ----------------------------------------------------------------------------------------

PLAIN = Scope()


def scopes(tenant: str) -> tuple[Scope, Scope]:
    return BucketScope(tenant), PrefixScope(tenant, SHARED)


def test_without_tenancy_names_are_the_server_s() -> None:
    place = PLAIN.place("My_Old.Bucket")
    assert place == Place("My_Old.Bucket", "My_Old.Bucket", "", "/My_Old.Bucket")
    assert place.key_out("a/b") == place.key_back("a/b") == "a/b"
    assert PLAIN.own("anything") == "anything"
    assert PLAIN.registry("docs") is None


def test_a_bucket_of_a_tenant_has_the_slug_in_front_of_it() -> None:
    place = BucketScope("acme").place("docs")
    assert place == Place("docs", "acme-docs", "", "/acme-docs")
    assert place.object_path("a b") == "/acme-docs/a%20b"
    assert BucketScope("acme").registry("docs") is None


def test_a_bucket_below_a_prefix_has_slug_and_name_in_front_of_its_keys() -> None:
    place = PrefixScope("acme", SHARED).place("docs")
    assert place == Place("docs", "tenants", "acme/docs/", "/tenants")
    assert place.object_path("a b") == "/tenants/acme/docs/a%20b"
    assert place.prefix_out("") == "acme/docs/"


def test_a_bucket_below_a_prefix_is_known_by_a_marker_that_is_no_key_of_any_bucket() -> None:
    scope = PrefixScope("acme", SHARED)
    registry = scope.registry("docs")
    assert registry is not None
    assert registry == Place("docs", "tenants", "acme/.buckets/", "/tenants")
    assert registry.key_out("docs") == "acme/.buckets/docs"
    assert placed(scope, ".buckets") is None
    whole = scope.registry()
    assert whole is not None
    assert whole.bucket is None


def test_the_tags_of_a_bucket_below_a_prefix_lie_where_no_key_and_no_marker_does() -> None:
    scope = PrefixScope("acme", SHARED)
    shelf = scope.tags("docs")
    assert shelf is not None
    assert shelf == Place("docs", "tenants", "acme/.bucket-tags/", "/tenants")
    assert shelf.key_out("docs") == "acme/.bucket-tags/docs"
    assert placed(scope, ".bucket-tags") is None
    assert PLAIN.tags("docs") is None
    assert BucketScope("acme").tags("docs") is None


def test_a_colon_in_an_old_bucket_s_name_is_encoded_as_signatures_want() -> None:
    """Ceph has names such as ``tenant:bucket``."""
    assert PLAIN.place("a:bc").path == "/a%3Abc"


def test_what_a_configuration_says_makes_the_scope() -> None:
    url = "http://localhost"
    assert type(scope_of(Config(url, None))) is Scope
    assert type(scope_of(Config(url, None, tenancy="prefix"))) is Scope
    bucket = scope_of(Config(url, "acme"))
    assert isinstance(bucket, BucketScope)
    prefix = scope_of(Config(url, "acme", tenancy="prefix", shared_bucket="all-of-them"))
    assert isinstance(prefix, PrefixScope)
    assert prefix.place("b").server_bucket == "all-of-them"


@pytest.mark.parametrize("scope", [PLAIN, *scopes("acme")], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("bucket", [None, 5, b"docs", ["docs"], {"docs": 1}])
def test_a_bucket_that_is_no_text_is_a_validation_error_in_every_scope(
    scope: Scope, bucket: Any
) -> None:
    with pytest.raises(ValidationError, match="must be text, not "):
        scope.place(bucket)


# -- isolation -------------------------------------------------------------------------------------

triples = st.tuples(tenants, bucket_parts, keys)


@MANY
@given(triples, triples)
@example(("acme", "b-c", "k"), ("acme-b", "c", "k"))
@example(("a", "b", "c/d"), ("a", "b-c", "d"))
@example(("a", "a", "a"), ("a", "a", ".buckets/a"))
def test_no_two_names_meet_on_the_server(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    for mine, theirs in zip(scopes(one[0]), scopes(other[0]), strict=True):
        here, there = on_server(mine, *one[1:]), on_server(theirs, *other[1:])
        same = (canonical_tenant(one[0]), *one[1:]) == (canonical_tenant(other[0]), *other[1:])
        if here is not None and there is not None:
            assert (here == there) is same


@pytest.mark.parametrize("mode", [0, 1], ids=["bucket", "prefix"])
def test_no_two_of_all_short_names_meet_on_the_server(mode: int) -> None:
    """Every tenant, bucket and key over the characters that could be confused, up to three of each."""

    def words(alphabet: str) -> list[str]:
        return ["".join(w) for n in (1, 2, 3) for w in itertools.product(alphabet, repeat=n)]

    seen: dict[tuple[str, str], tuple[str, str, str]] = {}
    for tenant in words("a-A"):
        scope = scopes(tenant)[mode]
        for bucket in words("a-"):
            for key in words("a/"):
                name = on_server(scope, bucket, key)
                if name is not None:
                    assert name not in seen
                    seen[name] = (tenant, bucket, key)
    assert len(seen) > 2000


@MODERATE
@given(triples, st.lists(keys, max_size=2))
def test_what_goes_out_comes_back(one: tuple[str, str, str], more: list[str]) -> None:
    tenant, bucket, key = one
    for scope in (PLAIN, *scopes(tenant)):
        place = placed(scope, bucket)
        if place is None:
            continue
        assert place.bucket == bucket
        for name in (key, *more):
            assert place.key_back(place.key_out(name)) == name
        if not isinstance(scope, PrefixScope):
            assert scope.own(place.server_bucket) == bucket


@MANY
@given(tenants, tenants, bucket_parts)
@example("a", "a-b", "c")
@example("a", "ab", "c")
@example("xn", "x", "n-c")
def test_another_tenant_s_bucket_is_never_one_s_own(mine: str, theirs: str, bucket: str) -> None:
    if slug_of(mine) == slug_of(theirs):
        return
    place = placed(BucketScope(theirs), bucket)
    if place is not None:
        assert BucketScope(mine).own(place.server_bucket) is None
        assert PrefixScope(mine, SHARED).own(place.server_bucket) is None


@MANY
@given(tenants, st.text("acme-.xA_0\n", max_size=12) | bucket_parts)
@example("acme", "acme--x")
@example("acme", "acme-Docs")
@example("acme", "acme-")
@example("acme", "acme")
def test_what_is_called_one_s_own_can_be_used_and_leads_back(tenant: str, name: str) -> None:
    for server_bucket in (name, f"{slug_of(tenant)}-{name}"):
        own = BucketScope(tenant).own(server_bucket)
        if own is not None:
            assert BucketScope(tenant).place(own).server_bucket == server_bucket


@pytest.mark.parametrize("name", ["docs", "acm", "acme", "acme-", "acmedocs", "ACME-docs", "-", ""])
def test_a_bucket_that_no_tenant_made_is_nobody_s(name: str) -> None:
    assert BucketScope("acme").own(name) is None


@MODERATE
@given(tenants, bucket_parts, keys)
def test_a_key_stays_below_its_prefix_byte_for_byte(tenant: str, bucket: str, key: str) -> None:
    place = placed(PrefixScope(tenant, SHARED), bucket)
    assert place is not None
    assert place.key_out(key) == f"{slug_of(tenant)}/{bucket}/{key}"
    assert place.object_path(key).startswith(f"/{SHARED}/{slug_of(tenant)}/{bucket}/")


# -- limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tenant, room", [("acme", 58), ("Acme", 41), (str(uuid.UUID(int=1)), 30), ("a" * 20, 42)]
)
def test_a_bucket_s_name_has_as_much_room_as_the_tenant_leaves(tenant: str, room: int) -> None:
    scope = BucketScope(tenant)
    assert len(scope.place("b" * room).server_bucket) == 63
    with pytest.raises(ValidationError) as caught:
        scope.place("b" * (room + 1))
    assert "S3 allows 63 characters, and this one has 64 on the server" in str(caught.value)
    assert f"at most {room} are left for your part of it" in str(caught.value)
    assert slug_of(tenant) not in str(caught.value).replace("b" * room, "")


def test_the_shortest_tenant_may_have_the_shortest_bucket() -> None:
    assert BucketScope("a").place("b").server_bucket == "a-b"


@pytest.mark.parametrize(
    "tenant, bucket", [("sthree", "a"), ("amzn", "s3-demo-a"), ("a", "b-s3alias")]
)
def test_a_name_that_s3_keeps_for_itself_is_refused_with_its_tenant_in_front(
    tenant: str, bucket: str
) -> None:
    with pytest.raises(ValidationError, match="a word that S3 keeps for itself"):
        BucketScope(tenant).place(bucket)


def test_new_buckets_obey_all_of_s3_s_rules_where_old_ones_need_not() -> None:
    PLAIN.place("Old_Name")
    with pytest.raises(ValidationError, match="bucket='Old_Name': must be of a-z"):
        PLAIN.check_new("Old_Name")
    BucketScope("a").check_new("1.2.3.4")  # with the tenant in front it looks like no address
    PrefixScope("a", SHARED).check_new("1.2.3.4")
    with pytest.raises(ValidationError, match="must be 1 to 63"):
        PrefixScope("a", SHARED).check_new("Old_Name")


def test_a_key_has_as_much_room_as_the_prefix_leaves() -> None:
    place = PrefixScope("acme", SHARED).place("docs")
    room = 1024 - len("acme/docs/")
    assert len(place.key_out("k" * room)) == 1024
    for call in (place.key_out, place.prefix_out, place.object_path):
        with pytest.raises(ValidationError, match=f"at most {room} bytes of UTF-8 fit beside the"):
            call("ü" * (room // 2 + 1))
