"""The entries of a listing, read in columns: all keys at once, then all sizes, then all dates.

A page is nearly always a row of a thousand entries with the same elements in the same order. Split at every
``</``, and taken in strides, its pieces are columns; what stands before each value is the same all the way
down, and is cut off a whole column by one `str.split`, which by its count proves that it was there each time.
No code runs for a single entry, but for what isn't alike everywhere. Rule of this file: None, so that expat
reads the page, unless it is sure that expat would read the same.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from itertools import repeat
from operator import attrgetter
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from minio_sdk.models.results import SELDOM_TOLD, ObjectInfo
from minio_sdk.wire.headers import integer, iso_date, unquoted
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")

ENTRIES = ("Contents", "Version", "DeleteMarker", "CommonPrefixes")
"""The elements of a listing that are repeated."""

_ANY = "|".join(ENTRIES)
_USED = frozenset(
    ("Key", "Prefix", "Size", "LastModified", "ETag", "StorageClass", "VersionId", "IsLatest")
)
_first = re.compile(f"<({_ANY})>").search
_last = re.compile(f".*(</(?:{_ANY})>)", re.DOTALL).match
_TAIL = 4096
"""Characters at the end of a page in which its last entry has to end; more are seldom behind it."""

_tokens = re.compile("<(/?)([A-Za-z]+)>([^<]*)").findall
_closings = tuple(f"{tag}><" for tag in ENTRIES)

# XML has no other control characters, and "\r" it reads as "\n".
_beyond_xml = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]").search
_reference = re.compile("&([^;]*;?)").sub
_REFERENCES = {"quot;": '"', "#34;": '"', "amp;": "&", "lt;": "<", "gt;": ">", "apos;": "'"}
_QUOTES = ("&quot;", "&#34;", '"')


@dataclass(slots=True)
class Rows:
    """Entries with the same elements.

    Attributes:
        tag: what they are.
        count: how many.
        texts: what the elements hold, by name; one value for all where it is always the same.
        places: where each stands among all entries of the page; None: they are all there are.
    """

    tag: str
    count: int
    texts: dict[str, list[str]]
    places: list[int] | None = None


def cut(text: str) -> tuple[str, str, list[Rows]] | None:
    """What stands before the entries, what stands behind them, and the entries.

    None unless they stand beside each other, and hold only elements with nothing but text in them, or
    with such elements, such as the owner's.
    """
    first = _first(text)
    if first is None or "<!" in text[: first.start()]:
        return None
    last = _last(text, max(first.start(), len(text) - _TAIL))
    if last is None:
        return None
    start, end = first.start(), last.start(1)
    closing = last[1]
    pieces = text[start:end].split("</")
    try:
        found = _alike(pieces, first[1], closing) or _in_groups(pieces, closing)
    except KeyError:  # a reference that is none of the usual ones
        return None
    return None if found is None else (text[:start], text[last.end() :], found)


def _alike(pieces: list[str], tag: str, closing: str) -> list[Rows] | None:
    """The entries, if all have the same elements in the same order."""
    shape = _shape(pieces, closing) if closing == f"</{tag}>" else None
    if shape is None or len(pieces) % len(shape):
        return None
    # Behind the first, every entry begins where another one ends.
    before = f"{tag}>"
    shape[0] = (before + shape[0][0], *shape[0][1:])
    pieces[0] = before + pieces[0]
    rows = _rows(tag, [pieces[at :: len(shape)] for at in range(len(shape))], shape)
    pieces[0] = pieces[0].removeprefix(before)
    return None if rows is None else [rows]


def _in_groups(pieces: list[str], closing: str) -> list[Rows] | None:
    """The entries, those together that seem to have the same elements."""
    ends = [at for at, piece in enumerate(pieces) if at and piece.startswith(_closings)]
    groups: dict[tuple[str, int], list[list[str]]] = {}
    places: dict[tuple[str, int], list[int]] = {}
    start = 0
    for place, end in enumerate([*ends, len(pieces)]):
        entry = pieces[start:end]
        if end < len(pieces):
            ended, _, pieces[end] = pieces[end].partition(">")
        else:
            ended = closing[2:-1]
        tag = entry[0].partition(">")[0][1:]
        if tag != ended:
            return None
        groups.setdefault((tag, len(entry)), []).append(entry)
        places.setdefault((tag, len(entry)), []).append(place)
        start = end
    found = []
    for (tag, _), entries in groups.items():
        shape = _shape(entries[0], f"</{tag}>")
        if shape is None or len(shape) != len(entries[0]):
            return None
        rows = _rows(tag, [list(column) for column in zip(*entries, strict=True)], shape)
        if rows is None:
            return None
        rows.places = places[tag, len(entries[0])]
        found.append(rows)
    return found


_Shape = list[tuple[str, str | None, bool]]
"""Of each piece of an entry: what it begins with, the element whose text follows, and whether one does."""


def _shape(pieces: list[str], closing: str) -> _Shape | None:
    """The shape of the first entry in `pieces`; None where it isn't plain."""
    own = next(
        (at for at, piece in enumerate(pieces) if at and piece.startswith(closing[2:])), None
    )
    entry = "</".join(pieces[:own]) + closing
    tokens = _tokens(entry)
    if len(tokens) != entry.count("<"):
        return None
    shape: _Shape = []
    opened: list[str] = []
    head = text = ""
    leaf = False
    for slash, name, behind in tokens:
        if slash:
            if not opened or opened.pop() != name or behind or (not leaf and name in _USED):
                return None
            shape.append((head, name if leaf and len(opened) == 1 else None, leaf))
            head, leaf, text = f"{name}>", False, ""
        else:
            if text:
                return None
            opened.append(name)
            head, leaf, text = f"{head}<{name}>", True, behind
    named = "Prefix" if entry.startswith("<CommonPrefixes>") else "Key"
    return shape if not opened and any(name == named for _, name, _ in shape) else None


