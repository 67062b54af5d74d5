"""The journal of a transfer: a small file that lets a later run go on. Blocking; call it through `call`.

Rules of this file: a journal is written whole under another name and then renamed, so that there is never
half of one; who works on a transfer holds its lock, which the system takes back from a process that dies;
tenants and servers have folders of their own; and nothing secret is ever in a journal.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from minio_sdk.config import Config
from minio_sdk.errors import ConflictError, invalid
from minio_sdk.models.names import canonical_tenant
from minio_sdk.models.transfers import Transfer, TransferRestartedWarning

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FORMAT = 1
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)


def folder_of(config: Config) -> Path:
    """Where the journals of one tenant on one server are."""
    if config.state_dir is not None:
        base = Path(config.state_dir)
    elif sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = (Path(local) if local else Path.home() / "AppData" / "Local") / "minio-sdk"
    else:
        given = os.environ.get("XDG_STATE_HOME")
        base = (Path(given) if given else Path.home() / ".local" / "state") / "minio-sdk"
    return base / _digest(*home_of(config))


def home_of(config: Config) -> tuple[str, str | None, str, str | None]:
    """What tells where a bucket of these settings lies: whatever differs in it is another bucket."""
    tenant = None if config.tenant_id is None else canonical_tenant(config.tenant_id)
    shared = config.shared_bucket if config.tenancy == "prefix" else None
    return config.endpoints[0], tenant, config.tenancy, shared


def _digest(*words: object) -> str:
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:24]


def check_id(transfer_id: object) -> str:
    """An id as `list_transfers` tells it.

    Raises:
        ValidationError: it is none.
    """
    if not isinstance(transfer_id, str) or not _ID.fullmatch(transfer_id):
        raise invalid("id", transfer_id, "must be the id of a transfer: list_transfers() has them")
    return transfer_id


class Journal:
    """One transfer's journal, locked until it is closed.

    Args:
        folder: see `folder_of`; made when it is missing.
        id: the transfer's.

    Attributes:
        id: the same.
        entry: what it holds; None for a transfer that begins.

    Raises:
        ConflictError: somebody else is at this transfer.
        OSError: it can't be written or read.
    """

    def __init__(self, folder: Path, id: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.id = id
        self._path = folder / f"{id}.json"
        self._lock_path = folder / f"{id}.lock"
        self._descriptor: int | None = self._locked()
        for left in folder.glob(f"{id}.*.tmp"):
            left.unlink(missing_ok=True)
        self.entry: dict[str, Any] | None = _read(self._path)

    @classmethod
    def of(cls, config: Config, kind: str, *names: str | None) -> Journal:
        """The journal of the transfer that these names stand for."""
        return cls(folder_of(config), _digest(kind, *names))

    def _locked(self) -> int:
        while True:
            descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                _lock(descriptor)
                if os.path.samestat(os.fstat(descriptor), self._lock_path.stat()):
                    return descriptor
            except FileNotFoundError:
                pass  # removed by the one who had it, and has ended
            except OSError:
                os.close(descriptor)
                raise ConflictError(
                    "another run of this transfer is under way",
                    hint="wait until it has ended; list_transfers() shows it",
                ) from None
            os.close(descriptor)

    def save(self, **changes: Any) -> None:
        """Write what is known now, and make sure that it stays; nothing more once it is closed."""
        entry = {
            "format": _FORMAT,
            "started": time.time(),
            **(self.entry or {}),
            **changes,
            "id": self.id,
            "folder": self._path.parent.name,
        }
        growing = self._path.with_name(f"{self.id}.{uuid.uuid4().hex}.tmp")
        try:
            descriptor = os.open(growing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123
                json.dump(entry, file)
                file.flush()
                os.fsync(file.fileno())
            if self._descriptor is None:  # interrupts have left this thread behind
                growing.unlink(missing_ok=True)
                return
            growing.replace(self._path)
        except BaseException:
            growing.unlink(missing_ok=True)
            raise
        self.entry = entry

    def remove(self) -> None:
        """Forget the transfer; the lock stays."""
        self._path.unlink(missing_ok=True)
        self.entry = None

    def restart(self, why: str) -> None:
        """Forget what was done, and say so."""
        entry = self.entry or {}
        self.remove()
        warn_of_restart(entry, why)

    def close(self) -> None:
        """Let others at it."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        if self.entry is None and sys.platform != "win32":
            self._lock_path.unlink(missing_ok=True)
        os.close(descriptor)
        if self.entry is None and sys.platform == "win32":
            try:
                self._lock_path.unlink()
            except OSError:  # somebody else has it
                pass


