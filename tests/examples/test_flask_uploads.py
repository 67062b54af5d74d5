"""Uploads with Flask: behind Werkzeug's server, and behind gunicorn's forks."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from minio_sdk import Config, MinIOClient
from tests.examples import FOLDER, ROOT, load
from tests.examples.serving import Site, started, wsgi

MiB = 1024 * 1024
TOKENS = {"a-secret": "flask-acme", "b-secret": "flask-globex"}


@pytest.fixture(scope="module")
def example() -> Iterator[Any]:
    """The module."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield load("flask_uploads", "uploads_app", monkeypatch)


@pytest.fixture(scope="module")
def site(example: Any, url: str) -> Iterator[str]:
    """Where it is."""
    with MinIOClient(Config(url, None, multipart_threshold=5 * MiB, part_size=5 * MiB)) as storage:
        app = example.create_app(storage, TOKENS=TOKENS, MAX_CONTENT_LENGTH=8 * MiB)
        with wsgi(app) as found:
            yield found


@pytest.fixture
def acme(site: str) -> Iterator[Site]:
    with Site(site, "a-secret") as client:
        yield client


@pytest.fixture
def store(url: str) -> Iterator[MinIOClient]:
    """What acme has in the store."""
    with MinIOClient(Config(url, "flask-acme")) as client:
        yield client


def uploaded(client: Site, data: Any, name: str = "a.txt", kind: str = "text/plain") -> str:
    """The path of a new upload."""
    answer = client.post(
        "/uploads", data=data, params={"name": name}, headers={"Content-Type": kind}
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def test_an_upload_comes_back(acme: Site) -> None:
    path = uploaded(acme, b"0123456789")
    answer = acme.get(path)
    assert answer.content == b"0123456789"
    assert answer.headers["Content-Type"] == "text/plain"
    etag = answer.headers["ETag"]
    assert acme.head(path).headers["Content-Length"] == "10"
    assert acme.get(path, headers={"If-None-Match": etag}).status_code == 304
    for wanted, status, found in (
        ("bytes=2-4", 206, b"234"),
        ("bytes=-3", 206, b"789"),
        ("bytes=9-", 206, b"9"),
        ("bytes=10-", 416, None),
    ):
        answer = acme.get(path, headers={"Range": wanted})
        assert answer.status_code == status
        assert found is None or answer.content == found
    assert acme.delete(path).status_code == 204
    assert acme.get(path).status_code == 404


def test_a_form(acme: Site) -> None:
    stored = acme.post("/uploads", files={"file": ("b.csv", b"1,2", "text/csv")})
    answer = acme.get(stored.headers["Location"])
    assert (answer.content, answer.headers["Content-Type"]) == (b"1,2", "text/csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''b.csv"
    assert acme.post("/uploads", files={"other": b"1,2"}).status_code == 400


def test_a_link_leads_to_the_store(acme: Site) -> None:
    path = uploaded(acme, b"from the store", "ü.txt")
    answer = acme.get(f"{path}/link")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "no-store")
    found = requests.get(answer.headers["Location"], timeout=30)
    assert found.content == b"from the store"
    assert found.headers["Content-Disposition"] == "attachment; filename*=UTF-8''%C3%BC.txt"


def test_tenants_dont_see_each_other(acme: Site, site: str) -> None:
    path = uploaded(acme, b"acme's")
    with Site(site, "b-secret") as globex:
        assert globex.get("/uploads").json() == {"uploads": [], "next": None}
        assert globex.get(path).status_code == 404
        assert globex.get(f"{path}/link").status_code == 404
        assert globex.delete(path).status_code == 204
    assert acme.get(path).content == b"acme's"
    for token in ("", "flask-acme", "a-secre"):
        with Site(site, token) as nobody:
            answer = nobody.get(path, headers={"X-Tenant-ID": "flask-acme"})
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\a.txt", "a.txt"),
        ('a".txt\r\nSet-Cookie: x=y', "a%22.txtSet-Cookie%3A%20x%3Dy"),
        ("gpj\u202e.exe", "gpj.exe"),
        ("\x00", "unnamed"),
        ("a/", "unnamed"),
        ("x" * 5000, "x" * 200),
        ("ü" * 5000, "%C3%BC" * 200),
    ],
)
def test_hostile_names_are_only_shown(acme: Site, name: str, shown: str) -> None:
    path = uploaded(acme, b"", name)
    answer = acme.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{shown}"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/uploads/a", "/uploads/a/link", "/uploads/%2e%2e%2fx"])
