"""Reading through the cache: what is asked when, and what no server can make it give out."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    AuditRecord,
    Cache,
    CacheStats,
    Credentials,
    IntegrityError,
    MinIOClient,
    ObjectNotFoundError,
    ServerError,
    ValidationError,
)
from tests.both import Connect, at_once, blocking, both, config_for
from tests.clock import FakeClock
from tests.processes import eventually
from tests.scripted import Exchange, Reply, Request, ScriptedServer, Step, reply, s3_error

TRUST = Cache(trust=10)


def etag_of(data: bytes) -> str:
    return f'"{md5(data).hexdigest()}"'


class Shop:
    """A server with objects that knows ``If-None-Match``.

    Attributes:
        objects: by path.
        log: each request: its method, path and the status of its answer.
        answer: may give another answer to a request, or None.
    """

    def __init__(self, **objects: bytes) -> None:
        self.objects = {f"/acme-docs/{key}": data for key, data in objects.items()}
        self.log: list[tuple[str, str, int]] = []
        self.answer: Callable[[Request], Step | None] = lambda _: None
        self.headers: dict[str, str] = {}

    def __call__(self, request: Request) -> Step:
        other = self.answer(request)
        if other is not None:
            self.log.append((request.method, request.path, getattr(other, "status", 0)))
            return other
        found: Reply = self._answer(request)
        self.log.append((request.method, request.path, found.status))
        return found

    def _answer(self, request: Request) -> Any:
        path, objects = request.path, self.objects
        if request.method == "PUT":
            objects[path] = request.body
            return reply(200, headers={"ETag": etag_of(request.body)})
        if request.method == "DELETE":
            objects.pop(path, None)
            return reply(204)
        if request.method == "POST":
            keys = [key.split(b"<")[0].decode() for key in request.body.split(b"<Key>")[1:]]
            for key in keys:
                objects.pop(f"{path}/{key}", None)
            done = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return reply(200, f"<DeleteResult>{done}</DeleteResult>".encode())
        if request.method == "HEAD" and path.rstrip("/") == "/acme-docs":
            return reply(200)
        if path not in objects:
            return s3_error(404, "NoSuchKey")
        etag = etag_of(objects[path])
        headers = {"ETag": etag, "x-amz-request-id": "1", **self.headers}
        if request.header("if-none-match") == etag:
            return reply(304, headers=headers)
        return reply(200, objects[path], headers=headers)

    def asked(self) -> list[int]:
        """The statuses of the answers since the last time."""
        statuses = [status for _, _, status in self.log]
        self.log.clear()
        return statuses


@both
def test_each_read_is_confirmed_by_the_server(connect: Connect) -> None:
    shop = Shop(k=b"one")
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=Cache(), bucket="docs", api="s3") as client,
    ):
        assert [client.get_object("docs", "k"), client.download("k")] == [b"one", b"one"]
        assert shop.asked() == [200, 304]
        shop.objects["/acme-docs/k"] = b"other"  # by another client
        assert [client.download("k"), client.get_object("docs", "k")] == [b"other", b"other"]
        assert shop.asked() == [200, 304]
        del shop.objects["/acme-docs/k"]
        with pytest.raises(ObjectNotFoundError):
            client.download("k")
        stats = client.cache_stats()
        assert (stats.hits, stats.revalidated, stats.misses) == (0, 2, 2)
        assert (stats.bytes_saved, stats.hit_rate) == (8, 0.5)
        assert (stats.objects, stats.size) == (0, 0)


@both
def test_what_is_trusted_is_not_asked_for(connect: Connect) -> None:
    shop, clock = Shop(k=b"one"), FakeClock()
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=TRUST, bucket="docs", api="s3", clock=clock) as client,
    ):
        for _ in range(3):
            assert client.download("k") == b"one"
            assert client.get_object("docs", "k") == b"one"
        assert shop.asked() == [200]
        clock.advance(9.9)
        shop.objects["/acme-docs/k"] = b"two"
        assert client.download("k") == b"one"
        clock.advance(0.2)
        assert client.download("k") == b"two"
        clock.advance(10)
        assert client.download("k") == b"two"
        assert shop.asked() == [200, 304]
        clock.advance(9.9)  # since it was confirmed
        assert client.download("k") == b"two"
        assert shop.asked() == []
        stats = client.cache_stats()
        assert (stats.hits, stats.revalidated, stats.misses) == (7, 1, 2)
        assert stats.bytes_saved == 8 * 3
        client.clear_cache()
        assert client.download("k") == b"two"
        assert shop.asked() == [200]


CHANGES: dict[str, Callable[[Any], object]] = {
    "upload": lambda client: client.upload("k", b"two"),
    "put_object": lambda client: client.put_object("docs", "k", b"two"),
    "upload_many": lambda client: client.upload_many([("docs", "k", b"two")]),
    "by a view": lambda client: client.with_(timeout=9).upload("k", b"two"),
    "past the cache": lambda client: client.with_(cache=None).upload("k", b"two"),
    "by another cache": lambda client: client.with_(cache=Cache()).upload("k", b"two"),
    "other keys": lambda client: client.with_(access_key="AK2", secret_key="s").upload("k", b"two"),
    "without tenancy": lambda client: client.with_(tenant_id=None).put_object(
        "acme-docs", "k", b"two"
    ),
    "delete": lambda client: client.delete("k"),
    "delete_object": lambda client: client.delete_object("docs", "k"),
    "delete_objects": lambda client: client.delete_objects("docs", ["x", "k"]),
    "delete_many": lambda client: client.delete_many([("docs", "k")]),
    "clear_cache": lambda client: client.clear_cache(),
}


@both
@pytest.mark.parametrize("change", CHANGES)
def test_our_own_changes_are_seen_at_once(connect: Connect, change: str) -> None:
    shop = Shop(k=b"one", other=b"other")
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=TRUST, bucket="docs", api="s3") as client,
    ):
        view = client.with_(timeout=7)
        assert (client.download("k"), view.download("k")) == (b"one", b"one")
        assert client.download("other") == b"other"
        CHANGES[change](client)
        shop.log.clear()
        for reader in (client, view):
            try:
                assert reader.download("k") == shop.objects.get("/acme-docs/k")
            except ObjectNotFoundError:
                assert "/acme-docs/k" not in shop.objects
        assert shop.asked() == ([404, 404] if "delete" in change else [200])
        assert client.download("other") == b"other"
        assert shop.asked() == ([200] if change == "clear_cache" else [])


@both
def test_an_answer_that_a_change_overtakes_is_not_kept(connect: Connect) -> None:
    """GET is answered with the old bytes, which arrive after a PUT of the same client is through."""
    shop = Shop(k=b"old")
    held, go_on = threading.Event(), threading.Event()

    def slowly(request: Request) -> Step | None:
        if request.method != "GET":
            return None
        shop.answer = lambda _: None
        answer = shop._answer(request)

        def step(exchange: Exchange) -> None:
            held.set()
            assert go_on.wait(20)
            answer(exchange)

        return step

    shop.answer = slowly
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=TRUST, bucket="docs", api="s3") as client,
    ):

        def change(client: Any) -> Any:
            return client.upload("k", b"new")

        def read(client: Any) -> Any:
            return client.download("k")

        def let_go() -> None:
            """The server lets the GET go on when the PUT has been answered."""
            held.wait(20)
            assert eventually(lambda: any(method == "PUT" for method, _, _ in shop.log))
            go_on.set()

        with ThreadPoolExecutor() as pool:
            pool.submit(let_go)
            old, _ = at_once(client, [read, lambda c: _after(held, change, c)])
        assert old in (b"old", b"new")
        assert client.download("k") == b"new"


def _after(held: threading.Event, change: Callable[[Any], Any], client: Any) -> Any:
    if isinstance(client, MinIOClient):
        held.wait(20)
        return change(client)

    async def later() -> Any:
        await asyncio.to_thread(held.wait, 20)
        return await change(client)

    return later()


# -- who may read what ------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    "changes",
    [
        {"tenant_id": "beta"},
        {"tenant_id": None},
        {"access_key": "AK2", "secret_key": "the-secret-of-acme"},
        {"access_key": "AKACME", "secret_key": "wrong"},
        {"session_token": "t", "access_key": "AKACME", "secret_key": "the-secret-of-acme"},
        {"credentials": lambda: None},
        {"credentials": lambda: Credentials("AK3", "s")},
        {"tenancy": "prefix", "shared_bucket": "acme-docs"},
    ],
    ids=[
        "tenant",
        "no-tenant",
        "access-key",
        "secret-key",
        "session",
        "anonymous",
        "other-keys",
        "prefix",
    ],
)
@pytest.mark.parametrize("cache", [TRUST, Cache()], ids=["trusted", "confirmed"])
def test_nobody_reads_what_another_has_read(
    connect: Connect, changes: dict[str, Any], cache: Cache, tmp_path: Path
) -> None:
    """The server gives the object to the first alone; the others get to know nothing."""
    shop = Shop(k=b"of acme alone")
    cache = Cache(trust=cache.trust, disk=str(tmp_path))
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=cache, bucket="docs", api="s3") as client,
    ):
        assert client.get_object("docs", "k") == b"of acme alone"
        asked: list[Request] = []
        shop.answer = lambda request: asked.append(request) or s3_error(403, "AccessDenied")  # type: ignore[func-returns-value]
        view = client.with_(**changes)
        for bucket in ("docs", "acme-docs"):
            with pytest.raises(AccessDeniedError):
                view.get_object(bucket, "k")
        with pytest.raises(AccessDeniedError):
            view.download("k")
        if changes.get("access_key") != "AKACME":
            # For the same access key the disk has its ETag, and the server looks at secret and token.
            gets = [request for request in asked if request.method == "GET"]
            assert not any(request.header("if-none-match") for request in gets)
        assert "of acme" not in repr(view.cache_stats())


@both
def test_keys_that_change_are_others(connect: Connect) -> None:
    """A provider that answers for whoever is at it: none reads what only another may."""
    shop, now = Shop(k=b"1"), ["AK1"]
    with (
        ScriptedServer(handler=shop) as server,
        connect(
            server,
            cache=TRUST,
            bucket="docs",
            api="s3",
            credentials=lambda: Credentials(now[0], "secret"),
        ) as client,
    ):
        assert [client.download("k"), client.download("k")] == [b"1", b"1"]
        assert shop.asked() == [200]
        now[0] = "AK2"
        shop.answer = lambda _: s3_error(403, "AccessDenied")
        with pytest.raises(AccessDeniedError):
            client.download("k")
        now[0] = "AK1"
        assert client.download("k") == b"1"


@both
def test_what_was_signed_by_others_than_asked_is_not_kept(connect: Connect) -> None:
    shop = Shop(k=b"1")
    keys = iter(f"AK{number}" for number in range(100))
    with (
        ScriptedServer(handler=shop) as server,
        connect(
            server, cache=TRUST, api="s3", credentials=lambda: Credentials(next(keys), "secret")
        ) as client,
    ):
        assert client.get_object("docs", "k") == b"1"
        assert client.cache_stats().objects == 0


@both
def test_a_right_that_was_taken_away_holds_no_longer_than_trust(connect: Connect) -> None:
    shop, clock = Shop(k=b"1"), FakeClock()
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=TRUST, bucket="docs", api="s3", clock=clock) as client,
    ):
        assert client.download("k") == b"1"
        shop.answer = lambda _: s3_error(403, "AccessDenied")
        assert client.download("k") == b"1"
        clock.advance(11)
        with pytest.raises(AccessDeniedError):
            client.download("k")
        assert client.cache_stats().objects == 0


# -- servers that lie -------------------------------------------------------------------------------


@both
def test_not_changed_is_no_answer_to_the_first_question(connect: Connect) -> None:
    shop = Shop(k=b"1")
    shop.answer = lambda _: reply(304, headers={"ETag": '"e"'})
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=Cache(), api="s3", max_retries=0) as client,
    ):
        with pytest.raises(ServerError, match="to no such question"):
            client.get_object("docs", "k")
        shop.answer = lambda _: None
        assert client.get_object("docs", "k") == b"1"


@both
@pytest.mark.parametrize("headers", [{"ETag": '"another"'}, {"ETag": 'W/"weak"'}], ids=str)
def test_not_changed_of_another_object_is_asked_again(
    connect: Connect, headers: dict[str, str]
) -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server, connect(server, cache=Cache(), api="s3") as client:
        assert client.get_object("docs", "k") == b"1"
        shop.objects["/acme-docs/k"] = b"2"
        shop.answer = lambda request: (
            reply(304, headers=headers) if request.header("if-none-match") else None
        )
        assert client.get_object("docs", "k") == b"2"
        assert shop.asked() == [200, 304, 200]


@both
def test_a_condition_that_a_server_misunderstands_is_left_out(connect: Connect) -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server, connect(server, cache=Cache(), api="s3") as client:
        assert client.get_object("docs", "k") == b"1"
        shop.answer = lambda request: (
            s3_error(412, "PreconditionFailed") if request.header("if-none-match") else None
        )
        assert client.get_object("docs", "k") == b"1"
        assert shop.asked() == [200, 412, 200]


@both
def test_a_server_that_knows_no_conditions_sends_it_each_time(connect: Connect) -> None:
    shop = Shop(k=b"1")
    shop.answer = lambda _: reply(200, b"1", headers={"ETag": '"e"'})
    with ScriptedServer(handler=shop) as server, connect(server, cache=Cache(), api="s3") as client:
        assert [client.get_object("docs", "k") for _ in range(2)] == [b"1", b"1"]
        assert client.cache_stats().misses == 2


NOT_KEPT: dict[str, dict[str, str]] = {
    "no ETag": {"x-amz-request-id": "1"},
    "a weak ETag": {"ETag": 'W/"e"'},
    "an empty ETag": {"ETag": '""', "x-amz-request-id": "1"},
    "no-store": {"ETag": '"e"', "Cache-Control": "no-store"},
    "a key of the customer's": {
        "ETag": '"e"',
        "x-amz-server-side-encryption-customer-algorithm": "AES256",
    },
}


@both
@pytest.mark.parametrize("why", NOT_KEPT)
def test_what_is_never_kept(connect: Connect, why: str, tmp_path: Path) -> None:
    shop = Shop()
    shop.answer = lambda _: reply(200, b"1", headers=NOT_KEPT[why])
    cache = Cache(trust=10, disk=str(tmp_path))
    with ScriptedServer(handler=shop) as server, connect(server, cache=cache, api="s3") as client:
        for _ in range(2):
            assert client.get_object("docs", "k") == b"1"
        assert shop.asked() == [200, 200]
        stats = client.cache_stats()
        assert (stats.objects, stats.disk_objects, stats.misses) == (0, 0, 2)


@both
def test_what_is_too_large_is_not_kept_nor_what_it_was_before(
    connect: Connect, tmp_path: Path
) -> None:
    shop = Shop(k=b"1")
    cache = Cache(max_object=10, disk=str(tmp_path))
    with ScriptedServer(handler=shop) as server, connect(server, cache=cache, api="s3") as client:
        assert client.get_object("docs", "k") == b"1"
        assert client.cache_stats().objects == 1
        shop.objects["/acme-docs/k"] = b"12345678901"
        assert client.get_object("docs", "k") == b"12345678901"
        assert client.cache_stats().objects == 0


@both
def test_bytes_of_another_checksum_are_neither_given_nor_kept(connect: Connect) -> None:
    shop = Shop(k=b"1")
    shop.headers = {"Server": "MinIO"}  # which is asked for checksums from then on
    told = {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-type": "FULL_OBJECT"}
    with (
        ScriptedServer(handler=shop) as server,
        connect(server, cache=TRUST, api="s3", max_retries=0) as client,
    ):
        assert client.get_object("docs", "k") == b"1"
        client.clear_cache()
        shop.headers.update(told)
        with pytest.raises(IntegrityError):
            client.get_object("docs", "k")
        assert client.cache_stats().objects == 0


@both
@pytest.mark.parametrize(
    "arguments",
    [{"range": (0, 1)}, {"version_id": "v"}, {"if_match": "e"}, {"if_none_match": "e"}],
    ids=str,
)
def test_other_questions_go_past_it(connect: Connect, arguments: dict[str, Any]) -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server, connect(server, cache=TRUST, api="s3") as client:
        assert client.get_object("docs", "k") == b"1"
        asked: list[Request] = []

        def answer(request: Request) -> Step:
            asked.append(request)
            headers = {"ETag": '"e"', "Content-Range": "bytes 0-1/2", "x-amz-version-id": "v"}
            if "range" not in arguments:
                del headers["Content-Range"]
            return reply(206 if "range" in arguments else 200, b"12", headers=headers)

        shop.answer = answer
        assert client.get_object("docs", "k", **arguments) == b"12"
        assert asked
        assert client.get_object("docs", "k") == b"1"


# -- around it --------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("key", [["k"], {"k": 1}, None, 5, b"k", "", "x" * 1025], ids=repr)
def test_what_is_no_key_is_refused_as_ever(connect: Connect, key: Any) -> None:
    with ScriptedServer(handler=Shop()) as server:
        for cache in (None, TRUST):
            with connect(server, cache=cache, api="s3") as client:
                with pytest.raises(ValidationError, match="^key"):
                    client.download(key)
        assert not server.requests


@both
@pytest.mark.parametrize("trust", [0, 10])
def test_each_read_is_audited(connect: Connect, trust: int) -> None:
    shop, told = Shop(k=b"123"), list[AuditRecord]()
    with (
        ScriptedServer(handler=shop) as server,
        connect(
            server, cache=Cache(trust=trust), bucket="docs", api="s3", audit=told.append
        ) as client,
    ):
        for _ in range(2):
            assert client.download("k") == b"123"
        assert client.cache_stats().hits == (1 if trust else 0)
    first, second = told
    assert (first.operation, first.key, first.status) == ("GetObject", "k", 200)
    assert (second.operation, second.bucket, second.key) == ("GetObject", "docs", "k")
    assert (second.tenant_id, second.error) == ("acme", None)
    assert (second.status, second.attempts) == ((None, 0) if trust else (304, 1))


@both
def test_closing_gives_the_memory_back_and_a_view_leaves_it(connect: Connect) -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server, connect(server, cache=TRUST, api="s3") as client:
        assert client.get_object("docs", "k") == b"1"
        client.with_(timeout=5).close()
        assert client.cache_stats().objects == 1
        client.close()
        assert client.cache_stats().objects == 0
        assert client.get_object("docs", "k") == b"1"
        assert client.cache_stats().objects == 1


@both
def test_without_one_there_is_nothing_to_see(connect: Connect) -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server, connect(server, api="s3") as client:
        assert [client.get_object("docs", "k") for _ in range(2)] == [b"1", b"1"]
        assert client.cache_stats() == CacheStats()
        client.clear_cache()
        assert shop.asked() == [200, 200]


@both
def test_the_disk_outlives_the_client_and_is_asked_about_each_time(
    connect: Connect, tmp_path: Path
) -> None:
    shop = Shop(k=b"1" * 1000, l=b"2")
    cache = Cache(disk=str(tmp_path), trust=10)
    with ScriptedServer(handler=shop) as server:
        for _ in range(2):
            with connect(server, cache=cache, bucket="docs", api="s3") as client:
                assert [client.download("k"), client.download("l")] == [b"1" * 1000, b"2"]
        assert shop.asked() == [200, 200, 304, 304]
        with connect(server, cache=cache, bucket="docs", api="s3") as client:
            client.delete("l")  # which nobody needs any more
            assert client.cache_stats().disk_objects == 1
            shop.log.clear()
            shop.objects["/acme-docs/k"] = b"new"
            assert [client.download("k"), client.download("k")] == [b"new", b"new"]
            assert shop.asked() == [200]
            assert client.cache_stats().disk_objects == 1
            shop.objects.clear()  # by others: it is gone from here too
            view = client.with_(cache=Cache(disk=str(tmp_path)))
            with pytest.raises(ObjectNotFoundError):
                view.get_object("docs", "k")
            assert client.cache_stats().disk_objects == 0
            shop.objects["/acme-docs/k"] = b"again"
            assert view.download("k") == b"again"
            assert client.cache_stats().disk_objects == 1
            client.clear_cache()
            assert client.cache_stats().disk_objects == 0


@both
def test_a_damaged_disk_costs_a_request_and_no_more(connect: Connect, tmp_path: Path) -> None:
    shop = Shop(k=b"1")
    cache = Cache(disk=str(tmp_path))
    with ScriptedServer(handler=shop) as server:
        for status in (200, 200, 304):
            with connect(server, cache=cache, api="s3") as client:
                assert client.get_object("docs", "k") == b"1"
                assert shop.asked() == [status]
            if status == 200 and not (tmp_path / "damaged").exists():
                (path,) = (tmp_path / "minio-sdk-cache").glob("*.sqlite")
                path.write_bytes(b"not a database" * 1000)
                (tmp_path / "damaged").touch()


def test_workers_in_other_processes_change_things_too() -> None:
    """They don't share this process's memory, which therefore forgets what it has."""

    class Elsewhere(ThreadPoolExecutor):
        """Is to the client no pool of threads, and so one of processes."""

    class Executor:
        def __init__(self) -> None:
            self.pool = Elsewhere()

        def submit(self, function: Any, *arguments: Any) -> Any:
            return self.pool.submit(function, *arguments)

    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server:
        with blocking(server, cache=TRUST, bucket="docs", api="s3") as client:
            assert client.download("k") == b"1"
            executor: Any = Executor()
            assert client.upload_many([("docs", "k", b"2")], executor=executor).ok
            executor.pool.shutdown()
            assert client.download("k") == b"2"


def test_a_client_with_one_is_pickled_without_what_it_holds() -> None:
    shop = Shop(k=b"1")
    with ScriptedServer(handler=shop) as server:
        config = config_for(server, cache=TRUST, bucket="docs", api="s3")
        with MinIOClient(config) as client:
            assert client.download("k") == b"1"
            with pickle.loads(pickle.dumps(client)) as other:
                assert other.config.cache == TRUST
                assert other.cache_stats() == CacheStats()
                assert other.download("k") == b"1"
        assert shop.asked() == [200, 200]
