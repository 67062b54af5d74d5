"""Draw docs/screenshots/*: what the command line and the example's page show, on a server of their own.

    python scripts/screenshots.py [NAME ...]   # the extras `cli`, `server` and `examples`, and Chromium

Another command is another line of `SHOWN`. Run it when a command's output, or the page, has changed. It needs
a system with pseudo-terminals.
"""

from __future__ import annotations

import importlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from minio_sdk import LocalServer

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
ROOT = FOLDER.parent.parent
WIDTH = 100
PAGE = "browser-upload"
"""The picture of a page in Chromium; the others are commands in a terminal."""
CHANGED = "diff data minio://docs/data"
SHOWN = {
    "demo": ("demo",),
    "tenants": (
        "tenant add acme --env > acme.env",
        "tenant add globex --env > globex.env",
        "tenant list",
    ),
    "objects": ("tree docs/data", "du -d 3 docs", CHANGED),
    "plan": (
        "bucket plan letters bucket.json",
        "bucket apply --yes --quiet letters bucket.json",
        "bucket plan letters bucket.json",
    ),
}
# What comes before it, and is not in the picture.
BEFORE = {
    "tenants": ("mb documents letters --tenant acme", "mb documents --tenant globex"),
    "objects": ("cp -r data minio://docs",),
    "plan": ("bucket apply --yes --create letters before.json",),
}
# What differs from run to run, or is taken for a leak by those who look for keys.
EXAMPLES = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://localhost:9000"),
    (re.compile(r"\bAKIA[A-Z0-9]{16}\b"), "AKIAIOSFODNN7EXAMPLE"),
)
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # would be asked of a server elsewhere


# The files that commands are about: their sizes, or what is in them.
FILES: dict[str, int | str] = {
    "data/images/cover.png": 1_840_000,
    "data/images/map.png": 760_000,
    "data/logs/2026-11-21.log": 412_000,
    "data/logs/2026-11-22.log": 96_000,
    "data/reports/2026/q1.csv": 230_000,
    "data/reports/2026/q2.csv": 251_000,
    "data/readme.md": 2_100,
    "before.json": '{"tags": {"team": "search", "stage": "test"}, "versioning": false}',
    "bucket.json": """{
        "versioning": true,
        "tags": {"team": "search", "stage": "live"},
        "lifecycle": [{"id": "temporary", "filter": {"prefix": "tmp/"}, "expiration": {"days": 7}}]
    }""",
}


def prepare(folder: Path) -> None:
    """Write the files."""
    for name, content in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else bytes(content))


def change(folder: Path) -> None:
    """Make it another folder than the one that was stored."""
    (folder / "data/readme.md").write_bytes(b"new")
    (folder / "data/logs/2026-11-21.log").unlink()
    (folder / "data/logs/2026-11-23.log").write_bytes(b"new")


def ran(command: str, environ: dict[str, str], folder: Path) -> str:
    """What a command says on a terminal of that width; nothing where it is said to go into a file."""
    argv, _, target = command.partition(" > ")
    ours, theirs = os.openpty()
    said = bytearray()

    def listen() -> None:
        try:
            while piece := os.read(ours, 65536):
                said.extend(piece)
        except OSError:  # how Linux tells of its end
            pass

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        # Bars that come and go are on standard error, and no part of a picture.
        subprocess.run(
            [sys.executable, "-m", "minio_sdk", *shlex.split(argv)],
            env=environ,
            cwd=folder,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    finally:
        os.close(theirs)
        listener.join()
        os.close(ours)
    return "" if target else said.decode().replace("\r\n", "\n")


def drawn(title: str, text: str) -> str:
    """The text as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), end="")
    return FONTS.sub(
        "", console.export_svg(title=title, theme=MONOKAI, unique_id=title.split()[-1])
    )


def photographed(environ: dict[str, str]) -> bytes:
    """The page of examples/browser_upload, with uploads that are done, under way and refused."""
    sync_api: Any = importlib.import_module("playwright.sync_api")
    app = ROOT / "examples" / "browser_upload" / "app.py"
    command = [sys.executable, str(app), "--port", "0"]
    with (
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as service,
        sync_api.sync_playwright() as playwright,
    ):
        try:
            assert service.stdout
            address = service.stdout.readline().split()[1]
            program = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 720, "height": 400})
            page.goto(address)
            sync_api.expect(page.locator("#limits")).not_to_be_empty()
            choose(page, ("notes.txt", 2_100), ("harbour at night.jpg", 4_200_000))
            choose(page, ("Füße im Sand.png", 7_800_000))
            sync_api.expect(page.locator("li.done")).to_have_count(2)
            sync_api.expect(page.locator("#stored tbody tr")).to_have_count(2)
            # A line that is slow enough to be looked at.
            page.context.new_cdp_session(page).send(
                "Network.emulateNetworkConditions",
                {
                    "offline": False,
                    "latency": 0,
                    "downloadThroughput": -1,
                    "uploadThroughput": 2e6,
                },
            )
            choose(page, ("panorama.png", 18_600_000))
            state = page.locator("li.running .state")
            sync_api.expect(state).to_have_text(re.compile("^[3-6][0-9] %"), timeout=60_000)
            picture: bytes = page.screenshot(full_page=True)
            browser.close()
        finally:
            service.terminate()
    # A page has few colours: a third of the bytes.
    image: Any = importlib.import_module("PIL.Image")
    smaller = io.BytesIO()
    image.open(io.BytesIO(picture)).convert("RGB").quantize(128).save(smaller, "PNG", optimize=True)
    return smaller.getvalue()


def choose(page: Any, *files: tuple[str, int]) -> None:
    """Files of these names and sizes, chosen as a user does."""
    kinds = {".txt": "text/plain", ".jpg": "image/jpeg", ".png": "image/png"}
    page.get_by_label("Choose images").set_input_files(
        [
            {"name": name, "mimeType": kinds[name[-4:]], "buffer": bytes(size)}
            for name, size in files
        ]
    )


def main(names: list[str]) -> None:
    """Each picture, from its commands in their order."""
    FOLDER.mkdir(exist_ok=True)
    with LocalServer() as server, tempfile.TemporaryDirectory() as made:
        environ = {
            **os.environ,
            "COLUMNS": str(WIDTH),
            "MINIO_ENDPOINT": server.base_url,
            "PYTHONPATH": str(ROOT),
            "TERM": "xterm-256color",
        }
        folder = Path(made)
        prepare(folder)
        for name, commands in SHOWN.items():
            if names and name not in names:
                continue
            for command in BEFORE.get(name, ()):
                ran(command, environ, folder)
            text = ""
            for command in commands:
                if command is CHANGED:
                    change(folder)
                text += f"$ minio-sdk {command}\n{ran(command, environ, folder)}"
            for pattern, example in EXAMPLES:
                text = pattern.sub(example, text)
            picture = drawn(f"minio-sdk {name}", text)
            (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
            print(FOLDER / f"{name}.svg")
        if not names or PAGE in names:
            (FOLDER / f"{PAGE}.png").write_bytes(photographed(environ))
            print(FOLDER / f"{PAGE}.png")


if __name__ == "__main__":
    main(sys.argv[1:])
