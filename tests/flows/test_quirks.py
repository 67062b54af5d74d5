"""Keys that a server takes for other keys: it is never asked for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from minio_sdk import DeletedObject, MinIOClient, NotSupportedError, ObjectNotFoundError
from minio_sdk.wire.quirks import is_only_a_folder
from tests.both import Connect, both
from tests.flows.store import Store
from tests.scripted import ScriptedServer, reply

OTHER = "/acme-docs/a/b"

MISSED: dict[str, Callable[[MinIOClient, str], object]] = {
    "get": lambda client, key: client.get_object("docs", key),
    "head": lambda client, key: client.get_object_metadata("docs", key),
    "tags": lambda client, key: client.get_object_tags("docs", key),
    "set tags": lambda client, key: client.set_object_tags("docs", key, {"x": "y"}),
    "delete tags": lambda client, key: client.delete_object_tags("docs", key),
    "copy": lambda client, key: client.copy_object("docs", "c", "docs", key),
    "metadata": lambda client, key: client.set_object_metadata("docs", key, {}),
}
KEYS = [
    ("SeaweedFS 30GB 4.48", "a//b"),
    ("SeaweedFS 30GB 4.48", "a\\b"),
    ("SeaweedFS 30GB 4.48", "/a/b"),
    ("MinIO", "/a/b"),
    ("MinIO", "a//b"),
]
each_key = pytest.mark.parametrize("name, key", KEYS)


@both
@each_key
@pytest.mark.parametrize("call", MISSED)
def test_such_a_key_is_no_object(connect: Connect, call: str, name: str, key: str) -> None:
    store = Store({OTHER: b"another"}, name=name)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        for _ in range(2):
            with pytest.raises(ObjectNotFoundError, match="another key") as info:
                MISSED[call](client, key)
            assert (info.value.bucket, info.value.key) == ("docs", key)
            assert info.value.code == "NoSuchKey"
    assert store.asked == ["HEAD /acme-docs"]  # which tells what server it is, once


@both
@each_key
def test_such_a_key_does_not_exist_and_is_deleted_already(
    connect: Connect, name: str, key: str
) -> None:
    store = Store({OTHER: b"another"}, name=name)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        assert not client.object_exists("docs", key)
        client.delete_object("docs", key)
        client.delete_object("docs", key, version_id="v")
        result = client.delete_objects("docs", [key, (key, "v")])
    assert result.deleted == (DeletedObject(key=key), DeletedObject(key=key, version_id="v"))
    assert result
    assert store.asked == ["HEAD /acme-docs"]
    assert store.data() == {OTHER: b"another"}


@both
@each_key
def test_nothing_is_copied_to_such_a_key(connect: Connect, name: str, key: str) -> None:
    store = Store({OTHER: b"another"}, name=name)
    with ScriptedServer(handler=store) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="another key"):
            client.copy_object("docs", key, "docs", "a/b")
    assert store.count("PUT") == 0


@both
def test_a_folder_of_seaweedfs_is_copied_only_when_it_is_empty(connect: Connect) -> None:
    store = Store({"/acme-docs/e": b"", "/acme-docs/f": b"1"}, name="SeaweedFS")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.copy_object("docs", "folder/", "docs", "e")
        with pytest.raises(NotSupportedError, match="would lose the bytes"):
            client.copy_object("docs", "folder/", "docs", "f")
    assert store.data()["/acme-docs/folder/"] == b""


@both
@pytest.mark.parametrize("key", [key for _, key in KEYS])
def test_other_servers_are_asked_for_any_key(connect: Connect, key: str) -> None:
    store = Store()
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.put_object("docs", key, b"1")
        client.copy_object("docs", key + "2", "docs", key)
        assert client.get_object("docs", key + "2") == b"1"
        client.set_object_tags("docs", key, {"x": "y"})
        client.delete_object("docs", key)
        assert not client.object_exists("docs", key)


@both
def test_an_ordinary_key_costs_no_question(connect: Connect) -> None:
    store = Store({OTHER: b"1"}, name="SeaweedFS")
    with ScriptedServer(handler=store) as server, connect(server) as client:
        client.get_object("docs", "a/b")
        client.object_exists("docs", "a/b")
        client.delete_object("docs", "a/b")
    assert [line.split()[0] for line in store.asked] == ["GET", "HEAD", "DELETE"]


FOLDER = {"Server": "SeaweedFS 30GB 4.48", "ETag": '"d41d8cd98f00b204e9800998ecf8427e-0"'}
STORED = {**FOLDER, "ETag": '"d41d8cd98f00b204e9800998ecf8427e"'}


@both
def test_a_folder_is_no_object(connect: Connect) -> None:
    """SeaweedFS answers 200 for one, with a mark; what was stored as an empty object has it not."""
    reads: list[Callable[[MinIOClient], object]] = [
        lambda client: client.get_object_metadata("docs", "dir/"),
        lambda client: client.get_object("docs", "dir/"),
        lambda client: client.get_object("docs", "dir/", range=(0, 1)),
        lambda client: client.copy_object("docs", "b", "docs", "dir/"),
    ]
    for headers in (FOLDER, {**STORED, "Server": "MinIO"}, STORED):
        with ScriptedServer(handler=lambda _: reply(200, headers=headers)) as server:  # noqa: B023
            with connect(server) as client:
                assert client.object_exists("docs", "dir/") is (headers is not FOLDER)
                for read in reads if headers is FOLDER else ():
                    with pytest.raises(ObjectNotFoundError, match="folder") as caught:
                        read(client)
                    assert (caught.value.code, caught.value.tenant_id) == ("NoSuchKey", "acme")
            assert {r.method for r in server.requests} <= {"GET", "HEAD"}


def test_only_the_mark_on_that_server_tells_a_folder() -> None:
    seaweed = {"server": "SeaweedFS 30GB 4.48", "etag": '"e-0"'}
    assert is_only_a_folder("dir/", seaweed)
    assert not is_only_a_folder("dir", seaweed)
    assert not is_only_a_folder("dir/", {**seaweed, "server": "MinIO"})
    assert not is_only_a_folder("dir/", {**seaweed, "etag": '"e-10"'})
    assert not is_only_a_folder("dir/", {"server": "SeaweedFS"})
