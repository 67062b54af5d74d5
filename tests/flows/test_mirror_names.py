"""Which keys are files below a folder, and which names are meant."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import ValidationError
from minio_sdk.flows.local_files import has_etag, ready
from minio_sdk.flows.mirror_sides import Filter, Folder, Names, Remote, check_local, side

SEGMENTS = st.sampled_from(
    ["a", "A", "b", "", ".", "..", "...", "a b", "é", "~", "\\", "c:", "\0", "-"]
)
KEYS = st.one_of(st.text(min_size=1, max_size=20), st.lists(SEGMENTS, min_size=1).map("/".join))
HOSTILE = [
    "../x",
    "a/../../x",
    "/etc/passwd",
    "//x",
    "a//b",
    "a/",
    "/",
    ".",
    "..",
    "a/./b",
    "a\0b",
    "./a",
]


@given(KEYS)
def test_a_key_is_a_file_below_the_folder_or_refused(key: str) -> None:
    try:
        check_local(key, windows=False)
    except ValidationError:
        return
    path = os.path.normpath(f"/root/folder/{key}")
    assert path == f"/root/folder/{key}"
    assert PurePosixPath(path).relative_to("/root/folder").as_posix() == key


@given(st.lists(KEYS, max_size=12), st.booleans())
def test_no_two_names_are_one_file_or_a_file_and_a_folder(keys: list[str], folds: bool) -> None:
    names = Names(folds)
    taken: list[str] = []
    for key in keys:
        try:
            names.take(key)
        except ValidationError:
            continue
        taken.append(names.folded(key))
    assert len(set(taken)) == len(taken)
    above = {"/".join(key.split("/")[:n]) for key in taken for n in range(1, key.count("/") + 1)}
    assert not above & set(taken)


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_keys(key: str) -> None:
    with pytest.raises(ValidationError, match="has no file's name"):
        check_local(key, windows=False)


@pytest.mark.parametrize(
    "key",
    ["a\\b", "..\\x", "c:x", "a?", "a*", "con", "d/NUL.txt", "com1", "a.", "b ", "a\n", "x/Lpt9"],
)
def test_what_windows_takes_for_something_else(key: str) -> None:
    with pytest.raises(ValidationError, match="on Windows"):
        check_local(key, windows=True)
    check_local(key, windows=False)


@pytest.mark.parametrize("key", ["console", "a.b", "nul-x", "é/ü", "a b"])
def test_ordinary_names_are_fine_on_windows(key: str) -> None:
    check_local(key, windows=True)


@pytest.mark.parametrize(
    "first, second", [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a"), ("a", "a/b/c")]
)
def test_a_file_beside_a_folder_of_its_name(first: str, second: str) -> None:
    names = Names(folds=False)
    names.take(first)
    with pytest.raises(ValidationError, match="can't be a file here beside"):
        names.take(second)
    names.take("b")


@pytest.mark.parametrize(
    "first, second", [("A", "a"), ("dir/a", "DIR"), ("é", "e\u0301"), ("ß", "ẞ")]
)
def test_names_that_are_one_file_where_case_is_folded(first: str, second: str) -> None:
    Names(folds=False).take(first)
    names = Names(folds=True)
    names.take(first)
    with pytest.raises(ValidationError, match="can't be a file here beside"):
        names.take(second)


def test_a_folder_in_two_letter_cases_is_one_folder() -> None:
    names = Names(folds=True)
    names.take("dir/a")
    names.take("DIR/b")


def test_links_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to(tmp_path / "outside" / "x")
    for name in ("link/a", "link/b/c", "file", "link"):
        with pytest.raises(ValidationError, match="links are not followed"):
            ready(root, name, follow=False)
    assert list((tmp_path / "outside").iterdir()) == []
    assert ready(root, "link/b/c", follow=True) == root / "link/b/c"


@pytest.mark.parametrize(
    "include, exclude, meant",
    [
        (None, None, ["a.csv", "b.tmp", "d/a.csv", "d/e/B.TMP"]),
        ("*.csv", None, ["a.csv", "d/a.csv"]),
        (["*.csv", "b*"], None, ["a.csv", "b.tmp", "d/a.csv"]),
        (None, "d/*", ["a.csv", "b.tmp"]),
        ("*.csv", ["d/*"], ["a.csv"]),
        ("[ab].*", (), ["a.csv", "b.tmp"]),
        ([], None, []),
    ],
)
def test_patterns(include: Any, exclude: Any, meant: list[str]) -> None:
    found = Filter(include, exclude)
    assert [n for n in ("a.csv", "b.tmp", "d/a.csv", "d/e/B.TMP") if found.wants(n)] == meant


@pytest.mark.parametrize("given", [7, b"*", [7], [""], ""])
def test_what_is_no_pattern(given: Any) -> None:
    with pytest.raises(ValidationError, match="include"):
        Filter(given, None)


@pytest.mark.parametrize(
    "given, meant",
    [
        ("minio://docs/a/b", Remote("docs", "a/b/")),
        ("s3://docs/a/", Remote("docs", "a/")),
        ("minio://docs", Remote("docs", "")),
        ("minio://docs/", Remote("docs", "")),
        (("docs", "a"), Remote("docs", "a/")),
        (["docs", ""], Remote("docs", "")),
        ("some/folder", Folder(Path("some/folder"))),
        (Path("x"), Folder(Path("x"))),
        ("docs", Folder(Path("docs"))),
    ],
)
def test_sides(given: Any, meant: Any) -> None:
    assert side(given, "source") == meant


@pytest.mark.parametrize(
    "given", ["", "http://x/y", "a\0b", 7, None, ("a",), ("a", "b", "c"), ("a", 7), b"x"]
)
def test_what_is_no_side(given: Any) -> None:
    with pytest.raises(ValidationError, match="source="):
        side(given, "source")


@pytest.mark.parametrize(
    "data, etag, same",
    [
        (b"", "d41d8cd98f00b204e9800998ecf8427e", True),
        (b"", "d41d8cd98f00b204e9800998ecf8427e-1", False),
        (b"abc", "900150983cd24fb0d6963f7d28e17f72", True),
        (b"abd", "900150983cd24fb0d6963f7d28e17f72", False),
        (b"abc", "none of these", False),
    ],
)
def test_etags(tmp_path: Path, data: bytes, etag: str, same: bool) -> None:
    (tmp_path / "x").write_bytes(data)
    assert has_etag(tmp_path / "x", etag, len(data), [2]) is same


@pytest.mark.parametrize("size", [1, 5, 6, 10, 11, 12])
def test_etags_of_parts(tmp_path: Path, size: int) -> None:
    from hashlib import md5

    data = bytes(range(size))
    (tmp_path / "x").write_bytes(data)
    digests = [md5(data[start : start + 5]).digest() for start in range(0, size, 5)]
    etag = f"{md5(b''.join(digests)).hexdigest()}-{len(digests)}"
    assert has_etag(tmp_path / "x", etag, size, [3, 5, 7])
    assert not has_etag(tmp_path / "x", etag, size, [4, 6] if size > 6 else [])
