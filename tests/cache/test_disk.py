"""The disk tier: whatever happens to it is a miss, and what it gives is what was put."""

from __future__ import annotations

import logging
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import ConfigurationError
from minio_sdk.cache import Name, digest
from minio_sdk.cache.disk import PATIENCE, Disk
from tests.processes import ROOT, posix_only

MiB = 1 << 20


def name(key: str) -> Name:
    return "http://h", "docs", key


def put(disk: Disk, key: str, data: bytes = b"data", etag: str = '"e"') -> None:
    disk.put(digest(key), name(key), etag, data)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(str(tmp_path), 8 * MiB)
    yield found
    found.close()


def files(disk: Disk) -> list[str]:
    return sorted(path.name for path in disk.folder.iterdir())


def test_what_is_put_is_there_also_for_the_next_process(disk: Disk, tmp_path: Path) -> None:
    put(disk, "a", b"1", '"one"')
    put(disk, "b", b"", '"none"')
    put(disk, "a", bytes(MiB), '"two"')
    disk.close()
    other = Disk(str(tmp_path), 8 * MiB)
    for each in (disk, other):
        assert each.get(digest("a")) == ('"two"', bytes(MiB))
        assert each.get(digest("b")) == ('"none"', b"")
        assert each.get(digest("c")) is None
        assert each.usage()[0] == 2
    other.remove([name("a"), name("c")])
    assert disk.get(digest("a")) is None
    other.clear()
    assert disk.usage()[0] == 0
    other.close()
    assert (disk.errors, other.errors) == (0, 0)


@posix_only
def test_only_this_user_can_get_at_it(disk: Disk) -> None:
    put(disk, "a")
    assert disk.folder.stat().st_mode & 0o777 == 0o700
    for path in disk.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0
    disk.close()
    disk.folder.chmod(0o777)
    assert disk.get(digest("a")) == ('"e"', b"data")
    assert disk.folder.stat().st_mode & 0o777 == 0o700


@posix_only
def test_the_folder_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with pytest.raises(ConfigurationError, match=r"^cache\.disk=.*another user's"):
        Disk(str(tmp_path), 8 * MiB)


@posix_only
def test_a_link_to_a_folder_is_refused_and_that_stays_as_it_is(tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    public.chmod(0o755)
    (tmp_path / "minio-sdk-cache").symlink_to(public)
    with pytest.raises(ConfigurationError, match="a link"):
        Disk(str(tmp_path), 8 * MiB)
    assert public.stat().st_mode & 0o777 == 0o755


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match=r"^cache\.disk="):
        Disk(str(tmp_path / "file"), 8 * MiB)


def test_the_file_never_grows_beyond_its_size(disk: Disk) -> None:
    for number in range(300):
        put(disk, str(number), bytes(100_000 if number % 3 else 500))
        assert disk.get(digest(str(number))) is not None
    count, size = disk.usage()
    assert 50 < count < 300
    assert size == max(path.stat().st_size for path in disk.folder.iterdir()) <= 8 * MiB
    put(disk, "much", bytes(7 * MiB))
    assert disk.get(digest("much")) is None  # and the others are still there
    assert disk.usage()[0] == count
    assert disk.errors == 0


def test_a_file_larger_than_is_allowed_now_is_begun_anew(disk: Disk, tmp_path: Path) -> None:
    for number in range(6):
        put(disk, str(number), bytes(MiB))
    disk.close()
    smaller = Disk(str(tmp_path), 4 * MiB)
    put(smaller, "k")
    assert smaller.get(digest("k")) == ('"e"', b"data")
    assert sum(path.stat().st_size for path in smaller.folder.iterdir()) <= 4 * MiB
    assert smaller.errors == 0
    smaller.close()


