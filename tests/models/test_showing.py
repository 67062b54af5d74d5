"""Records as `print` and notebooks show them."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import re
import sys
import textwrap
from dataclasses import dataclass, field
from datetime import datetime, timezone
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minio_sdk
from minio_sdk import (
    AsyncAdmin,
    AsyncMinIOClient,
    BucketInfo,
    BulkResult,
    DeletedObject,
    DeleteError,
    DeleteResult,
    LifecycleFilter,
    LifecycleRule,
    ObjectInfo,
    ObjectMetadata,
    ServerCapabilities,
    Transition,
    ValidationError,
)
from minio_sdk.models.record import Record
from minio_sdk.models.secret import Secret
from minio_sdk.models.showing import MOST_ROWS, RecordList, as_html, cell_of
from tests.strategies import FEW

WHEN = datetime(2026, 5, 4, 3, 2, 1, 999, tzinfo=timezone.utc)
LISTING = RecordList(
    [
        ObjectInfo(key="a.txt", size=7, last_modified=WHEN, etag="e1"),
        ObjectInfo(key="photos/", is_prefix=True),
        ObjectInfo(key="z", size=123456, last_modified=WHEN, etag="e2"),
    ]
)


class Cells(HTMLParser):
    """The tags of a page, and the text in its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data)


def test_a_listing_is_printed_as_lines() -> None:
    assert str(LISTING) == (
        "key        size  last_modified              etag  is_prefix\n"
        "a.txt         7  2026-05-04 03:02:01+00:00  e1    False\n"
        "photos/       0                                   True\n"
        "z        123456  2026-05-04 03:02:01+00:00  e2    False"
    )


def test_a_listing_is_a_table_in_a_notebook() -> None:
    cells = Cells(LISTING._repr_html_())
    assert cells.tags == {"table", "tr", "th", "td"}
    assert cells.texts[:5] == ["key", "size", "last_modified", "etag", "is_prefix"]
    assert "photos/" in cells.texts


def test_it_is_a_list_in_everything_else() -> None:
    plain = list(LISTING)
    assert plain == LISTING
    assert repr(LISTING) == repr(plain)
    assert LISTING[1:] + [] == plain[1:]
    assert json.dumps([dict(each) for each in LISTING[:1]], default=str)
    for again in (pickle.loads(pickle.dumps(LISTING)), copy.copy(LISTING), copy.deepcopy(LISTING)):
        assert type(again) is list
        assert again == plain


def test_a_long_list_is_cut_and_says_how_long_it_is() -> None:
    rows = RecordList([BucketInfo(name=f"b{number}") for number in range(12345)])
    lines = str(rows).splitlines()
    assert len(lines) == MOST_ROWS + 2
    assert lines[-1] == "... and 12,305 more of 12,345"
    assert Cells(rows._repr_html_()).texts[-1] == "... and 12,305 more of 12,345"


def test_an_empty_list_is_not_nothing() -> None:
    assert str(RecordList()) == "(none)"
    assert Cells(as_html([])).texts == ["none"]


@FEW
@given(st.lists(st.text(max_size=300), min_size=1, max_size=5))
def test_names_can_do_nothing(names: list[str]) -> None:
    rows = RecordList([ObjectInfo(key=name) for name in names])
    for line in str(rows).splitlines():
        assert line.isprintable()
    assert len(str(rows).splitlines()) == len(names) + 1
    page = rows._repr_html_()
    assert Cells(page).tags <= {"table", "tr", "th", "td"}
    one = ObjectInfo(key=names[0])._repr_html_()
    assert Cells(one).tags <= {"table", "caption", "tr", "th", "td"}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x onerror=a()>', "&lt;"])
def test_html_in_names_is_text(name: str) -> None:
    assert name in Cells(RecordList([ObjectInfo(key=name)])._repr_html_()).texts
    assert name in Cells(ObjectMetadata(key=name, size=1)._repr_html_()).texts
    result = DeleteResult(errors=(DeleteError(key=name, message=name),))
    assert Cells(result._repr_html_()).texts.count(name) == 2


