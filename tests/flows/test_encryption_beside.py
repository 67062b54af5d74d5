"""Encryption together with what else objects are made of, read by and sent through."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest

from minio_sdk import (
    AccessDeniedError,
    AuditRecord,
    Cache,
    ComposeSource,
    ConfigurationError,
    ConflictError,
    CsvInput,
    EncryptionKeyError,
    Hedge,
    NotEncryptedError,
    NotSupportedError,
    ObjectLockedError,
    SseC,
    SseKms,
    SseS3,
    ValidationError,
)
from minio_sdk.config import MiB
from tests.both import Connect, both, config_for
from tests.flows.test_encryption import ALLOWED, CUSTOMER, KEY, OTHER, SOURCE, TEXT
from tests.flows.test_select import END as LAST
from tests.flows.test_select import SQL, answer, message, refusal
from tests.scripted import Reply, Request, ScriptedServer, Step, drop_before_reply, reply, s3_error

SSE = "x-amz-server-side-encryption"
MINIO = {"Server": "MinIO", "x-amz-request-id": "r"}
PLACE = "/acme-docs/"
MISSING = "The object was stored using a form of Server Side Encryption."


class Sealed:
    """A server that obeys: it keeps with each object what encrypts it, and asks for a customer's key.

    Args:
        server: how it calls itself.
    """

    def __init__(self, server: str = "MinIO") -> None:
        self.server = server
        self.kept: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.parts: dict[int, bytes] = {}
        self.begun: dict[str, str] = {}
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Step:
        self.requests.append(request)
        found = self._answer(request)
        headers = {"Server": self.server, "x-amz-request-id": "r", "ETag": '"e"'}
        return replace(found, headers=tuple({**headers, **dict(found.headers)}.items()))

    def _answer(self, request: Request) -> Reply:
        query = parse_qs(request.query, keep_blank_values=True)
        said = told(request)
        path = request.path
        if "tagging" in query:
            return reply(200, b"<Tagging><TagSet></TagSet></Tagging>")
        if request.method == "POST" and "uploads" in query:
            self.begun, self.parts = said, {}
            body = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
            return reply(200, body, headers=said)
        if request.method == "POST":
            whole = b"".join(self.parts[number] for number in sorted(self.parts))
            self.kept[path] = (whole, self.begun)
            return reply(
                200,
                b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
                headers=said,
            )
        if request.method == "DELETE":
            return reply(204)
        if request.method == "PUT":
            return self._put(request, query, said)
        return self._read(request, path, request.header(CUSTOMER))

    def _put(self, request: Request, query: dict[str, Any], said: dict[str, str]) -> Reply:
        data, body = request.body, b""
        source = request.header("x-amz-copy-source")
        if source:
            read = self._read(request, "/" + source.partition("?")[0], request.header(SOURCE))
            if read.status >= 400:
                return read
            data = read.body
            said_of = "<CopyPartResult>" if query else "<CopyObjectResult>"
            body = f"{said_of}<ETag>e</ETag>{said_of.replace('<', '</')}".encode()
        if query:
            if said.get(f"{CUSTOMER}-md5") != self.begun.get(f"{CUSTOMER}-md5"):
                return refused(400, MISSING)
            self.parts[int(query["partNumber"][0])] = data
        else:
            self.kept[request.path] = (data, said)
        return reply(200, body, headers=(said or self.begun) if query else said)

    def _read(self, request: Request, path: str, key: str | None) -> Reply:
        if path == "/acme-docs":
            return reply(200)
        if path not in self.kept:
            return s3_error(404, "NoSuchKey")
        data, told = self.kept[path]
        if "versionId=v" in request.query:
            told = {**told, "x-amz-version-id": "v"}
        if (key is not None) != (f"{CUSTOMER}-md5" in told):
            return refused(400, MISSING)
        if key is not None and SseC(key).key_md5 != told[f"{CUSTOMER}-md5"]:
            return s3_error(403, "AccessDenied")
        span = request.header("Range") or request.header("x-amz-copy-source-range")
        if span is None:
            return reply(200, b"" if request.method == "HEAD" else data, headers=told,
                         content_length=len(data))  # fmt: skip
        first, _, last = span.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last), len(data) - 1)
        if start > end:
            return s3_error(416, "InvalidRange")
        told = {**told, "Content-Range": f"bytes {start}-{end}/{len(data)}"}
        return reply(206, data[start : end + 1], headers=told)

    def put(self, key: str, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.kept[PLACE + key] = (data, C if headers is None else headers)

    def of(self, key: str) -> tuple[bytes, str | None]:
        """The bytes of an object, and how it is encrypted."""
        data, told = self.kept[PLACE + key]
        return data, "SSE-C" if f"{CUSTOMER}-md5" in told else told.get(SSE)


def told(request: Request) -> dict[str, str]:
    names = (SSE, f"{SSE}-aws-kms-key-id", f"{CUSTOMER}-md5", f"{CUSTOMER[:-3]}algorithm")
    return {name: value for name in names if (value := request.header(name))}


def refused(status: int, text: str) -> Reply:
    body = f"<Error><Code>InvalidRequest</Code><Message>{text}</Message></Error>"
    return reply(status, body.encode(), headers={"Content-Type": "application/xml"})


C = {f"{CUSTOMER}-md5": KEY.key_md5, f"{CUSTOMER[:-3]}algorithm": "AES256"}
C_OTHER = {**C, f"{CUSTOMER}-md5": OTHER.key_md5}
S3 = {SSE: "AES256"}


# --- objects made of others -------------------------------------------------------------------------


@both
@pytest.mark.parametrize("large", [False, True], ids=["small", "parts"])
@pytest.mark.parametrize("setting", [False, True], ids=["argument", "setting"])
def test_compose_with_a_customer_s_key(connect: Connect, large: bool, setting: bool) -> None:
    server = Sealed()
    size = 6 * MiB if large else 1
    server.put("a", b"a" * size)
    server.put("b", b"b" * size)
    fields: dict[str, Any] = {"encryption": KEY} if setting else {}
    with ScriptedServer(handler=server) as s, connect(s, **ALLOWED, **fields) as client:
        given: dict[str, Any] = {} if setting else {"source_encryption": KEY}
        # What isn't told keeps the sources' key.
        stored = client.compose_object("docs", "c", ["a", "b"], **given)
        assert stored.size == 2 * size
        assert stored.encryption is not None
        assert stored.encryption.kind == "SSE-C"
        assert server.of("c") == (b"a" * size + b"b" * size, "SSE-C")
        client.compose_object("docs", "d", ["a", "b"], encryption=SseS3(), source_encryption=KEY)
        assert server.of("d") == (b"a" * size + b"b" * size, "AES256")
        with pytest.raises(EncryptionKeyError):
            client.compose_object("docs", "e", ["a", "b"], source_encryption=OTHER)
    assert PLACE + "e" not in server.kept


@both
@pytest.mark.parametrize("size", [1, 6 * MiB], ids=["small", "parts"])
def test_compose_of_sources_with_keys_of_their_own(connect: Connect, size: int) -> None:
    server = Sealed()
    server.put("a", b"a" * size)
    server.put("b", b"b" * size, C_OTHER)
    server.put("plain", b"p" * size, {})
    whole = b"a" * size + b"b" * size + b"p" * size
    sources: list[Any] = [
        "a",
        ComposeSource(key="b", encryption=OTHER),
        {"key": "plain", "encryption": False},
    ]
    with ScriptedServer(handler=server) as s, connect(s, **ALLOWED) as client:
        # Which key the object is to have can't be guessed.
        with pytest.raises(ValidationError, match=r"^encryption: must be given"):
            client.compose_object("docs", "c", sources, source_encryption=KEY)
        assert server.requests == []
        for key, encryption, kind in (("c", OTHER, "SSE-C"), ("d", SseS3(), "AES256")):
            client.compose_object(
                "docs", key, sources, source_encryption=KEY, encryption=encryption
            )
            assert server.of(key) == (whole, kind)
        assert server.kept[PLACE + "c"][1][f"{CUSTOMER}-md5"] == OTHER.key_md5
        # One key among them is the object's, as with `source_encryption`.
        client.compose_object("docs", "e", ["plain", {"key": "a", "encryption": {"key": TEXT}}])
        assert server.of("e") == (b"p" * size + b"a" * size, "SSE-C")
        client.compose_object("docs", "f", [sources[1]])
        assert server.of("f") == (b"b" * size, "SSE-C")
        with pytest.raises(EncryptionKeyError) as caught:
            client.compose_object(
                "docs", "g", ["plain", {"key": "b", "encryption": KEY}], encryption=False
            )
        assert caught.value.key == "b"
    assert PLACE + "g" not in server.kept
    assert TEXT not in repr(ComposeSource(key="a", encryption={"key": TEXT}))


@both
def test_a_setting_is_what_sources_have_that_say_nothing(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"a")
    server.put("plain", b"p", {})
    with ScriptedServer(handler=server) as s, connect(s, encryption=KEY, **ALLOWED) as client:
        client.compose_object("docs", "c", ["a", {"key": "plain", "encryption": False}])
    assert server.of("c") == (b"ap", "SSE-C")


@both
def test_a_question_brings_the_key(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"a")

    def answers(request: Request) -> Step:
        if request.method != "POST":
            return server(request)
        asked.append(request)
        return reply(200, b"yes") if request.header(CUSTOMER) == TEXT else refused(400, MISSING)

    asked: list[Request] = []
    with ScriptedServer(handler=answers) as s, connect(s, **ALLOWED) as client:
        assert client.prompt_object("docs", "a", "?", encryption=KEY).text == "yes"
        with pytest.raises(EncryptionKeyError) as caught:
            client.prompt_object("docs", "a", "?", encryption=OTHER)
        assert caught.value.operation == "PromptObject"
        with pytest.raises(EncryptionKeyError):
            client.prompt_object("docs", "a", "?")
    assert len(asked) == 1


@both
def test_compose_onto_itself_stays_encrypted_as_it_is(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"a", S3)
    server.put("b", b"b", {})
    with ScriptedServer(handler=server) as s, connect(s) as client:
        client.compose_object("docs", "a", ["b", "a"])
        assert server.of("a") == (b"ba", "AES256")
        client.compose_object("docs", "a", ["b", "a"], encryption=False)
        assert server.of("a") == (b"bba", None)


@both
@pytest.mark.parametrize("size", [3, 6 * MiB], ids=["small", "parts"])
def test_append_keeps_the_key_and_the_encryption(connect: Connect, size: int) -> None:
    server = Sealed()
    server.put("c", b"c" * size)
    server.put("s3", b"s" * size, S3)
    with ScriptedServer(handler=server) as s, connect(s, **ALLOWED) as client:
        with pytest.raises(EncryptionKeyError):
            client.append_object("docs", "c", b"x")
        client.append_object("docs", "c", b"x", encryption=KEY)
        assert server.of("c") == (b"c" * size + b"x", "SSE-C")
        client.append_object("docs", "s3", b"x")
        assert server.of("s3") == (b"s" * size + b"x", "AES256")
        client.append_object("docs", "new", b"x", encryption=KEY)
        assert server.of("new") == (b"x", "SSE-C")


@both
def test_append_by_the_server_is_refused_where_it_would_not_encrypt(connect: Connect) -> None:
    server = Sealed("AmazonS3")
    server.put("plain", b"1", {})
    server.put("c", b"1")
    asked: list[Request] = []

    def appends(request: Request) -> Step:
        if request.header("x-amz-write-offset-bytes"):
            asked.append(request)
            return s3_error(400, "InvalidWriteOffset")
        return server(request)

    with ScriptedServer(handler=appends) as s, connect(s, **ALLOWED) as client:
        for key, encryption in (("plain", SseS3()), ("c", KEY), ("plain", SseKms("k"))):
            with pytest.raises(NotSupportedError, match="encrypted as the object is") as caught:
                client.append_object("docs", key, b"x", native=True, encryption=encryption)
            assert (caught.value.key, caught.value.tenant_id) == (key, "acme")
    assert [request.body for request in asked] == [b"?"]  # whether it appends, once


@both
@pytest.mark.parametrize("size", [3, MiB + 1], ids=["small", "copies"])
@pytest.mark.parametrize("setting", [None, OTHER], ids=["plain", "setting"])
def test_fan_out(connect: Connect, size: int, setting: SseC | None) -> None:
    server = Sealed()
    data = b"d" * size
    config: dict[str, Any] = {"encryption": setting} if setting else {}
    with ScriptedServer(handler=server) as s, connect(s, **ALLOWED, **config) as client:
        assert client.fan_out("docs", data, ["a", "b"], encryption=KEY)
        assert client.fan_out("docs", io.BytesIO(data), ["c", "d"], encryption=SseS3())
        assert client.fan_out("docs", data, ["e", "f"], encryption=False)
    assert {server.of(key) for key in "ab"} == {(data, "SSE-C")}
    assert {server.of(key) for key in "cd"} == {(data, "AES256")}
    assert {server.of(key) for key in "ef"} == {(data, None)}


@both
def test_archives(connect: Connect) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("a.txt", b"hello")
    server = Sealed()
    server.put("a.zip", packed.getvalue())
    with ScriptedServer(handler=server) as s, connect(s, **ALLOWED) as client:
        assert [e.name for e in client.list_archive("docs", "a.zip", encryption=KEY)] == ["a.txt"]
        assert client.read_archive("docs", "a.zip", "a.txt", encryption=KEY) == b"hello"
        with pytest.raises(EncryptionKeyError):
            client.list_archive("docs", "a.zip")


@both
def test_a_file_is_written_in_a_storage_class(connect: Connect) -> None:
    server = Sealed()
    with ScriptedServer(handler=server) as s, connect(s) as client:
        for key, size in (("a", 1), ("b", 20 * MiB)):
            with client.open("docs", key, "wb", storage_class="REDUCED_REDUNDANCY") as file:
                file.write(bytes(size))
        with pytest.raises(ValidationError, match="storage_class"):
            client.open("docs", "a", "rb", storage_class="STANDARD")  # type: ignore[call-overload]
    begun = [r for r in server.requests if r.method == "POST" and "uploads" in r.query]
    classed = [r for r in server.requests if r.header("x-amz-storage-class")]
    assert [r.path.rpartition("/")[2] for r in classed] == ["a", "b"]
    assert classed[1:] == begun


# --- S3 Select --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("setting", [False, True], ids=["argument", "setting"])
def test_a_selection_carries_the_key(connect: Connect, setting: bool) -> None:
    told: list[AuditRecord] = []
    fields: dict[str, Any] = {"encryption": KEY} if setting else {}
    rows = answer(message("Records", b"x"), LAST)
    with ScriptedServer([rows]) as server:
        with connect(server, audit=told.append, **ALLOWED, **fields) as client:
            given: dict[str, Any] = {} if setting else {"encryption": KEY}
            found = client.select_object_content("docs", "a", SQL, CsvInput(), **given)
            assert found.read() == b"x"
        (request,) = server.requests
        assert request.header(CUSTOMER) == TEXT
    (record,) = told
    assert (record.operation, record.bucket, record.key) == ("SelectObjectContent", "docs", "a")
    assert TEXT not in record.to_json()
    with (
        connect("http://127.0.0.1:1") as client,
        pytest.raises(ValidationError, match="plain HTTP"),
    ):
        client.select_object_content("docs", "a", SQL, CsvInput(), encryption=KEY)


@both
def test_a_selection_says_what_is_wrong_with_the_key(connect: Connect) -> None:
    def step(request: Request) -> Step:
        if request.method == "HEAD":
            return reply(400, headers=MINIO)
        if request.header(CUSTOMER) is None:
            return refused(400, MISSING)
        return s3_error(403, "AccessDenied")

    with ScriptedServer(handler=step) as server, connect(server, **ALLOWED) as client:
        for key, why in ((None, "none was given"), (KEY, "another customer's key")):
            with pytest.raises(EncryptionKeyError, match=why) as caught:
                client.select_object_content("docs", "a", SQL, CsvInput(), encryption=key).read()
            assert (caught.value.operation, caught.value.key) == ("SelectObjectContent", "a")
            assert caught.value.tenant_id == "acme"


@both
def test_a_refusal_within_a_selection_says_it_too_and_shows_no_key(connect: Connect) -> None:
    rows = answer(refusal("InvalidRequest", f"{MISSING} {TEXT}"))
    with ScriptedServer([rows]) as server, connect(server, **ALLOWED) as client:
        with pytest.raises(EncryptionKeyError) as caught:
            client.select_object_content("docs", "a", SQL, CsvInput(), encryption=KEY).read()
        assert TEXT not in str(caught.value)


# --- late answers, several endpoints ----------------------------------------------------------------


@both
def test_each_try_anywhere_carries_the_key(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"secret")
    with ScriptedServer([drop_before_reply()]) as first, ScriptedServer(handler=server) as second:
        with connect(f"{first.url},{second.url}", **ALLOWED) as client:
            assert client.get_object("docs", "a", encryption=KEY) == b"secret"
        assert [r.header(CUSTOMER) for r in (*first.requests, *second.requests)] == [TEXT, TEXT]


@both
def test_a_key_goes_to_no_endpoint_without_tls(connect: Connect) -> None:
    urls = "http://127.0.0.1:1,http://127.0.0.1:2"
    with pytest.raises(ConfigurationError, match="plain HTTP"):
        config_for(urls, encryption=KEY)
    with pytest.raises(ConfigurationError, match="fail over to plain HTTP"):
        config_for("https://a.example,http://b.example", encryption=KEY)
    with connect(urls) as client:
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.get_object("docs", "a", encryption=KEY)
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.append_object("docs", "a", b"x", encryption=KEY)
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.undelete_object("docs", "a", copy=True, encryption=KEY)
        with pytest.raises(ValidationError, match="plain HTTP"):
            client.fan_out("docs", b"x", ["a"], encryption=KEY)
        for sources in ({"encryption": KEY}, {"source_encryption": KEY}):
            with pytest.raises(ValidationError, match="plain HTTP"):
                client.compose_object("docs", "a", ["b"], **sources)  # type: ignore[arg-type]


@both
def test_a_second_request_carries_the_key_and_the_short_way_forgets_it(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"secret")
    server.put("b", b"plain", {})
    hedge = Hedge(after=1e-6, budget=1.0)
    with ScriptedServer(handler=server) as s, connect(s, hedge=hedge, **ALLOWED) as client:
        for _ in range(5):
            assert client.get_object("docs", "a", encryption=KEY) == b"secret"
        for _ in range(3):
            assert client.get_object("docs", "b") == b"plain"
    keys = {(r.path.rpartition("/")[2], r.header(CUSTOMER)) for r in server.requests}
    assert keys == {("a", TEXT), ("b", None)}


# --- the rest ---------------------------------------------------------------------------------------


@both
def test_undelete_by_a_copy_keeps_the_key(connect: Connect) -> None:
    server = Sealed()
    copied: list[Request] = []
    versions = (
        b"<ListVersionsResult><DeleteMarker><Key>a</Key><VersionId>m</VersionId><IsLatest>true"
        b"</IsLatest><LastModified>2026-01-02T00:00:00.000Z</LastModified></DeleteMarker><Version>"
        b"<Key>a</Key><VersionId>v</VersionId><IsLatest>false</IsLatest><ETag>e</ETag><Size>6</Size>"
        b"<LastModified>2026-01-01T00:00:00.000Z</LastModified></Version></ListVersionsResult>"
    )

    def step(request: Request) -> Step:
        if "versions" in request.query:
            return reply(200, versions, headers=MINIO)
        if "versioning" in request.query:
            on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            return reply(200, on, headers=MINIO)
        if request.header("x-amz-copy-source"):
            copied.append(request)
        return server(request)

    with ScriptedServer(handler=step) as s, connect(s, **ALLOWED) as client:
        for how in range(2):
            server.put("a", b"secret")
            if how:
                done = client.undelete_objects("docs", copy=True, encryption=KEY)
                assert [each.copied for each in done] == [True]
            else:
                assert client.undelete_object("docs", "a", copy=True, encryption=KEY).copied
            assert server.of("a") == (b"secret", "SSE-C")
            with pytest.raises(EncryptionKeyError):
                client.undelete_object("docs", "a", copy=True)
    assert [(r.header(CUSTOMER), r.header(SOURCE)) for r in copied] == [(TEXT, TEXT)] * 2


@both
def test_what_was_there_then_is_read_with_the_key_and_never_kept(connect: Connect) -> None:
    server = Sealed()
    server.put("a", b"secret")
    versions = (
        b"<ListVersionsResult><Version><Key>a</Key><VersionId>v</VersionId><IsLatest>true</IsLatest>"
        b"<ETag>e</ETag><Size>6</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Version>"
        b"</ListVersionsResult>"
    )

    def step(request: Request) -> Step:
        return (
            reply(200, versions, headers=MINIO) if "versions" in request.query else server(request)
        )

    at, cache = "2026-02-01", Cache(memory=MiB, trust=60)
    with ScriptedServer(handler=step) as s, connect(s, cache=cache, **ALLOWED) as client:
        for _ in range(2):
            assert client.get_object("docs", "a", at=at, encryption=KEY) == b"secret"
            with pytest.raises(EncryptionKeyError):
                client.get_object("docs", "a", at=at)
            with pytest.raises(EncryptionKeyError):
                client.get_object("docs", "a")
        assert client.cache_stats().objects == 0
        server.put("a", b"plain.", {})
        assert client.get_object("docs", "a", at=at) == b"plain."
        # What was there then is no answer to what is there now.
        assert client.cache_stats().objects == 0


@both
def test_capabilities_are_those_of_the_server_whatever_is_encrypted(connect: Connect) -> None:
    seen: list[Request] = []

    def step(request: Request) -> Step:
        seen.append(request)
        for asked, root in (("list-type", "ListBucketResult"), ("uploads", "ListMultipartUploadsResult"),
                            ("versions", "ListVersionsResult")):  # fmt: skip
            if asked in request.query and request.method == "GET":
                return reply(200, f"<{root}></{root}>".encode())
        if request.method == "DELETE":
            return reply(204)
        return (
            s3_error(501, "NotImplemented") if request.query else reply(200, headers={"ETag": "e"})
        )

    with ScriptedServer(handler=step) as s, connect(s, encryption=KEY, **ALLOWED) as client:
        try:
            client.get_capabilities(probe="write")
        except (AccessDeniedError, NotEncryptedError, NotSupportedError) as error:
            pytest.fail(str(error))
    assert all(request.header(CUSTOMER) is None for request in seen)


@both
@pytest.mark.parametrize("retained", [True, False])
def test_a_lock_is_told_of_without_the_key(connect: Connect, retained: bool) -> None:
    until = (
        b"<Retention><Mode>COMPLIANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z"
        b"</RetainUntilDate></Retention>"
    )
    on = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"

    def step(request: Request) -> Step:
        if request.method == "DELETE":
            return s3_error(403, "AccessDenied")
        if "versioning" in request.query:
            return reply(200, on, headers=MINIO)
        if "retention" in request.query:
            lacking = s3_error(404, "NoSuchObjectLockConfiguration")
            return reply(200, until) if retained else lacking
        if "legal-hold" in request.query:
            return reply(200, b"<LegalHold><Status>ON</Status></LegalHold>")
        if request.method == "HEAD":
            return reply(400, headers=MINIO)
        return refused(400, MISSING)

    with ScriptedServer(handler=step) as server, connect(server) as client:
        with pytest.raises(ObjectLockedError, match="legal hold") as caught:
            client.delete_object("docs", "a", version_id="v")
    assert ("compliance mode until 2099" in str(caught.value)) is retained


@both
def test_tags_and_undelete_need_no_key(connect: Connect) -> None:
    def step(request: Request) -> Step:
        if "tagging" in request.query:
            return reply(200, b"<Tagging><TagSet></TagSet></Tagging>", headers=MINIO)
        if "versions" in request.query:
            return reply(200, b"<ListVersionsResult></ListVersionsResult>", headers=MINIO)
        if request.path in (PLACE[:-1], PLACE):
            return reply(200, headers=MINIO)
        if request.method == "HEAD":
            return reply(400, headers=MINIO)
        return refused(400, MISSING)

    with ScriptedServer(handler=step) as server, connect(server) as client:
        assert client.get_object_tags("docs", "folder/") == {}
        with pytest.raises(ConflictError, match="isn't deleted"):
            client.undelete_object("docs", "a")


@both
@pytest.mark.parametrize("hedge", [None, Hedge(after=1e-6, budget=1.0)], ids=["plain", "hedged"])
def test_each_item_of_a_bulk_job_has_its_own_key(connect: Connect, hedge: Hedge | None) -> None:
    """Also where requests share a thread and outlines, and go to any endpoint."""
    server = Sealed()
    keys = [{"encryption": KEY} if n % 2 else {} for n in range(24)]
    with ScriptedServer(handler=server) as one, ScriptedServer(handler=server) as two:
        with connect(f"{one.url},{two.url}", hedge=hedge, **ALLOWED) as client:
            up = [{"key": f"k{n}", "data": b"%d" % n, **key} for n, key in enumerate(keys)]
            assert client.upload_many(up, bucket="docs")
            down = [{"key": f"k{n}", **key} for n, key in enumerate(keys)]
            assert list(client.download_many(down, bucket="docs")) == [b"%d" % n for n in range(24)]
            wrong = client.download_many([{"key": "k1"}, {"key": "k2"}], bucket="docs")
    assert [server.of(f"k{n}")[1] for n in range(24)] == [None, "SSE-C"] * 12
    (error,) = wrong.errors
    assert isinstance(error, EncryptionKeyError)
    assert (error.operation, error.bucket, error.key, error.tenant_id, error.endpoint) == (
        "GetObject", "docs", "k1", "acme", one.url)  # fmt: skip