def warn_of_restart(entry: Mapping[str, Any], why: str) -> None:
    """Say that a transfer can't go on where it has stopped."""
    warnings.warn(
        f"the {entry.get('kind')} of {entry.get('bucket')}/{entry.get('key')} begins anew: {why}",
        TransferRestartedWarning,
        stacklevel=3,
    )


def growing_path(target: Path, transfer_id: str) -> Path:
    """Where a download with a journal grows, beside its target."""
    return target.with_name(f".minio-sdk-{transfer_id}.part")


def _read(path: Path) -> dict[str, Any] | None:
    """What a journal holds; None when it is none of ours, or damaged."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return None
    ours = isinstance(entry, dict) and entry.get("format") == _FORMAT
    if not ours or (entry.get("id"), entry.get("folder")) != (path.stem, path.parent.name):
        return None
    return entry if _is_whole(entry) else None


_Fields = Mapping[str, Callable[[Any], bool]]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and value >= 0


def _are_counts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_count, value))


def _is_moment(value: Any) -> bool:
    try:
        return bool(datetime.fromtimestamp(value, timezone.utc))
    except (TypeError, ValueError, OverflowError, OSError):
        return False


_FIELDS: Mapping[str, _Fields] = {
    "upload": {
        "headers": _is_text,
        "mark": _are_counts,
        "part": _is_count,
        "upload_id": _is_text_or_none,
        "checksums": _is_text_or_none,
        "etag": _is_text_or_none,
        "asked": lambda value: isinstance(value, list) and all(map(_is_moment, value)),
    },
    "download": {
        "etag": _is_text_or_none,
        "version": _is_text_or_none,
        "piece": lambda value: _is_count(value) and value > 0,
        "done": _are_counts,
    },
}
_COMMON: _Fields = {
    "bucket": _is_text,
    "key": _is_text,
    "path": _is_text,
    "size": _is_count,
    "started": _is_moment,
}


def _is_whole(entry: Mapping[str, Any]) -> bool:
    kind = entry.get("kind")
    if kind not in ("upload", "download"):
        return False
    fields = {**_COMMON, **_FIELDS[kind]}
    return all(name in entry and good(entry[name]) for name, good in fields.items())


def transfers(config: Config) -> list[Transfer]:
    """The transfers of one tenant on one server, the oldest first."""
    return sorted(_transfers(folder_of(config)), key=lambda found: (found.started, found.id))


def _transfers(folder: Path) -> Iterator[Transfer]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 - `glob` keeps to itself what it may not read
    except FileNotFoundError:
        return
    for path in (folder / name for name in names if name.endswith(".json")):
        entry = _read(path)
        if entry is None:
            continue
        done, asked = None, []
        if entry["kind"] == "download":
            done = min(entry["size"], len(entry["done"]) * entry["piece"])
        else:
            asked = entry["asked"]
        yield Transfer(
            id=entry["id"],
            kind=entry["kind"],
            bucket=entry["bucket"],
            key=entry["key"],
            path=entry["path"],
            size=entry["size"],
            bytes_done=done,
            started=datetime.fromtimestamp(entry["started"], timezone.utc),
            running=_is_locked(path.with_suffix(".lock")),
            unsure=tuple(datetime.fromtimestamp(moment, timezone.utc) for moment in asked),
        )


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except OSError:
        return False
    try:
        _lock(descriptor)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
