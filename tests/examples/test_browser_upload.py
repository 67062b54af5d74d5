"""The upload page in a real browser: headless Chromium, the service as its README starts it, a real store."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from minio_sdk import Config, CorsRule, MinIOClient
from tests.clock import FakeClock
from tests.examples import FOLDER, ROOT
from tests.examples.browsing import expect

app = importlib.import_module("examples.browser_upload.app")
LARGEST = 20_000_000


@pytest.fixture(scope="module")
def sites(url: str) -> Iterator[dict[str, str]]:
    """The pages of the tenants, as the service says where they are; at its end it is quiet."""
    service = subprocess.Popen(
        [sys.executable, "-W", "error", str(FOLDER / "browser_upload" / "app.py"), "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "MINIO_ENDPOINT": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with service:
        assert service.stdout
        lines = [service.stdout.readline(), service.stdout.readline()]
        try:
            if not lines[1]:
                pytest.fail(service.communicate()[1])
            yield dict(line.strip().split(": ", 1) for line in lines)
            service.send_signal(signal.SIGINT)
            assert service.communicate(timeout=30) == ("", "")
            assert service.returncode == 0
        finally:
            service.kill()


@pytest.fixture
def store(url: str, sites: dict[str, str]) -> Iterator[MinIOClient]:
    """As the tenant `acme` has it, whose inbox is empty."""
    with MinIOClient(Config(url, "acme")) as store:
        store.delete_objects("inbox", [item.key for item in store.list_objects("inbox")])
        yield store


@pytest.fixture
def page(browser: Any, sites: dict[str, str]) -> Iterator[Any]:
    """The page of `acme`, loaded; it has no mistake that a browser would complain of."""
    with opened(browser, sites["acme"]) as page:
        yield page


@contextlib.contextmanager
def opened(browser: Any, address: str) -> Iterator[Any]:
    mistakes: list[str] = []
    context = browser.new_context()  # with nothing that another test left
    try:
        page = context.new_page()
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.on("dialog", lambda dialog: mistakes.append(dialog.message))
        page.goto(address)
        expect(page.locator("#limits")).to_have_text("Images up to 20 MB")
        yield page
        assert mistakes == []
    finally:
        context.close()


def choose(page: Any, way: str, *files: tuple[str, bytes] | Path, kind: str = "image/png") -> None:
    """Choose files as a user does. `way` is "PUT" or "POST"."""
    page.get_by_label(f"({way})").check()
    given: list[Any] = [
        each if isinstance(each, Path) else {"name": each[0], "mimeType": kind, "buffer": each[1]}
        for each in files
    ]
    page.get_by_label("Choose images").set_input_files(given)


def answered(page: Any, where: str, answer: Any) -> None:
    """Let somebody else than the service answer there."""
    page.route(where, lambda route: route.fulfill(json=answer))


def lie(page: Any) -> None:
    """Make the page one that checks nothing itself."""
    answer = {"tenant": "acme", "limits": {"bytes": 10**12, "types": ""}, "uploads": []}
    answered(page, "**/api/uploads", answer)
    page.reload()
    expect(page.locator("#limits")).to_have_text("Images up to 1,000 GB")


def at(
    site: str, path: str, method: str = "GET", headers: Any = None, **more: Any
) -> requests.Response:
    """The service's answer, without a browser, and without the system knowing the host."""
    parts = urlsplit(site)
    headers = {"Host": parts.netloc, **(headers or {})}
    address = f"http://127.0.0.1:{parts.port}{path}"
    return requests.request(method, address, headers=headers, timeout=30, **more)


def keys(store: MinIOClient) -> list[str]:
    return [item.key for item in store.list_objects("inbox")]


# -- without a browser, whose event loop would be in the way -----------------------------------------


@settings(max_examples=50)
@given(st.text())
def test_a_name_is_made_safe_once(name: str) -> None:
    """A browser that asks with the name that it was told finds the same key."""
    safe = app.safe_name(name)
    assert app.safe_name(safe) == safe
    assert safe not in ("", ".", "..")
    assert not re.search(r"[/\\\x00-\x1f]", safe)
    assert len(safe.encode()) <= 200


