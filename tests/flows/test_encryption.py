"""Encryption of objects on servers that ignore it, lie, refuse, or are asked for too much."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    AuditRecord,
    Cache,
    ConfigurationError,
    EncryptionError,
    EncryptionKeyError,
    MinIOClient,
    MinIOError,
    NotEncryptedError,
    NotSupportedError,
    PreconditionFailedError,
    ServerError,
    SseC,
    SseKms,
    SseS3,
    UploadResponse,
    ValidationError,
)
from minio_sdk.config import MiB
from minio_sdk.encrypting import duty_of, explained
from minio_sdk.flows import encrypted
from minio_sdk.models.object_encryption import Encryption
from minio_sdk.operation import Place
from minio_sdk.operations.get_object import GetObject
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire.message import Reply
from tests.both import Connect, blocking, both, config_for, stored
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, hang, reply, s3_error
from tests.test_secrecy import shown

KEY, OTHER = SseC(b"canary-key-of-thirty-two-bytes-!"), SseC(bytes(32))
TEXT = str.__str__(KEY.headers()["x-amz-server-side-encryption-customer-key"])
ALLOWED: dict[str, Any] = {"allow_sse_c_over_http": True}
CUSTOMER = "x-amz-server-side-encryption-customer-key"
SOURCE = "x-amz-copy-source-server-side-encryption-customer-key"
KINDS: dict[str, Encryption] = {"s3": SseS3(), "kms": SseKms("k"), "c": KEY}
every_kind = pytest.mark.parametrize("encryption", KINDS.values(), ids=KINDS)


def echo(encryption: Encryption = KEY) -> dict[str, str]:
    """What a server says that has encrypted so."""
    headers = encryption.headers()
    return {name: str.__str__(headers[name]) for name in headers if name != CUSTOMER}


class Store:
    """A server that keeps objects by key, and does with encryption what it is told to.

    Args:
        obeys: it encrypts; else it ignores what it is told.
        server: how it calls itself.
        versions: each object is a version.
    """

    def __init__(self, obeys: bool, server: str = "", versions: bool = False) -> None:
        self.obeys = obeys
        self.server = server
        self.versions = versions
        self.kept: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.asked: list[str] = []
        self.keys: list[str | None] = []

    def __call__(self, request: Request) -> Step:
        self.asked.append(f"{request.method} {request.path.rpartition('/')[2]}")
        self.keys.append(request.header(CUSTOMER))
        said = {
            name: request.header(name) or ""
            for name in (
                "x-amz-server-side-encryption",
                f"{CUSTOMER}-md5",
                f"{CUSTOMER[:-3]}algorithm",
            )
            if request.header(name)
        }
        told = said if self.obeys else {}
        headers = {"ETag": '"e"', **({"Server": self.server} if self.server else {})}
        if request.method == "POST" and "uploads" in request.query:
            body = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            return reply(200, body, headers=headers)
        if request.method == "POST":
            self.kept[request.path] = (b"whole", told)
            body = b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>"
            return reply(200, body, headers=headers)
        if request.method == "DELETE":
            if "uploadId" not in request.query:
                self.kept.pop(request.path, None)
            return reply(204, headers=headers)
        if request.method == "PUT":
            if "uploadId" not in request.query:
                self.kept[request.path] = (request.body, told)
                if self.versions:
                    headers["x-amz-version-id"] = "v1"
            return reply(200, headers={**headers, **told})
        if request.path not in self.kept:
            return s3_error(404, "NoSuchKey", headers=headers)
        data, told = self.kept[request.path]
        return reply(200, data if request.method == "GET" else b"", headers={**headers, **told})


# -- a server that doesn't know it -----------------------------------------------------------------


@both
@every_kind
def test_what_would_be_stored_unencrypted_is_never_sent(
    connect: Connect, encryption: Encryption
) -> None:
    store = Store(obeys=False)
    with ScriptedServer(handler=store) as server, connect(server, **ALLOWED) as client:
        with pytest.raises(NotSupportedError, match="UNENCRYPTED; nothing was sent") as caught:
            client.put_object("docs", "a", b"secret", encryption=encryption)
        assert all(request.body != b"secret" for request in server.requests)
    assert store.kept == {}
    assert store.asked == ["POST a", "PUT a", "DELETE a"]
    assert (caught.value.operation, caught.value.key) == ("PutObject", "a")


@both
@every_kind
def test_a_server_that_proves_to_know_it_is_asked_once(
    connect: Connect, encryption: Encryption
) -> None:
    store = Store(obeys=True)
    with ScriptedServer(handler=store) as server, connect(server, **ALLOWED) as client:
        for key in ("a", "b"):
            client.put_object("docs", key, b"secret", encryption=encryption)
        client.put_object("docs", "c", b"plain")
    assert store.asked == ["POST a", "PUT a", "DELETE a", "PUT a", "PUT b", "PUT c"]
    assert store.kept["/acme-docs/c"][1] == {}


@both
@pytest.mark.parametrize("versions", [True, False])
def test_what_was_stored_unencrypted_all_the_same_is_told_and_removed_where_that_is_safe(
    connect: Connect, versions: bool
) -> None:
    """A version can be nobody else's; without versions, the key may be somebody else's by now."""
    store = Store(obeys=False, server="MinIO", versions=versions)
    with ScriptedServer(handler=store) as server, connect(server, **ALLOWED) as client:
        client.object_exists("docs", "a")  # says who it is
        with pytest.raises(NotEncryptedError, match="UNENCRYPTED") as caught:
            client.put_object("docs", "a", b"secret", encryption=KEY)
    assert isinstance(caught.value, EncryptionError)
    assert list(store.kept) == ([] if versions else ["/acme-docs/a"])
    assert store.asked == ["HEAD a", "PUT a", *(["DELETE a"] if versions else [])]
    assert ("removed again" in str(caught.value)) is versions
    if versions:
        assert "versionId=v1" in server.requests[-1].query


@both
def test_parts_that_are_stored_unencrypted_never_become_an_object(connect: Connect) -> None:
    store = Store(obeys=False, server="MinIO")
    fields = {**ALLOWED, "multipart_threshold": 0}
    with ScriptedServer(handler=store) as server, connect(server, **fields) as client:
        with pytest.raises(NotEncryptedError, match="part UNENCRYPTED"):
            client.put_object("docs", "a", b"secret", encryption=KEY)
        file = client.open("docs", "b", "wb", encryption=KEY)
        file.write(b"secret")
        with pytest.raises(NotEncryptedError):
            file.close()
    assert store.kept == {}
    assert store.asked.count("DELETE a") == store.asked.count("DELETE b") == 1


@both
def test_an_upload_that_could_be_resumed_is_ended_all_the_same(
    connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "f").write_bytes(b"secret")
    store = Store(obeys=False, server="MinIO")
    fields = {**ALLOWED, "multipart_threshold": 0, "state_dir": str(tmp_path / "state")}
    with ScriptedServer(handler=store) as server, connect(server, **fields) as client:
        with pytest.raises(NotEncryptedError):
            client.upload_file("docs", "a", tmp_path / "f", resume=True, encryption=KEY)
        assert client.list_transfers() == []
    assert store.asked[-1] == "DELETE a" or "DELETE a" in store.asked


@both
@pytest.mark.parametrize(
    "asked, answer, error",
    [
        (KEY, echo(OTHER), EncryptionKeyError),
        (KEY, echo(SseS3()), NotEncryptedError),
        (SseS3(), echo(SseKms("k")), EncryptionError),
        (SseKms("k"), echo(SseKms("other")), EncryptionError),
        (SseKms("k"), echo(SseS3()), EncryptionError),
        (SseKms("k"), echo(SseKms("arn:aws:kms:eu:1:key/k")), None),
        (SseKms("alias/k"), echo(SseKms("arn:aws:kms:eu:1:key/1")), None),
        (SseKms(), echo(SseKms("any")), None),
    ],
)
def test_an_answer_that_tells_of_another_encryption(
    connect: Connect, asked: Encryption, answer: dict[str, str], error: type[MinIOError] | None
) -> None:
    first = stored(headers={"Server": "MinIO"})
    with ScriptedServer([first, stored(headers=answer)]) as server:
        with connect(server, **ALLOWED) as client:
            client.object_exists("docs", "a")
            if error is None:
                client.put_object("docs", "a", b"1", encryption=asked)
                return
            with pytest.raises(error) as caught:
                client.put_object("docs", "a", b"1", encryption=asked)
            assert type(caught.value) is error


@both
def test_a_copy_is_looked_at(connect: Connect) -> None:
    """Servers don't say of a copy how they encrypted it."""
    source = stored(b"1", headers={"Server": "MinIO"})
    document = b"<CopyObjectResult><ETag>c</ETag></CopyObjectResult>"
    copied = reply(200, document, headers={"x-amz-request-id": "r"})
    script: list[Step] = [source, copied, stored(headers=echo(SseS3())), source, copied, stored()]
    with ScriptedServer(script) as server, connect(server) as client:
        done = client.copy_object("docs", "b", "docs", "a", encryption=SseS3())
        assert done.encryption is not None
        with pytest.raises(NotEncryptedError):
            client.copy_object("docs", "b", "docs", "a", encryption=SseS3())


