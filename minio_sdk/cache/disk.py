"""The read cache's disk: one SQLite file that all processes of a user share. Blocking.

Rules of this file: whatever goes wrong here is a miss and never an error of the read; bytes are given back
only if they have the length and the CRC32 that they had; nothing from the file is ever run or unpickled; and
nothing from it is used before the server has confirmed its ETag, so that it needs no news of changes.

SQLite, of Python's own library, rather than a cache library: `diskcache` is the known one, hasn't had a
release since 2023, and unpickles what it finds (CVE-2025-69872).

A rollback journal rather than a write-ahead log: between two calls this process holds no lock, so that a
forked child, which may not use its parent's connection, can open one of its own
(https://www.sqlite.org/howtocorrupt.html, 2.6). For the same reason a fork waits for a call under way.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

from minio_sdk.cache import Name, digest
from minio_sdk.errors import bad_setting
from minio_sdk.forks import forget_after_fork, hold_while_forking, leave_to_parent
from minio_sdk.wire.crc import crc32

T = TypeVar("T")

PATIENCE = 0.25
"""Seconds to wait for another process that writes; longer than that is a miss."""

_PAGE = 16384
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_USED = 60  # seconds: of the reads within them the first is noted, so that reading seldom writes
_FORMAT = 1
_FILE = re.compile(rf"objects-v{_FORMAT}-(\d{{1,9}})\.sqlite", re.ASCII)
_ROW = 256  # bytes that an object takes besides its body, about
_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    id INTEGER PRIMARY KEY, who BLOB NOT NULL UNIQUE, name BLOB NOT NULL, etag TEXT NOT NULL,
    size INTEGER NOT NULL, crc INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS by_name ON objects (name);
CREATE INDEX IF NOT EXISTS by_use ON objects (used);
CREATE TABLE IF NOT EXISTS bodies (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS total (one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL);
INSERT OR IGNORE INTO total VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS added AFTER INSERT ON objects BEGIN
    UPDATE total SET size = size + NEW.size; END;
CREATE TRIGGER IF NOT EXISTS removed AFTER DELETE ON objects BEGIN
    UPDATE total SET size = size - OLD.size; DELETE FROM bodies WHERE id = OLD.id; END;
"""

_LOG = logging.getLogger("minio_sdk")


