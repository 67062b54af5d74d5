"""No secret, token or signature in any `repr`, message, log line or traceback."""

from __future__ import annotations

import logging
import os
import pickle
import re
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import Config, Credentials, MinIOClient, MinIOError, RefreshingProvider
from minio_sdk.credentials import find_credentials
from tests.both import Connect, both
from tests.clock import FakeClock
from tests.scripted import ScriptedServer, Step, drop_before_reply, redirect, reply, s3_error

# Put together, so that no line of source code in a traceback shows them.
SECRET = "canary" + "-secret-" + "5u7Kq"
TOKEN = "canary" + "-token-" + "x9Zr2"
PASSWORD = "canary" + "-password-" + "p0"
CANARY = "canary-"


class Vault:
    """A provider that shows too much of itself."""

    def credentials(self) -> Credentials:
        return Credentials("AKIA", SECRET, TOKEN)


class Renewed(RefreshingProvider):
    """A provider with a refresher."""

    def fetch(self) -> Credentials:
        ends = datetime(2100, 1, 1, tzinfo=timezone.utc)
        return Credentials("AKIA", SECRET, TOKEN, ends)


WAYS: dict[str, dict[str, Any]] = {
    "fields": {"access_key": "AKIA", "secret_key": SECRET, "session_token": TOKEN},
    "credentials": {"credentials": Credentials("AKIA", SECRET, TOKEN)},
    "provider": {"credentials": Vault()},
    "refreshing": {"credentials": Renewed()},
    "function": {"credentials": Vault().credentials},
}
every_way = pytest.mark.parametrize("fields", WAYS.values(), ids=WAYS)


def shown(error: BaseException) -> str:
    """All that a program may print of an exception, our own local variables included.

    Some tools print those of every frame. Nobody can hide what http.client has in its own.
    """
    told = [repr(error), str(error), *traceback.format_exception(error), repr(error.__dict__)]
    link: BaseException | None = error
    while link is not None:
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if f"{os.sep}minio_sdk{os.sep}" in frame.f_code.co_filename:
                told.append(repr(frame.f_locals))
        link = link.__cause__ or link.__context__
    return "\n".join(told)


def signatures(server: ScriptedServer) -> set[str]:
    found = set()
    for request in server.requests:
        match = re.search("Signature=([0-9a-f]{64})", request.header("authorization") or "")
        assert match
        assert request.header("x-amz-security-token") == TOKEN
        found.add(match[1])
    return found


# -- at rest ---------------------------------------------------------------------------------------


@every_way
def test_no_object_of_a_client_shows_a_secret(fields: dict[str, Any]) -> None:
    config = Config("http://localhost:9000", "acme", **fields)
    seen: list[Any] = []
    todo: list[Any] = [config, find_credentials(config), MinIOClient(config)]
    while todo and len(seen) < 500:
        item = todo.pop()
        if any(item is other for other in seen):
            continue
        seen.append(item)
        assert CANARY not in f"{item!r}"
        if not isinstance(item, str):
            assert CANARY not in f"{item}"
        if type(item).__module__.startswith("minio_sdk"):
            assert CANARY not in repr(inside(item))
            todo += inside(item).values()
    assert len(seen) > 20


def inside(item: Any) -> dict[str, Any]:
    """The attributes of an object, slots included."""
    slots = [name for cls in type(item).__mro__ for name in getattr(cls, "__slots__", ())]
    found = {name: getattr(item, name) for name in slots if hasattr(item, name)}
    return {**found, **getattr(item, "__dict__", {})}


@pytest.mark.parametrize("way", ["fields", "credentials"])
def test_what_comes_out_of_a_pickle_hides_too(way: str) -> None:
    config = Config("http://localhost:9000", "acme", **WAYS[way])
    for item in (config, MinIOClient(config), Credentials("AKIA", SECRET, TOKEN)):
        assert CANARY not in repr(pickle.loads(pickle.dumps(item)))


def test_a_password_of_a_proxy_is_not_shown() -> None:
    config = Config("http://h", "acme", proxies={"http": f"http://user:{PASSWORD}@proxy:1"})
    client = MinIOClient(config)
    assert CANARY not in repr(config) + repr(client) + repr(client.with_(timeout=1))


def test_keys_of_the_environment_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_ACCESS_KEY", "AKIA")
    monkeypatch.setenv("MINIO_SECRET_KEY", SECRET)
    monkeypatch.setenv("MINIO_SESSION_TOKEN", TOKEN)
    client = MinIOClient()
    assert client.config.secret_key == SECRET
    assert CANARY not in repr(client) + repr(client.config)


