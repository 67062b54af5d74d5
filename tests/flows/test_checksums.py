"""Checksums go with uploads where the server is known to take them, and are compared both ways."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from minio_sdk import IntegrityError, MinIOError, NotSupportedError, TransferProgress
from minio_sdk.wire.checksums import crc32_text
from tests.both import Connect, both
from tests.flows.test_uploads_faults import BODY, PART, SETTINGS, Storage
from tests.scripted import Reply, Request, ScriptedServer, Step, reply, s3_error
from tests.stored import Stored

LARGE = b"x" * 100_000


class Summing(Storage):
    """A server that knows checksums, and tells its name."""

    name = "MinIO"
    lies = False
    words = "No."
    kind: str | None = "FULL_OBJECT"
    refuses: tuple[str, ...] = ()
    seen: list[tuple[str, dict[str, str]]]

    def __init__(self) -> None:
        super().__init__()
        self.seen = []

    def __call__(self, request: Request) -> Step:
        kind = self._kind(request)
        sums = {n.lower(): v for n, v in request.headers if n.lower().startswith("x-amz-checksum")}
        self.seen.append((kind, sums))
        if sums and kind in self.refuses:
            return s3_error(400, "InvalidRequest", self.words, headers={"Server": self.name})
        answer = super().__call__(request)
        assert isinstance(answer, Reply)
        headers = [*answer.headers, ("Server", self.name)]
        if kind in ("put", "part") and sums:
            crc = zlib.crc32(request.body) ^ self.lies
            headers.append(("x-amz-checksum-crc32", crc32_text(crc)))
        if kind == "create" and sums and self.kind is not None:
            headers += [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-type", self.kind)]
        return reply(
            answer.status, answer.body, headers=headers, content_length=answer.content_length
        )


@both
def test_a_known_server_gets_them(connect: Connect) -> None:
    """From the second request on, once its name is known, and not with what is small."""
    storage = Summing()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "first", LARGE)
        client.put_object("docs", "small", b"x")
        client.put_object("docs", "large", LARGE)
        client.put_object("docs", "parts", BODY)
    whole = {"x-amz-checksum-crc32": crc32_text(zlib.crc32(LARGE))}
    assert storage.seen[:3] == [("put", {}), ("put", {}), ("put", whole)]
    assert storage.seen[3] == (
        "create",
        {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"},
    )
    assert sorted(value for kind, sums in storage.seen[4:7] for value in sums.values()) == sorted(
        crc32_text(zlib.crc32(BODY[start : start + PART])) for start in range(0, len(BODY), PART)
    )
    assert storage.seen[7] == (
        "complete",
        {
            "x-amz-checksum-crc32": crc32_text(zlib.crc32(BODY)),
            "x-amz-checksum-type": "FULL_OBJECT",
        },
    )


@both
@pytest.mark.parametrize("kind", [None, "COMPOSITE"])
def test_a_server_that_makes_less_of_them(connect: Connect, kind: str | None) -> None:
    storage = Summing()
    storage.kind = kind
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "small", b"x")
        client.put_object("docs", "parts", BODY)
    assert storage.seen[-1] == ("complete", {})
    assert all(bool(sums) is (kind is not None) for what, sums in storage.seen if what == "part")


@both
@pytest.mark.parametrize("name", ["Ceph", "Gateway/1", "", "Werkzeug"])
def test_no_other_server_gets_any(connect: Connect, name: str) -> None:
    storage = Summing()
    storage.name = name
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        for number in range(2):
            client.put_object("docs", f"{number}", LARGE)
            client.put_object("docs", f"{number}-parts", BODY)
    assert not any(sums for _, sums in storage.seen)


@both
@pytest.mark.parametrize("stage", ["put", "create"])
def test_a_server_that_refuses_them_is_not_asked_again(connect: Connect, stage: str) -> None:
    storage = Summing()
    storage.refuses = (stage,)
    body = LARGE if stage == "put" else BODY
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "small", b"x")
        for key in "ab":
            client.put_object("docs", key, body)
        client.with_(timeout=5).put_object("docs", "c", body)
    assert [bool(sums) for kind, sums in storage.seen if kind == stage] in (
        [False, True, False, False, False],
        [True, False, False, False],
    )
    assert all(storage.objects[f"/acme-docs/{key}"] == body for key in "abc")


@both
@pytest.mark.parametrize("source", ["bytes", "file", "path", "resumed"])
@pytest.mark.parametrize("stage", ["part", "complete"])
def test_a_server_that_takes_them_and_then_refuses_those_of_parts(
    connect: Connect, stage: str, source: str, tmp_path: Path
) -> None:
    """Sent once more without, and never again with them; of the first try nothing is left."""
    storage = Summing()
    storage.refuses = (stage,)
    path = tmp_path / "file"
    path.write_bytes(b"before" + BODY if source == "file" else BODY)
    seen: list[TransferProgress] = []
    settings = {**SETTINGS, "state_dir": str(tmp_path / "state")}
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        client.put_object("docs", "small", b"x")
        if source == "bytes":
            client.upload_object("docs", "a", BODY, progress=seen.append)
        elif source == "file":
            with path.open("rb") as file:
                file.seek(6)
                client.upload_object("docs", "a", file, progress=seen.append)
        else:
            resume = source == "resumed"
            client.upload_file("docs", "a", path, progress=seen.append, resume=resume)
            assert client.list_transfers() == []
        client.put_object("docs", "b", LARGE)
    assert storage.objects["/acme-docs/a"] == BODY
    assert storage.unfinished == {}
    assert (storage.counts["create"], storage.counts["abort"]) == (2, 1)
    assert storage.seen[-1] == ("put", {})
    done = [now.bytes_done for now in seen]
    assert (done, done[-1]) == (sorted(done), len(BODY))


@both
@pytest.mark.parametrize("words", ["the checksum is not supported", "no"])
def test_parts_of_data_that_cannot_be_read_again(connect: Connect, words: str) -> None:
    """The upload fails, and where the server says why, the next one goes without."""
    storage = Summing()
    storage.refuses = ("part",)
    storage.words = words
    known = words != "no"
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "small", b"x")
        with pytest.raises(NotSupportedError if known else MinIOError) as caught:
            client.put_object("docs", "a", iter([BODY]))
        assert words in str(caught.value)
        assert ("refuses those of parts" in str(caught.value)) is known
        assert (storage.unfinished, list(storage.objects)) == ({}, ["/acme-docs/small"])
        if known:
            client.put_object("docs", "a", iter([BODY]))
            assert storage.objects["/acme-docs/a"] == BODY


@both
def test_a_refusal_of_parts_that_stays_is_shown(connect: Connect) -> None:
    """It was about something else, and checksums go on."""
    storage = Summing()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "small", b"x")
        storage.faults = {("part", 0): s3_error(400, "InvalidArgument")}
        with pytest.raises(MinIOError, match="InvalidArgument"):
            client.put_object("docs", "a", BODY)
        assert (storage.unfinished, storage.counts["create"]) == ({}, 2)
        storage.faults = {}
        client.put_object("docs", "b", LARGE)
    assert storage.seen[-1][1]


@both
@pytest.mark.parametrize("body", [LARGE, BODY], ids=["whole", "parts"])
def test_a_server_that_has_other_bytes_than_were_sent(connect: Connect, body: bytes) -> None:
    storage = Summing()
    with ScriptedServer(handler=storage) as server, connect(server, **SETTINGS) as client:
        client.put_object("docs", "small", b"x")
        storage.lies = True
        with pytest.raises(IntegrityError, match="other bytes than were sent"):
            client.put_object("docs", "a", body)
    assert storage.unfinished == {}


# --- reading --------------------------------------------------------------------------------------


def stored(crc: int, **told: str) -> Stored:
    return Stored(LARGE, '"e-2"', headers={
        "Server": "SeaweedFS", "x-amz-checksum-crc32": crc32_text(crc),
        "x-amz-checksum-type": "FULL_OBJECT", **told})  # fmt: skip


@both
def test_what_is_read_whole_is_compared(connect: Connect) -> None:
    server_has = stored(zlib.crc32(LARGE))
    with ScriptedServer(handler=server_has) as server, connect(server) as client:
        assert client.get_object("docs", "a") == LARGE
        assert client.get_object("docs", "a", if_none_match='"b"') == LARGE
        asked = [request.header("x-amz-checksum-mode") for request in server.requests]
        assert asked == ["ENABLED", "ENABLED"]
        server_has.data = b"y" + LARGE[1:]
        with pytest.raises(IntegrityError, match="the body's CRC32 is"):
            client.get_object("docs", "a")
        with pytest.raises(IntegrityError, match="the body's CRC32 is"):
            client.get_object("docs", "a", if_none_match='"other"')


@both
def test_the_first_that_is_read_is_compared(connect: Connect) -> None:
    """Before the server has said which one it is."""
    with ScriptedServer(handler=stored(0)) as server, connect(server) as client:
        with pytest.raises(IntegrityError, match="the body's CRC32 is"):
            client.get_object("docs", "a")


@both
def test_no_checksum_is_asked_of_a_server_without(connect: Connect) -> None:
    handler = stored(zlib.crc32(LARGE), Server="Gateway/1.0")
    with ScriptedServer(handler=handler) as server, connect(server) as client:
        for _ in range(2):
            assert client.get_object("docs", "a") == LARGE
        asked = [request.header("x-amz-checksum-mode") for request in server.requests]
    assert asked == ["ENABLED", None]


@both
def test_a_file_is_compared(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a question of its own where pieces come without."""
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", 30_000)
    server_has = stored(zlib.crc32(LARGE))

    def handler(request: Request) -> Step:
        answer = server_has(request)
        if request.method == "HEAD" or not isinstance(answer, Reply):
            return answer
        headers = [(n, v) for n, v in answer.headers if not n.startswith("x-amz-checksum")]
        return reply(answer.status, answer.body, headers=headers)

    with ScriptedServer(handler=handler) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a")
        assert (tmp_path / "a").read_bytes() == LARGE
        server_has.data = b"y" + LARGE[1:]
        with pytest.raises(IntegrityError, match="the file's CRC32 is"):
            client.download_file("docs", "a", tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@both
def test_the_checksum_of_another_generation_says_nothing(connect: Connect, tmp_path: Path) -> None:
    server_has = stored(5)

    def handler(request: Request) -> Step:
        if request.method == "HEAD":
            server_has.etag = '"other-2"'
            return server_has(request)
        answer = server_has(request)
        assert isinstance(answer, Reply)
        headers = [(n, v) for n, v in answer.headers if not n.startswith("x-amz-checksum")]
        return reply(answer.status, answer.body, headers=headers)

    with ScriptedServer(handler=handler) as server, connect(server) as client:
        client.download_file("docs", "a", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == LARGE


@both
def test_a_refusal_that_is_about_something_else_stays(connect: Connect) -> None:
    storage = Summing()
    with ScriptedServer(handler=storage) as server, connect(server) as client:
        client.put_object("docs", "small", b"x")
        storage.faults = {("put", 0): s3_error(403, "AccessDenied")}
        with pytest.raises(MinIOError):
            client.put_object("docs", "a", LARGE)
