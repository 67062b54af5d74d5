"""The document service with FastAPI, behind uvicorn."""

from __future__ import annotations

import http.client
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from minio_sdk import Config, MinIOClient
from tests.examples import FOLDER, ROOT, load
from tests.examples.serving import Site, asgi, started

MiB = 1024 * 1024
TEXT = {"Content-Type": "text/plain"}
TOKENS = "fast-acme=a-secret,fast-globex=b-secret"


@pytest.fixture(scope="module")
def api() -> Iterator[Any]:
    """The module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield load("fastapi_documents", "documents_api", monkeypatch)


@pytest.fixture(scope="module")
def site(api: Any, url: str) -> Iterator[str]:
    """Where it is."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MINIO_ENDPOINT", url)
        monkeypatch.setenv("MINIO_MULTIPART_THRESHOLD", str(5 * MiB))
        monkeypatch.setenv("MINIO_PART_SIZE", str(5 * MiB))
        monkeypatch.setenv("DOCUMENT_TOKENS", TOKENS)
        monkeypatch.setenv("DOCUMENT_LIMIT", str(8 * MiB))
        with asgi(api.app) as found:
            yield found


@pytest.fixture
def acme(site: str) -> Iterator[Site]:
    with Site(site, "a-secret") as client:
        yield client


@pytest.fixture
def globex(site: str) -> Iterator[Site]:
    with Site(site, "b-secret") as client:
        yield client


@pytest.fixture
def store(url: str) -> Iterator[MinIOClient]:
    """What acme has in the store."""
    with MinIOClient(Config(url, "fast-acme")) as client:
        yield client


def test_a_document_comes_back(acme: Site) -> None:
    stored = acme.put("/documents/2026/ü 1.txt", data=b"hello", headers=TEXT)
    assert stored.status_code == 201
    assert stored.json()["name"] == "2026/ü 1.txt"

    answer = acme.get("/documents/2026/ü 1.txt")
    assert (answer.status_code, answer.content) == (200, b"hello")
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%BC%201.txt"
    assert answer.headers["ETag"] == f'"{stored.json()["etag"]}"'
    head = acme.head("/documents/2026/ü 1.txt")
    assert (head.status_code, head.headers["Content-Length"]) == (200, "5")

    acme.put("/documents/empty", data=b"").raise_for_status()
    assert acme.get("/documents/empty").content == b""
    assert acme.get("/documents/empty", headers={"Range": "bytes=0-"}).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "status", "found", "where"),
    [
        ("bytes=2-4", 206, b"234", "bytes 2-4/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=7-99", 206, b"789", "bytes 7-9/10"),
        ("bytes=-3", 206, b"789", "bytes 7-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=10-", 416, None, "bytes */10"),
        ("bytes=-0", 416, None, "bytes */10"),
        ("bytes=4-2", 200, b"0123456789", None),
        ("bytes=-", 200, b"0123456789", None),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        (f"bytes=0-{'9' * 5000}", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
    ],
)
def test_ranges(
    acme: Site, wanted: str, status: int, found: bytes | None, where: str | None
) -> None:
    acme.put("/documents/digits", data=b"0123456789").raise_for_status()
    answer = acme.get("/documents/digits", headers={"Range": wanted})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, where)
    if found is not None:
        assert answer.content == found