class Disk:
    """Objects in a folder.

    Args:
        folder: in which a folder for this user only is made.
        size: bytes of the file, at most.

    Attributes:
        errors: how often something went wrong.

    Raises:
        ConfigurationError: the folder can't be made, or isn't this user's alone.
    """

    def __init__(self, folder: str, size: int) -> None:
        # One of our own, since its permissions are changed.
        self.folder = Path(folder).absolute() / "minio-sdk-cache"
        self.errors = 0
        self._pages = size // _PAGE
        # What is asked for before SQLite says that the file is full: pages are seldom full to the brim.
        self._most = size * 3 // 4
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._number = 0
        self._told = False
        forget_after_fork(self)
        hold_while_forking(self)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check_private(self.folder)
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None) in _FULL:
                return  # nothing is kept until there is room
            raise bad_setting("cache.disk", folder, f"can't be used: {error}") from None

    def __del__(self) -> None:
        connection = self.__dict__.get("_connection")
        if connection is not None:  # of a client that nobody has closed
            connection.close()

    def hold(self) -> None:
        """Wait for what is under way, and let nothing begin."""
        self._lock.acquire()

    def let_go(self) -> None:
        """The process has forked."""
        self._lock.release()

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._lock = threading.RLock()
        if self._connection is not None:
            leave_to_parent(self._connection)
            self._connection = None

    # --- what it does ----------------------------------------------------------------------------

    def get(self, who: bytes) -> tuple[str, bytes] | None:
        """ETag and bytes, or None.

        Args:
            who: the digest of the identity and the object.
        """
        return self._do(lambda connection: _get(connection, who), None)

    def put(self, who: bytes, name: Name, etag: str, data: bytes) -> None:
        """Keep an object, in place of what was kept of it."""
        if len(data) + _ROW > self._most:
            return

        def put(connection: sqlite3.Connection) -> None:
            try:
                _put(connection, who, digest(*name), etag, data, self._most)
            except sqlite3.OperationalError as error:
                if not _is_full(error):
                    raise
                # The file, whose pages have holes, or the disk, which others fill as well. To use pages
                # that were freed before takes no room there; that were freed at once, a copy of each.
                most = _total(connection) * 7 // 8
                with _writing(connection):
                    _make_room(connection, most - len(data) - _ROW)
                _put(connection, who, digest(*name), etag, data, most)

        self._do(put, None)

    def remove(self, names: Iterable[Name]) -> None:
        """Forget objects, of all identities."""
        digests = [(digest(*name),) for name in names]
        self._do(lambda connection: _remove(connection, digests), None)

    def clear(self) -> None:
        """Forget everything."""
        self._do(_clear, None)

    def usage(self) -> tuple[int, int]:
        """How many objects there are, and the bytes of the file."""
        return self._do(_usage, (0, 0))

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    # --- how -------------------------------------------------------------------------------------

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        with self._lock:
            try:
                return work(self._connection or self._open())
            except (sqlite3.Error, OSError, ValueError, OverflowError) as error:
                self._failed(error)
                return otherwise
            except BaseException:  # an interrupt
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        try:
            if self._connection is not None:
                self._connection.rollback()
        except sqlite3.Error:
            self.close()

    def _failed(self, error: Exception) -> None:
        self.errors += 1
        if not self._told and "locked" not in str(error):  # others are at work, which is no news
            self._told = True
            _LOG.warning(
                "cache: %s: %s; what the disk can't give is read from the server",
                self.folder,
                error,
            )
        self._roll_back()
        # Exactly these: others of its kind say that it is busy or full, or can't hold so much.
        if type(error) in (sqlite3.DatabaseError, sqlite3.IntegrityError):
            self._begin_anew()
        elif isinstance(error, sqlite3.OperationalError) and not _passes(error):
            self.close()  # somebody has emptied, moved or removed the file: open what is there now

    def _begin_anew(self) -> None:
        """Go on with a file of another name: others may have the damaged one open still."""
        number = self._number
        self.close()
        try:
            self._path(number + 1).touch(mode=0o600)
            for rest in ("", "-journal"):
                Path(f"{self._path(number)}{rest}").unlink(missing_ok=True)
        except OSError:
            pass  # the next call finds it damaged again

    def _path(self, number: int) -> Path:
        return self.folder / f"objects-v{_FORMAT}-{number}.sqlite"

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        if _pages(connection) > self._pages:  # SQLite makes no file smaller
            connection.close()
            self._begin_anew()
            connection = self._connect()
        self._connection = connection
        return connection

    def _connect(self) -> sqlite3.Connection:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(self.folder)
        found = (_FILE.fullmatch(path.name) for path in self.folder.iterdir())
        self._number = max((int(match[1]) for match in found if match), default=0)
        path = self._path(self._number)
        path.touch(mode=0o600)
        connection = sqlite3.connect(
            path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            # The system may lose what it was given if it crashes; then the file is damaged, and begun anew.
            for setting in (
                f"page_size = {_PAGE}",
                f"max_page_count = {self._pages}",
                "journal_mode = TRUNCATE",
                "synchronous = OFF",
                "trusted_schema = OFF",
                "cell_size_check = ON",
                "secure_delete = OFF",
                "mmap_size = 0",
            ):
                connection.execute(f"PRAGMA {setting}")
            if not _layout(connection):
                connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            if _layout(connection) != _expected():
                raise sqlite3.DatabaseError("the file is not of this cache")
        except BaseException:
            connection.close()
            raise
        return connection


def _check_private(folder: Path) -> None:
    """Let nobody else in: what could be put there would be read as the server's word."""
    if os.name == "nt":
        return
    found = folder.lstat()  # a link could lead to a folder of this user's that others should see
    if not stat.S_ISDIR(found.st_mode):
        raise OSError("it is not a folder but a link to one")
    if found.st_uid != os.geteuid():
        raise OSError("the folder is another user's")
    if found.st_mode & 0o077:
        folder.chmod(0o700)


def _is_full(error: sqlite3.Error) -> bool:
    return "full" in str(error)


def _passes(error: sqlite3.Error) -> bool:
    """Whether the file is as it should be, and another time may do."""
    return _is_full(error) or "locked" in str(error)


def _layout(connection: sqlite3.Connection) -> list[tuple[str, str | None]]:
    """What the file is made of."""
    return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


@cache
def _expected() -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_SCHEMA)
        return _layout(connection)