# -- keys that don't fit ---------------------------------------------------------------------------


@both
def test_a_denied_read_with_a_key_is_looked_into(connect: Connect) -> None:
    """The wrong key is refused like missing rights: without a key, the server says what it is."""
    denied = s3_error(403, "AccessDenied")
    script: list[Step] = [
        *(denied, reply(400)),  # it would take a key, but not this one
        *(denied, reply(403)),  # it may not be read at all
        *(denied, stored()),  # it needs no key
        *(denied, drop_before_reply()),
    ]
    with ScriptedServer(script) as server, connect(server, max_retries=0, **ALLOWED) as client:
        found = []
        for _ in range(4):
            with pytest.raises(MinIOError) as caught:
                client.get_object("docs", "a", encryption=KEY)
            found.append((type(caught.value), caught.value.status, caught.value.operation))
    wrong, rights = (EncryptionKeyError, 403, "GetObject"), (AccessDeniedError, 403, "GetObject")
    assert found == [wrong, rights, wrong, rights]
    assert [request.header(CUSTOMER) is None for request in server.requests] == [False, True] * 4


@both
def test_a_head_without_words_is_asked_again_with_them(connect: Connect) -> None:
    words = "The object was stored using a form of Server Side Encryption. Give the parameters."
    script = [reply(400), s3_error(400, "InvalidRequest", words)] * 2
    script += [reply(400), s3_error(400, "InvalidArgument", "something else"), reply(400), stored()]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(EncryptionKeyError, match="none was given") as caught:
            client.get_object_metadata("docs", "a")
        assert caught.value.operation == "HeadObject"
        assert client.object_exists("docs", "a")
        for _ in range(2):
            with pytest.raises(MinIOError) as other:
                client.get_object_metadata("docs", "a")
            assert type(other.value) is MinIOError
    assert [request.method for request in server.requests] == ["HEAD", "GET"] * 4


