"""A place turns the tenant's names into the server's and back, and shows nobody else's."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import NotFoundError, ObjectNotFoundError, ServerError, ValidationError
from minio_sdk.operation import WHOLE_SERVER, ObjectOperation, Operation, Place
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.get_object import GetObject
from minio_sdk.wire.message import Reply
from minio_sdk.wire.url import quote_path
from tests.strategies import MODERATE, keys

BUCKET = Place("docs", "acme-docs", "", "/acme-docs")
PREFIX = Place("docs", "tenants", "acme/docs/", "/tenants")


@MODERATE
@given(keys)
def test_a_path_is_the_bucket_s_and_the_encoded_key(key: str) -> None:
    assert BUCKET.object_path(key) == "/acme-docs/" + quote_path(key)
    assert PREFIX.object_path(key) == "/tenants/acme/docs/" + quote_path(key)


@pytest.mark.parametrize("place", [BUCKET, PREFIX], ids=["bucket", "prefix"])
@pytest.mark.parametrize("key", ["", "k" * 1025, "\ud800", None, b"k", 5])
def test_a_place_makes_no_path_for_what_is_no_key(place: Place, key: str) -> None:
    for call in (place.object_path, place.key_out):
        with pytest.raises(ValidationError, match="^key="):
            call(key)


@pytest.mark.parametrize("place", [BUCKET, PREFIX], ids=["bucket", "prefix"])
def test_a_prefix_may_be_empty_and_is_checked_otherwise(place: Place) -> None:
    assert place.prefix_out("") == place.prefix
    assert place.prefix_out("a/") == place.prefix + "a/"
    with pytest.raises(ValidationError, match="^prefix="):
        place.prefix_out("p" * 1025)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "acme/docs",
        "acme/docs-2/k",
        "other/docs/secret-name",
        "/acme/docs/k",
        "ACME/docs/k",
    ],
)
def test_a_server_s_name_of_somebody_else_s_key_is_an_error_that_doesn_t_show_it(name: str) -> None:
    with pytest.raises(ServerError) as caught:
        PREFIX.key_back(name)
    assert "lies outside this tenant's prefix" in str(caught.value)
    assert "secret-name" not in str(caught.value)
    assert "secret-name" not in repr(caught.value.__dict__)


def test_only_what_stands_before_a_key_is_cut() -> None:
    assert PREFIX.key_back("acme/docs/acme/docs/k") == "acme/docs/k"
    assert BUCKET.key_back("acme/docs/k") == "acme/docs/k"


def test_a_server_s_message_gets_the_tenant_s_names() -> None:
    message = "The key acme/docs/a/b in tenants is gone"
    assert PREFIX.text_back(message) == "The key a/b in docs is gone"
    assert BUCKET.text_back("no bucket acme-docs") == "no bucket docs"
    plain = Place("docs", "docs", "", "/docs")
    assert plain.text_back("no bucket docs") == "no bucket docs"
    assert WHOLE_SERVER.text_back("no buckets") == "no buckets"


@MODERATE
@given(st.text("acmedocs/-tn ", max_size=30))
def test_a_message_never_keeps_the_server_s_names(message: str) -> None:
    assert "acme-docs" not in BUCKET.text_back(f"{message}acme-docs").replace("docs", "")
    assert "acme/docs/k" not in PREFIX.text_back(f"{message} acme/docs/k")


def test_places_and_operations_are_values() -> None:
    operation = DeleteObject(BUCKET, "k", version_id="v")
    assert operation == DeleteObject(BUCKET, "k", "v")
    assert hash(operation) == hash(DeleteObject(BUCKET, "k", "v"))
    assert pickle.loads(pickle.dumps(operation)) == operation
    for value, name in ((operation, "key"), (BUCKET, "prefix")):
        with pytest.raises(FrozenInstanceError):
            setattr(value, name, "other")


def test_an_error_is_about_a_key_where_there_is_one() -> None:
    assert GetObject(BUCKET, "k").subject == "k"

    class Bare(Operation[None]):
        name = "Bare"

    assert Bare(BUCKET).subject is None
    for call in (Bare(BUCKET).request, lambda: Bare(BUCKET).parse(Reply(200, {}))):
        with pytest.raises(NotImplementedError):
            call()


def test_a_404_without_a_code_is_a_missing_object_unless_the_operation_says_otherwise() -> None:
    class Other(ObjectOperation[None]):
        name = "Other"
        not_found = "NoSuchTagSet"

    assert (
        type(GetObject(BUCKET, "k").failure(Reply(404, {"x-amz-request-id": "1"})))
        is ObjectNotFoundError
    )
    error = Other(BUCKET, "k").failure(Reply(404, {"x-amz-request-id": "1"}))
    assert type(error) is NotFoundError
    assert error.code == "NoSuchTagSet"
