"""Build the documentation site, with every warning an error.

    python scripts/docs.py FOLDER      the site is FOLDER/site/index.html

The pages are those of docs/, as they are on GitHub, and three things more: the changelog, the project's
pages about itself, and one page for each example, with the README of its folder. They are laid out below
FOLDER, where relative links to files outside docs/ are made links to these pages; a link to anything else is
an error. What is built is then looked at once more: each link and anchor has to be there, and no path of
this machine.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
NAME = re.compile(r"^::: (\S+)$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~)")
NESTED = re.compile(
    r"^ {2,3}(?=[*-] )"
)  # GitHub's depth of a list in a list; Python's Markdown wants 4
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")
# What builders of sites print; Zensical's own strict mode doesn't count what mkdocstrings logs.
COMPLAINT = re.compile(r"^griffe: |\b(WARNING|ERROR|Warning:|Error:)")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def pages() -> dict[str, str]:
    """Where the files that become pages are in the site, by their path in the repository."""
    found = {
        path.relative_to(ROOT).as_posix(): path.relative_to(ROOT / "docs").as_posix()
        for path in (ROOT / "docs").rglob("*")
        if path.is_file()
    }
    for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"):
        if (ROOT / f"{name}.md").is_file():
            found[f"{name}.md"] = f"{name.lower()}.md"
    for path in examples():
        name = path.relative_to(ROOT).as_posix()
        stem = name.removesuffix(".py")  # page.html is beside page.py
        found[name] = f"{stem.replace('.', '-')}.md"
    for path in (ROOT / "examples").glob("*/README.md"):
        folder = path.parent.relative_to(ROOT).as_posix()
        found[f"{folder}/README.md"] = f"{folder}/index.md"
    return found


def examples() -> list[Path]:
    """Programs that say in their first line what they show, and the web pages that belong to them."""
    return sorted(
        path
        for path in (ROOT / "examples").rglob("*")
        if path.suffix in {".py", ".html", ".js"}
        and not path.name.startswith(("_", "test_", "conftest"))
    )


def moved(text: str, source: str, places: dict[str, str]) -> str:
    """The page with the links that it has in the site.

    Raises:
        ValueError: one leads to something that isn't there, or isn't in the site.
    """

    def link(match: re.Match[str]) -> str:
        target = match.group()
        parts = urlsplit(target)
        if parts.scheme or not parts.path:
            return target
        path = os.path.normpath(os.path.join(os.path.dirname(source), unquote(parts.path)))  # noqa: PTH118, PTH120
        path = "docs/index.md" if path == "README.md" else path
        if path not in places:
            raise ValueError(f"{source}: {target} leads to no page of the site")
        here = os.path.dirname(places[source])  # noqa: PTH120
        there = os.path.relpath(places[path], here or ".").replace(os.sep, "/")
        return there + (f"#{parts.fragment}" if parts.fragment else "")

    lines, fenced = [], False
    for line in text.splitlines():
        if FENCE.match(line):
            fenced = not fenced
            line = line.removesuffix(" minio")  # is for tests/test_docs.py
        lines.append(line if fenced else LINK.sub(link, NESTED.sub("    ", line)))
    return "\n".join(lines) + "\n"


def example_page(path: Path) -> str:
    """An example as a page: what it says of itself, then its text."""
    text = path.read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(text)) or "" if path.suffix == ".py" else ""
    title, _, rest = said.partition("\n\n")
    name = path.relative_to(ROOT).as_posix()
    title = " ".join(title.split()).rstrip(".")
    kind = {".py": "python"}.get(path.suffix, path.suffix[1:])
    return f"# {title or path.name}\n\n{rest}\n\n`{name}`:\n\n````{kind}\n{text}````\n"


def lay_out(folder: Path) -> None:
    """Everything that the site is made of, below `folder`."""
    places = pages()
    for source, place in places.items():
        target = folder / "docs" / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            text = (ROOT / source).read_text(encoding="utf-8")
            target.write_text(moved(text, source, places), encoding="utf-8")
        elif source.startswith("examples/"):
            target.write_text(example_page(ROOT / source), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, target)
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    shown = [place for source, place in places.items() if source.startswith("examples/")]
    shown.sort(key=lambda place: place.replace("/index.md", "/"))  # before what is in its folder
    names = [f'    "{place}",\n' for place in shown]
    settings = settings.replace(
        '"Examples" = []', '"Examples" = [\n' + "".join(names) + "  ]"
    ).replace('paths = ["."]', f"paths = ['{ROOT}']")
    settings = settings.replace(
        '"scripts/docstrings.py"', f"'{ROOT / 'scripts' / 'docstrings.py'}'"
    )
    (folder / "zensical.toml").write_text(settings, encoding="utf-8")


class Links(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"id", "name"} and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                self.links.add(value)


def problems(site: Path) -> list[str]:
    """Links that lead nowhere, and paths of this machine."""
    found = []
    read = {}
    for path in sorted(site.rglob("*")):
        if path.suffix not in {".html", ".json", ".xml"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        found += [f"{path}: {place}" for place in (str(ROOT), str(site)) if place in text]
        if path.suffix == ".html":
            read[path] = Links()
            read[path].feed(text)
    for path, page in read.items():
        if path.name == "404.html":  # is shown at any address, so its links are the server's
            continue
        for link in sorted(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                found.append(f"{path}: {link} leads nowhere")
                continue
            anchors = read[target].anchors if target in read else set()
            if parts.fragment and unquote(parts.fragment) not in anchors:
                found.append(f"{path}: {link} leads to no anchor")
    return found


def unwritten(folder: Path) -> list[str]:
    """Names of the reference that mkdocstrings has made nothing of: those without a docstring."""
    found = []
    for page in sorted((folder / "docs" / "reference").glob("*.md")):
        html = (folder / "site" / "reference" / page.stem / "index.html").read_text(
            encoding="utf-8"
        )
        names = NAME.findall(page.read_text(encoding="utf-8"))
        found += [
            f"{page}: nothing is said of {name}" for name in names if f'id="{name}"' not in html
        ]
    return found


def main() -> None:
    """Lay out, build, look at it."""
    folder = Path(sys.argv[1]).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        lay_out(folder)
    except ValueError as error:
        sys.exit(str(error))
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"],
        cwd=folder,
        env=os.environ | {"NO_COLOR": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    said = COLOUR.sub("", done.stdout)
    print(said)
    complaints = [line for line in said.splitlines() if COMPLAINT.search(line)]
    if not done.returncode:
        complaints += problems(folder / "site") + unwritten(folder)
    if done.returncode or complaints:
        sys.exit("\n".join(["The site has faults:", *complaints]))
    print(f"{folder / 'site' / 'index.html'}")


if __name__ == "__main__":
    main()
