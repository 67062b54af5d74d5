"""Looks into what `python -m build` has made: is all of it there, and nothing else?

    python scripts/check_dist.py FOLDER

`tox -e dist` runs it beside `twine check` and `check-wheel-contents`, which know what every package must
have; this file knows what this one has. scripts/check_extras.py installs it.
"""

from __future__ import annotations

import email.message
import email.parser
import re
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXTRAS = {"async", "server", "cli", "fsspec", "otel", "admin", "fast", "all"}
ENTRIES = {"minio-sdk = minio_sdk.cli:main", "minio_sdk = minio_sdk.pytest_plugin"}
IN_SDIST = (
    "README.md",
    "CHANGELOG.md",
    "changelog.d/README.md",
    "LICENSE",
    "pyproject.toml",
    "tox.ini",
    "tests/conftest.py",
)
NOT_IN_SDIST = (".ci/", ".github/", ".git/", "dist/", "build/")
MOST_WHEEL = 2 * 1024 * 1024  # bytes


def version() -> str:
    """What `minio_sdk/_version.py` says, which is the only place."""
    text = (ROOT / "minio_sdk" / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    assert found, "minio_sdk/_version.py has no version"
    return found[1]


def sources() -> set[str]:
    """What of the package's folder belongs into the wheel."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "minio_sdk").rglob("*")
        if path.is_file() and path.suffix in (".py", ".typed", ".html", ".css", ".js", ".json")
    }


def metadata_of(wheel: zipfile.ZipFile, name: str) -> str:
    """One of the files about the wheel."""
    (path,) = [item for item in wheel.namelist() if item.endswith(f".dist-info/{name}")]
    return wheel.read(path).decode()


def check_wheel(path: Path) -> None:
    """Compare a wheel with the sources."""
    with zipfile.ZipFile(path) as wheel:
        packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
        assert packed == sources(), f"{path.name} and the sources differ: {packed ^ sources()}"
        about = email.parser.Parser().parsestr(metadata_of(wheel, "METADATA"))
        entries = {line for line in metadata_of(wheel, "entry_points.txt").splitlines() if line}
    check_metadata(about)
    assert entries >= ENTRIES, f"missing entry points: {ENTRIES - entries}"
    assert path.stat().st_size < MOST_WHEEL, f"{path.name} has {path.stat().st_size} bytes"


def check_metadata(about: email.message.Message) -> None:
    """What an index shows, and what pip installs by."""
    assert about["Version"] == version(), f"{about['Version']} is not {version()}"
    assert about["License-Expression"] == "Apache-2.0"
    assert about["Requires-Python"] == ">=3.10"
    extras = set(about.get_all("Provides-Extra", []))
    assert extras >= EXTRAS, f"missing extras: {EXTRAS - extras}"
    core = {
        re.split(r"[<>=!~;\[ ]", line)[0]
        for line in about.get_all("Requires-Dist", [])
        if "extra ==" not in line
    }
    assert core == {"certifi", "requests", "tenacity", "urllib3"}, f"the core needs {sorted(core)}"


def check_sdist(path: Path) -> None:
    """Whether the package, its tests and its pages can be had from the sources alone."""
    with tarfile.open(path) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    missing = (sources() | set(IN_SDIST)) - names
    assert not missing, f"{path.name} lacks {sorted(missing)}"
    strays = [name for name in names if name.startswith(NOT_IN_SDIST) or name.endswith(".pyc")]
    assert not strays, f"{path.name} has {strays}"


def main(folder: str) -> None:
    """Check the one wheel and the one sdist that are there."""
    (wheel,) = Path(folder).glob("*.whl")
    (sdist,) = Path(folder).glob("*.tar.gz")
    check_wheel(wheel)
    check_sdist(sdist)
    print(f"{wheel.name} and {sdist.name} are what they should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