def test_the_oldest_go_first_and_those_in_use_stay(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000_000.0
    monkeypatch.setattr("minio_sdk.cache.disk.time.time", lambda: now)
    put(disk, "used", bytes(1000))
    for number in range(100):
        now += 61
        put(disk, str(number), bytes(100_000))
        assert disk.get(digest("used")) is not None
    assert disk.get(digest("0")) is None


# -- damage -----------------------------------------------------------------------------------------


def overwritten(path: Path, start: float, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(int(path.stat().st_size * start))
        file.write(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_bytes(b"x" * 100_000),
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "cut in a page": lambda path: os.truncate(path, path.stat().st_size - 5000),
    "a hole": lambda path: overwritten(path, 0.3, bytes(70_000)),
    "other bytes": lambda path: overwritten(path, 0.5, b"\xff" * 70_000),
    "a flipped byte": lambda path: overwritten(path, 0.9, b"?"),
    "the header": lambda path: overwritten(path, 0.0, bytes(64)),
    "empty": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "another schema": lambda path: _schema(path, "DROP TABLE bodies"),
    "other bodies": lambda path: _schema(path, "UPDATE bodies SET data = 'text'"),
    "no bodies": lambda path: _schema(path, "DELETE FROM bodies"),
    "swapped bodies": lambda path: _schema(
        path, "UPDATE bodies SET data = (SELECT b.data FROM bodies b WHERE b.id != bodies.id)"
    ),
    "other etags": lambda path: _schema(path, "UPDATE objects SET etag = '\"other\"'"),
    "no time": lambda path: _schema(path, "UPDATE objects SET used = 'never'"),
    "no total": lambda path: _schema(path, "DELETE FROM total"),
    "another total": lambda path: _schema(path, "UPDATE total SET size = 'much'"),
    "no folder": lambda path: shutil.rmtree(path.parent),
    "others' tables": lambda path: _foreign(path, [f"CREATE TABLE t{n} (a)" for n in range(9)]),
    "others' objects": lambda path: _foreign(path, ["CREATE TABLE objects (a)"]),
    "a pickle": lambda path: _schema(path, "UPDATE bodies SET data = ?", pickle.dumps(print)),
}


def _schema(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement, values)
    connection.commit()
    connection.close()


def _foreign(path: Path, statements: list[str]) -> None:
    path.unlink()
    path.touch()
    for statement in statements:
        _schema(path, statement)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("open_", [True, False], ids=["open", "closed"])
def test_damage_is_a_miss_and_then_it_is_begun_anew(
    disk: Disk, damage: str, open_: bool, caplog: pytest.LogCaptureFixture
) -> None:
    contents = {str(n): os.urandom(40_000) for n in range(12)}
    for key, data in contents.items():
        put(disk, key, data)
    if not open_:
        disk.close()
    (path,) = [each for each in disk.folder.iterdir() if each.suffix == ".sqlite"]
    with caplog.at_level(logging.WARNING, "minio_sdk"):
        DAMAGES[damage](path)
        for _ in range(3):
            for key, data in contents.items():
                assert disk.get(digest(key)) in (None, ('"e"', data))
                put(disk, "new", b"new")
    assert disk.get(digest("new")) == ('"e"', b"new")
    other = Disk(str(disk.folder.parent), 8 * MiB)
    assert other.get(digest("new")) == ('"e"', b"new")
    other.close()
    assert len(caplog.records) <= 1


def test_who_has_a_file_open_that_another_has_begun_anew_goes_over(
    disk: Disk, tmp_path: Path
) -> None:
    other = Disk(str(tmp_path), 8 * MiB)
    for each in (disk, other):
        put(each, "old")
    other._begin_anew()
    put(other, "new")
    for _ in range(2):
        put(disk, "k")
    assert disk.get(digest("new")) == ('"e"', b"data")
    assert other.get(digest("k")) == ('"e"', b"data")
    other.close()


# -- full, busy -------------------------------------------------------------------------------------


class Failing:
    """A connection on which some statements fail."""

    def __init__(self, connection: sqlite3.Connection, error: Exception, words: str) -> None:
        self._connection = connection
        self._error = error
        self._words = words

    def execute(self, statement: str, *values: Any) -> Any:
        if statement.startswith(self._words):
            raise self._error
        return self._connection.execute(statement, *values)

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self._connection, attribute)


@pytest.mark.parametrize(
    "error",
    [
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.OperationalError("database is locked"),
        sqlite3.DataError("string or blob too big"),
        OSError(28, "No space left on device"),
    ],
    ids=str,
)
@pytest.mark.parametrize("words", ["INSERT INTO bodies", "COMMIT", "BEGIN"])
def test_a_disk_that_fails_is_a_miss(disk: Disk, error: Exception, words: str) -> None:
    put(disk, "before")
    connection: Any = disk._connection
    disk._connection = Failing(connection, error, words)  # type: ignore[assignment]
    put(disk, "k")
    if disk._connection is not None:  # else it is opened anew
        disk._connection = connection
    assert disk.errors == 1
    assert disk.get(digest("k")) is None
    gone = "full" in str(error) and words == "INSERT INTO bodies"  # to make room
    assert disk.get(digest("before")) == (None if gone else ('"e"', b"data"))
    put(disk, "k")
    assert disk.get(digest("k")) == ('"e"', b"data")


class Full(Failing):
    """A connection to a file on a full disk: what is written goes where something was freed before."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection, sqlite3.OperationalError("database or disk is full"), "")
        self._freed: dict[str, int] = {"now": 0, "before": 0}

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "DELETE FROM objects WHERE id = ?":
            self._freed["now"] += 1
        elif statement == "COMMIT":
            self._freed = {"now": 0, "before": self._freed["before"] + self._freed["now"]}
        elif statement.startswith("INSERT INTO bodies") and not self._freed["before"]:
            raise self._error
        return self._connection.execute(statement, *values)


def test_on_a_full_disk_the_oldest_make_room_for_what_comes(disk: Disk) -> None:
    for number in range(16):
        put(disk, str(number), bytes(1000))
    assert disk._connection is not None
    disk._connection = Full(disk._connection)  # type: ignore[assignment]
    put(disk, "new", bytes(1000))
    assert disk.errors == 0
    assert disk.get(digest("new")) is not None
    assert disk.get(digest("0")) is None
    assert disk.get(digest("15")) is not None


def test_a_full_disk_is_no_reason_not_to_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", full)
        disk = Disk(str(tmp_path / "new"), 8 * MiB)
        put(disk, "k")
        assert disk.get(digest("k")) is None
    put(disk, "k")
    assert disk.get(digest("k")) is not None
    disk.close()


def test_who_is_kept_waiting_by_another_process_goes_without(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.cache.disk.PATIENCE", 0.01)
    put(disk, "k")
    disk.close()
    (path,) = [each for each in disk.folder.iterdir() if each.suffix == ".sqlite"]
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert disk.get(digest("k")) is None
    put(disk, "l")
    disk.remove([name("k")])
    other.execute("ROLLBACK")
    other.close()
    assert disk.get(digest("k")) is not None
    assert disk.get(digest("l")) is None
    assert files(disk)[0] == "objects-v1-0.sqlite"


# -- many threads, many processes -------------------------------------------------------------------

CROWD = """
import os, sys, random, zlib
from minio_sdk.cache import digest
from minio_sdk.cache.disk import Disk
import minio_sdk.cache.disk

minio_sdk.cache.disk.PATIENCE = 30  # however busy this machine is

def body(key, seed):
    return f"{key}/{seed}/".encode() * 300

def work(disk, seed):
    chance = random.Random(seed)
    got = 0
    for turn in range(150):
        key = str(chance.randrange(20))
        if turn % 3 == 0:
            disk.put(digest(key), ("http://h", "docs", key), f'"{seed}-{turn}"', body(key, seed))
        elif turn % 17 == 0:
            disk.remove([("http://h", "docs", key)])
        elif (found := disk.get(digest(key))) is not None:
            etag, data = found
            assert data == body(key, int(etag[1:].split("-")[0])), (key, etag, data[:40])
            got += 1
    return got
"""


def test_processes_and_forks_share_it(tmp_path: Path) -> None:
    """Two processes, each of which forks with its file open and threads at work."""
    program = CROWD + (
        """
import threading, warnings
warnings.filterwarnings("ignore", message=".*multi-threaded.*", category=DeprecationWarning)
disk = Disk(sys.argv[1], 8 << 20)
seed = int(sys.argv[2]) * 10
assert work(disk, seed) > 0
thread = threading.Thread(target=work, args=(disk, seed + 1))
thread.start()
children = []
for number in range(2, 4) if hasattr(os, "fork") else ():
    pid = os.fork()
    if not pid:
        status = 1
        try:
            assert work(disk, seed + number) > 0
            assert disk.errors == 0
            status = 0
        finally:
            os._exit(status)
    children.append(pid)
assert work(disk, seed + 4) > 0
thread.join()
assert disk.errors == 0
assert all(os.waitpid(pid, 0)[1] == 0 for pid in children)
assert disk.folder.joinpath("objects-v1-0.sqlite").exists(), os.listdir(disk.folder)
"""
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", program, str(tmp_path), str(number)],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    for process in started:
        _, told = process.communicate(timeout=60)
        assert (process.returncode, told) == (0, "")
    connection = sqlite3.connect(tmp_path / "minio-sdk-cache" / "objects-v1-0.sqlite")
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    ((total,),) = connection.execute("SELECT size FROM total").fetchall()
    assert [(total,)] == connection.execute("SELECT sum(size) FROM objects").fetchall()
    connection.close()


def test_threads_share_it(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("minio_sdk.cache.disk.PATIENCE", PATIENCE)  # the program sets it
    scope: dict[str, Any] = {}
    exec(CROWD, scope)
    problems: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            assert scope["work"](disk, seed) > 0
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert disk.errors == 0


def test_a_forked_child_leaves_the_connection_to_its_parent(disk: Disk) -> None:
    put(disk, "k")
    connection, lock = disk._connection, disk._lock
    disk.hold()  # as before a fork
    disk.forget()  # as in the child
    assert disk._connection is None
    assert disk._lock is not lock
    assert disk.get(digest("k")) is not None
    assert disk._connection is not connection
    assert connection is not None
    connection.execute("SELECT 1")  # nobody has closed it
