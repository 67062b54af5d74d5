"""Tags on servers that don't know them: nothing is ever lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minio_sdk import MinIOClient, NotSupportedError, ServerError, ValidationError
from minio_sdk.operations import object_tagging
from tests.both import Connect, both
from tests.flows.store import Store, Stored
from tests.scripted import ScriptedServer, reply, s3_error

OBJECT = "/acme-docs/a"
CALLS: dict[str, Callable[[MinIOClient], object]] = {
    "set": lambda client: client.set_object_tags("docs", "a", {"x": "y"}),
    "set none": lambda client: client.set_object_tags("docs", "a", {}),
    "get": lambda client: client.get_object_tags("docs", "a"),
    "delete": lambda client: client.delete_object_tags("docs", "a"),
}
each_call = pytest.mark.parametrize("call", CALLS)


@both
@each_call
@pytest.mark.parametrize(
    "data", [b"text", b"", b"<html>page</html>", b"<Error><Code>x</Code></Error>", b'{"a": 1}']
)
def test_a_server_that_passes_tags_over_keeps_the_object(
    connect: Connect, call: str, data: bytes
) -> None:
    """It would store the tags in place of the bytes, and remove the object with its tags."""
    store = Store({OBJECT: data}, tagging=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(NotSupportedError, match="doesn't know tags of objects") as info:
                CALLS[call](client)
            assert (info.value.bucket, info.value.key) == ("docs", "a")
    assert store.data() == {OBJECT: data}
    assert set(store.asked) == {f"GET {OBJECT}?tagging="}


@both
@each_call
def test_a_large_object_is_not_read_for_its_tags(
    connect: Connect, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_tagging, "MAX_ANSWER", 100)
    store = Store({OBJECT: b"x" * 5000}, tagging=False)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't know tags of objects"):
            CALLS[call](client)
    assert len(store.data()[OBJECT]) == 5000


@both
@each_call
def test_a_server_that_refuses_tags_is_quoted(connect: Connect, call: str) -> None:
    refusal = s3_error(501, "NotImplemented", "no tags here")
    with ScriptedServer([refusal]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="no tags here"):
            CALLS[call](client)


@both
def test_a_failing_server_is_not_one_without_tags(connect: Connect) -> None:
    store = Store({OBJECT: b"x"}, fault=lambda _: reply(503))
    with ScriptedServer(handler=store) as server, connect(server, max_retries=0) as client:
        with pytest.raises(ServerError):
            client.set_object_tags("docs", "a", {"x": "y"})
    assert store.count("PUT") == 0


@both
def test_an_unknown_server_shows_its_tags_before_they_are_changed(connect: Connect) -> None:
    store = Store({OBJECT: b"x"})
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.set_object_tags("docs", "a", {"x": "y"})
        assert client.get_object_tags("docs", "a") == {"x": "y"}
        client.delete_object_tags("docs", "a")
        client.delete_object_tags("docs", "a")  # there are none: nothing that could go wrong
    target = f"{OBJECT}?tagging="
    assert store.asked == [
        f"{method} {target}" for method in ("GET", "PUT", "GET", "GET", "DELETE", "GET")
    ]
    assert store.objects == {OBJECT: Stored(b"x")}


@both
def test_a_known_server_is_asked_for_no_more_than_needed(connect: Connect) -> None:
    store = Store({OBJECT: b"x"}, name="MinIO")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.get_object("docs", "a")  # any answer tells who it is
        client.set_object_tags("docs", "a", {"x": "y"})
        client.delete_object_tags("docs", "a")
    target = f"{OBJECT}?tagging="
    assert store.asked == [f"GET {OBJECT}", f"PUT {target}", f"DELETE {target}"]


@both
@pytest.mark.parametrize(
    "tags",
    [
        {str(n): "" for n in range(11)}, {"": "x"}, {"x" * 129: ""}, {"a": "x" * 257}, {"a": 1},
        {1: "a"}, ["a"], "a=b", None, {"a": "\x00"},
    ],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_tags_against_the_rules_are_not_sent(connect: Connect, tags: object) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match="^tags"):
            client.set_object_tags("docs", "a", tags)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("key, version_id, named", [("", None, "key="), ("a", "", "version_id=")])
def test_bad_names_are_not_sent(
    connect: Connect, key: str, version_id: str | None, named: str
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        for call in (
            lambda: client.set_object_tags("docs", key, {"a": "b"}, version_id=version_id),
            lambda: client.set_object_tags("docs", key, {}, version_id=version_id),
            lambda: client.get_object_tags("docs", key, version_id=version_id),
            lambda: client.delete_object_tags("docs", key, version_id=version_id),
        ):
            with pytest.raises(ValidationError, match=f"^{named}"):
                call()
