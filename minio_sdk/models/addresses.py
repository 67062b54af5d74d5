"""Rules for the URLs that users write.

Rule of this file: no message has what may be a password.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from minio_sdk.errors import ConfigurationError, bad_setting

_MOST_URLS = 100
_HOST = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")

_ACCELERATED = re.compile(r"(?:.+\.)?s3-accelerate\.(?:dualstack\.)?amazonaws\.com\.?")


def is_address(host: str) -> bool:
    """Whether it is an IP address, which has no names below it."""
    try:
        ipaddress.ip_address(host.partition("%")[0].rstrip("."))
    except ValueError:
        # Resolvers take 127.1 and 2130706433 for addresses, too.
        return host.replace(".", "").isdigit()
    return True


def is_accelerated(host: str) -> bool:
    """Whether it is AWS's way by the nearest edge, which knows buckets by their hosts only."""
    return _ACCELERATED.fullmatch(host.lower()) is not None


def _is_ipv6(host: str) -> bool:
    """Whether it is an IPv6 address, with a zone or without."""
    address, percent, zone = host.partition("%")
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    return not percent or re.fullmatch(r"[A-Za-z0-9._~-]+", zone) is not None


def without_userinfo(url: str) -> str:
    """The URL without the name and password in it."""
    head, at, tail = url.rpartition("@")
    return f"{head.partition('://')[0]}://***@{tail}" if at else url


def check_urls(name: str, value: object) -> tuple[str, ...]:
    """One URL or several, each in its canonical form.

    Raises:
        ConfigurationError: none, one twice, or one that isn't the URL of a server.
    """
    if isinstance(value, str):
        if "," not in value:
            return (check_url(name, value),)
        value = [part.strip(" ") for part in value.split(",")]
    elif not isinstance(value, (list, tuple)):
        return (check_url(name, value),)
    if not value:
        raise ConfigurationError(f"{name}: must be a URL, or several; there is none")
    if len(value) > _MOST_URLS:
        raise ConfigurationError(f"{name}: {len(value)} URLs; at most {_MOST_URLS} can be")
    if len(value) == 1:
        return (check_url(name, value[0]),)
    urls = tuple(check_url(f"{name}[{at}]", url) for at, url in enumerate(value))
    for at, url in enumerate(urls):
        if url in urls[:at]:
            raise bad_setting(f"{name}[{at}]", url, "is there twice")
        if url.partition(":")[0] != urls[0].partition(":")[0]:
            rule = "must have the scheme of the first: what goes by TLS must not fail over to plain HTTP"
            raise bad_setting(f"{name}[{at}]", url, rule)
    return urls


def check_addressing(addressing: str, urls: tuple[str, ...]) -> None:
    """Refuse servers that can't be asked in the way that was chosen.

    Raises:
        ConfigurationError: one of them can't.
    """
    hosts = [urlsplit(url).hostname or "" for url in urls]
    for host in hosts:
        if addressing == "virtual" and is_address(host):
            rule = f"an IP address such as {host} has no names below it; 'path', or a host's name"
            raise bad_setting("addressing", addressing, rule)
        if addressing == "path" and is_accelerated(host):
            raise bad_setting("addressing", addressing, f"{host} knows buckets by their hosts only")
    for host in hosts if addressing == "virtual" else ():
        if any(host.endswith(f".{other}") for other in hosts):
            rule = f"{host} could be a bucket's host at another endpoint, too"
            raise bad_setting("base_url", host, rule)


def check_url(name: str, value: object) -> str:
    """The URL in its canonical form: lower-case scheme and host, no trailing slash.

    Raises:
        ConfigurationError: not the URL of a server; `name` is what it is called there.
    """
    example = "such as 'http://localhost:9000'"
    if not isinstance(value, str) or not value:
        # Not its value: bytes may hold a password.
        what = "empty text" if value == "" else type(value).__name__
        raise ConfigurationError(f"{name}: must be a URL {example}, not {what}")
    if "@" in value:
        raise ConfigurationError(f"{name}: must not hold a user name or password; use access_key")
    if "?" in value or "#" in value:
        # What follows is not shown: a presigned URL has its signature there.
        start = re.split(r"[?#]", value)[0]
        raise bad_setting(name, start, "must not have a query or fragment behind it")
    if any(c.isspace() or not c.isprintable() for c in value):
        raise bad_setting(name, value, "must not have blanks or control characters")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError as error:
        raise bad_setting(name, value, f"is not a URL: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https") or not parts.netloc:
        raise bad_setting(name, value, f"must begin with http:// or https:// ({example})")
    host = parts.hostname or ""
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            raise bad_setting(
                name, value, "the host name can't be written in ASCII (IDNA)"
            ) from None
    if not _is_ipv6(host) if "[" in parts.netloc else not _HOST.fullmatch(host):
        raise bad_setting(
            name, value, "the host name is missing or has a character that hosts can't have"
        )
    if port == 0:
        raise bad_setting(name, value, "the port must be 1 to 65535")
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", parts.path) or any(
        part in (".", "..") for part in parts.path.split("/")
    ):
        raise bad_setting(
            name, value, "the path must be letters, digits, '-', '.', '_', '~' and '/'"
        )
    shown_host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[scheme]
    netloc = shown_host if port in (None, default) else f"{shown_host}:{port}"
    return f"{scheme}://{netloc}{parts.path.rstrip('/')}"