def test_only_ids_are_looked_for(acme: Site, path: str) -> None:
    assert acme.get(path).status_code == 404


def test_a_large_body_goes_through(acme: Site, store: MinIOClient) -> None:
    """With and without a length; back whole and from the middle."""
    block = bytes(range(256)) * 4096
    for data in (io.BytesIO(block * 7), iter([block] * 7)):
        path = uploaded(acme, data)
        assert store.get_object_metadata("uploads", path.rpartition("/")[2]).size == 7 * MiB
    with acme.get(path, stream=True) as answer:
        assert all(piece == block for piece in answer.iter_content(MiB))
    middle = acme.get(path, headers={"Range": f"bytes={6 * MiB - 1}-{6 * MiB}"})
    assert middle.content == b"\xff\x00"


def test_what_is_cut_or_too_much_isnt_stored(
    example: Any, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with MinIOClient(Config(url, None, multipart_threshold=5 * MiB, part_size=5 * MiB)) as storage:
        store = storage.with_(tenant_id="flask-cut")
        app = example.create_app(storage, TOKENS={"c": "flask-cut"}, MAX_CONTENT_LENGTH=8 * MiB)
        with wsgi(app) as found, Site(found, "c") as client:
            kept = uploaded(client, b"whole")
            for sent, length in ((10, 50), (6 * MiB, 7 * MiB), (10, None), (6 * MiB, None)):
                client.cut("POST", "/uploads", bytes(sent), length, "text/plain")
            huge = {"Content-Length": str(9 * MiB), "Connection": "close"}
            assert client.post("/uploads", data=b"", headers=huge).status_code == 413
            blocks = iter([bytes(MiB)] * 8 + [b"!"])
            assert client.post("/uploads", data=blocks).status_code == 413
        assert [item.key for item in store.list_objects("uploads")] == [kept.rpartition("/")[2]]
        assert list(store.list_multipart_uploads("uploads")) == []


def test_pages(acme: Site) -> None:
    ids = {uploaded(acme, b"").rpartition("/")[2] for _ in range(3)}
    found: list[str] = []
    after = ""
    while after is not None:
        page = acme.get(
            "/uploads", params={"limit": "2", "after": after} if after else {"limit": "2"}
        )
        found += [each["id"] for each in page.json()["uploads"]]
        after = page.json()["next"]
    assert ids <= set(found)
    assert len(found) == len(set(found))
    assert acme.get("/uploads", params={"after": "x" * 2000}).status_code == 400


def test_nobody_could_come_in(example: Any) -> None:
    with pytest.raises(RuntimeError, match="UPLOADS_TOKENS"):
        example.create_app()


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_it_runs_in_forks_of_gunicorn(url: str, store: MinIOClient, tmp_path: Path) -> None:
    """Of a process in which the client has been used: each worker opens connections of its own.

    gunicorn doesn't tell an application that a body has ended early; what is short isn't stored all the same.
    """
    (tmp_path / "preloaded.py").write_text(
        "import uploads_app\n"
        "app = uploads_app.create_app()\n"
        "app.extensions['uploads']['storage'].list_buckets()\n"
    )
    before = len(store.list_objects("uploads")) if store.bucket_exists("uploads") else 0
    with started(
        "Listening at",
        *("-m", "gunicorn", "--bind", "127.0.0.1:0", "--workers", "2"),
        *("--preload", "preloaded:app"),
        HOME=str(tmp_path),  # where gunicorn puts a socket of its own
        PYTHONPATH=os.pathsep.join(map(str, (ROOT, FOLDER / "flask_uploads", tmp_path))),
        MINIO_ENDPOINT=url,
        UPLOADS_TOKENS=json.dumps(TOKENS),
    ) as (process, address):
        with Site(address, "a-secret") as client:
            paths = [uploaded(client, b"%d" % number) for number in range(6)]
            for number, path in enumerate(paths):
                assert client.get(path, headers={"Connection": "close"}).content == b"%d" % number
            assert client.get(paths[0], headers={"Range": "bytes=0-0"}).status_code == 206
            for sent, length in ((10, 50), (10, None)):
                client.cut("POST", "/uploads", bytes(sent), length, "text/plain")
            form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf'
            client.cut("POST", "/uploads", form, 1000, "multipart/form-data; boundary=x")
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        assert process.wait(30) == 0, rest
    assert "Traceback" not in rest, rest
    assert len(store.list_objects("uploads")) == before + len(paths)
