"""Every block of a page with prompts runs as it is written, one after the other, and prints what it says.

``...`` stands for anything; blanks count as one, and a date is as good as another. Blocks that begin with
```` ```console minio ```` run against MinIO, for what no other server has.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, commands
from tests.processes import ROOT, posix_only
from tests.servers import Server

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```console( minio)?\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
DATE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def steps(page: Path, on_minio: bool = False) -> list[tuple[str, str]]:
    """The commands of a page for one of the servers, and what is printed below each."""
    found = []
    for minio, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        if bool(minio) != on_minio:
            continue
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = step.partition("\n")
            found.append((command, printed))
    return found


SHOWN = [page for page in PAGES if steps(page)]
SHOWN_ON_MINIO = [page for page in PAGES if steps(page, on_minio=True)]


def matches(printed: str, said: str) -> bool:
    """Whether a command printed what the page says."""
    tidy = [" ".join(DATE.sub("DATE", text).split()) for text in (printed, said)]
    return re.fullmatch(re.escape(tidy[1]).replace(r"\.\.\.", ".*"), tidy[0]) is not None


def _output(command: str) -> bytes:
    return subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout


@posix_only
@pytest.mark.parametrize("page", SHOWN, ids=lambda page: str(page.name))
def test_a_page_prints_what_it_says(cli: Cli, page: Path, tmp_path: Path) -> None:
    follow(cli, steps(page), tmp_path)


@posix_only
@pytest.mark.parametrize("page", SHOWN_ON_MINIO, ids=lambda page: str(page.name))
def test_a_page_prints_what_it_says_on_minio(
    minio: Server, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with commands(minio) as cli:
        follow(cli, steps(page, on_minio=True), tmp_path)


def follow(cli: Cli, told: list[tuple[str, str]], tmp_path: Path) -> None:
    """Run commands one after the other, and compare what they print."""
    programs = tmp_path / ".programs"
    programs.mkdir()
    (programs / "minio-sdk").write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m minio_sdk "$@"\n', encoding="utf-8"
    )
    (programs / "minio-sdk").chmod(0o755)
    env = {**os.environ, **cli.env, "PYTHONPATH": str(ROOT)}
    env["PATH"] = f"{programs}:{env['PATH']}"
    for command, said in told:
        # Without a shell and a process where that does, and so much sooner.
        piped = re.fullmatch(r"((?:echo|printf) .*) \| (minio-sdk [^|<>&$]*)", command)
        if piped or re.fullmatch(r"minio-sdk [^|<>&$]*", command):
            typed = _output(piped[1]) if piped else b""
            words = shlex.split(piped[2] if piped else command)[1:]
            done = cli.run(*words, said=typed, terminal=True, NO_COLOR="1")
            code, printed = done.code, done.text + done.err
        else:
            ran = subprocess.run(
                ["bash", "-c", command], env=env, capture_output=True, text=True, check=False
            )
            code, printed = ran.returncode, ran.stdout + ran.stderr
        assert code == 0, (command, printed)
        assert matches(printed, said), f"$ {command}\n{printed}\nis not\n{said}"


def test_there_are_such_pages() -> None:
    """A change of the fences must not leave the page untested."""
    assert sum(len(steps(page)) for page in SHOWN) > 30
