"""DeleteObject: golden requests, real answers."""

from __future__ import annotations

from typing import Any

import pytest

from minio_sdk import ValidationError
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


@pytest.mark.parametrize("version_id", ["\ud800", 5, b"v"])
def test_what_is_no_version_id_is_refused(version_id: Any) -> None:
    with pytest.raises(ValidationError):
        DeleteObject(SAMPLES, "k", version_id).request()


def test_a_version_id_is_encoded() -> None:
    assert DeleteObject(SAMPLES, "k", "a/+ &=").request().query == "versionId=a%2F%2B%20%26%3D"