@both
@pytest.mark.parametrize("read", ["get", "head", "stream", "file", "into", "open", "range"])
def test_a_read_with_a_key_of_what_has_none(connect: Connect, read: str, tmp_path: Path) -> None:
    """SeaweedFS and others give it all the same; who brings a key believes that nobody else can."""

    def act(client: MinIOClient) -> object:
        how: dict[str, Any] = {"encryption": KEY}
        match read:
            case "get":
                return client.get_object("docs", "a", **how)
            case "range":
                return client.get_object("docs", "a", range=(0, 1), **how)
            case "head":
                return client.get_object_metadata("docs", "a", **how)
            case "stream":
                return list(client.download_stream("docs", "a", **how))
            case "file":
                return client.download_file("docs", "a", tmp_path / "f", **how)
            case "into":
                return client.download_into("docs", "a", bytearray(9), **how)
            case _:
                return client.open("docs", "a", **how).read()

    with ScriptedServer(handler=lambda _: stored(b"data")) as server:
        with connect(server, **ALLOWED) as client:
            with pytest.raises(EncryptionKeyError, match="isn't encrypted with a customer's key"):
                act(client)
        assert all(request.header(CUSTOMER) == TEXT for request in server.requests)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "message, keyed, expected",
    [
        ("The object was stored using a form of Server Side Encryption.", True, "another"),
        ("The object was stored using a form of Server Side Encryption.", False, "none was given"),
        ("The encryption parameters are not applicable to this object.", True, "isn't encrypted"),
        ("The encryption parameters are not applicable to this object.", False, None),
        ("The provided encryption parameters did not match the ones used originally.", True, "ano"),
        ("Something else", True, None),
    ],
)
def test_words_of_refusals(message: str, keyed: bool, expected: str | None) -> None:
    place = Place("docs", "docs", "", "/docs")
    get = GetObject(place, "a")
    error = MinIOError(message, status=400, code="InvalidRequest")
    found = explained(error, get, duty_of(get, KEY if keyed else None, None))
    if expected is None:
        assert found is error
    else:
        assert isinstance(found, EncryptionKeyError)
        assert expected in found.message
        assert found.code == "InvalidRequest"