def test_results_show_what_is_in_them() -> None:
    result = DeleteResult(
        deleted=(DeletedObject(key="a"),), errors=(DeleteError(key="b", code="AccessDenied"),)
    )
    texts = Cells(result._repr_html_()).texts
    assert texts[0] == "DeleteResult"
    assert {"deleted", "errors", "a", "b", "AccessDenied"} <= set(texts)
    bulk = BulkResult(results=(b"content",), errors=(ValidationError("no such key"),), failed=1)
    page = bulk._repr_html_()
    assert "no such key" in page
    assert "content" not in page


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys(Record):
    """A record with secrets."""

    name: str
    secret: str
    hidden: str = field(repr=False)
    many: tuple[str, ...] = ()


def test_what_a_repr_hides_is_hidden() -> None:
    keys = Keys(name="n", secret=Secret("s3cr3t"), hidden="hidden-one", many=(Secret("s3cr3t"),))
    for shown in (keys._repr_html_(), str(RecordList([keys])), as_html([keys])):
        assert "n" in shown
        assert "s3cr3t" not in shown
        assert "hidden-one" not in shown


def test_a_record_with_words_of_its_own_has_them() -> None:
    found = ServerCapabilities(server="<b>MinIO</b>", endpoint="http://h", found_at=WHEN)
    page = found._repr_html_()
    cells = Cells(page)
    assert cells.tags == {"pre"}
    assert "".join(cells.texts) == str(found)


def test_records_in_a_cell_say_what_is_set() -> None:
    rule = LifecycleRule(
        id="x",
        filter=LifecycleFilter(prefix="t/"),
        transitions=(Transition(days=3, storage_class="COLD"),),
    )
    row = str(RecordList([rule])).splitlines()[1]
    assert re.split("  +", row) == [
        "x",
        "Enabled",
        "LifecycleFilter(prefix='t/')",
        "(Transition(storage_class='COLD', days=3),)",
    ]
    assert cell_of(
        Outer(inner=Keys(name="n", secret=Secret("s3cr3t"), hidden="hidden-one")), 200
    ) == ("Outer(inner=Keys(name='n', secret='***'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer(Record):
    """A record in which another one is."""

    inner: Keys
    other: str | None = None


def test_no_record_hides_something_by_a_repr_of_its_own() -> None:
    for name in minio_sdk.__all__:
        found = getattr(minio_sdk, name)
        if isinstance(found, type) and issubclass(found, Record):
            assert Path(found.__repr__.__code__.co_filename).name in (
                "dataclasses.py",
                "reprlib.py",
            )


METHODS = {
    f"{cls.__name__}.{name}": method
    for cls in (AsyncMinIOClient, AsyncAdmin)
    for name, method in inspect.getmembers(cls, inspect.iscoroutinefunction)
    if re.match(
        r"(?:Record[Ll]|l)ist\[(?!Any|str)|tuple\[[A-Z]\w+, ", method.__annotations__["return"]
    )
}


@pytest.mark.parametrize("name", METHODS)
def test_many_records_are_shown_as_a_table(name: str) -> None:
    """A method returns what its flow does, of which the checkers of types see that it is a `RecordList`."""
    method = METHODS[name]
    source = textwrap.dedent(inspect.getsource(method))
    (called,) = re.findall(r"await self\._run\(\s*(\w+)\.(\w+)\(", source)
    flow = getattr(vars(sys.modules[method.__module__])[called[0]], called[1])
    promised = method.__annotations__["return"]
    assert flow.__annotations__["return"] == promised.replace("list", "RecordList", 1)


def test_those_methods_are_found() -> None:
    assert {"AsyncMinIOClient.list_objects", "AsyncAdmin.list_tiers"} <= METHODS.keys()
    assert len(METHODS) > 20
