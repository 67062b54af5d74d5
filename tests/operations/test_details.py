"""Attributes, access control lists, archived objects: golden requests, real answers."""

from __future__ import annotations

import pytest

from minio_sdk import ConflictError, NotSupportedError, ObjectNotFoundError
from minio_sdk.operations.acl import GetBucketAcl, GetObjectAcl
from minio_sdk.operations.object_attributes import GetObjectAttributes
from minio_sdk.operations.restore_object import RestoreObject
from minio_sdk.wire.message import Reply
from tests.samples import KEY, OTHER, SERVERS, refused, replayed
from tests.samples.settings import DETAILS

every_origin = pytest.mark.parametrize("origin", SERVERS)
# Of the body "Hello!", and of the one part "part".
WHOLE, PART, COMPOSITE = "nSrMVg==", "SQ9wxg==", "kTyR5Q=="


@every_origin
def test_attributes(origin: str) -> None:
    found, more = replayed("GetObjectAttributes", origin, GetObjectAttributes(DETAILS, KEY))
    assert (found.key, found.size, found.storage_class) == (KEY, 6, "STANDARD")
    assert found.etag == "952d2c56d0485958336747bcdd98590d"
    assert found.last_modified is not None
    assert found.checksums == ({"CRC32": WHOLE} if origin == "minio" else {})
    assert more is None
    missing = GetObjectAttributes(DETAILS, "nothing")
    assert type(refused("GetObjectAttributes-missing", origin, missing)) is ObjectNotFoundError


@every_origin
def test_attributes_of_what_was_uploaded_in_parts(origin: str) -> None:
    operation = GetObjectAttributes(DETAILS, KEY)
    found, more = replayed("GetObjectAttributes-parts", origin, operation)
    assert str(found.etag).endswith("-1")
    assert more is None
    if origin == "moto":
        assert (found.parts_count, found.parts) == (None, ())
        return
    (part,) = found.parts
    assert (found.parts_count, part.part_number, part.size) == (1, 1, 4)
    if origin == "minio":
        assert found.checksums == {"CRC32": COMPOSITE}
        assert found.checksum_type == "COMPOSITE"
        assert part.checksums == {"CRC32": PART}


def test_the_next_parts_are_behind_the_last_one() -> None:
    body = (
        b"<GetObjectAttributesResponse><ObjectParts><IsTruncated>true</IsTruncated>"
        b"<NextPartNumberMarker>2</NextPartNumberMarker><Part><PartNumber>2</PartNumber>"
        b"<Size>5</Size></Part></ObjectParts></GetObjectAttributesResponse>"
    )
    operation = GetObjectAttributes(DETAILS, KEY, marker=1)
    assert operation.request().headers["x-amz-part-number-marker"] == "1"
    assert operation.parse(Reply(200, {}, body))[1] == 2
    assert operation.parse(Reply(200, {}, body.replace(b"true", b"false")))[1] is None


@every_origin
def test_access_control_lists(origin: str) -> None:
    for case, operation in (
        ("GetBucketAcl", GetBucketAcl(DETAILS)),
        ("GetObjectAcl", GetObjectAcl(DETAILS, KEY)),
    ):
        found = replayed(case, origin, operation)
        (grant,) = found.grants
        assert grant.permission == "FULL_CONTROL"
        assert (grant.id, grant.uri, grant.email) == (found.owner_id, None, None)
        assert (found.owner_id is None) is (origin == "minio")
    missing = refused("GetObjectAcl-missing", origin, GetObjectAcl(DETAILS, "nothing"))
    assert type(missing) is ObjectNotFoundError


def test_a_group_has_an_address() -> None:
    body = (
        b"<AccessControlPolicy><AccessControlList><Grant><Grantee><URI>u</URI></Grantee>"
        b"<Permission>READ</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )
    (grant,) = GetBucketAcl(DETAILS).parse(Reply(200, {}, body)).grants
    assert (grant.uri, grant.id, grant.permission) == ("u", None, "READ")


def test_restoring() -> None:
    replayed("RestoreObject", "moto", RestoreObject(DETAILS, OTHER, 2, "Bulk"))
    plain = RestoreObject(DETAILS, KEY, 1)
    for origin in ("minio", "moto"):
        error = refused("RestoreObject-not-archived", origin, plain)
        assert type(error) is ConflictError
        assert "what is archived, and nothing else" in str(error)
    error = refused("RestoreObject-not-archived", "seaweedfs", plain)
    assert type(error) is NotSupportedError
