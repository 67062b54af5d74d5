"""The Enterprise gateway's own calls. Its samples are written after its guide: there is none to record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    MinIOError,
    ObjectNotFoundError,
    QuotaExceededError,
    ServerInfo,
    UploadResponse,
    ValidationError,
)
from minio_sdk.operations.gateway import (
    GatewayDelete,
    GatewayDownload,
    GatewayHealth,
    GatewayInfo,
    GatewayList,
    GatewayUpload,
    server_info,
)
from minio_sdk.wire.message import Reply
from minio_sdk.wire.xml import XmlError
from tests.samples import KEY, OTHER, refused, replayed


def answer(document: Any, status: int = 200) -> Reply:
    return Reply(status, {}, json.dumps(document).encode())


def test_an_object_is_stored() -> None:
    stored = replayed("Upload", "gateway", GatewayUpload(key=KEY, body=b"Hello!"))
    assert stored == UploadResponse(key=KEY, size=6, etag="952d2c56")


@pytest.mark.parametrize("reply", [Reply(201, {}), Reply(204, {}), answer({})])
def test_what_the_gateway_leaves_out_is_what_was_sent(reply: Reply) -> None:
    assert GatewayUpload(key="k", body=b"Hello!").parse(reply) == UploadResponse(key="k", size=6)


@pytest.mark.parametrize("body", [b"[]", b"5", b"stored", b"<ok/>"])
def test_an_answer_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(XmlError, match="the gateway's answer is not"):
        GatewayUpload(key="k").parse(Reply(200, {}, body))


def test_403_means_quota_and_keeps_the_gateway_s_words() -> None:
    error = refused("Upload-quota", "gateway", GatewayUpload(key=OTHER, body=b"Hello!"))
    assert type(error) is QuotaExceededError
    assert error.message == "quota exceeded: 10 of 10 GB used"
    assert error.status == 403
    assert "larger quota" in str(error.hint)
    assert type(GatewayDownload(key="k").failure(Reply(401, {}))) is AccessDeniedError


@pytest.mark.parametrize(
    "body, message",
    [
        (b'{"error": "disk on fire"}', "disk on fire"),
        (b"disk on fire\n", "disk on fire"),
        (b"", "the server failed"),
    ],
)
def test_an_error_is_json_or_plain_text(body: bytes, message: str) -> None:
    error = GatewayUpload(key="k").failure(Reply(500, {}, body))
    assert isinstance(error, MinIOError)
    assert error.message == message


def test_the_bytes_of_an_object() -> None:
    assert replayed("Download", "gateway", GatewayDownload(key=OTHER)) == b"Hello!"
    assert GatewayDownload(key=OTHER).request().max_body is None


def test_a_missing_object_is_one() -> None:
    error = refused("Download-missing", "gateway", GatewayDownload(key="nothing"))
    assert (type(error), error.message) == (ObjectNotFoundError, "object not found")


def test_keys_are_listed() -> None:
    assert replayed("List", "gateway", GatewayList(prefix="a ")) == [KEY, "a z"]


@pytest.mark.parametrize(
    "document, keys",
    [
        (["a", "b"], ["a", "b"]),
        ({"keys": ["a"]}, ["a"]),
        ({"objects": ["a"]}, ["a"]),
        ({"objects": [{"key": "a", "size": 1}]}, ["a"]),
        ([{"key": "a"}], ["a"]),
        ([], []),
        (None, []),
        ({"keys": None}, []),
        ({"objects": None}, []),
    ],
)
def test_keys_are_listed_in_every_form(document: Any, keys: list[str]) -> None:
    assert GatewayList().parse(answer(document)) == keys


@pytest.mark.parametrize("document", ["a", 5, {"keys": "a"}, [5], [None], [{"name": "a"}], [["a"]]])
def test_what_is_no_list_of_keys_is_refused(document: Any) -> None:
    with pytest.raises(XmlError, match="the gateway's answer"):
        GatewayList().parse(answer(document))


def test_an_object_is_removed() -> None:
    replayed("Delete", "gateway", GatewayDelete(key=OTHER))


def test_what_the_gateway_tells_of_itself() -> None:
    assert replayed("ServerInfo", "gateway", GatewayInfo()) == ServerInfo(
        status="ok",
        version="3.0.0-extreme",
        performance={"cache_engine": "512-way sharded"},
        server="MinIO Enterprise gateway",
        details={"region": "eu-west-1"},
    )


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"status": "ok"}', b'{"version": "1"}', b'"status version"']
)
def test_another_greeting_is_somebody_else_s(body: bytes) -> None:
    assert server_info(Reply(200, {}, body)) is None
    with pytest.raises(XmlError, match="no status and version"):
        GatewayInfo().parse(Reply(200, {}, body))


def test_the_gateway_s_health_is_its_own_words() -> None:
    assert replayed("Health", "gateway", GatewayHealth()) == "OK"
    assert len(GatewayHealth().parse(Reply(200, {}, b"\xff" * 5000))) == 200


@pytest.mark.parametrize("operation", [GatewayUpload, GatewayDownload, GatewayDelete])
@pytest.mark.parametrize("key", [None, "", "\ud800", "k" * 1025, 5])
def test_a_bad_key_is_refused_before_anything_is_sent(operation: Any, key: Any) -> None:
    with pytest.raises(ValidationError, match="^key="):
        operation(key=key).request()


def test_a_guessed_key_pair_signs_nothing() -> None:
    assert GatewayDownload(key="k").request().signed
    assert not GatewayDownload(key="k", signed=False).request().signed
    assert GatewayUpload(key="k").api == "enterprise"


@pytest.mark.parametrize("operation", [GatewayList(), GatewayInfo(), GatewayUpload(key="k")])
def test_json_without_end_is_refused(operation: Any) -> None:
    with pytest.raises(XmlError):
        operation.parse(Reply(200, {}, b"[" * 100_000))
