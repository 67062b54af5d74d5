"""The storage for Django, in the project of one file beside it."""

from __future__ import annotations

import html
import importlib
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import requests

from minio_sdk import Config, MinIOClient
from tests.examples import load, run
from tests.examples.serving import Site, wsgi

MiB = 1024 * 1024
TOKENS = {"a-secret": "django-acme", "b-secret": "django-globex"}


@pytest.fixture(scope="module")
def project(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The module; Django's settings are the process's, so that there is one project."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MINIO_ENDPOINT", url)
        monkeypatch.setenv("MINIO_MULTIPART_THRESHOLD", str(5 * MiB))
        monkeypatch.setenv("MINIO_PART_SIZE", str(5 * MiB))
        monkeypatch.setenv("SITE_TOKENS", json.dumps(TOKENS))
        monkeypatch.setenv("SITE_DATABASE", str(tmp_path_factory.mktemp("django") / "site.sqlite3"))
        found = load("django_storage", "documents_site", monkeypatch)
        found.make_tables()
        yield found
        found.connection.close()


@pytest.fixture(scope="module")
def backend(project: Any) -> Any:
    """The module with the storage."""
    return importlib.import_module("tenant_storage")


@pytest.fixture(scope="module")
def site(project: Any) -> Iterator[str]:
    """Where the project is."""
    with wsgi(project.application) as found:
        yield found


@pytest.fixture
def acme(site: str) -> Iterator[Site]:
    with Site(site, "a-secret") as client:
        yield client


@pytest.fixture
def storage(backend: Any, request: pytest.FixtureRequest) -> Any:
    """A storage in a bucket of the test's own."""
    bucket = re.sub("[^a-z]+", "-", request.node.originalname.removeprefix("test_"))[:40].strip("-")
    return backend.TenantStorage(bucket=bucket, tenant="django-storage")


@pytest.fixture
def store(url: str) -> Iterator[MinIOClient]:
    """What that storage's tenant has in the store."""
    with MinIOClient(Config(url, "django-storage")) as client:
        yield client


def content(data: bytes | str) -> Any:
    """What a view would store."""
    return importlib.import_module("django.core.files.base").ContentFile(data)


# --- the project ---------------------------------------------------------------------------------


def test_a_document_comes_back(acme: Site) -> None:
    stored = acme.post("/documents", files={"file": ("ü 1.txt", b"hello")}, data={"title": "One"})
    assert stored.status_code == 201, stored.text
    assert stored.json()["title"] == "One"
    assert stored.json()["size"] == 5
    path = f"/documents/{stored.json()['id']}"
    answer = acme.get(path)
    assert (answer.content, answer.headers["Content-Length"]) == (b"hello", "5")
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''%C3%BC_1.txt"
    link = acme.get(f"{path}/link").json()["url"]
    assert requests.get(link, timeout=30).content == b"hello"

    again = acme.post("/documents", files={"file": ("ü 1.txt", b"other")}).json()
    assert again["name"] != stored.json()["name"]
    assert acme.get(path).content == b"hello"
    assert acme.delete(path).status_code == 204
    assert acme.get(path).status_code == 404
    assert requests.get(link, timeout=30).status_code == 404
    assert acme.get(f"/documents/{again['id']}").content == b"other"


def test_tenants_dont_see_each_other(acme: Site, site: str) -> None:
    stored = acme.post("/documents", files={"file": ("secret.txt", b"acme's")}).json()
    path = f"/documents/{stored['id']}"
    with Site(site, "b-secret") as globex:
        assert globex.get("/documents").json() == {"documents": []}
        for method, where in (("GET", path), ("DELETE", path), ("GET", f"{path}/link")):
            assert globex.request(method, where).status_code == 404
        same = globex.post("/documents", files={"file": ("secret.txt", b"globex's")}).json()
        assert same["name"] == stored["name"]  # is free, as it is another tenant's
        assert globex.get(f"/documents/{same['id']}").content == b"globex's"
    assert acme.get(path).content == b"acme's"
    for token in ("", "a-secre", "django-acme"):
        with Site(site, token) as nobody:
            assert nobody.get(path, headers={"X-Tenant-ID": "django-acme"}).status_code == 401


