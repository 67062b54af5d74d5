"""What a release rests on: one version, a changelog that merging hasn't spoilt, pages that are there."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import minio_sdk

ROOT = Path(minio_sdk.__file__).parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
FRAGMENT = re.compile(r"\+[a-z0-9-]+\.(added|changed|deprecated|removed|fixed|security)\.md")


def test_the_version_is_in_one_place() -> None:
    source = (ROOT / "minio_sdk" / "_version.py").read_text(encoding="utf-8")
    assert f'__version__ = "{minio_sdk.__version__}"' in source
    written = re.compile(rf'version\s*=\s*"{re.escape(minio_sdk.__version__)}"')
    assert not written.search((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_nothing_is_kept_that_git_is_to_ignore() -> None:
    """Such as `.venv`, whose place a new user's own is to take."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return  # sources without their history
    # A checkout may be another user's, as in containers; what else a user ignores is no matter here.
    words = ["-c", "safe.directory=*", "ls-files", "--cached", "--ignored"]
    listing = [git, *words, "--exclude-per-directory=.gitignore"]
    found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == ""


def headings(changelog: str) -> list[tuple[str, str]]:
    """Versions and dates, as they stand there; no heading may look otherwise."""
    found = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert len(found) == changelog.count("\n## ")
    return found


def test_the_changelog_begins_with_this_version() -> None:
    found = headings(CHANGELOG)
    assert found[0][0] == minio_sdk.__version__
    assert len(dict(found)) == len(found)
    numbers = [tuple(map(int, version.split("."))) for version, _ in found]
    assert numbers == sorted(numbers, reverse=True)


def test_fragments_are_what_the_changelog_can_take() -> None:
    for path in (ROOT / "changelog.d").iterdir():
        if path.name != "README.md":
            assert FRAGMENT.fullmatch(path.name), path.name
            lines = path.read_text(encoding="utf-8").splitlines()
            assert lines, path.name
            assert lines[0].strip(), path.name
            assert not lines[0].startswith(("-", "*", "#")), f"{path.name}: only the text, no list"


def released(folder: Path, **fragments: str) -> subprocess.CompletedProcess[str]:
    """What `towncrier` makes of fragments, in a folder that has the project's settings and changelog."""
    (folder / "changelog.d").mkdir()
    for name in ("pyproject.toml", "CHANGELOG.md", "changelog.d/README.md"):
        shutil.copyfile(ROOT / name, folder / name)
    for name, text in fragments.items():
        path = folder / "changelog.d" / f"+{name.replace('__', '.')}.md"
        path.write_text(text, encoding="utf-8")
    words = ["build", "--yes", "--version", "99.1.0", "--date", "2030-02-01"]
    return subprocess.run(
        [sys.executable, "-m", "towncrier", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_fragments_become_a_section(tmp_path: Path) -> None:
    done = released(
        tmp_path,
        b__fixed="Copies are\nright.\n",
        a__fixed="Reads are right.\n",
        c__added="`x` is new.\n",
        d__security="Keys are safe.\n",
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    assert headings(text) == [("99.1.0", "2030-02-01"), *headings(CHANGELOG)]
    before, _, rest = CHANGELOG.partition("\n## ")
    assert text == (
        f"{before}\n## [99.1.0] - 2030-02-01\n\n### Added\n\n- `x` is new.\n\n"
        "### Fixed\n\n- Copies are\n  right.\n- Reads are right.\n\n"
        f"### Security\n\n- Keys are safe.\n\n\n## {rest}"
    )
    assert [path.name for path in (tmp_path / "changelog.d").iterdir()] == ["README.md"]


def test_a_fragment_of_no_known_kind_is_an_error(tmp_path: Path) -> None:
    done = released(tmp_path, a__fxied="Reads are right.\n")
    assert done.returncode == 1
    assert "+a.fxied.md" in done.stderr


def test_merging_has_left_nothing_twice_in_the_changelog() -> None:
    """A merge may keep both sides, also where both have changed one line."""
    assert not re.search(r"^(<<<<<<<|=======|>>>>>>>)", CHANGELOG, re.MULTILINE)
    entries = Counter(re.findall(r"^- (.{30})", CHANGELOG, re.MULTILINE))
    assert [entry for entry, count in entries.items() if count > 1] == []
    for section in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
        assert len(set(kinds)) == len(kinds)


def test_what_the_pages_for_contributors_name_is_there() -> None:
    for page in ("CONTRIBUTING.md", "SECURITY.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for path in re.findall(
            r"`((?:minio_sdk|tests|scripts|docs|changelog\.d|\.ci)/[\w./-]*)`", text
        ):
            assert (ROOT / path).exists() or path.endswith("bucket_website.py"), path
        for path in re.findall(r"\]\(((?!http)[^)#]+)", text):
            assert (ROOT / path).exists(), path
    environments = set(
        re.findall(r"tox -e ([\w,]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    )
    there = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for name in {part for names in environments for part in names.split(",")}:
        assert name == "py" or f"[testenv:{name}]" in there, name
