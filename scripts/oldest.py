"""Writes the oldest versions that pyproject.toml promises to work with, as pip requirements.

    python scripts/oldest.py FILE

`tox -e oldest` installs them and runs the tests, so that a lower bound is a fact and not a hope.
Only what users get is held down; the tools of the developers may be new.
"""

from __future__ import annotations

import sys
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

FOR_USERS = ("async", "server", "cli", "fsspec", "otel", "admin", "fast")


def oldest(text: str) -> str:
    """One requirement: its lower bound, pinned, with its marker kept."""
    requirement = Requirement(text)
    (bound,) = [part for part in requirement.specifier if part.operator == ">="]
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}=={bound.version}{marker}"


def main(target: str) -> None:
    root = Path(__file__).parent.parent
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [text for extra in FOR_USERS for text in extras[extra]]
    Path(target).write_text("\n".join(dict.fromkeys(map(oldest, wanted))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
