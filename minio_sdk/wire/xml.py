"""XML by declaration: a frozen dataclass says what a document holds, this module reads and writes it.

A field `creation_date: datetime` is the element ``<CreationDate>``; ``xml("ETag")`` in a field's metadata
gives another name, and a path such as ``xml("Buckets/Bucket")`` goes through a wrapper; fields of one
wrapper stand together. Field types are str, int, bool, float, datetime, another such dataclass, each
also ``| None``, and tuples of them, which are repeated elements. A document type declaration is
refused: S3 has none, and entity tricks need one.

`read(cls, write(model))` gives the model back; a property test holds it.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timezone
from typing import Any, TypeVar
from xml.parsers import expat

from minio_sdk.wire.headers import iso_date

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

T = TypeVar("T")


class XmlError(ValueError):
    """The text is not well-formed XML, or has what S3's documents never have."""


class Node:
    """An element: its name without namespace, its text, its children."""

    __slots__ = ("children", "tag", "text")

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.text = ""
        self.children: list[Node] = []

    def find(self, tag: str) -> Node | None:
        """The first child called `tag`."""
        return next((child for child in self.children if child.tag == tag), None)

    def get(self, tag: str, default: str = "") -> str:
        """The text of the first child called `tag`."""
        child = self.find(tag)
        return default if child is None else child.text


def refuse_doctype(parser: expat.XMLParserType) -> None:
    """Make a parser stop at a document type declaration."""

    def refuse(*_: object) -> None:
        raise XmlError("a document type declaration, which no S3 answer has")

    parser.StartDoctypeDeclHandler = refuse


def parse(data: bytes) -> Node:
    """The root element of a document.

    Raises:
        XmlError: not well-formed, or with a document type declaration.
    """
    # S3's answers are UTF-8, whatever they may declare.
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    refuse_doctype(parser)
    root: list[Node] = []
    open_nodes: list[Node] = []

    def start(tag: str, _: Mapping[str, str]) -> None:
        node = Node(tag.rpartition(":")[2])
        (open_nodes[-1].children if open_nodes else root).append(node)
        open_nodes.append(node)

    def end(_: str) -> None:
        open_nodes.pop()

    def text(data: str) -> None:
        open_nodes[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise XmlError(f"not well-formed XML: {error}") from None
    return root[0]


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    path: tuple[str, ...]
    type: Any
    repeated: bool
    required: bool


def xml(path: str) -> dict[str, str]:
    """Field metadata: the element's name, or a path of names through wrappers."""
    return {"xml": path}


_known: dict[Any, tuple[_Element, ...]] = {}


def _elements(cls: Any) -> tuple[_Element, ...]:
    found = _known.get(cls)
    if found is None:
        found = _known[cls] = _described(cls)
    return found


def _described(cls: Any) -> tuple[_Element, ...]:
    hints = typing.get_type_hints(cls)
    found = []
    for field in fields(cls):
        hint = hints[field.name]
        repeated = typing.get_origin(hint) is tuple
        if repeated:
            hint = typing.get_args(hint)[0]
        elif typing.get_origin(hint) in (types.UnionType, typing.Union):
            hint = next(part for part in typing.get_args(hint) if part is not type(None))
        path = field.metadata.get("xml") or "".join(
            part.capitalize() for part in field.name.split("_")
        )
        required = field.default is MISSING and field.default_factory is MISSING
        found.append(_Element(field.name, tuple(path.split("/")), hint, repeated, required))
    return tuple(found)


def read(cls: type[T], source: bytes | Node) -> T:
    """The document or element as a `cls`; elements that `cls` doesn't name are passed over.

    Raises:
        XmlError: not XML, or an element that must be there is missing or can't be read.
    """
    node = parse(source) if isinstance(source, bytes) else source
    values: dict[str, Any] = {}
    for element in _elements(cls):
        parent: Node | None = node
        for tag in element.path[:-1]:
            parent = parent.find(tag) if parent else None
        tag = element.path[-1]
        if element.repeated:
            children = parent.children if parent else []
            values[element.name] = tuple(
                _value(element, child) for child in children if child.tag == tag
            )
            continue
        child = parent.find(tag) if parent else None
        if child is not None:
            values[element.name] = _value(element, child)
        elif element.required:
            raise XmlError(f"<{node.tag}> has no <{'/'.join(element.path)}>")
    return cls(**values)


def _value(element: _Element, node: Node) -> Any:
    kind = element.type
    if is_dataclass(kind):
        return read(typing.cast("type[Any]", kind), node)
    text = node.text
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False, "": False}[
                text.strip().lower()
            ]
        if kind is datetime:
            when = iso_date(text.strip())
            if when is None and (element.required or element.repeated):
                raise ValueError
            return when
        return text if kind is str else kind(text.strip())
    except (KeyError, ValueError):
        raise XmlError(f"<{node.tag}> has {text[:80]!r}, not {kind.__name__}") from None


def write(model: Any, root: str) -> bytes:
    """The document that holds `model`, with S3's namespace.

    Raises:
        XmlError: a text has a character that XML can't carry.
    """
    out = [f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">']
    _write(model, out)
    out.append(f"</{root}>")
    return "".join(out).encode()


def _write(model: Any, out: list[str]) -> None:
    opened: tuple[str, ...] = ()
    for element in _elements(type(model)):
        value = getattr(model, element.name)
        if value is None or (element.repeated and not value):
            continue
        wrappers, tag = element.path[:-1], element.path[-1]
        _rewrap(opened, wrappers, out)
        opened = wrappers
        for item in value if element.repeated else (value,):
            out.append(f"<{tag}>")
            if is_dataclass(item):
                _write(item, out)
            else:
                out.append(escape(_text(item)))
            out.append(f"</{tag}>")
    _rewrap(opened, (), out)


def _rewrap(before: tuple[str, ...], after: tuple[str, ...], out: list[str]) -> None:
    """Close wrappers and open others; what both have in common stays open."""
    common = 0
    while common < min(len(before), len(after)) and before[common] == after[common]:
        common += 1
    out.extend(f"</{wrapper}>" for wrapper in reversed(before[common:]))
    out.extend(f"<{wrapper}>" for wrapper in after[common:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        utc = value.astimezone(timezone.utc).replace(tzinfo=None)
        return f"{utc.isoformat()}Z"  # without a fraction where there is none, as S3 writes it
    return str(value)


_ESCAPES = {
    # A parser reads "\r" as "\n" unless it is written as a reference (XML 1.0, 2.11).
    **{ord(c): f"&#{ord(c)};" for c in "\r\t\n\x85\u2028"},
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
}


def writable(text: str) -> bool:
    """Whether XML 1.0 has a way to carry every character of `text` (2.2)."""
    if text.isascii() and text.isprintable():
        return True
    return all(
        c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
        for c in text
    )


def escape(text: str) -> str:
    """`text` as the content of an element.

    Raises:
        XmlError: a character that XML can't carry.
    """
    if not writable(text):
        raise XmlError(f"{text[:80]!r} has a character that XML can't carry")
    return text.translate(_ESCAPES)
