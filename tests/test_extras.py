"""Each extra brings what its parts import: tried as if nothing else were installed.

Here an interpreter is kept from finding whatever doesn't come with the core or with the extra. `tox -e dist`
takes longer, and installs each into an environment of its own (scripts/check_extras.py).
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import minio_sdk

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # pyright: ignore[reportMissingImports]

ROOT = Path(minio_sdk.__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
FOR_DEVELOPERS = {"frames", "all", "test", "lint", "types", "dev", "bench", "docs", "examples"}

PARTS: dict[str, str] = runpy.run_path(str(ROOT / "scripts" / "check_extras.py"))["PARTS"]


def with_dependencies(wanted: list[str], known: set[str]) -> Iterator[str]:
    """The names of all distributions that come with these requirements."""
    for text in wanted:
        requirement = Requirement(text)
        extras = requirement.extras or {""}
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in known:
            continue
        known.add(name)
        yield name
        for extra in extras:
            needed = [
                line
                for line in metadata.requires(name) or []
                if not (found := Requirement(line).marker) or found.evaluate({"extra": extra})
            ]
            plain = [line.partition(";")[0] for line in needed]
            yield from with_dependencies(plain, known)


ALL = metadata.packages_distributions()


def modules_of(distributions: set[str]) -> set[str]:
    """What can be imported of them."""
    return {
        module
        for module, names in ALL.items()
        if distributions & {re.sub(r"[-_.]+", "-", name).lower() for name in names}
    }


ALONE = """
import sys
from importlib.machinery import PathFinder
others = {others!r}

class Some:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in others:
            return PathFinder.find_spec(name, path, target)

sys.meta_path = [Some() if finder is PathFinder else finder for finder in sys.meta_path]
import minio_sdk
{code}
"""


def test_each_extra_of_the_users_is_tried() -> None:
    assert set(PARTS) == {"", *PROJECT["optional-dependencies"]} - FOR_DEVELOPERS


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_each_extra_of_the_users_is_named(page: str) -> None:
    told = (ROOT / page).read_text(encoding="utf-8").partition("## Installing parts")[2]
    assert [extra for extra in (*PARTS, "all") if extra and f"`{extra}`" not in told] == []


@pytest.mark.parametrize("extra", PARTS)
def test_an_extra_brings_what_its_parts_import(extra: str) -> None:
    wanted = [*PROJECT["dependencies"], *(PROJECT["optional-dependencies"].get(extra, []))]
    try:
        allowed = modules_of(set(with_dependencies(wanted, set())))
    except metadata.PackageNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed here")
    others = set(ALL) - allowed - {"minio_sdk", "_distutils_hack", "coverage"}
    assert "pytest" in others
    code = ALONE.format(others=others, code=PARTS[extra])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_an_extra_does_not_bring_is_missed() -> None:
    """Or the test above would show nothing."""
    code = ALONE.format(others={"requests"}, code=PARTS[""])
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert "No module named 'requests'" in done.stderr


def test_all_has_each_of_them() -> None:
    (everything,) = PROJECT["optional-dependencies"]["all"]
    assert Requirement(everything).extras == set(PARTS) - {""}


def test_whatever_says_how_to_install_it_names_extras_that_there_are() -> None:
    told = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
    told += (ROOT / "minio_sdk").rglob("*.py")
    named = [
        extra.strip()
        for path in told
        for extras in re.findall(
            r"(?:minio-enterprise-sdk|\"\.)\[([\w, -]+)\]", path.read_text(encoding="utf-8")
        )
        for extra in extras.split(",")
    ]
    assert len(named) > 20
    assert set(named) <= set(PROJECT["optional-dependencies"])