def _rows(tag: str, columns: list[list[str]], shape: _Shape) -> Rows | None:
    count = len(columns[0])
    texts: dict[str, list[str]] = {}
    for column, (head, name, leaf) in zip(columns, shape, strict=True):
        alike = column[0] == column[-1] and column.count(column[0]) == count
        if not leaf:
            if not alike or column[0] != head:
                return None
            continue
        values = _values(column[:1] if alike else column, head, quoted=name == "ETag")
        if values is None:
            return None
        if name is not None:
            texts[name] = values
    return Rows(tag, count, texts)


def _values(column: list[str], head: str, *, quoted: bool) -> list[str] | None:
    """What stands behind `head` in each; an ETag without the quotes."""
    # No piece has a "</" in it: so many splits, and each was at the beginning of one.
    values = "".join(["</", "</".join(column)]).split(f"</{head}")
    if len(values) != len(column) + 1:
        return None
    del values[0]
    whole = "".join(values)
    if "<" in whole or "]]>" in whole or (not whole.isprintable() and _beyond_xml(whole)):
        return None
    if quoted:
        return _without_quotes(values) or [unquoted(_plain(value)) or "" for value in values]
    return [_plain(value) for value in values] if "&" in whole else values


def _without_quotes(values: list[str]) -> list[str] | None:
    """ETags, if all have a quote at both ends and none within."""
    for quote in _QUOTES:
        if values[0].startswith(quote):
            between = f"{quote}<{quote}"
            found = "".join(["<", "<".join(values), "<"]).split(between)
            begin, end = f"<{quote}", f"{quote}<"
            if len(found) != len(values) or not found[-1].endswith(end):
                return None
            found[-1] = found[-1].removesuffix(end)
            found[0] = found[0].removeprefix(begin)
            whole = "".join(found)
            return None if "" in found or any(sign in whole for sign in '"&<') else found
    return None


def _plain(text: str) -> str:
    return _reference(_referred, text) if "&" in text else text


def _referred(match: re.Match[str]) -> str:
    return _REFERENCES[match[1]]


# -- as objects ------------------------------------------------------------------------------------


