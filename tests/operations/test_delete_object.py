"""DeleteObject: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk.operation import Place
from minio_sdk.operations.delete_object import DeleteObject
from tests.samples import KEY, OTHER, SAMPLES, SERVERS, replayed

VERSIONED = Place("versioned", "acme-versioned", "", "/acme-versioned")
every_origin = pytest.mark.parametrize("origin", SERVERS)


@every_origin
def test_an_object_is_removed(origin: str) -> None:
    replayed("DeleteObject", origin, DeleteObject(SAMPLES, OTHER))


@every_origin
def test_one_version_is_removed(origin: str) -> None:
    replayed("DeleteObject-version", origin, DeleteObject(VERSIONED, KEY, "VERSION-2"))


def test_a_version_id_is_encoded() -> None:
    assert DeleteObject(SAMPLES, "k", "a/+ &=").request().query == "versionId=a%2F%2B%20%26%3D"
