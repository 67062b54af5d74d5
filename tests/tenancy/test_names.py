"""No two tenants' names ever meet on a server: not within a tenancy, and not across the two of them."""

from __future__ import annotations

import itertools
import uuid
from enum import Enum
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from minio_sdk import Config, ValidationError
from minio_sdk.models.names import canonical_tenant
from minio_sdk.operation import Place
from minio_sdk.tenancy import BucketScope, PrefixScope, Scope, scope_of
from tests.strategies import FEW, MANY, MODERATE, bucket_parts, keys, tenants

shared_buckets = st.sampled_from(["tenants", "all-of-them", "a-b", "abc", "ab-c.d", "a--snapshots"])


def places(scope: Scope, bucket: str) -> list[Place]:
    """All places where anything of a bucket is; none for a name that is refused."""
    try:
        found: list[Place | None] = [
            scope.place(bucket),
            scope.snapshots(bucket),
            scope.registry(bucket),
            scope.tags(bucket),
        ]
    except ValidationError:
        return []
    return [place for place in found if place is not None]


def whole(place: Place, key: str) -> tuple[str, str] | None:
    """The server's names of an object."""
    try:
        return place.server_bucket, place.key_out(key)
    except ValidationError:
        return None


Named = tuple[str, str, str, str]
named = st.tuples(st.sampled_from(["bucket", "prefix"]), tenants, bucket_parts, keys)


@MANY
@given(named, named, shared_buckets)
@example(("bucket", "a", "b", "b/c/d"), ("prefix", "b", "c", "d"), "a-b")
@example(("bucket", "a", "b", "b/.buckets/c"), ("prefix", "b", "c", "x"), "a-b")
@example(("bucket", "a", "docs", "b/c/d"), ("prefix", "docs", "c", "d"), "a--snapshots")
@example(("bucket", "a", "b-c", "k"), ("bucket", "a-b", "c", "k"), "tenants")
@example(("bucket", "a", "-snapshots", "k"), ("bucket", "a", "snapshots", "k"), "tenants")
def test_no_two_tenants_meet_whatever_their_tenancies(
    one: Named, other: Named, shared: str
) -> None:
    """All of a tenant's places, snapshots and markers too, and settings that agree on the shared bucket."""
    assume(canonical_tenant(one[1]) != canonical_tenant(other[1]))
    found: list[list[Place]] = []
    for tenancy, tenant, bucket, _ in (one, other):
        fields: dict[str, Any] = {"tenancy": tenancy, "shared_bucket": shared}
        found.append(places(scope_of(Config("http://h", tenant, **fields)), bucket))
    for mine, theirs in itertools.product(*found):
        here, there = whole(mine, one[3]), whole(theirs, other[3])
        assert here is None or here != there
        # Nor does one lie below the other: no prefix of the first's is a beginning of the second's.
        if mine.server_bucket == theirs.server_bucket:
            assert mine.prefix
            assert theirs.prefix
            assert not mine.prefix.startswith(theirs.prefix)
            assert not theirs.prefix.startswith(mine.prefix)


@FEW
@given(tenants, bucket_parts, st.from_regex(r"[a-z0-9.]{3,20}", fullmatch=True))
def test_a_shared_bucket_without_a_dash_is_no_tenant_s_own(
    tenant: str, bucket: str, shared: str
) -> None:
    """Also where the settings of those with buckets of their own say nothing of it."""
    for place in places(BucketScope(tenant), bucket):
        assert place.server_bucket != shared
    assert BucketScope(tenant).own(shared) is None


def test_what_would_be_the_shared_bucket_is_refused_by_name() -> None:
    scope = scope_of(Config("http://h", "all", shared_bucket="all-of-them"))
    assert scope.place("of-us").server_bucket == "all-of-us"
    with pytest.raises(ValidationError, match="^bucket='of-them': is, with the tenant before it"):
        scope.place("of-them")
    assert scope.own("all-of-them") is None
    scope = scope_of(Config("http://h", "all", shared_bucket="all--snapshots"))
    with pytest.raises(ValidationError, match="this tenant's snapshots lie there"):
        scope.snapshots("docs")


@MODERATE
@given(tenants, bucket_parts, bucket_parts, keys)
def test_no_two_places_of_one_tenant_meet(tenant: str, one: str, other: str, key: str) -> None:
    """A bucket, its snapshots, its marker and its tags; and those of another bucket."""
    for scope in (BucketScope(tenant), PrefixScope(tenant, "tenants")):
        mine = places(scope, one)
        for place, another in itertools.combinations(mine, 2):
            assert (place.server_bucket, place.prefix) != (another.server_bucket, another.prefix)
        if one != other:
            for place, another in itertools.product(mine[:2], places(scope, other)):
                assert whole(place, key) is None or whole(place, key) != whole(another, key)


@FEW
@given(st.uuids(), bucket_parts, keys, st.data())
def test_a_uuid_is_one_tenant_however_its_letters_are_written(
    value: uuid.UUID, bucket: str, key: str, data: st.DataObject
) -> None:
    text = str(value)
    mixed = "".join(data.draw(st.sampled_from([c, c.upper()])) for c in text)
    for make in (BucketScope, lambda tenant: PrefixScope(tenant, "tenants")):
        assert places(make(text), bucket) == places(make(mixed), bucket)
        assert places(make(text), bucket) != places(make(value.hex), bucket) or not places(
            make(text), bucket
        )


@MODERATE
@given(tenants, bucket_parts, st.lists(keys, max_size=3))
def test_all_that_goes_out_comes_back(tenant: str, bucket: str, names: list[str]) -> None:
    for scope in (BucketScope(tenant), PrefixScope(tenant, "tenants")):
        for place in places(scope, bucket):
            for name in names:
                assert place.key_back(place.key_out(name)) == name
                assert place.prefix_out(name) == place.key_out(name)


class Member(str, Enum):
    """Texts as enumerations have them, which formatting shows as ``Member.DOCS``."""

    DOCS = "docs"
    KEY = "a b"

    def __str__(self) -> str:
        return f"Member.{self.name}"

    def __format__(self, spec: str) -> str:
        return str(self)


@pytest.mark.parametrize("tenant", [None, "acme"])
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
def test_a_member_of_an_enumeration_is_the_text_that_it_is(tenant: Any, tenancy: Any) -> None:
    scope = scope_of(Config("http://h", tenant, tenancy=tenancy))
    for bucket in (Member.DOCS, "docs"):
        place = scope.place(bucket)
        assert place == scope.place("docs")
        assert place.object_path(Member.KEY) == place.object_path("a b")
        assert place.prefix_out(Member.KEY) == place.prefix_out("a b")
        assert "Member" not in place.object_path(Member.KEY) + place.key_out(Member.KEY)
        assert "Member" not in repr(scope.snapshots(bucket))