def test_a_large_body_goes_through(acme: Site) -> None:
    block = bytes(range(256)) * 4096
    files = {"file": ("large.bin", io.BytesIO(block * 7))}
    stored = acme.post("/documents", files=files).json()
    assert stored["size"] == 7 * MiB
    with acme.get(f"/documents/{stored['id']}", stream=True) as answer:
        assert all(piece == block for piece in answer.iter_content(MiB))


def test_what_is_cut_isnt_stored(acme: Site, url: str) -> None:
    acme.post("/documents", files={"file": ("whole.txt", b"whole")}).raise_for_status()
    before = acme.get("/documents").json()
    with MinIOClient(Config(url, "django-acme")) as store:
        keys = [item.key for item in store.list_objects("media")]
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="cut"\r\n\r\nhalf'
        for sent in (form, form + bytes(3 * MiB)):
            kind = "multipart/form-data; boundary=x"
            acme.cut("POST", "/documents", sent, 4 * MiB, kind)
        assert [item.key for item in store.list_objects("media")] == keys
    assert acme.get("/documents").json() == before


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "a\x00b", "C:\\x\\y.txt", "x" * 300, "\u202egpj.exe"]
)
def test_hostile_names_stay_below_the_folder(acme: Site, name: str) -> None:
    answer = acme.post("/documents", files={"file": (name, b"?")})
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        assert re.fullmatch(r"documents/\d{4}/\d\d/[\w.-]+", answer.json()["name"])


