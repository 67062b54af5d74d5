"""What is signed ahead: the headers and parameters of a URL, the fields and conditions of a form.

Rule of this file: what the signer's user did not ask for stays forbidden. A condition here only ever
narrows what the holder of a URL or form may do.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from minio_sdk.errors import invalid
from minio_sdk.wire.describing import DESCRIBING
from minio_sdk.wire.metadata import TOKEN, metadata_headers
from minio_sdk.wire.tags import MAX_OBJECT_TAGS, check_tags, tagging
from minio_sdk.wire.xml import write

LONGEST = 7 * 24 * 3600
"""Seconds that SigV4 lets anything signed ahead be good for."""
LARGEST = 5 * 1024**3
"""Bytes of one form's or one PUT's object, S3's limit."""
FILENAME = "${filename}"

_OVERRIDES = tuple(sorted(name.replace("_", "-") for name in DESCRIBING))
# Said by the HTTP connection, or changed on the way: signed, they would break URLs that are right.
_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_OF_THE_SIGNATURE = frozenset(
    {
        "authorization",
        "host",
        "x-amz-algorithm",
        "x-amz-content-sha256",
        "x-amz-credential",
        "x-amz-date",
        "x-amz-expires",
        "x-amz-security-token",
        "x-amz-signature",
        "x-amz-signedheaders",
    }
)
_SOURCES = ("x-amz-copy-source", "x-amz-rename-source")


def check_expiry(seconds: object) -> int:
    """1 second to 7 days.

    Raises:
        ValidationError: it isn't.
    """
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise invalid("expiry_seconds", seconds, "must be a whole number of seconds")
    if not 1 <= seconds <= LONGEST:
        raise invalid("expiry_seconds", seconds, f"must be 1 to {LONGEST} (7 days)")
    return seconds