def _get(connection: sqlite3.Connection, who: bytes) -> tuple[str, bytes] | None:
    row = connection.execute(
        "SELECT id, etag, size, crc, used, data FROM objects LEFT JOIN bodies USING (id)"
        " WHERE who = ?",
        (who,),
    ).fetchone()
    if row is None:
        return None
    number, etag, size, crc, used, data = row
    if not (
        isinstance(data, bytes)
        and isinstance(etag, str)
        and isinstance(used, int)
        and size == len(data) + _ROW
        and crc == _sum(who, etag, data)
    ):
        raise sqlite3.DatabaseError("an object is not what it was")
    now = int(time.time())
    if abs(now - used) >= _USED:
        connection.execute("UPDATE objects SET used = ? WHERE id = ?", (now, number))
    return etag, data


def _sum(who: bytes, etag: str, data: bytes) -> int:
    return crc32(data, crc32(etag.encode("utf-8", "surrogatepass"), crc32(who)))


def _put(
    connection: sqlite3.Connection, who: bytes, name: bytes, etag: str, data: bytes, most: int
) -> None:
    size = len(data) + _ROW
    with _writing(connection):
        connection.execute("DELETE FROM objects WHERE who = ?", (who,))
        _make_room(connection, most - size)
        number = connection.execute(
            "INSERT INTO objects (who, name, etag, size, crc, used) VALUES (?, ?, ?, ?, ?, ?)",
            (who, name, etag, size, _sum(who, etag, data), int(time.time())),
        ).lastrowid
        connection.execute("INSERT INTO bodies VALUES (?, ?)", (number, data))


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written within, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _total(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT size FROM total").fetchone()
    if row is None or type(row[0]) is not int:
        raise sqlite3.DatabaseError("the size of all objects is gone")
    return int(row[0])


def _make_room(connection: sqlite3.Connection, most: int) -> None:
    """Remove what was used longest ago until all takes no more than this."""
    over = _total(connection) - most
    while over > 0:
        oldest = connection.execute("SELECT id, size FROM objects ORDER BY used, id LIMIT 64")
        rows = oldest.fetchall()
        if not rows:
            return
        for number, size in rows:
            connection.execute("DELETE FROM objects WHERE id = ?", (number,))
            over -= size
            if over <= 0:
                return


def _remove(connection: sqlite3.Connection, digests: list[tuple[bytes]]) -> None:
    there = [
        name
        for name in digests
        if connection.execute("SELECT 1 FROM objects WHERE name = ?", name).fetchone()
    ]
    if there:  # or reading would do, which waits for nobody
        with _writing(connection):
            connection.executemany("DELETE FROM objects WHERE name = ?", there)


def _clear(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM objects")


def _usage(connection: sqlite3.Connection) -> tuple[int, int]:
    (count,) = connection.execute("SELECT count(*) FROM objects").fetchone()
    return count, _pages(connection) * _PAGE


def _pages(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    return int(pages)
