"""A server that lies about lengths, or doesn't tell them: what comes out is right, or it is an error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import IntegrityError, MinIOClient, MinIOError
from tests.both import Connect, both
from tests.scripted import Reply, Request, ScriptedServer, Step, hang_up, raw, reply
from tests.stored import Stored

DATA = bytes(range(256)) * 40
PIECE = 4000


def told(answer: Reply, **changes: str) -> list[tuple[str, str]]:
    return [(name, changes.get(name.replace("-", "_"), value)) for name, value in answer.headers]


def ranged(answer: Reply, first: int, last: int, total: int) -> Step:
    """The same bytes, said to be others."""
    found = dict(answer.headers)["Content-Range"]
    start, end = (int(part) for part in found[6:].partition("/")[0].split("-"))
    said = f"bytes {start + first}-{end + last}/{len(DATA) + total}"
    return reply(206, answer.body, headers=told(answer, Content_Range=said))


def without_length(answer: Reply, body: bytes) -> Step:
    """HTTP/1.1 without a length: the body ends with the connection."""
    head = [f"HTTP/1.1 {answer.status} Partial", *(f"{n}: {v}" for n, v in answer.headers)]
    return raw("\r\n".join([*head, "", ""]).encode() + body, close=True)


def resized(answer: Reply, body: bytes, length: int | None = None) -> Step:
    return hang_up(reply(answer.status, body, headers=answer.headers, content_length=length))


LIES: dict[str, Callable[[Reply], Step]] = {
    "a length one too small": lambda a: resized(a, a.body, len(a.body) - 1),
    "a length one too large": lambda a: resized(a, a.body, len(a.body) + 1),
    "a length of a terabyte": lambda a: resized(a, a.body, 1 << 40),
    "a length of nothing": lambda a: resized(a, a.body, 0),
    "no length": lambda a: without_length(a, a.body),
    "no length and a byte less": lambda a: without_length(a, a.body[:-1]),
    "no length and a byte more": lambda a: without_length(a, a.body + b"x"),
    "a byte less than the range": lambda a: resized(a, a.body[:-1]),
    "a byte more than the range": lambda a: resized(a, a.body + b"x"),
    "no bytes of the range": lambda a: resized(a, b""),
    "the range behind": lambda a: ranged(a, 1, 1, 0),
    "a range that ends before it begins": lambda a: ranged(a, 0, -PIECE - 1, 0),
    "a smaller object": lambda a: ranged(a, 0, 0, -1),
    "a larger object": lambda a: ranged(a, 0, 0, 1),
}

WAYS: dict[str, Callable[[MinIOClient, Path], bytes]] = {
    "stream": lambda client, _: b"".join(client.download_stream("docs", "a")),
    "buffer": lambda client, _: into(client),
    "file": lambda client, path: to_file(client, path),
    "resumed": lambda client, path: to_file(client, path, resume=True),
}


def into(client: MinIOClient) -> bytes:
    buffer = bytearray(len(DATA) + 10)
    size = client.download_into("docs", "a", buffer)
    return bytes(buffer[:size])


def to_file(client: MinIOClient, path: Path, **how: Any) -> bytes:
    client.download_file("docs", "a", path, **how)
    return path.read_bytes()


@both
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lie", LIES)
def test_what_comes_out_is_right_or_an_error(
    connect: Connect, lie: str, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request in turn is lied to once, and then all of them every time."""
    monkeypatch.setattr("minio_sdk.flows.reading.PIECE", PIECE)
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", PIECE)
    folder = tmp_path / "folder"
    folder.mkdir()
    target = folder / "a"
    settings = {"state_dir": str(tmp_path / "state"), "max_retries": 1, "timeout": 2}
    right = 0
    for number in (1, 2, 3, 0):
        stored = Stored(DATA, '"e-2"')

        def handler(request: Request, stored: Stored = stored, number: int = number) -> Step:
            answer = stored(request)
            asked = len(stored.asked)
            if not isinstance(answer, Reply) or answer.status != 206 or number not in (0, asked):
                return answer
            return LIES[lie](answer)

        with ScriptedServer(handler=handler) as server, connect(server, **settings) as client:
            try:
                found = WAYS[way](client, target)
            except MinIOError:
                assert not target.exists()
                for transfer in client.list_transfers():
                    client.discard_transfer(transfer.id)
            else:
                # Told the same each time, and without a checksum, that is the object.
                said = DATA[:-1] if (lie, number) == ("a smaller object", 0) else DATA
                assert found == said, number
                right += 1
                target.unlink(missing_ok=True)
        assert list(folder.iterdir()) == []
    assert right or number == 0


@both
@pytest.mark.parametrize("lie", [name for name in LIES if name.startswith("no length")])
def test_the_whole_without_a_length_is_what_its_etag_says(connect: Connect, lie: str) -> None:
    """It ends with the connection, also when that has dropped."""
    answer = reply(200, DATA, headers={"ETag": f'"{hashlib.md5(DATA).hexdigest()}"'})
    with ScriptedServer([LIES[lie](answer)]) as server, connect(server) as client:
        if lie == "no length":
            assert client.get_object("docs", "a") == DATA
        else:
            with pytest.raises(IntegrityError, match="didn't tell the length"):
                client.get_object("docs", "a")
