"""Make the blocking facade from the async one, by substituting words.

    python scripts/make_sync.py            write minio_sdk/client/sync/*.py
    python scripts/make_sync.py --check    exit 1 when one of them is stale

Every file of minio_sdk/client/aio has a twin, but for those that say how flows are run
and what a file is.

A rule that nothing uses is an error, so that the list stays true.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "minio_sdk/client/aio"
TARGETS = ROOT / "minio_sdk/client/sync"
BY_HAND = ("__init__.py", "base.py", "handles.py")

RULES = [
    (r"\basync def\b", "def"),
    (r"\basync with\b", "with"),
    (r"\basync for\b", "for"),
    (r"\bawait ", ""),
    (r"\b__aenter__\b", "__enter__"),
    (r"\b__aexit__\b", "__exit__"),
    (r"\b__aiter__\b", "__iter__"),
    (r"\b__anext__\b", "__next__"),
    (r"\bStopAsyncIteration\b", "StopIteration"),
    (r"\bAsyncIterator\b", "Iterator"),
    (r"\bAsyncMinIOClient\b", "MinIOClient"),
    (r"\bAsyncProvisioner\b", "Provisioner"),
    (r"\bAsyncBase\b", "Base"),
    (r"\bAsync(\w*)Admin\b", r"\1Admin"),
    (r"\bAsyncObject(Reader|Writer)\b", r"Object\1"),
    (r"\bAsync(AdminStream|BucketEvents|LiveStream|SelectedRows)\b", r"\1"),
    (r"Another task may close\n    it, which", "Another thread may close\n    it, which"),
    (r"A task that is cancelled meanwhile", "An interrupt meanwhile"),
    (r"; for the async client\.", "; for the blocking client."),
    (r"\bminio_sdk\.client\.aio\b", "minio_sdk.client.sync"),
    (r", with async and await\.", "."),
    (r"\bbetween tasks\b", "between threads"),
]
HEADER = "# Made by scripts/make_sync.py from client/aio/{name}: change that one.\n"


def made() -> dict[Path, str]:
    """The text of each file of the blocking facade."""
    used: set[str] = set()
    texts: dict[Path, str] = {}
    for source in sorted(SOURCES.glob("*.py")):
        if source.name in BY_HAND:
            continue
        text = source.read_text(encoding="utf-8")
        for pattern, word in RULES:
            text, count = re.subn(pattern, word, text)
            if count:
                used.add(pattern)
        if left := re.search(r"\bAsync\w+", text):
            raise SystemExit(f"make_sync: no rule for {left[0]} of {source.name}")
        target = TARGETS / source.name
        texts[target] = formatted(HEADER.format(name=source.name) + text, target)
    for pattern, _ in RULES:
        if pattern not in used:
            raise SystemExit(f"make_sync: nothing matches {pattern!r}; drop the rule")
    return texts


def formatted(text: str, target: Path) -> str:
    """`text` as ruff formats the target file, imports sorted."""
    for arguments in (["check", "--select", "I", "--fix", "--quiet"], ["format", "--quiet"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--stdin-filename", str(target), "-"]
        done = subprocess.run(
            command, input=text, capture_output=True, text=True, cwd=ROOT, check=False
        )
        if done.returncode:
            raise SystemExit(f"make_sync: ruff {arguments[0]} failed\n{done.stderr}")
        text = done.stdout
    return text


def main(arguments: list[str]) -> int:
    """Write or check."""
    texts = made()
    there = {path for path in TARGETS.glob("*.py") if path.name not in BY_HAND}
    stale = sorted(there - set(texts)) + [
        path
        for path, text in texts.items()
        if path not in there or path.read_text(encoding="utf-8") != text
    ]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is stale: run python scripts/make_sync.py")
        return 1 if stale else 0
    for path in stale:
        if path in texts:
            path.write_text(texts[path], encoding="utf-8")
        else:
            path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