@both
def test_a_server_without_a_key_management_service(connect: Connect) -> None:
    """SeaweedFS fails with a 500 that says nothing."""
    failed = s3_error(500, "InternalError", headers={"Server": "SeaweedFS 4.48"})
    with ScriptedServer(handler=lambda _: failed) as server:
        with connect(server, max_retries=0, **ALLOWED) as client:
            for encryption, hint in ((SseKms("k"), True), (SseS3(), False), (KEY, False)):
                with pytest.raises(ServerError) as caught:
                    client.put_object("docs", "a", b"1", encryption=encryption)
                assert ("key management service" in str(caught.value)) == hint


# -- secrets ---------------------------------------------------------------------------------------


CALLS: dict[str, Any] = {
    "put": lambda c, **how: c.put_object("docs", "a", b"1", **how),
    "get": lambda c, **how: c.get_object("docs", "a", **how),
    "head": lambda c, **how: c.get_object_metadata("docs", "a", **how),
    "exists": lambda c, **how: c.object_exists("docs", "a", **how),
    "attributes": lambda c, **how: c.get_object_attributes("docs", "a", **how),
    "stream": lambda c, **how: list(c.download_stream("docs", "a", **how)),
    "open": lambda c, **how: c.open("docs", "a", **how),
    "write": lambda c, **how: c.open("docs", "a", "wb", **how),
    "url": lambda c, **how: c.get_presigned_url("docs", "a", **how),
    "put url": lambda c, **how: c.get_presigned_put_url("docs", "a", **how),
    "form": lambda c, **how: c.presigned_post("docs", "a", **how),
    "metadata": lambda c, **how: c.set_object_metadata("docs", "a", {}, **how),
    "copy": lambda c, **how: c.copy_object("docs", "b", "docs", "a", **how),
    "source": lambda c, encryption: c.copy_object(
        "docs", "b", "docs", "a", source_encryption=encryption
    ),
    "compose": lambda c, **how: c.compose_object("docs", "b", [{"key": "a", **how}]),
    "prompt": lambda c, **how: c.prompt_object("docs", "a", "?", **how),
    "select": lambda c, **how: c.select_object_content("docs", "a", "?", {"CSV": {}}, **how),
    "many": lambda c, **how: c.upload_many([], **how),
    "mirror": lambda c, **how: c.mirror("minio://docs", "/tmp", **how),
}


@both
@pytest.mark.parametrize("call", CALLS)
def test_nothing_secret_goes_over_plain_http(connect: Connect, call: str) -> None:
    """Loopback is no exception: what listens there may be a tunnel, and tests can say so by name."""
    with ScriptedServer() as server, connect(server) as client:
        for secret in (KEY, SseKms("k", {"canary": "canary"}), {"key": bytes(32)}):
            with pytest.raises(ValidationError, match="encryption") as caught:
                CALLS[call](client, encryption=secret)
            assert "canary" not in str(caught.value)
    assert server.requests == []


@both
def test_an_item_of_many_says_so_too(connect: Connect) -> None:
    item = {"bucket": "docs", "key": "a", "data": b"1", "encryption": KEY}
    with ScriptedServer() as server, connect(server) as client:
        done = client.upload_many([item])
        assert isinstance(done.errors[0], ValidationError)
        assert "plain HTTP" in str(done.errors[0])
    assert server.requests == []


@both
def test_a_key_is_sent_over_tls_and_to_nobody_else(connect: Connect) -> None:
    """A redirect to another host is not followed, whatever is in the request."""
    away = reply(307, headers={"Location": "https://127.0.0.1:1/"})
    ready = stored(headers={"Server": "MinIO"})
    script = [ready, stored(headers=echo()), away]
    with ScriptedServer(script, tls=True) as server, connect(server, max_retries=0) as client:
        client.object_exists("docs", "a")
        client.put_object("docs", "a", b"1", encryption=KEY)
        with pytest.raises(MinIOError, match="sends elsewhere"):
            client.get_object("docs", "a", encryption=KEY)
    assert [request.header(CUSTOMER) for request in server.requests] == [None, TEXT, TEXT]
    signed = server.requests[1].header("authorization") or ""
    assert CUSTOMER in signed


