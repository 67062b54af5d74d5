"""The head of a request as it is sent, and that of the plainest answers as it is read.

Both transports take a short way for answers that these few lines can be sure of; any other goes to a
parser that knows all of HTTP.
"""

from __future__ import annotations

import re

Head = tuple[int, dict[str, str], int, int]

_FIELDS = 100  # http.client takes no more
_NOT_A_TARGET = re.compile("[^!-~]").search


def head_of(method: str, target: str, headers: dict[str, str]) -> bytes:
    """The request's head as it is sent.

    Raises:
        ValueError: a name or value would end its line, and so begin another header.
    """
    lines = [f"{method} {target} HTTP/1.1\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = "".join(lines)
    if head.count("\n") != len(lines) or head.count("\r") != len(lines) or "\0" in head:
        raise ValueError("a header holds a line end or a NUL")
    if _NOT_A_TARGET(target):
        raise ValueError("the path or query holds what can't be sent bare")
    return (head + "\r\n").encode("latin-1")


def plain(data: bytes, method: str) -> Head | None:
    """What a plain answer's head says; None for any other answer.

    Plain is one of HTTP/1.1 that is whole, names no header twice, and has one Content-Length, or needs none.

    Args:
        data: the answer's beginning.
        method: what it answers.

    Returns:
        Status, headers in lower case, length of the body, and where in `data` the body starts.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0 or data[:9] != b"HTTP/1.1 ":
        return None
    text = data[:end].decode("latin-1")
    lines = text.split("\r\n")
    line = lines[0]
    code = line[9:12]
    if not (code.isascii() and code.isdigit()) or line[12:13] not in ("", " ") or code < "200":
        return None
    breaks = len(lines) - 1
    if breaks > _FIELDS or text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text:
        return None
    headers: dict[str, str] = {}
    del lines[0]
    for field in lines:
        raw, _, value = field.partition(":")
        name = _names.get(raw) or _name(field, raw)
        if name is None or name in headers:
            return None
        headers[name] = value.strip(" \t")
    if "transfer-encoding" in headers:
        return None
    status = int(code)
    if method == "HEAD" or status in (204, 304):
        return status, headers, 0, end + 4
    length = headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()) or len(length) > 19:
        return None
    return status, headers, int(length), end + 4


_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_names: dict[str, str] = {}


def _name(field: str, raw: str) -> str | None:
    """A header's name in lower case; None for what some readers take for something else."""
    # A blank in the name, or before it, continues the header before it for them.
    if field == raw or not _is_token(raw):
        return None
    name = raw.lower()
    if len(_names) < 1000:  # servers have few; names of metadata are their users'
        _names[raw] = name
    return name


def closes(headers: dict[str, str]) -> bool:
    """Whether the server will close the connection."""
    return "close" in headers.get("connection", "").lower()