def test_what_the_caller_has_isnt_sent_again(acme: Site) -> None:
    acme.put("/documents/known", data=b"one").raise_for_status()
    etag = acme.get("/documents/known").headers["ETag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        answer = acme.get("/documents/known", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["ETag"] == etag
    assert acme.get("/documents/known", headers={"If-None-Match": '"x"'}).status_code == 200

    part = {"Range": "bytes=0-0"}
    assert acme.get("/documents/known", headers={**part, "If-Range": etag}).content == b"o"
    assert acme.get("/documents/known", headers={**part, "If-Range": '"x"'}).content == b"one"


def test_tenants_dont_see_each_other(acme: Site, globex: Site, site: str) -> None:
    acme.put("/documents/secret.txt", data=b"acme's").raise_for_status()
    for method, path in (
        ("GET", "/documents/secret.txt"),
        ("HEAD", "/documents/secret.txt"),
        ("GET", "/versions/secret.txt"),
        ("POST", "/undelete/secret.txt"),
    ):
        assert globex.request(method, path).status_code == 404, path
    assert globex.delete("/documents/secret.txt").status_code == 204
    globex.put("/documents/secret.txt", data=b"globex's").raise_for_status()
    assert acme.get("/documents/secret.txt").content == b"acme's"
    assert [each["name"] for each in globex.get("/documents").json()["documents"]] == ["secret.txt"]

    for token in ("", "a-secre", "fast-acme", "a-secret,b-secret"):
        with Site(site, token) as nobody:
            # What the caller fills in says nothing of who it is.
            answer = nobody.get("/documents?tenant=fast-acme", headers={"X-Tenant-ID": "fast-acme"})
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "name",
    [
        "../secret", "..%2fsecret", "%2e%2e/%2e%2e/x", "a/../b", "a/./b", "a//b", "a%2f%2fb", "/a", "a/", "",
        "a%00b", "a%0d%0aSet-Cookie:%20x=y", "a%5c..%5cb", "%ff%fe", "%e2%80%aegpj.exe", "x" * 901,
        "%c3%bc" * 451,
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_hostile_names_are_refused(site: str, name: str, method: str) -> None:
    """As bytes on the wire: HTTP clients clean paths before they send them."""
    connection = http.client.HTTPConnection(site.removeprefix("http://"), timeout=30)
    headers = {"Authorization": "Bearer a-secret", "Content-Length": "0"}
    connection.request(method, f"/documents/{name}", headers=headers)
    answer = connection.getresponse()
    # 404: what has a line break, or nothing at all, is no address of a document.
    assert answer.status in (400, 404), answer.read()
    assert "Set-Cookie" not in answer.headers
    connection.close()


def test_a_large_document_goes_through(acme: Site, store: MinIOClient) -> None:
    """Sent without a length, in parts to the store, and back in pieces."""
    block = bytes(range(256)) * 4096
    assert acme.put("/documents/large", data=iter([block] * 7)).status_code == 201
    assert store.get_object_metadata("documents", "large").size == 7 * MiB

    with acme.get("/documents/large", stream=True) as answer:
        assert answer.headers["Content-Length"] == str(7 * MiB)
        assert all(piece == block for piece in answer.iter_content(MiB))
    middle = acme.get("/documents/large", headers={"Range": f"bytes={6 * MiB - 1}-{6 * MiB}"})
    assert middle.content == b"\xff\x00"


def test_uploads_that_are_cut_store_nothing(
    api: Any, url: str, monkeypatch: pytest.MonkeyPatch, store: MinIOClient
) -> None:
    monkeypatch.setenv("MINIO_ENDPOINT", url)
    monkeypatch.setenv("MINIO_MULTIPART_THRESHOLD", str(5 * MiB))
    monkeypatch.setenv("MINIO_PART_SIZE", str(5 * MiB))
    monkeypatch.setenv("DOCUMENT_TOKENS", TOKENS)
    with asgi(api.app) as found, Site(found, "a-secret") as client:
        client.put("/documents/whole", data=b"").raise_for_status()
        for sent, length in ((10, 50), (6 * MiB, 7 * MiB), (10, None), (6 * MiB, None)):
            client.cut("PUT", f"/documents/cut/{sent}-{length}", bytes(sent), length, "text/plain")
    # uvicorn hangs up before the request is over, and ends only after it.
    assert store.list_objects("documents", "cut/") == []
    assert list(store.list_multipart_uploads("documents")) == []


def test_slow_senders_dont_hold_up_others(
    api: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their uploads fill all the memory there is, and stand still."""
    monkeypatch.setenv("MINIO_ENDPOINT", url)
    monkeypatch.setenv("MINIO_MEMORY_BUDGET", str(2 * MiB))
    monkeypatch.setenv("DOCUMENT_TOKENS", TOKENS)
    head = b"PUT /documents/slow HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a-secret\r\n"
    head += b"Content-Length: 4000000\r\n\r\n"
    with asgi(api.app) as found, Site(found, "a-secret") as client, ExitStack() as stack:
        address = ("127.0.0.1", int(found.rpartition(":")[2]))
        for _ in range(4):
            slow = stack.enter_context(socket.create_connection(address, timeout=30))
            slow.sendall(head + bytes(2_000_000))
        assert client.put("/documents/quick", data=bytes(MiB)).status_code == 201


def test_limits(acme: Site, store: MinIOClient) -> None:
    huge = {"Content-Length": str(9 * MiB), "Connection": "close"}  # whose body never comes
    assert acme.put("/documents/huge", data=b"", headers=huge).status_code == 413
    blocks = iter([bytes(MiB)] * 8 + [b"!"])
    assert acme.put("/documents/huge", data=blocks).status_code == 413
    page = {"Content-Type": "text/html; charset=utf-8"}
    assert acme.put("/documents/huge", data=b"<script>", headers=page).status_code == 415
    assert not store.object_exists("documents", "huge")
    assert list(store.list_multipart_uploads("documents")) == []


def test_pages(acme: Site) -> None:
    names = [f"pages/{name}" for name in ("a", "a!", "b", "c/1", "c/2", "c0", "ü")]
    for name in names:
        acme.put(f"/documents/{name}", data=b"").raise_for_status()
    found: list[str] = []
    after = None
    while True:
        query = {"prefix": "pages/", "limit": "2"} | ({"after": after} if after else {})
        page = acme.get("/documents", params=query).json()
        assert 0 < len(page["documents"]) <= 2
        found += [each["name"] for each in page["documents"]]
        after = page["next"]
        if after is None:
            break
    assert sorted(found) == names
    assert acme.get("/documents?limit=0").status_code == 422
    assert acme.get("/documents?prefix=none/").json() == {"documents": [], "next": None}


def test_versions(acme: Site) -> None:
    for data in (b"first", b"second"):
        acme.put("/documents/draft", data=data).raise_for_status()
    acme.put("/documents/draft2", data=b"").raise_for_status()
    newest, oldest = acme.get("/versions/draft").json()
    assert acme.get("/documents/draft", params={"version": oldest["version"]}).content == b"first"
    assert acme.get("/documents/draft", params={"version": "nonsense"}).status_code in (400, 404)

    assert acme.delete("/documents/draft").status_code == 204
    assert acme.get("/documents/draft").status_code == 404
    assert acme.get("/versions/draft").json()[0]["deleted"]
    assert acme.post("/undelete/draft").json()["version"] == newest["version"]
    assert acme.get("/documents/draft").content == b"second"
    assert acme.post("/undelete/draft").status_code == 409
    assert acme.post("/undelete/none").status_code == 404


def test_a_store_that_is_down(
    api: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The process lives, isn't ready, and says nothing of the store."""

    def at_once(**fields: Any) -> Config:
        fields["max_retries"] = 0
        return Config(f"http://127.0.0.1:{taken.getsockname()[1]}", **fields)

    monkeypatch.setattr(api, "Config", SimpleNamespace(from_env=at_once))
    monkeypatch.setenv("DOCUMENT_TOKENS", TOKENS)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and doesn't listen
        with asgi(api.app) as found, Site(found, "a-secret") as client:
            assert client.get("/live").status_code == 200
            ready = client.get("/ready")
            assert (ready.status_code, ready.json()) == (503, {"status": "unreachable"})
            answer = client.get("/documents/a")
            assert answer.status_code == 503
            assert answer.json() == {"detail": "the store can't be reached"}
            assert answer.headers["Retry-After"] == "1"
    assert "a-secret" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("setting", ["acme", "acme=", "=secret", "acme=one,two"])
def test_no_token_no_service(api: Any, setting: str) -> None:
    with pytest.raises(ValueError, match="number") as caught:
        api.tokens(setting)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("setting", ["", " "])
def test_a_setting_that_is_missing_is_called_so(api: Any, setting: str) -> None:
    with pytest.raises(ValueError, match="DOCUMENT_TOKENS: without it nobody could come in"):
        api.tokens(setting)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_it_runs_as_its_readme_says(url: str) -> None:
    """And ends when it is told to, with what it has begun."""
    with started(
        "running on",
        *("-W", "error", "-m", "uvicorn", "--port", "0"),
        *("--app-dir", str(FOLDER / "fastapi_documents"), "documents_api:app"),
        PYTHONPATH=str(ROOT),
        MINIO_ENDPOINT=url,
        DOCUMENT_TOKENS=TOKENS,
    ) as (process, address):
        with Site(address, "a-secret") as client:
            client.put("/documents/end", data=bytes(4 * MiB)).raise_for_status()
            with client.get("/documents/end", stream=True) as answer:
                pieces = answer.iter_content(MiB)
                assert len(next(pieces)) == MiB
                process.send_signal(signal.SIGTERM)
                assert sum(map(len, pieces)) == 3 * MiB
        rest = process.stderr.read()
        assert process.wait(30) in (0, -signal.SIGTERM), rest
    assert "Application shutdown complete" in rest
    assert "Error" not in rest, rest