def test_static_files(project: Any, site: str) -> None:
    """Collected, hashed, and linked to from a page."""
    management = importlib.import_module("django.core.management")
    said = io.StringIO()
    management.call_command("collectstatic", interactive=False, stdout=said)
    assert "1 static file copied" in said.getvalue()
    management.call_command("collectstatic", interactive=False, stdout=said)
    assert "0 static files copied, 1 unmodified" in said.getvalue()
    with Site(site) as anybody:
        page = anybody.get("/").text
    found = re.search(r'href="([^"]+)"', page)
    assert found
    link = html.unescape(found.group(1))
    assert re.search(r"/site\.[0-9a-f]{12}\.css\?", link)
    answer = requests.get(link, timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/css")


# --- the storage ---------------------------------------------------------------------------------


def test_what_storages_do(storage: Any) -> None:
    assert storage.listdir("") == ([], [])
    assert not storage.exists("a/b.txt")
    storage.delete("a/b.txt")
    assert storage.save("a/b.txt", content("text, ü")) == "a/b.txt"
    assert storage.save("c.bin", io.BytesIO(b"\x00")) == "c.bin"
    assert storage.exists("a/b.txt")
    assert storage.size("a/b.txt") == 8
    assert storage.listdir("") == (["a"], ["c.bin"])
    assert storage.listdir("a") == storage.listdir("a/") == ([], ["b.txt"])
    age = datetime.now(timezone.utc) - storage.get_modified_time("a/b.txt")
    assert abs(age.total_seconds()) < 60
    with storage.open("a/b.txt") as file:
        assert (file.size, file.read(4), file.read()) == (8, b"text", ", ü".encode())
    assert requests.get(storage.url("a/b.txt"), timeout=30).content == "text, ü".encode()
    storage.delete("a/b.txt")
    assert not storage.exists("a/b.txt")
    for ask in (storage.open, storage.size, storage.get_modified_time):
        with pytest.raises(FileNotFoundError):
            ask("a/b.txt")
    with pytest.raises(ValueError, match="mode"):
        storage.open("c.bin", "r")


def test_writing(storage: Any, store: MinIOClient) -> None:
    """Appears when it is closed, and not at all after an exception."""
    storage.save("there", content(b""))
    with storage.open("new", "wb") as file:
        file.write(b"one")
        file.write(b"two")
        assert not storage.exists("new")
    assert storage.open("new").read() == b"onetwo"
    with pytest.raises(RuntimeError), storage.open("half", "wb") as file:
        file.write(b"half")
        raise RuntimeError
    assert not storage.exists("half")


def test_two_that_save_under_one_name(
    storage: Any, store: MinIOClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other comes between the question whether the name is free and the upload."""
    look = storage.exists
    names = iter(["a.txt"])

    def exists(name: str) -> bool:
        there: bool = look(name)
        for other in names:
            store.upload_object(storage.bucket, other, b"theirs")
        return there

    monkeypatch.setattr(storage, "exists", exists)
    saved = storage.save("a.txt", content(b"ours"), max_length=14)
    assert re.fullmatch(r"a_\w{7}\.txt", saved)
    assert store.get_object(storage.bucket, "a.txt") == b"theirs"
    assert store.get_object(storage.bucket, saved) == b"ours"


def test_one_that_is_always_second(
    backend: Any, storage: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.save("a.txt", content(b"first"))
    monkeypatch.setattr(storage, "exists", lambda name: False)
    with pytest.raises(FileExistsError, match=f"{backend.ATTEMPTS} times"):
        storage.save("a.txt", content(b"second"))
    assert storage.open("a.txt").read() == b"first"


def test_overwriting(backend: Any) -> None:
    storage = backend.TenantStorage(bucket="over", tenant="django-storage", allow_overwrite=True)
    assert storage.save("a.txt", content(b"one")) == storage.save("a.txt", content(b"two"))
    assert storage.open("a.txt").read() == b"two"


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../b", "/a", "\\\\host\\a", "..\\a", "..", ".", "", "a\nb", "a\x00b", "ü" * 513],
)
def test_hostile_names_are_refused(storage: Any, name: str) -> None:
    suspicious = importlib.import_module("django.core.exceptions").SuspiciousFileOperation
    for call in (storage.open, storage.exists, storage.delete, storage.size, storage.url):
        with pytest.raises(suspicious):
            call(name)
    if name not in ("", "."):
        with pytest.raises(suspicious):
            storage.listdir(name)
    with pytest.raises(suspicious):
        storage._save(name, content(b""))


def test_a_storage_asks_for_the_tenant_each_time(backend: Any) -> None:
    storage = backend.TenantStorage(bucket="turns", tenant=backend.current_tenant)
    for tenant in ("turn-one", "turn-two"):
        with backend.acting_for(tenant):
            assert storage.save("who.txt", content(tenant.encode())) == "who.txt"
    with backend.acting_for("turn-one"):
        assert storage.open("who.txt").read() == b"turn-one"
    configured = importlib.import_module("django.core.exceptions").ImproperlyConfigured
    nobody = backend.TenantStorage(bucket="turns", tenant=lambda: None)
    for each in (storage, nobody):
        with pytest.raises(configured):
            each.exists("who.txt")


def test_other_addresses(backend: Any) -> None:
    storage = backend.TenantStorage(bucket="b", tenant="t", base_url="https://cdn.example.com/b/")
    assert storage.url("a b/ü#?.txt") == "https://cdn.example.com/b/a%20b/%C3%BC%23%3F.txt"
    assert storage.url("https://evil.example.com/x") == (
        "https://cdn.example.com/b/https%3A/evil.example.com/x"
    )


def test_it_runs_as_its_readme_says(url: str, tmp_path: Path) -> None:
    said = run(
        "django_storage/documents_site.py",
        "check",
        "--fail-level=ERROR",
        MINIO_ENDPOINT=url,
        SITE_TOKENS='{"its-secret": "acme"}',
        SITE_DATABASE=str(tmp_path / "site.sqlite3"),
        PYTHONDONTWRITEBYTECODE="1",
    )
    assert "no issues" in said