def test_a_store_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """The service says so and doesn't start."""
    monkeypatch.setattr(sys, "argv", ["app.py", "--port", "0"])
    monkeypatch.setenv("MINIO_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("MINIO_MAX_RETRIES", "0")
    with pytest.raises(SystemExit, match="^The store can't be used: "):
        app.main()
    assert capsys.readouterr().out == ""


def test_tenants_and_strangers(sites: dict[str, str], store: MinIOClient) -> None:
    """What a browser isn't needed for: nobody gets at another tenant's uploads, nor at other keys."""
    key = "0000000001-00000000000000aa/a.png"
    store.put_object("inbox", key, b"acme's")
    acme, globex = sites["acme"], sites["globex"]
    theirs = at(acme, f"/api/uploads/{key}", allow_redirects=False).headers["location"]
    assert requests.get(theirs, timeout=30).content == b"acme's"
    nobodys = at(globex, f"/api/uploads/{key}", allow_redirects=False).headers["location"]
    assert requests.get(nobodys, timeout=30).status_code == 404
    assert at(globex, f"/api/uploads/{key}", "DELETE").status_code == 204
    assert (at(globex, "/api/uploads").json()["uploads"], keys(store)) == ([], [key])

    port = urlsplit(acme).port
    strangers = (f"initech.localhost:{port}", f"127.0.0.1:{port}", f"acme.localhost.evil:{port}")
    for stranger in strangers:
        for path in ("/", "/api/uploads", f"/api/uploads/{key}"):
            assert at(f"http://{stranger}/", path).status_code == 404
    for other in ("x/a.png", "../a.png", "%2e%2e/a.png", f"{key}/b", f"{key[:-5]}%2f/a.png"):
        assert at(acme, f"/api/uploads/{other}", "DELETE").status_code in (404, 405)
    assert at(acme, "/app.py").status_code == 404
    assert keys(store) == [key]

    policy = at(acme, "/").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy


def test_a_permission_is_for_what_can_be_uploaded(sites: dict[str, str]) -> None:
    """Whatever a page says that somebody has tampered with."""
    good: dict[str, Any] = {"name": "a", "size": 1, "type": "image/png", "way": "put"}
    cases: list[tuple[int, dict[str, Any]]] = [
        (200, {}),
        (400, {"way": "x"}),
        (415, {"type": "image/\n"}),
        (415, {"type": "image/ü"}),
        (413, {"size": 10**30}),
        (400, {"size": -1}),
        (422, {"size": "much"}),
        (422, {"name": None}),
        (422, {"name": ["a"]}),
    ]
    for status, wrong in cases:
        answer = at(sites["acme"], "/api/permissions", "POST", json={**good, **wrong})
        assert (wrong, answer.status_code) == (wrong, status)
    half_a_letter = json.dumps({**good, "name": "\ud800"})
    typed = {"Content-Type": "application/json"}
    said = at(sites["acme"], "/api/permissions", "POST", data=half_a_letter, headers=typed)
    assert said.status_code in (200, 422)
    # Another site's page may send this without asking first, and so it must not count.
    typed = {"Content-Type": "text/plain"}
    plain = at(sites["acme"], "/api/permissions", "POST", data=json.dumps(good), headers=typed)
    assert plain.status_code == 422


# -- in the browser -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["PUT", "POST"])
def test_a_file_goes_to_the_store_itself(
    page: Any, store: MinIOClient, way: str, tmp_path: Path, url: str
) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    data = os.urandom(3 << 20)
    choose(page, way, ("cat.png", data))
    expect(page.locator("li.done .state")).to_have_text(re.compile(r"^Uploaded, [\d.,]+ [kM]B/s$"))
    bar = page.get_by_role("progressbar", name="Progress of cat.png")
    expect(bar).to_have_js_property("value", 100)
    expect(page.get_by_role("status")).to_contain_text("cat.png: Uploaded")

    [key] = keys(store)
    assert store.get_object("inbox", key) == data
    assert store.get_object_metadata("inbox", key).content_type == "image/png"
    where = f"{url}/acme-inbox/" + (quote(key) if way == "PUT" else "")
    assert (way, where) in [(method, address.partition("?")[0]) for method, address in asked]

    with page.expect_download() as downloaded:
        page.get_by_role("link", name="cat.png").click()
    assert downloaded.value.suggested_filename == "cat.png"
    downloaded.value.save_as(tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == data

    page.get_by_role("button", name="Remove cat.png").click()
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    assert keys(store) == []


HOSTILE = {
    "../x.png": ".._x.png",
    "..": "_",
    "ünï 日本 😀.png": "ünï 日本 😀.png",
    "a b\t\"q'&amp;+%2F.png": "a b_\"q'&amp;+%2F.png",
    "<script>document.title='hacked'</script>.png": "<script>document.title='hacked'<_script>.png",
    "<img src=x onerror=alert(1)>.png": "<img src=x onerror=alert(1)>.png",
    "%2e%2e%2f?a#b\\c.png": "%2e%2e%2f?a#b_c.png",
    f"{'ü' * 150}.png": "ü" * 100,
}


def test_names_are_kept_and_do_no_harm(
    page: Any, store: MinIOClient, sites: dict[str, str]
) -> None:
    names = [*HOSTILE]
    choose(page, "PUT", *((name, name.encode()) for name in names[::2]))
    choose(page, "POST", *((name, name.encode()) for name in names[1::2]))
    choose(page, "POST", *((name, name.encode()) for name in names[:2]))
    expect(page.locator("#stored tbody tr")).to_have_count(len(names) + 2)
    assert set(page.locator("#transfers .name").all_text_contents()) == set(HOSTILE)
    assert set(page.locator("#stored a").all_text_contents()) == set(HOSTILE.values())
    assert (page.title(), page.locator("body script, body img").count()) == ("Photo inbox", 0)

    stored = {key: store.get_object("inbox", key) for key in keys(store)}
    assert len(stored) == len(names) + 2  # none has taken another's place
    assert {(key.partition("/")[2], data.decode()) for key, data in stored.items()} == {
        (safe, name) for name, safe in HOSTILE.items()
    }
    links = page.locator("#stored a").evaluate_all("all => all.map(a => [a.textContent, a.href])")
    for shown, address in links:  # each leads back to its own file
        answer = at(sites["acme"], urlsplit(address).path, allow_redirects=False)
        data = requests.get(answer.headers["location"], timeout=30).content
        assert HOSTILE[data.decode()] == shown
        assert at(sites["acme"], urlsplit(address).path, "DELETE").status_code == 204
    assert keys(store) == []


def test_what_is_too_large_or_of_another_type_is_refused(
    page: Any, store: MinIOClient, tmp_path: Path
) -> None:
    """By the page; where that doesn't look, by the service; and where nothing is said, by the store."""
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    said = page.locator("li.failed .state").first

    choose(page, "PUT", large)
    expect(said).to_have_text("The file is too large: at most 20 MB are taken.")
    choose(page, "POST", ("page.html", b"<p>"), kind="text/html")
    expect(said).to_have_text("Only images can be uploaded here.")
    choose(page, "POST", ("empty.png", b""))
    expect(said).to_have_text("The file is empty.")

    lie(page)
    choose(page, "PUT", large)
    expect(said).to_have_text("The file is too large: at most 20,000,000 bytes are taken.")
    choose(page, "PUT", ("page.html", b"<p>"), kind="text/html")
    expect(said).to_have_text("Only images can be uploaded here.")
    choose(page, "PUT", ("empty.png", b""))

    choose(page, "POST", large)
    expect(said).to_have_text(re.compile("^The file is too large for the store: it takes at most"))
    choose(page, "POST", ("page.html", b"<p>"), kind="text/html")
    expect(said).to_have_text("The store doesn't take this type of file here.")
    expect(page.get_by_role("button", name="again")).to_have_count(0)  # it would be no use
    assert keys(store) == []


def test_a_permission_that_has_expired(page: Any, store: MinIOClient, url: str) -> None:
    """It says so, and trying again asks for another."""
    key = "0000000001-00000000000000ff/late.png"
    headers = {"Content-Type": "image/png"}
    with MinIOClient(Config(url, "acme"), clock=FakeClock(time.time() - 3600)) as earlier:
        address = earlier.get_presigned_put_url("inbox", key, 300, headers=headers)
        post = earlier.presigned_post("inbox", key, 300, content_type="image/*")
    old = {
        "PUT": {"method": "PUT", "url": address, "headers": headers},
        "POST": {"method": "POST", "url": post.url, "fields": dict(post.fields)},
    }
    for way, permission in old.items():
        answer = {"id": key.partition("/")[0], "name": "late.png", **permission}
        answered(page, "**/api/permissions", answer)
        choose(page, way, ("late.png", way.encode()))
        expect(page.locator("li.failed .state")).to_have_text(
            "The permission to upload has expired. Try again."
        )
        assert keys(store) == []
        page.unroute("**/api/permissions")
        page.get_by_role("button", name="Try late.png again").click()
        expect(page.locator("li.failed")).to_have_count(0)
        expect(page.locator("li").first).to_have_class("done")
        [stored] = keys(store)
        assert store.get_object("inbox", stored) == way.encode()
        store.delete_object("inbox", stored)


def test_cancelling_leaves_nothing(page: Any, store: MinIOClient, tmp_path: Path) -> None:
    """Files on a line so slow that none of them could arrive; three are under way, one waits."""
    line = page.context.new_cdp_session(page)
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1}
    line.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": 50_000})
    for name in "abcd":
        with (tmp_path / f"{name}.png").open("wb") as file:
            file.truncate(12 << 20)
    choose(page, "PUT", tmp_path / "a.png", tmp_path / "b.png")
    choose(page, "POST", tmp_path / "c.png", tmp_path / "d.png")
    expect(page.locator("li.waiting .state")).to_have_text("Waiting")
    for name in "abc":
        state = page.locator("li", has_text=f"{name}.png").locator(".state")
        expect(state).to_have_text(re.compile(r"^\d+ % · [\d.,]+ \w+/s · \d+ s left$"))
    for name in "dabc":
        page.get_by_role("button", name=f"Cancel {name}.png").click()
    expect(page.locator("li.cancelled")).to_have_count(4)
    expect(page.get_by_text("Cancelled", exact=True)).to_have_count(4)

    line.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
    page.get_by_role("button", name="Try b.png again").click()
    expect(page.locator("li.done")).to_have_count(1)
    assert [key.partition("/")[2] for key in keys(store)] == ["b.png"]
    assert list(store.list_multipart_uploads("inbox")) == []


def test_what_arrived_in_the_moment_of_cancelling_is_removed(page: Any, store: MinIOClient) -> None:
    """The store has it all, and its answer never comes."""

    def lost(route: Any) -> None:
        request = route.request
        if request.method == "PUT":
            answer = requests.put(
                request.url,
                data=request.post_data_buffer,
                headers={"Content-Type": "image/png"},
                timeout=30,
            )
            assert answer.status_code == 200
            assert len(keys(store)) == 1
            page.get_by_role("button", name="Cancel").dispatch_event("click")
        else:
            route.continue_()

    page.route("**/acme-inbox/**", lost)
    choose(page, "PUT", ("a.png", b"a"))
    expect(page.locator("li.cancelled .state")).to_have_text("Cancelled")
    assert keys(store) == []


def test_a_store_that_takes_nothing_from_the_page(
    browser: Any, sites: dict[str, str], url: str
) -> None:
    """Because its CORS rules name another page; or because nobody is there, or no service."""
    origin = sites["globex"].rstrip("/")
    rule = CorsRule(allowed_origins=("https://other.example.com",), allowed_methods=("PUT", "POST"))
    with MinIOClient(Config(url, "globex")) as store, opened(browser, sites["globex"]) as page:
        rules = store.get_bucket_cors("inbox")
        assert [each.allowed_origins for each in rules] == [(origin,)]
        said = page.locator("li.failed .state")
        store.set_bucket_cors("inbox", [rule])
        choose(page, "PUT", ("a.png", b"a"))
        choose(page, "POST", ("b.png", b"b"))
        expect(said).to_have_text(
            [
                f"The store takes no uploads from this page ({origin}). "
                "Its CORS rules have to allow it."
            ]
            * 2
        )
        assert keys(store) == []

        page.route(f"{url}/**", lambda route: route.abort())
        page.get_by_role("button", name="Try a.png again").click()
        page.get_by_role("button", name="Try b.png again").click()
        expect(said).to_have_text(["The store can't be reached. Check your connection."] * 2)
        page.unroute(f"{url}/**")
        page.route("**/api/permissions", lambda route: route.abort())
        page.get_by_role("button", name="Try a.png again").click()
        expect(said.last).to_have_text("The service can't be reached. Check your connection.")
        page.unroute("**/api/permissions")

        store.set_bucket_cors("inbox", rules)
        page.get_by_role("button", name="Try b.png again").click()
        expect(page.locator("li.done .name")).to_have_text("b.png")
        assert [key.partition("/")[2] for key in keys(store)] == ["b.png"]


def test_dropping_files(page: Any, store: MinIOClient) -> None:
    """On the area they are uploaded; beside it nothing happens, and the page stays."""
    files = page.evaluate_handle(
        """() => {
          const data = new DataTransfer();
          for (const name of ["a.png", "b.png"]) data.items.add(new File(["x"], name, {type: "image/png"}));
          return data;
        }"""
    )
    for kind in ("dragover", "drop"):
        page.dispatch_event("h1", kind, {"dataTransfer": files})
    page.dispatch_event("#drop", "dragover", {"dataTransfer": files})
    expect(page.locator("#drop")).to_have_class("over")
    page.dispatch_event("#drop", "drop", {"dataTransfer": files})
    expect(page.locator("li.done")).to_have_count(2)
    assert sorted(key.partition("/")[2] for key in keys(store)) == ["a.png", "b.png"]
