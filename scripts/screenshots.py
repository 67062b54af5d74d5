"""Draw docs/screenshots/*.svg: what the command line shows in a terminal, on a server of its own.

    python scripts/screenshots.py

Another command is another line of `SHOWN`. Run it when a command's output has changed.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

from minio_sdk import LocalServer

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
WIDTH = 100
SHOWN = {
    "demo": ("demo",),
    "tenants": (
        "tenant add acme --env > keys.env",
        "tenant add globex --env > keys.env",
        "tenant list",
    ),
}
# What differs from run to run, or is taken for a leak by those who look for keys.
EXAMPLES = (
    (re.compile(r"http://127\.0\.0\.1:\d+"), "http://localhost:9000"),
    (re.compile(r"\bAKIA[A-Z0-9]{16}\b"), "AKIAIOSFODNN7EXAMPLE"),
)
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # would be asked of a server elsewhere


def ran(command: str, environ: dict[str, str]) -> str:
    """What a command says on a terminal of that width; nothing where it is said to go into a file."""
    argv, _, target = command.partition(" > ")
    done = subprocess.run(
        [sys.executable, "-m", "minio_sdk", *shlex.split(argv)],
        env=environ,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return "" if target else done.stdout


def drawn(title: str, text: str) -> str:
    """The text as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), end="")
    return FONTS.sub(
        "", console.export_svg(title=title, theme=MONOKAI, unique_id=title.split()[-1])
    )


def main() -> None:
    """Each picture, from its commands in their order."""
    FOLDER.mkdir(exist_ok=True)
    with LocalServer() as server:
        environ = {
            **os.environ,
            "COLUMNS": str(WIDTH),
            "FORCE_COLOR": "1",
            "MINIO_ENDPOINT": server.base_url,
            "PYTHONPATH": str(FOLDER.parent.parent),
            "TERM": "xterm-256color",
        }
        for name, commands in SHOWN.items():
            text = ""
            for command in commands:
                text += f"$ minio-sdk {command}\n{ran(command, environ)}"
            for pattern, example in EXAMPLES:
                text = pattern.sub(example, text)
            picture = drawn(f"minio-sdk {name}", text)
            (FOLDER / f"{name}.svg").write_text(picture, encoding="utf-8")
            print(FOLDER / f"{name}.svg")


if __name__ == "__main__":
    main()