def asked_headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Headers that the user of a URL has to send, in lower case.

    Raises:
        ValidationError: one that can't be signed ahead, or that a header can't carry.
    """
    asked: dict[str, str] = {}
    for name, value in _texts("headers", headers):
        lower = name.lower()
        if not TOKEN.fullmatch(lower):
            raise invalid("headers", name, "is not the name of a header")
        if lower in asked:
            raise invalid("headers", name, "stands there twice (case doesn't count)")
        if lower in _OF_THE_SIGNATURE or lower in _OF_THE_CONNECTION:
            raise invalid("headers", name, "belongs to the signature or to the connection")
        if lower == "x-tenant-id":
            raise invalid("headers", name, "is never signed ahead: the URL is a tenant's already")
        if lower.startswith(_SOURCES):
            raise invalid("headers", name, "names another object by the server's name of it")
        asked[lower] = _carried("headers", value)
    return asked


def override_query(overrides: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """The ``response-*`` parameters that make a server answer with these headers.

    Raises:
        ValidationError: a header that S3 doesn't let a URL choose.
    """
    pairs: dict[str, str] = {}
    for name, value in _texts("response_headers", overrides):
        short = name.lower().removeprefix("response-")
        if short not in _OVERRIDES:
            raise invalid("response_headers", name, f"is not one of {', '.join(_OVERRIDES)}")
        if f"response-{short}" in pairs:
            raise invalid("response_headers", name, "stands there twice")
        pairs[f"response-{short}"] = _carried("response_headers", value)
    return list(pairs.items())


def _texts(argument: str, given: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise invalid(argument, given, 'must be a mapping such as {"content-type": "text/plain"}')
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise invalid(argument, {name: value}, "names and values must be text")
    return list(given.items())


def _carried(argument: str, value: str) -> str:
    if not value or not value.isascii() or not value.isprintable() or value != value.strip():
        raise invalid(
            argument,
            value,
            "must be printable ASCII without a blank at either end, and not empty "
            "(a file's name in other letters: attachment; filename*=UTF-8''%C3%BC.txt)",
        )
    return value


@dataclass(slots=True)
class Form:
    """A form that is to be signed.

    Attributes:
        fixed: fields with the one value that each may have.
        conditions: what else must hold.
        free: fields whose value the browser makes, with what stands there before; a condition limits them.
    """

    fixed: dict[str, str]
    conditions: list[Any] = field(default_factory=list)
    free: dict[str, str] = field(default_factory=dict)


def form_for(bucket: str, key: str, shown_as: str) -> Form:
    """The form for one key, or with ``${filename}`` at its end for those that begin alike.

    Args:
        bucket: the server's name of it.
        key: the server's name of it.
        shown_as: the user's name of the key.

    Raises:
        ValidationError: ``${filename}`` elsewhere, or a line end.
    """
    if "\n" in key or "\r" in key:
        raise invalid("key", shown_as, "has a line end, which browsers change in a form's fields")
    start = key.removesuffix(FILENAME)
    if FILENAME in start:
        raise invalid("key", shown_as, f"{FILENAME} may only stand at its end, once")
    if start == key:
        return Form({"bucket": bucket, "key": key})
    return Form({"bucket": bucket}, [["starts-with", "$key", start]], {"key": key})


def limit_size(form: Form, limits: tuple[int, int] | None) -> None:
    """Let the file have so many bytes only, both included."""
    if limits is None:
        return
    rule = f"must be two whole numbers, 0 <= low <= high <= {LARGEST} (5 GiB)"
    if not isinstance(limits, (tuple, list)) or len(limits) != 2:
        raise invalid("content_length_range", limits, rule)
    low, high = limits
    if any(not isinstance(n, int) or isinstance(n, bool) for n in (low, high)):
        raise invalid("content_length_range", limits, rule)
    if not 0 <= low <= high <= LARGEST:
        raise invalid("content_length_range", limits, rule)
    form.conditions.append(["content-length-range", low, high])


def limit_type(form: Form, content_type: str | None) -> None:
    """Let the object have one type, or with ``*`` at its end those that begin alike."""
    if content_type is None:
        return
    rule = "must be like 'image/png', or 'image/*' for what begins so, in ASCII"
    if not isinstance(content_type, str) or "/" not in content_type:
        raise invalid("content_type", content_type, rule)
    if not content_type.isascii() or not content_type.isprintable():
        raise invalid("content_type", content_type, rule)
    start = content_type.removesuffix("*")
    if "*" in start or content_type != content_type.strip():
        raise invalid("content_type", content_type, rule)
    if start == content_type:
        form.fixed["Content-Type"] = content_type
    else:
        form.conditions.append(["starts-with", "$Content-Type", start])


def describe(
    form: Form, metadata: Mapping[str, str] | None, tags: Mapping[str, str] | None
) -> None:
    """Give the object this metadata and these tags."""
    form.fixed.update(metadata_headers(metadata))
    if tags is not None:
        document = write(tagging(check_tags(tags, MAX_OBJECT_TAGS)), "Tagging").decode()
        # One line: browsers write line ends in a form's fields as they like.
        form.fixed["tagging"] = document.partition("?>")[2].strip()


def answer_with(form: Form, status: int | None, redirect: str | None) -> None:
    """What the browser sees after a success."""
    if status is not None:
        if isinstance(status, bool) or status not in (200, 201, 204):
            raise invalid("success_action_status", status, "must be 200, 201 or 204")
        if redirect is not None:
            raise invalid(
                "success_action_status", status, "goes without success_action_redirect: 303"
            )
        form.fixed["success_action_status"] = str(status)
    if redirect is not None:
        form.fixed["success_action_redirect"] = _web_address(redirect)


def _web_address(url: object) -> str:
    rule = "must be an http:// or https:// URL in ASCII, without a user"
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise invalid("success_action_redirect", url, rule)
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        if not good or "@" in parts.netloc:
            raise ValueError
    except ValueError:
        raise invalid("success_action_redirect", url, rule) from None
    return url