# -- on the way ------------------------------------------------------------------------------------

OUTCOMES: dict[str, Callable[[], Step]] = {
    "denied": lambda: s3_error(403, "SignatureDoesNotMatch"),
    "missing": lambda: s3_error(404, "NoSuchKey"),
    "failed": lambda: s3_error(500, "InternalError"),
    "dropped": drop_before_reply,
    "elsewhere": lambda: redirect("http://127.0.0.1:1/"),
    "page": lambda: reply(200, b"<html>welcome</html>"),
    "garbage": lambda: reply(200, b"<ListBucketResult>"),
    "short": lambda: reply(200, b"abc", content_length=10, headers={"ETag": '"e"'}),
}
CALLS: dict[str, Callable[[MinIOClient], object]] = {
    "get": lambda client: client.get_object("docs", "a"),
    "put": lambda client: client.put_object("docs", "a", b"data", metadata={"a": "b"}),
    "list": lambda client: client.list_objects("docs"),
    "buckets": lambda client: client.list_buckets(),
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], str]]:
    """Everything logged so far, by anybody."""
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3").setLevel(logging.DEBUG)
        yield lambda: "\n".join(
            [caplog.text, *(repr((record.msg, record.args)) for record in caplog.records)]
        )
        logging.getLogger("urllib3").setLevel(logging.NOTSET)


@both
@every_way
@pytest.mark.parametrize("call", CALLS)
def test_a_failed_call_shows_no_secret_and_no_signature(
    connect: Connect, fields: dict[str, Any], call: str, log: Callable[[], str]
) -> None:
    if "credentials" not in fields:
        fields = {**fields, "credentials": None}
    failed = set()
    for outcome, made in OUTCOMES.items():
        told = ""
        with ScriptedServer(handler=lambda _, made=made: made()) as server:  # type: ignore[misc]
            with connect(server, max_retries=1, **fields) as client:
                try:
                    CALLS[call](client)
                except MinIOError as error:
                    failed.add(outcome)
                    assert CANARY not in shown(error) + shown(pickle.loads(pickle.dumps(error)))
                    told = "".join(traceback.format_exception(error))
        told += log()
        assert CANARY not in told
        for signature in signatures(server):
            assert signature not in told
    # What is short, and what comes behind the ETag of an object, only a reader can see.
    assert failed >= OUTCOMES.keys() - {"short", "garbage"}


@both
def test_a_call_that_succeeds_logs_no_secret_and_no_signature(
    connect: Connect, log: Callable[[], str]
) -> None:
    answer = reply(200, b"x", headers={"ETag": '"e"'})
    fields = {**WAYS["fields"], "credentials": None}
    with ScriptedServer([answer, s3_error(503, "SlowDown"), answer]) as server:
        with connect(server, **fields) as client:
            client.get_object("docs", "a")
            client.get_object("docs", "a")
            url = client.get_presigned_url("docs", "a")
    told = log()
    assert CANARY not in told
    for signature in signatures(server):
        assert signature not in told
    assert len(server.requests) == 3
    assert url.rpartition("=")[2] not in told


@both
def test_a_server_that_can_t_be_reached_shows_no_secret(
    connect: Connect, log: Callable[[], str]
) -> None:
    fields = {**WAYS["fields"], "credentials": None}
    with ScriptedServer() as server:
        nowhere = server.url
    with connect(nowhere, max_retries=0, **fields) as client, pytest.raises(MinIOError) as caught:
        client.get_object("docs", "a")
    assert CANARY not in shown(caught.value) + log()


@both
@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_object("Not A Bucket", "a"),
        lambda client: client.put_object("docs", "a", "text"),
        lambda client: client.get_presigned_url("docs", "a", 0),
        lambda client: client.presigned_post("docs", "${filename}/a"),
        lambda client: client.with_(timeout=-1),
        lambda client: client.with_(access_key="other"),
        lambda client: client.with_(base_url=f"http://user:{PASSWORD}@h"),
    ],
)
def test_a_bad_argument_shows_no_secret(
    connect: Callable[..., AbstractContextManager[Any]], call: Callable[[Any], object]
) -> None:
    fields = {**WAYS["fields"], "credentials": None}
    with connect("http://127.0.0.1:1", clock=FakeClock(), **fields) as client:
        with pytest.raises(MinIOError) as caught:
            call(client)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert CANARY not in told