def objects(found: list[Rows], encoded: bool) -> list[ObjectInfo]:
    """The entries in the order of the page.

    Args:
        found: as `cut` gives them.
        encoded: whether the server says that names are in URL encoding.

    Raises:
        XmlError: a name that isn't in that encoding.
    """
    if found[0].places is None:
        return _objects(found[0], encoded)
    made: list[Any] = [None] * sum(rows.count for rows in found)
    for rows in found:
        for place, item in zip(rows.places or (), _objects(rows, encoded), strict=True):
            made[place] = item
    return made


def decoded(text: str, encoded: bool) -> str:
    """A name as it is.

    Raises:
        XmlError: it isn't in URL encoding, though the server says so.
    """
    if not encoded or not ("%" in text or "+" in text):
        return text
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise XmlError(f"{text[:80]!r} is not UTF-8 in URL encoding") from None


def _objects(rows: Rows, encoded: bool) -> list[ObjectInfo]:
    texts, count = rows.texts, rows.count
    if rows.tag == "CommonPrefixes":
        names = _names(texts["Prefix"], encoded)
        return _made(count, {"key": names, "is_prefix": [True]})
    columns: dict[str, Sequence[Any]] = {"key": _names(texts["Key"], encoded)}
    if "Size" in texts:
        columns["size"] = _sizes(texts["Size"])
    if "LastModified" in texts:
        columns["last_modified"] = _dates(texts["LastModified"])
    for name, column in (
        ("etag", "ETag"), ("storage_class", "StorageClass"), ("version_id", "VersionId"),
    ):  # fmt: skip
        if column in texts:
            values = texts[column]
            columns[name] = [value or None for value in values] if "" in values else values
    if "IsLatest" in texts:
        columns["is_latest"] = [value == "true" for value in texts["IsLatest"]]
    if rows.tag == "DeleteMarker":
        columns["is_delete_marker"] = [True]
    return _made(count, columns)


def _names(values: list[str], encoded: bool) -> list[str]:
    whole = "<".join(values)
    if not encoded or not ("%" in whole or "+" in whole):
        return values
    try:
        names = unquote_plus(whole, errors="strict").split("<")
    except UnicodeDecodeError:
        names = []
    # A name may have a "<" of its own; and who is wrong is said with the name.
    return names if len(names) == len(values) else [decoded(value, True) for value in values]


def _sizes(values: list[str]) -> list[int]:
    whole = "".join(values)
    if whole.isascii() and whole.isdigit() and "" not in values and max(map(len, values)) <= 20:
        return list(map(int, values))
    return list(map(integer, values))


_zone = attrgetter("tzinfo")


def _dates(values: list[str]) -> Sequence[datetime | None]:
    if sys.version_info >= (3, 11):
        try:
            dates = list(map(datetime.fromisoformat, values))
        except ValueError:
            return list(map(iso_date, values))
        if all(map(_zone, dates)):
            return dates
    return list(map(iso_date, values))


_new = object.__new__
_FIELDS: list[tuple[str, Callable[[ObjectInfo, Any], None], Any]] = [
    (f.name, getattr(ObjectInfo, f.name).__set__, None if f.default is MISSING else f.default)
    for f in fields(ObjectInfo)
]


def _made(count: int, columns: dict[str, Sequence[Any]]) -> list[ObjectInfo]:
    """So many objects; a column of one value is the same for all.

    The slots are filled directly: `ObjectInfo.__init__` takes three times as long, since it has to get
    round the frozen class, field by field.
    """
    made = list(map(_new, repeat(ObjectInfo, count)))
    left = SELDOM_TOLD if SELDOM_TOLD.isdisjoint(columns) else ()
    for name, fill, default in _FIELDS:
        column = columns.get(name)
        if column is None:
            if name not in left:
                _each(fill, made, repeat(default))
        else:
            _each(fill, made, column if len(column) == count else repeat(column[0]))
    return made


def rename(items: list[ObjectInfo], keys: Iterable[str]) -> None:
    """Give objects that nobody has seen yet other keys."""
    _each(_SET_KEY, items, keys)


_SET_KEY = getattr(ObjectInfo, "key").__set__  # noqa: B009 - to a type checker it is text


def _each(
    fill: Callable[[ObjectInfo, T], None], items: list[ObjectInfo], values: Iterable[T]
) -> None:
    deque(map(fill, items, values), maxlen=0)
