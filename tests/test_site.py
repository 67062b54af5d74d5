"""The documentation site: nothing is left out of its navigation, nor of its reference.

That it builds, and that its links lead somewhere, is `tox -e docs`; what that rests on is tried here.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import minio_sdk
from minio_sdk import Admin, AsyncMinIOClient, MinIOClient
from minio_sdk.cli.app import COMMANDS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SETTINGS = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]
NAMED = re.compile(r"^::: minio_sdk\.(\S+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = [
    ROOT / "README.md",
    *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "examples").glob("*/README.md")),
]


def load(name: str) -> ModuleType:
    """A script of the project, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


docs = load("docs")


def navigation(part: object) -> list[str]:
    """Every page in it, as often as it is there."""
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for each in parts for page in navigation(each)]  # type: ignore[attr-defined]


def test_each_page_is_in_the_navigation_once() -> None:
    made = [place for place in docs.pages().values() if place.endswith(".md")]
    examples = [place for source, place in docs.pages().items() if source.startswith("examples/")]
    # scripts/docs.py puts the examples in.
    assert sorted(navigation(SETTINGS["nav"]) + examples) == sorted(made)


def test_each_screenshot_is_on_a_page() -> None:
    shown = {
        link.rpartition("/")[2] for page in PAGES for link in LINK.findall(page.read_text("utf-8"))
    }
    drawn = {path.name for path in (DOCS / "screenshots").iterdir()}
    screenshots = load("screenshots")
    assert drawn == {f"{screenshots.PAGE}.png", *(f"{name}.svg" for name in screenshots.SHOWN)}
    assert drawn <= shown


def test_each_guide_is_in_the_index() -> None:
    linked = set(LINK.findall((DOCS / "how-to" / "index.md").read_text(encoding="utf-8")))
    guides = {path.name for path in (DOCS / "how-to").glob("*.md")} - {"index.md"}
    assert guides <= linked


REFERENCE = [
    name
    for path in sorted((DOCS / "reference").glob("*.md"))
    for name in NAMED.findall(path.read_text(encoding="utf-8"))
]


def test_each_public_name_is_in_the_reference_once() -> None:
    assert sorted(name for name in REFERENCE if "." not in name) == sorted(minio_sdk.__all__)


@pytest.mark.parametrize(
    ("cls", "with_the_class"),
    [
        (MinIOClient, {"with_", "with_extras", "admin", "close"}),
        (Admin, {"config"}),
    ],  # the client's own `config`
)
def test_each_method_is_in_the_reference_once(cls: type, with_the_class: set[str]) -> None:
    listed = [name for name in REFERENCE if name.startswith(f"{cls.__name__}.")]
    there = {name for name in dir(cls) if not name.startswith("_")} - with_the_class
    assert sorted(listed) == sorted(f"{cls.__name__}.{name}" for name in there)


def test_the_clients_have_one_reference() -> None:
    """The pages say that each method is on the async client too."""
    names = {name for name in dir(MinIOClient) if not name.startswith("_")}
    assert names <= set(dir(AsyncMinIOClient))


def test_what_takes_the_place_of_mc_is_there() -> None:
    """Commands of the second column, methods of the last."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (DOCS / "how-to" / "from-mc.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    rows = [row for row in rows if len(row) == 3 and row[0] != "`mc`"]
    commands = {each for row in rows for each in re.findall(r"`([a-z]+)", row[1])}
    assert commands - {"apply", "mc"} <= set(COMMANDS)
    methods = {each for row in rows for each in re.findall(r"`((?:admin\.)?[a-z_]+)[(`]", row[2])}
    admin = {each.removeprefix("admin.") for each in methods if each.startswith("admin.")}
    plain = {each for each in methods if "." not in each} - {"bucket"}
    assert {each for each in admin if not hasattr(Admin, each)} == set()
    assert {each for each in plain if not hasattr(MinIOClient, each)} == set()
    assert (len(commands) > 30, len(admin) > 90, len(plain) > 40) == (True, True, True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_pages_that_are_there(page: Path) -> None:
    """On GitHub as on the site, which `moved` makes them fit for."""
    text = page.read_text(encoding="utf-8")
    places = docs.pages()
    name = page.relative_to(ROOT).as_posix()
    if name != "README.md":
        docs.moved(text, name, places)
    for link in LINK.findall(text):
        path = link.partition("#")[0]
        assert not path.startswith(("/", "file:")), link
        if path and "://" not in path and not path.startswith("mailto:"):
            assert (page.parent / path).is_file(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_tells_of_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert not re.search(r"(?<![\w}/.-])/(home|Users|work|root)/\w", text)


def test_links_of_a_page_are_moved_with_it() -> None:
    places = {
        "CHANGELOG.md": "changelog.md",
        "docs/a.md": "a.md",
        "docs/how-to/b.md": "how-to/b.md",
        "docs/index.md": "index.md",
        "examples/c.py": "examples/c.md",
    }
    text = (
        "[a](../a.md#top) [log](../../CHANGELOG.md) [c](../../examples/c.py) [home](../../README.md)\n"
        "[out](https://example.com/x.md) [here](#top)\n"
        "* one\n  * in it\n"
        "```python minio\nd[0](e.md)\n  * 2\n```\n"
    )
    assert docs.moved(text, "docs/how-to/b.md", places) == (
        "[a](../a.md#top) [log](../changelog.md) [c](../examples/c.md) [home](../index.md)\n"
        "[out](https://example.com/x.md) [here](#top)\n"
        "* one\n    * in it\n"
        "```python\nd[0](e.md)\n  * 2\n```\n"
    )
    with pytest.raises(ValueError, match=r"setup\.py leads to no page"):
        docs.moved("[x](../../setup.py)", "docs/how-to/b.md", places)


def test_the_built_site_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "guide").mkdir()
    (tmp_path / "index.html").write_text(
        '<a href="guide/#here">1</a><a href="guide/#gone">2</a><a href="no/">3</a><img src="x.png">'
        '<a href="https://example.com/">4</a><a href="#top">5</a><p id="top"></p>'
    )
    (tmp_path / "guide" / "index.html").write_text(
        f'<h2 id="here">{docs.ROOT}</h2><a href="..">home</a>'
    )
    found = [problem.replace(str(tmp_path), "") for problem in docs.problems(tmp_path)]
    assert found == [
        f"/guide/index.html: {docs.ROOT}",
        "/index.html: guide/#gone leads to no anchor",
        "/index.html: no/ leads nowhere",
        "/index.html: x.png leads nowhere",
    ]


def test_what_the_builder_complains_of_is_seen() -> None:
    for line in (
        "griffe: a.py:1: Parameter 'x'",
        "Warning: anchor does not exist",
        "ERROR - no inventory",
    ):
        assert docs.COMPLAINT.search(line)
    assert not docs.COMPLAINT.search("No issues found")
