"""How records and lists of them are shown: as lines by `print`, as tables in notebooks.

Rule of this file: what an object is called can do nothing to a terminal or a page, and what is hidden in a
record's `repr` is hidden here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import Field, fields
from datetime import datetime
from html import escape
from typing import Any, TypeVar

from minio_sdk.models.record import Record

T = TypeVar("T")

MOST_ROWS = 40
_MOST_IN_A_CELL = 200
_MOST_IN_A_LINE = 80
_RIGHT = "text-align: right"
_LEFT = "text-align: left"


class RecordList(list[T]):
    """A list of records that `print` and notebooks show as a table; of a long one, its beginning.

    It is a list in everything else: equal to one, and pickled, copied and sliced as one; its `repr` is a
    list's.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return list, (list(self),)


def as_text(rows: Sequence[Any]) -> str:
    """Rows of records as lines."""
    if not rows:
        return "(none)"
    names, table = _table(rows[:MOST_ROWS], _MOST_IN_A_LINE)
    if not names:
        return repr(list(rows))
    right = [_is_number(rows, name) for name in names]
    widths = [max(map(len, column)) for column in zip(names, *table, strict=True)]
    lines = []
    for line in (names, *table):
        cells = zip(line, widths, right, strict=True)
        text = "  ".join(c.rjust(width) if left else c.ljust(width) for c, width, left in cells)
        lines.append(text.rstrip())
    if len(rows) > MOST_ROWS:
        lines.append(_more(rows))
    return "\n".join(lines)


def as_html(rows: Sequence[Any]) -> str:
    """Rows of records as a table of HTML."""
    if not rows:
        return "<em>none</em>"
    names, table = _table(rows[:MOST_ROWS], _MOST_IN_A_CELL)
    if not names:
        return f"<pre>{escape(printable(repr(list(rows[:MOST_ROWS])), _MOST_IN_A_CELL))}</pre>"
    styles = [_RIGHT if _is_number(rows, name) else _LEFT for name in names]
    lines = ["<table>", _row("th", names, styles)]
    lines += [_row("td", line, styles) for line in table]
    lines.append("</table>")
    if len(rows) > MOST_ROWS:
        lines.append(f"<p>{escape(_more(rows))}</p>")
    return "\n".join(lines)


def record_as_html(record: Any) -> str:
    """One record: its fields below each other, lists of records in it as tables."""
    if any(
        "__str__" in vars(each) for each in type(record).__mro__[:-1]
    ):  # it has words of its own
        lines = [printable(line, 1000) for line in str(record).splitlines()]
        return f"<pre>{escape(chr(10).join(lines))}</pre>"
    lines = [f"<table><caption>{escape(type(record).__name__)}</caption>"]
    for field in _shown_fields(record):
        value = getattr(record, field.name)
        if _holds_records(value):
            cell = as_html(value)
        else:
            cell = escape(cell_of(value, _MOST_IN_A_CELL))
        name = escape(field.name)
        lines.append(f'<tr><th style="{_LEFT}">{name}</th><td style="{_LEFT}">{cell}</td></tr>')
    lines.append("</table>")
    return "\n".join(lines)


def cell_of(value: Any, most: int) -> str:
    """What stands for a value, on one line."""
    if value is None:
        return ""
    if type(value) is str:
        return printable(value, most)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes"
    if isinstance(value, BaseException):
        return printable(str(value), most)
    if isinstance(value, float):
        return f"{value:.6g}"
    return printable(_brief(value), most)


def _brief(value: Any) -> str:
    """The `repr`, in which secrets are hidden; of records, which have no other, what says something."""
    if isinstance(value, tuple) and _holds_records(value):
        return f"({', '.join(map(_brief, value))}{',' if len(value) == 1 else ''})"
    if not isinstance(value, Record):
        return repr(value)
    told = ((field.name, getattr(value, field.name)) for field in _shown_fields(value))
    inner = ", ".join(f"{name}={_brief(each)}" for name, each in told if _says(each))
    return f"{type(value).__qualname__}({inner})"


def printable(text: str, most: int) -> str:
    """At most so many characters, none of which does anything to a terminal, or turns what follows."""
    if len(text) > most:
        text = text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return escaped(text)


def escaped(text: str) -> str:
    """A line that can't be taken for two, nor tell a terminal to do anything."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _table(rows: Sequence[Any], most: int) -> tuple[list[str], list[list[str]]]:
    names = [field.name for field in _shown_fields(rows[0])]
    if any(type(row) is not type(rows[0]) for row in rows):
        names = [name for name in names if all(hasattr(row, name) for row in rows)]
    told = [name for name in names if any(_says(getattr(row, name)) for row in rows)]
    names = told or names[:1]
    return names, [[cell_of(getattr(row, name), most) for name in names] for row in rows]


def _says(value: Any) -> bool:
    """Whether it is worth a column: None, False and what is empty in every row is not."""
    return value is not None and value is not False and value != "" and value != () and value != {}


def _shown_fields(record: Any) -> list[Field[Any]]:
    known = getattr(type(record), "__dataclass_fields__", None)
    if known is None:
        return []
    return [field for field in fields(record) if field.repr and not field.name.startswith("_")]


def _is_number(rows: Sequence[Any], name: str) -> bool:
    value = getattr(rows[0], name)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _holds_records(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and hasattr(type(value[0]), "__dataclass_fields__")
    )


def _more(rows: Sequence[Any]) -> str:
    return f"... and {len(rows) - MOST_ROWS:,} more of {len(rows):,}"


def _row(tag: str, cells: Sequence[str], styles: Sequence[str]) -> str:
    pairs = zip(cells, styles, strict=True)
    inner = "".join(f'<{tag} style="{style}">{escape(cell)}</{tag}>' for cell, style in pairs)
    return f"<tr>{inner}</tr>"
