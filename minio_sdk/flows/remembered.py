"""What was found of a server, in a file for later processes. Blocking; call it through `call`.

Rule of this file: what isn't a whole file of ours, written by this user and by nobody else, counts as none;
and that it can't be written is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import uuid
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from minio_sdk.config import Config
from minio_sdk.models.capabilities import CHECKSUMS, FEATURES, ServerCapabilities
from minio_sdk.wire.quirks import kind_of

_FORMAT = 1
_MOST = 64 * 1024


def _path(config: Config) -> Path:
    digest = hashlib.sha256(config.endpoints[0].encode()).hexdigest()[:24]
    return Path(config.state_dir or "") / "capabilities" / f"{digest}.json"


def keep(config: Config, found: ServerCapabilities, header: str | None) -> None:
    """Write what was found."""
    path = _path(config)
    entry = {
        "format": _FORMAT,
        "url": config.endpoints[0],
        "header": header or "",
        "version": found.version,
        "api": found.api,
        "server": found.server,
        "found_at": found.found_at.timestamp(),
        "features": {name: found[name] for name in FEATURES},
        "checksums": dict(found.checksums),
        "tried": list(found.tried),
    }
    growing = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123
            json.dump(entry, file)
        growing.replace(path)
    except OSError:
        with suppress(OSError):
            growing.unlink(missing_ok=True)


def recall(config: Config, endpoint: str, header: str | None) -> ServerCapabilities | None:
    """What an earlier process has found; None where there is nothing that can be believed.

    Args:
        config: the settings.
        endpoint: the server, as it is shown.
        header: its ``Server`` header, None when it isn't known yet; another one is another server.
    """
    try:
        entry = json.loads(_own_text(_path(config)))
    except (OSError, ValueError, RecursionError):
        return None
    if not _is_whole(entry) or entry["url"] != config.endpoints[0]:
        return None
    if header is not None and header != entry["header"]:
        return None
    return ServerCapabilities(
        endpoint=endpoint,
        server=entry["server"],
        version=entry["version"],
        api=entry["api"],
        found_at=datetime.fromtimestamp(entry["found_at"], timezone.utc),
        checksums=entry["checksums"],
        tried=tuple(entry["tried"]),
        **entry["features"],
    )


def _own_text(path: Path) -> str:
    """The text of a file that nobody but this user can have written.

    Raises:
        OSError: there is none.
    """
    descriptor = os.open(
        path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    )
    with open(descriptor, "rb") as file:  # noqa: PTH123
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST:
            raise OSError("no file of ours")
        if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & 0o077):
            raise OSError("somebody else's file")
        return file.read(_MOST).decode()


def _is_whole(entry: Any) -> bool:
    if not isinstance(entry, dict) or entry.get("format") != _FORMAT:
        return False
    features, sums, tried = (entry.get(name) for name in ("features", "checksums", "tried"))
    texts = all(isinstance(entry.get(name), str) for name in ("url", "header", "api"))
    maybe = all(isinstance(entry.get(name), (str, type(None))) for name in ("version", "server"))
    tables = ((features, FEATURES), (sums, CHECKSUMS))
    known = {*FEATURES, *(f"checksums.{name}" for name in CHECKSUMS)}
    return (
        texts
        and maybe
        and entry["server"] in (None, kind_of(entry["header"]), "minio")
        and all(
            isinstance(table, dict)
            and set(table) == set(names)
            and all(value is None or isinstance(value, bool) for value in table.values())
            for table, names in tables
        )
        and isinstance(tried, list)
        and all(isinstance(name, str) and name in known for name in tried)
        and _is_moment(entry.get("found_at"))
    )


def _is_moment(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and bool(datetime.fromtimestamp(value, timezone.utc))
    except (TypeError, ValueError, OverflowError, OSError):
        return False
