"""Entries of the trace and of the log of MinIO's servers, which come as JSON while things happen."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from typing import TypeVar

from minio_sdk.errors import ServerError
from minio_sdk.models.admin_config import is_secret
from minio_sdk.models.admin_live import LOG_LEVELS, TRACE_KINDS, LogEntry, TraceEntry
from minio_sdk.models.secret import MaskedQuery, Secret, SecretBytes, masked
from minio_sdk.wire.healed import healed_item
from minio_sdk.wire.message import HIDDEN
from minio_sdk.wire.told import Told
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")

MAX_ENTRY = 64 * 1024 * 1024
"""Bytes of an entry; that of a request which is a document has it, and of 10 MiB of its answer, in base64."""

# Those that can't be asked for come with others, or with servers newer than their clients.
_KINDS = (*TRACE_KINDS, "admin", "object", "replication", "iam")
_DECODER = json.JSONDecoder()


def entries(line: bytes) -> Iterator[Told]:
    """The JSON objects of a line, of which there may be several one after another.

    Raises:
        ServerError: it isn't what MinIO sends.
    """
    try:
        text = line.decode()
        at = 0
        while at < len(text):
            found, at = _DECODER.raw_decode(text, at)
            if not isinstance(found, dict):
                raise _strange()
            yield Told(found)
            while at < len(text) and text[at].isspace():
                at += 1
    except (ValueError, RecursionError):
        raise _strange() from None


def _strange() -> ServerError:
    return ServerError(
        "what came is no entry of MinIO's", hint="check base_url: is there a proxy on the way?"
    )


def entry(told: Told, read: Callable[[Told], T]) -> T:
    """What `read` makes of an object.

    Raises:
        ServerError: a member is not what it should be.
    """
    try:
        return read(told)
    except XmlError:
        raise _strange() from None


def trace_entry(told: Told) -> TraceEntry:
    """What a server has done.

    Raises:
        ServerError: a member is not what it should be.
    """
    return entry(told, _trace)


def _trace(told: Told) -> TraceEntry:
    http = told.told("http")
    asked, answered, counts = (http.told(name) for name in ("request", "response", "stats"))
    over_http = bool(http.plain)
    return TraceEntry(
        kind=_kind(told.count("type")),
        name=told.text("funcname"),
        node=told.text("nodename"),
        time=told.moment("time"),
        path=told.text("path"),
        duration=told.seconds("dur"),
        size=told.number("bytes"),
        message=told.text("msg"),
        error=told.text("error"),
        details=_details(told.told("custom")),
        method=asked.text("method") or None,
        status=answered.count("statuscode") or None,
        protocol=asked.text("proto") or None,
        query=MaskedQuery(asked.text("rawquery")),
        client=asked.text("client") or None,
        request_headers=_headers(asked.told("headers")),
        response_headers=_headers(answered.told("headers")),
        request_body=_body(asked),
        response_body=_body(answered),
        received=counts.number("inputbytes"),
        sent=counts.number("outputbytes"),
        first_byte=counts.seconds("timetofirstbyte") if over_http else None,
        healed=healed_item(told.told("healResult")) if told.plain.get("healResult") else None,
    )


def _kind(number: int) -> str:
    place = number.bit_length() - 1
    single = number and number == 1 << place
    return _KINDS[place] if single and place < len(_KINDS) else str(number)


def _headers(told: Told) -> dict[str, str]:
    found = {name.lower(): ", ".join(told.texts(name)) for name in told}
    return {name: _shown(name, value) for name, value in found.items()}


def _shown(name: str, value: str) -> str:
    if name in HIDDEN:
        return Secret(value)
    # Where somebody came from or is sent to may be a presigned URL.
    return value if masked(value) == value else MaskedQuery(value)


def _body(told: Told) -> bytes:
    """Bodies hold new keys, tokens and other people's data: no `repr` shows them."""
    try:
        return SecretBytes(base64.b64decode(told.text("body"), validate=True))
    except (binascii.Error, ValueError):
        raise XmlError("a body is not in base64") from None


def _details(*found: Told) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for told in found:
        for name, value in told.plain.items():
            text = value if isinstance(value, str) else json.dumps(value)
            pairs[name] = Secret(text) if _hides(name) else text
    return pairs


def _hides(name: str) -> bool:
    return name.lower() in HIDDEN or is_secret(name.lower())


def log_entry(told: Told) -> LogEntry:
    """A line of a server's log.

    Raises:
        ServerError: a member is not what it should be.
    """
    return entry(told, _log)


def _log(told: Told) -> LogEntry:
    api, failure = told.told("api"), told.told("error")
    about = api.told("args")
    level = told.text("level").lower()
    return LogEntry(
        level=level if level in LOG_LEVELS else "",
        message=told.text("message") or failure.text("message") or told.text("ConsoleMsg").strip(),
        node=told.text("node"),
        time=told.moment("time"),
        api=api.text("name"),
        bucket=about.text("bucket") or None,
        key=about.text("object") or None,
        version_id=about.text("versionId") or None,
        details=_details(about.told("metadata"), failure.told("variables")),
        source=failure.texts("source"),
        remote_host=told.text("remotehost"),
        host=told.text("requestHost") or told.text("host"),
        user_agent=told.text("userAgent"),
        request_id=told.text("requestID"),
        deployment_id=told.text("deploymentid"),
    )


def identity(told: Told) -> int:
    """What tells an entry from others, also when a server sends it once more."""
    return hash(json.dumps(told.plain, sort_keys=True))
