"""Heads of HTTP/1.1 messages as bytes: a request's written, a plain answer's read. No I/O.

Rule of this file: what isn't plain beyond doubt is not read here. `plain` then says None, and the word of
`http.client` counts; `tests/transport/test_framing.py` holds that both read the same.

A server writes the same headers in the same order in all answers of a kind. So the names that were found
in some answers alike are turned into a pattern (`_Shape`), and what comes after is read in one match: 3 us
instead of 5 for ten headers. A head that the pattern doesn't match is read line by line.
"""

from __future__ import annotations

import re

from minio_sdk.wire.message import Request

_FIELDS = 100  # http.client takes no more
_REPEATED = (
    "vary"  # MinIO sends it twice in every answer, and nobody here asks for it: the last counts
)
_WORTH = 50  # making a pattern costs as much as reading some eighty heads line by line
_LENGTH = "([0-9]{1,19})"
_MOST = 64  # a server has few shapes; metadata of users may make any number

Head = tuple[int, dict[str, str], int, int]
"""Status, headers with names in lower case, bytes of the body, and where it starts."""


def add_length(headers: dict[str, str], request: Request) -> None:
    """Say how long the body is, or that only its end will tell."""
    length = request.length
    if length is None:
        headers["transfer-encoding"] = "chunked"
    elif is_sized(request):
        headers["content-length"] = str(length)


def is_sized(request: Request) -> bool:
    """Whether the length of a body is told, where it is known."""
    return request.method in ("PUT", "POST") or bool(request.length)


def is_target(target: str) -> bool:
    """Whether path and query are of visible ASCII, as nothing else is read alike by everybody."""
    return target.isascii() and target.isprintable() and " " not in target


def head_of(method: str, target: str, headers: dict[str, str]) -> bytes:
    """The request's head as it is sent.

    Raises:
        ValueError: a name or value would end its line, and so begin another header.
    """
    lines = [f"{method} {target} HTTP/1.1\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = "".join(lines)
    if not whole_lines(head, len(lines)):
        raise ValueError("a header holds a line end or a NUL")
    if not is_target(target):
        raise ValueError("the path or query holds what can't be sent bare")
    return (head + "\r\n").encode("latin-1")


def whole_lines(head: str, lines: int) -> bool:
    """Whether it is of so many lines for every reader."""
    return head.count("\n") == lines and head.count("\r") == lines and "\0" not in head


def plain(data: bytes, method: str) -> Head | None:
    """What the head of an answer says; None for one that isn't plain, or isn't all there.

    Args:
        data: what has come, from its beginning.
        method: of the request.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    text = data[:end].decode("latin-1")
    shape = _latest.get(method)
    if shape is not None:
        match = shape.match(text)
        if match is not None:
            headers = dict(zip(shape.names, match.groups()))  # noqa: B905 - it costs, and can't differ
            length = int(headers["content-length"]) if shape.sized else 0
            return shape.status, headers, length, end + 4
    return _read(text, method, end + 4)


def behind_announcements(data: bytes) -> bytes:
    """What is behind the whole heads of 100 and its like, which all readers take for such."""
    while data.startswith(b"HTTP/1.1 1") and not data.startswith(b"HTTP/1.1 101"):
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end or head.count(b"\n") != head.count(b"\r\n"):
            break
        data = rest
    return data


def closes(headers: dict[str, str]) -> bool:
    """Whether the server ends the connection behind this answer."""
    return "close" in headers.get("connection", "").lower()


class _Shape:
    """The status line and the names of an answer's headers, and the pattern that such heads match."""

    __slots__ = ("match", "names", "sized", "status")

    def __init__(
        self, line: str, lines: list[str], status: int, names: tuple[str, ...], sized: bool
    ) -> None:
        # Nothing but a line's own end can be one, and blanks around a value, which are none of it, are
        # left to the careful way.
        value = r"(?! )([ -\xff]*)(?<! )"
        fields = []
        for field, name in zip(lines, names, strict=True):
            raw = re.escape(field.partition(":")[0])
            fields.append(rf"\r\n{raw}: {_LENGTH if name == 'content-length' else value}")
        self.match = re.compile(re.escape(line) + "".join(fields)).fullmatch
        self.names = names
        self.status = status
        self.sized = sized


_latest: dict[str, _Shape] = {}
"""The shape of the last answer to each method, if it has one."""

_shapes: dict[tuple[str, ...], _Shape | int] = {}
"""By status line and names as they came: a shape, or how often it was seen."""


def _read(text: str, method: str, start: int) -> Head | None:
    """What a head says, read line by line."""
    if text[:9] != "HTTP/1.1 ":
        return None
    lines = text.split("\r\n")
    line = lines[0]
    code = line[9:12]
    if not (code.isascii() and code.isdigit()) or line[12:13] not in ("", " ") or code < "200":
        return None
    breaks = len(lines) - 1
    if breaks > _FIELDS or not whole_lines(text, breaks):
        return None
    headers: dict[str, str] = {}
    names: list[str] = []
    seen = [line]
    del lines[0]
    for field in lines:
        raw, _, value = field.partition(":")
        name = _names.get(raw) or _name(raw)
        if name is None or (name in headers and name != _REPEATED) or field == raw:
            return None
        names.append(name)
        seen.append(raw)
        headers[name] = value.strip(" \t")
    if "transfer-encoding" in headers:
        return None
    status = int(code)
    sized = method != "HEAD" and status not in (204, 304)
    length = headers.get("content-length", "")
    if sized and (not (length.isascii() and length.isdigit()) or len(length) > 19):
        return None
    seen.append("sized" if sized else "empty")
    _remember(method, tuple(seen), lines, status, tuple(names))
    return status, headers, int(length) if sized else 0, start


def _remember(
    method: str, seen: tuple[str, ...], lines: list[str], status: int, names: tuple[str, ...]
) -> None:
    """Make a shape of answers that have come a few times."""
    known = _shapes.get(seen, 0)
    if isinstance(known, int):
        if len(_shapes) >= _MOST:
            _shapes.clear()
        _shapes[seen] = known + 1
        if known + 1 < _WORTH:
            return
        sized = seen[-1] == "sized"
        known = _shapes[seen] = _Shape(seen[0], lines, status, names, sized)
    _latest[method] = known


_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_names: dict[str, str] = {}


def _name(raw: str) -> str | None:
    """A header's name in lower case; None for what some readers take for something else."""
    # A blank in the name, or before it, continues the header before it for them.
    if not _is_token(raw):
        return None
    name = raw.lower()
    if len(_names) < 1000:  # servers have few; names of metadata are their users'
        _names[raw] = name
    return name
