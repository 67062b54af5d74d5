"""Make the blocking facade from the async one, by substituting words.

    python scripts/make_sync.py            write minio_sdk/client/sync/client.py
    python scripts/make_sync.py --check    exit 1 when the file is stale

A rule that nothing uses is an error, so that the list stays true.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "minio_sdk/client/aio/client.py"
TARGET = ROOT / "minio_sdk/client/sync/client.py"

RULES = [
    (r"\basync def\b", "def"),
    (r"\basync with\b", "with"),
    (r"\basync for\b", "for"),
    (r"\bawait ", ""),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncMinIOClient\b", "MinIOClient"),
    (r"\bAsyncBase\b", "Base"),
    (r"\bminio_sdk\.client\.aio\b", "minio_sdk.client.sync"),
    (r", with async and await\.", "."),
    (r"\bbetween tasks\b", "between threads"),
]
HEADER = "# Made by scripts/make_sync.py from client/aio/client.py: change that one.\n"


def made() -> str:
    """The text of the blocking facade."""
    text = SOURCE.read_text(encoding="utf-8")
    for pattern, word in RULES:
        text, count = re.subn(pattern, word, text)
        if count == 0:
            raise SystemExit(f"make_sync: nothing matches {pattern!r}; drop the rule")
    return formatted(HEADER + text)


def formatted(text: str) -> str:
    """`text` as ruff formats the target file, imports sorted."""
    for arguments in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(TARGET), "-"]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=ROOT, check=False
        )
        if done.returncode:
            raise SystemExit(f"make_sync: ruff {arguments[0]} failed\n{done.stderr}")
        text = done.stdout
    return text


def main(arguments: list[str]) -> int:
    """Write or check."""
    text = made()
    current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    if "--check" in arguments:
        if text != current:
            print(f"{TARGET.relative_to(ROOT)} is stale: run python scripts/make_sync.py")
            return 1
        return 0
    if text != current:
        TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
