"""The pages and scripts that the guides show, in headless Chromium."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from minio_sdk import Config, CorsRule, MinIOClient
from tests.examples import ROOT
from tests.examples.browsing import expect
from tests.scripted import ScriptedServer, reply

BLOCK = re.compile(r"^```(html|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = {
    guide: BLOCK.findall((ROOT / "docs" / "how-to" / f"{guide}.md").read_text(encoding="utf-8"))
    for guide in ("browser-upload", "presigned")
}
PAGE, SCRIPT, PARTS = (block for _, block in SHOWN["browser-upload"])
((_, FORM),) = SHOWN["presigned"]
PNG = {"name": "cat.png", "mimeType": "image/png", "buffer": b"png"}


@pytest.fixture
def uploads(url: str) -> Iterator[MinIOClient]:
    """A tenant with an empty bucket."""
    with MinIOClient(Config(url, "guides")) as client:
        client.create_bucket("uploads")
        yield client
        client.delete_bucket("uploads", force=True)


@contextlib.contextmanager
def shown(browser: Any, html: str, uploads: MinIOClient) -> Iterator[Any]:
    """A page of some site, as a guide has it, with a file chosen; the bucket takes what it sends."""
    page_as_text = reply(200, html.encode(), headers={"Content-Type": "text/html"})
    with ScriptedServer(handler=lambda _: page_as_text, strict=False) as site:
        rule = CorsRule(
            allowed_origins=(site.url,), allowed_methods=("PUT", "POST"), allowed_headers=("*",)
        )
        uploads.set_bucket_cors("uploads", [rule])
        context = browser.new_context()
        try:
            page = context.new_page()
            page.goto(site.url)
            yield page
        finally:
            context.close()


def test_the_guides_have_these_and_no_others() -> None:
    pages = (ROOT / "docs").rglob("*.md")
    found = sum(len(BLOCK.findall(page.read_text(encoding="utf-8"))) for page in pages)
    assert found == sum(map(len, SHOWN.values())) == 4


def test_the_guide_s_page(browser: Any, uploads: MinIOClient) -> None:
    asked: list[Any] = []

    def permit(route: Any) -> None:
        asked.append(route.request.post_data_json)
        headers = {"Content-Type": asked[0]["type"]}
        signed = {**headers, "Content-Length": str(asked[0]["size"])}
        link = uploads.get_presigned_put_url("uploads", "ada/1", expiry_seconds=60, headers=signed)
        route.fulfill(json={"url": link, "headers": headers})

    with shown(browser, PAGE, uploads) as page:
        page.route("**/permission", permit)
        page.locator("#file").set_input_files(PNG)
        expect(page.locator("#said")).to_have_text("Done.")
        expect(page.locator("#bar")).to_have_js_property("value", 1)
    assert asked == [{"size": 3, "type": "image/png"}]
    assert uploads.get_object("uploads", "ada/1") == b"png"
    assert uploads.get_object_metadata("uploads", "ada/1").content_type == "image/png"


def test_the_guide_s_script(browser: Any, uploads: MinIOClient) -> None:
    post = uploads.presigned_post(
        "uploads", "ada/${filename}", content_type="image/*", success_action_status=201
    )
    html = '<input type="file" id="file"><progress id="bar" max="1" value="0"></progress>'
    script = """async answer => {
      const bar = document.getElementById("bar"), chosen = document.getElementById("file").files[0];
      SHOWN
      await new Promise(done => { request.onloadend = done; });
      return [request.status, bar.value];
    }"""
    with shown(browser, html, uploads) as page:
        page.locator("#file").set_input_files(PNG)
        answer = {"url": post.url, "fields": dict(post.fields)}
        script = script.replace("SHOWN", SCRIPT)
        assert page.evaluate(script, answer) == [201, 1]
    assert uploads.get_object("uploads", "ada/cat.png") == b"png"


def test_the_guide_s_parts(browser: Any, uploads: MinIOClient) -> None:
    size, part = 5 * 1024 * 1024, b"x" * 5 * 1024 * 1024 + b"end"
    upload = uploads.create_multipart_upload("uploads", "ada/film", content_type="video/mp4")
    asked: list[list[int]] = []
    stored: list[int] = []

    def missing(route: Any) -> None:
        listed = uploads.list_parts("uploads", "ada/film", upload.upload_id)
        there = [each.part_number for each in listed]
        asked.append(there)
        found = [
            {
                "url": uploads.get_presigned_part_url(
                    "uploads",
                    "ada/film",
                    upload.upload_id,
                    number,
                    headers={"content-length": str(end - start)},
                ),
                "start": start,
                "end": end,
            }
            for number, start, end in ((1, 0, size), (2, size, len(part)))
            if number not in there
        ]
        route.fulfill(json=found)

    def end(route: Any) -> None:
        done = uploads.complete_multipart_upload(
            "uploads", "ada/film", upload.upload_id, size=len(part)
        )
        stored.append(done.size)
        route.fulfill(json={})

    script = """async () => {
      const chosen = document.getElementById("file").files[0];
      SHOWN
    }""".replace("SHOWN", PARTS)
    with shown(browser, '<input type="file" id="file">', uploads) as page:
        page.route("**/missing", missing)
        page.route("**/end", end)
        film = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": part}
        page.locator("#file").set_input_files(film)
        page.evaluate(script)
    assert asked == [[], [1, 2]]
    assert stored == [len(part)]
    assert uploads.get_object("uploads", "ada/film") == part


def test_the_guide_s_form(browser: Any, uploads: MinIOClient) -> None:
    post = uploads.presigned_post(
        "uploads",
        "inbox/${filename}",
        content_length_range=(1, 10_000_000),
        content_type="image/*",
        metadata={"user": "42"},
        success_action_status=201,
    )
    html = re.sub(r'action="[^"]*"', f'action="{post.url}"', FORM)
    written = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html))
    assert written.keys() == post.fields.keys()
    for name, value in post.fields.items():
        assert written[name] in (value, "..."), name
        html = html.replace(f'name="{name}" value="..."', f'name="{name}" value="{value}"')
    with shown(browser, html, uploads) as page:
        page.locator("[name=file]").set_input_files(PNG)
        with page.expect_response(post.url) as answered:
            page.get_by_role("button", name="Upload").click()
        assert answered.value.status == 201
    assert uploads.get_object("uploads", "inbox/cat.png") == b"png"
    assert uploads.get_object_metadata("uploads", "inbox/cat.png").metadata == {"user": "42"}
