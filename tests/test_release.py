"""What a release rests on: one version, a changelog that merging hasn't spoilt, pages that are there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import minio_sdk

ROOT = Path(minio_sdk.__file__).parent.parent
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_version_is_in_one_place() -> None:
    source = (ROOT / "minio_sdk" / "_version.py").read_text(encoding="utf-8")
    assert f'__version__ = "{minio_sdk.__version__}"' in source
    written = re.compile(rf'version\s*=\s*"{re.escape(minio_sdk.__version__)}"')
    assert not written.search((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    headings = re.findall(r"^## \[(.+?)\]( - \d{4}-\d\d-\d\d)?$", CHANGELOG, re.MULTILINE)
    assert headings[0] == ("Unreleased", "")
    assert all(date for _, date in headings[1:])
    assert len(set(headings)) == len(headings) == CHANGELOG.count("\n## ")


def test_merging_has_left_nothing_twice_in_the_changelog() -> None:
    """`merge=union` keeps both sides, also where both have changed one line."""
    assert not re.search(r"^(<<<<<<<|=======|>>>>>>>)", CHANGELOG, re.MULTILINE)
    entries = Counter(re.findall(r"^- (.{30})", CHANGELOG, re.MULTILINE))
    assert [entry for entry, count in entries.items() if count > 1] == []
    for section in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        kinds = re.findall(r"^### (.+)$", section, re.MULTILINE)
        assert len(set(kinds)) == len(kinds)


def test_what_the_pages_for_contributors_name_is_there() -> None:
    for page in ("CONTRIBUTING.md", "SECURITY.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for path in re.findall(r"`((?:minio_sdk|tests|scripts|docs|\.ci)/[\w./-]*)`", text):
            assert (ROOT / path).exists() or path.endswith("bucket_website.py"), path
        for path in re.findall(r"\]\(((?!http)[^)#]+)", text):
            assert (ROOT / path).exists(), path
    environments = set(
        re.findall(r"tox -e ([\w,]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    )
    there = (ROOT / "tox.ini").read_text(encoding="utf-8")
    for name in {part for names in environments for part in names.split(",")}:
        assert name == "py" or f"[testenv:{name}]" in there, name