@both
def test_a_key_is_in_no_error_log_or_record(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even where the server says it back."""
    records: list[AuditRecord] = []
    back = s3_error(403, "InvalidArgument", f"no such key: {TEXT}")
    script: list[Step] = [
        back,
        s3_error(500, "InternalError", TEXT),
        drop_before_reply(),
        back,
        back,
    ]
    fields = {**ALLOWED, "max_retries": 0, "audit": records.append}
    with caplog.at_level(logging.DEBUG), ScriptedServer(script) as server:
        with connect(server, **fields) as client:
            for _ in range(3):
                with pytest.raises(MinIOError) as caught:
                    client.get_object("docs", "a", encryption=KEY)
                told = shown(caught.value) + "".join(traceback.format_exception(caught.value))
                assert TEXT not in told
                assert "canary" not in told
            done = client.upload_many([("docs", "a", b"1")], encryption=KEY)
            assert TEXT not in repr(done) + repr(records) + caplog.text + repr(client)
    assert "canary" not in repr(records) + caplog.text
    assert [type(record) for record in records] == [AuditRecord] * 5


@both
def test_a_url_has_no_key(connect: Connect) -> None:
    """Its user sends what `headers()` says, and the signature holds it to that."""
    with connect("https://127.0.0.1:1") as client:
        for how in ("GET", "HEAD", "PUT"):
            url = client.get_presigned_url("docs", "a", method=how, encryption=KEY)
            assert CUSTOMER in url
            assert TEXT not in url
            assert client.get_presigned_url("docs", "a", method=how, encryption=OTHER) != url
        assert "server-side" not in client.get_presigned_url("docs", "a", encryption=SseS3())
        assert "server-side" in client.get_presigned_put_url("docs", "a", encryption=SseS3())
        with pytest.raises(ValidationError, match="DELETE"):
            client.get_presigned_url("docs", "a", method="DELETE", encryption=KEY)
        headers = {"X-Amz-Server-Side-Encryption": "AES256"}
        with pytest.raises(ValidationError, match="said by encryption"):
            client.get_presigned_put_url("docs", "a", headers=headers, encryption=SseS3())
        for secret in (KEY, SseKms("k", {"a": "b"})):
            with pytest.raises(ValidationError, match="form would show"):
                client.presigned_post("docs", "a", encryption=secret)
        fields = client.presigned_post(
            "docs", "a", encryption=SseKms("k"), storage_class="STANDARD_IA"
        ).fields
        assert fields["x-amz-server-side-encryption-aws-kms-key-id"] == "k"
        assert fields["x-amz-storage-class"] == "STANDARD_IA"
    with connect("https://127.0.0.1:1", encryption=KEY) as client:
        assert CUSTOMER in client.get_presigned_put_url("docs", "a")
        assert CUSTOMER not in client.get_presigned_put_url("docs", "a", encryption=False)
        assert CUSTOMER not in client.get_presigned_url("docs", "a", method="DELETE")
    with connect("https://127.0.0.1:1", public_url="http://cdn") as client:
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.get_presigned_url("docs", "a", encryption=KEY)


# -- as a setting ----------------------------------------------------------------------------------


@both
def test_the_setting_is_for_all_calls_and_an_argument_wins(connect: Connect) -> None:
    store = Store(obeys=True, server="MinIO")
    with ScriptedServer(handler=store) as server:
        with connect(server, encryption=KEY, **ALLOWED) as client:
            client.put_object("docs", "a", b"1")
            assert client.get_object("docs", "a") == b"1"
            client.put_object("docs", "b", b"1", encryption=False)
            assert client.get_object("docs", "b", encryption=False) == b"1"
            client.put_object("docs", "c", b"1", encryption=OTHER)
            store.asked.clear()
            store.keys.clear()
            client.put_object("docs", "d", b"1", encryption=SseS3())
            assert store.keys == [None]
    assert store.kept["/acme-docs/a"][1] == echo(KEY)
    assert store.kept["/acme-docs/b"][1] == {}
    assert store.kept["/acme-docs/c"][1] == echo(OTHER)
    assert store.kept["/acme-docs/d"][1] == echo(SseS3())


@both
def test_a_gateway_can_t_be_told(connect: Connect) -> None:
    with ScriptedServer() as server:
        with connect(server, encryption=SseS3(), api="enterprise") as client:
            with pytest.raises(NotSupportedError, match="gateway"):
                client.upload("a", b"1")
            with pytest.raises(NotSupportedError, match="gateway"):
                client.download("a")
    assert server.requests == []


@both
@pytest.mark.parametrize("trust", [0, 60])
def test_what_has_a_key_is_in_no_cache(connect: Connect, trust: float, tmp_path: Path) -> None:
    """Neither in memory nor on disk: it would be there for those who don't have the key."""
    cache = Cache(disk=str(tmp_path), trust=trust)
    fields = {**ALLOWED, "cache": cache}
    answer = stored(b"canary", headers=echo())
    with ScriptedServer(handler=lambda _: answer) as server:
        with connect(server, **fields) as client:
            for _ in range(2):
                client.get_object("docs", "a", encryption=KEY)
            assert client.cache_stats().objects == 0
        with connect(server, encryption=KEY, **fields) as client:
            for _ in range(2):
                client.download("a")
            assert client.cache_stats().objects == 0
    assert len(server.requests) == 4
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"canary" not in path.read_bytes()


@both
def test_another_key_finds_nothing_in_the_cache_of_what_has_none(connect: Connect) -> None:
    fields = {**ALLOWED, "cache": Cache(trust=60)}
    with ScriptedServer(handler=lambda _: stored(b"plain")) as server:
        with connect(server, **fields) as client:
            assert client.get_object("docs", "a") == b"plain"
            with pytest.raises(EncryptionKeyError):
                client.get_object("docs", "a", encryption=KEY)


# -- ETags that tell nothing -------------------------------------------------------------------------


@both
@pytest.mark.parametrize("there, mine", [(b"mine", True), (b"thee", False)])
def test_a_lost_answer_is_settled_by_the_bytes(connect: Connect, there: bytes, mine: bool) -> None:
    """The ETag of what is encrypted isn't its MD5."""
    script: list[Step] = [
        stored(headers={"Server": "MinIO"}),
        reply(404, headers={"x-amz-request-id": "r"}),
        drop_before_reply(),
        s3_error(412, "PreconditionFailed"),
        stored(there, headers={**echo(), "ETag": '"other"'}),
        reply(
            206,
            there,
            headers={**echo(), "ETag": '"other"', "Content-Range": "bytes 0-3/4"},
        ),
    ]
    with ScriptedServer(script) as server, connect(server, **ALLOWED) as client:
        client.object_exists("docs", "a")
        if mine:
            done = client.put_object("docs", "a", b"mine", if_none_match="*", encryption=KEY)
            assert isinstance(done, UploadResponse)
            assert done.etag == "other"
        else:
            with pytest.raises(PreconditionFailedError):
                client.put_object("docs", "a", b"mine", if_none_match="*", encryption=KEY)
    assert len(server.requests) == 6


@both
def test_a_download_isn_t_compared_with_an_etag_that_is_no_md5(
    connect: Connect, tmp_path: Path
) -> None:
    etag = hashlib.md5(b"something else").hexdigest()
    answer = reply(
        206, b"data", headers={**echo(), "ETag": f'"{etag}"', "Content-Range": "bytes 0-3/4"}
    )
    with ScriptedServer(handler=lambda _: answer) as server:
        with connect(server, **ALLOWED) as client:
            client.download_file("docs", "a", tmp_path / "f", encryption=KEY)
    assert (tmp_path / "f").read_bytes() == b"data"


# -- journals --------------------------------------------------------------------------------------


@both
def test_a_journal_has_no_key_and_another_key_begins_anew(connect: Connect, tmp_path: Path) -> None:
    path, state = tmp_path / "f", tmp_path / "state"
    path.write_bytes(b"x" * (5 * MiB + 1))
    store = Store(obeys=True, server="MinIO")
    fields = {
        **ALLOWED,
        "multipart_threshold": 0,
        "part_size": 5 * MiB,
        "state_dir": str(state),
        "max_retries": 0,
    }
    fails = [True]

    def handler(request: Request) -> Step:
        if request.method == "PUT" and "partNumber=2" in request.query and fails[0]:
            return s3_error(500, "InternalError")
        if request.method == "GET" and "uploadId" in request.query:
            part = "<Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>5242880</Size></Part>"
            return reply(200, f"<ListPartsResult>{part}</ListPartsResult>".encode())
        if request.method == "GET" and "uploads" in request.query:
            return reply(200, b"<ListMultipartUploadsResult></ListMultipartUploadsResult>")
        return store(request)

    def parts(server: ScriptedServer, since: int) -> list[str]:
        return [r.query[11:12] for r in server.requests[since:] if "partNumber" in r.query]

    with ScriptedServer(handler=handler) as server, connect(server, **fields) as client:
        with pytest.raises(MinIOError):
            client.upload_file("docs", "a", path, resume=True, encryption=KEY)
        journals = [file.read_text() for file in state.rglob("*.json")]
        assert len(journals) == 1
        assert TEXT not in journals[0]
        assert "canary" not in journals[0]
        assert len(json.loads(journals[0])["headers"]) == 64
        fails[0] = False
        seen = len(server.requests)
        client.upload_file("docs", "a", path, resume=True, encryption=KEY)
        assert sorted(parts(server, seen)) == ["2"]
        fails[0] = True
        with pytest.raises(MinIOError):
            client.upload_file("docs", "a", path, resume=True, encryption=KEY)
        fails[0] = False
        seen = len(server.requests)
        with pytest.warns(UserWarning, match="another way"):
            client.upload_file("docs", "a", path, resume=True, encryption=OTHER)
        assert sorted(parts(server, seen)) == ["1", "2"]


def test_an_operation_never_holds_a_key() -> None:
    """So that whatever shows, compares or keeps operations can't give one away."""
    place = Place("docs", "docs", "", "/docs")
    put = PutObject(place, "a", b"1", {"x": "y"})
    request = put.request()
    duty = duty_of(put, KEY, None)
    assert duty is not None
    duty.seal(request)
    assert put.headers == {"x": "y"}
    assert request.headers[CUSTOMER] == TEXT
    assert TEXT not in repr(request) + repr(duty) + repr(put)
    assert duty.wrong(Reply(200, echo()), lenient=False) is None
    for prefix in ("acme/.buckets/", "acme/.bucket-tags/"):
        marker = PutObject(Place("docs", "t", prefix, "/t", "acme"), "docs", b"")
        assert duty_of(marker, KEY, KEY) is None


def test_a_configuration_that_would_leak_is_none() -> None:
    with pytest.raises(ConfigurationError, match="plain HTTP"):
        MinIOClient(base_url="http://127.0.0.1:1", tenant_id=None, encryption=KEY)


# -- at the same time --------------------------------------------------------------------------------


def test_threads_with_keys_of_their_own_never_send_each_others() -> None:
    keys = {f"k{number}": SseC(bytes([number]) * 32) for number in range(8)}
    wrong: list[str] = []

    def handler(request: Request) -> Step:
        key = keys[request.path.rpartition("/")[2]]
        if request.header(f"{CUSTOMER}-md5") != key.key_md5:
            wrong.append(request.target)
        return stored(request.path.encode(), headers={**echo(key), "Server": "MinIO"})

    with ScriptedServer(handler=handler) as server:
        with blocking(server, **ALLOWED) as client, ThreadPoolExecutor(8) as pool:
            client.get_object("docs", "k0", encryption=keys["k0"])  # says who it is

            def act(name: str) -> bytes:
                client.put_object("docs", name, b"1", encryption=keys[name])
                return client.get_object("docs", name, encryption=keys[name])

            found = list(pool.map(act, [*keys] * 5))
    assert wrong == []
    assert found == [f"/acme-docs/{name}".encode() for name in keys] * 5


@pytest.mark.asyncio
async def test_a_question_that_is_cancelled_leaves_no_upload(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(encrypted, "BEGINNING", 0.01)
    store = Store(obeys=True)

    def handler(request: Request) -> Step:
        return hang() if request.method == "PUT" else store(request)

    with ScriptedServer(handler=handler) as server:
        async with AsyncMinIOClient(config_for(server, **ALLOWED)) as client:
            task = asyncio.create_task(client.put_object("docs", "a", b"1", encryption=KEY))
            await asyncio.to_thread(server.wait_for, 2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert [request.method for request in server.requests] == ["POST", "PUT", "DELETE"]
