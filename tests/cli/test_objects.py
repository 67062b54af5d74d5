"""Listing, copying and removing by `minio-sdk`, as people and scripts do it."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOClient
from minio_sdk.cli.listing import _branches, _plant
from minio_sdk.cli.screen import Screen
from minio_sdk.cli.session import Session
from tests.cli.conftest import Cli, write

# --- looking -------------------------------------------------------------------------------------


def test_buckets_are_made_listed_and_removed(cli: Cli) -> None:
    assert cli.done("mb", "docs", "minio://logs").lines == ["made docs", "made logs"]
    assert cli.done("ls").lines == ["docs", "logs"]
    assert "mb -p" in cli.failed("mb", "docs")
    cli.done("mb", "-p", "docs")
    (record, _) = cli.done("ls", "--json").json
    assert record["type"] == "bucket"
    assert record["bucket"] == "docs"
    assert record["created"].endswith("Z")
    cli.store("a")
    assert "--force" in cli.failed("rb", "docs", "logs")
    assert cli.done("ls").lines == ["docs"]
    assert "nobody can be asked" in cli.failed("rb", "--force", "docs")
    cli.done("rb", "--force", "--dry-run", "docs")
    assert cli.done("rb", "--force", "--yes", "docs").lines == ["removed docs"]
    assert cli.done("ls").lines == []


def test_listings(cli: Cli) -> None:
    cli.store("a.txt", "logs/1.txt", "logs/2.csv", "logs/old/3.txt", "logs2/x")
    assert cli.done("ls", "docs").lines == ["a.txt", "logs/", "logs2/"]
    assert cli.done("ls", "docs/logs/").lines == ["logs/1.txt", "logs/2.csv", "logs/old/"]
    assert cli.done("ls", "docs/a").lines == ["a.txt"]
    assert len(cli.done("ls", "-r", "minio://docs").lines) == 5
    assert cli.done("ls", "docs/logs/*.txt").lines == ["logs/1.txt"]
    assert cli.done("ls", "docs/**.txt").lines == ["a.txt", "logs/1.txt", "logs/old/3.txt"]
    assert cli.done("ls", "docs/logs/**/?.txt").lines == ["logs/1.txt", "logs/old/3.txt"]
    assert cli.done("ls", "-r", "--limit", "2", "docs").lines == ["a.txt", "logs/1.txt"]
    date, size, key = cli.done("ls", "-l", "docs/a.txt").lines[0].split("\t")
    assert (date[4], date[-1], size, key) == ("-", "Z", "4", "a.txt")
    folder, record = (
        cli.done("ls", "docs/logs/o", "--json").json[0],
        cli.done("ls", "-r", "docs", "--json").json[0],
    )
    assert folder == {"type": "prefix", "bucket": "docs", "key": "logs/old/"}
    assert record["size"] == 4
    assert set(record) == {
        "type", "bucket", "key", "size", "last_modified", "etag", "storage_class",
    }  # fmt: skip
    assert "nothing is there by the name of minio://docs/nope" in cli.failed("ls", "docs/nope")
    assert "ls shows those there are" in cli.failed("ls", "nope") or "mb" in cli.failed(
        "ls", "nope"
    )


def test_a_folder_without_its_slash_is_looked_into(cli: Cli) -> None:
    cli.store("logs/1", "logs/2")
    assert cli.done("ls", "docs/logs").lines == ["logs/1", "logs/2"]
    cli.store("logs2/1")
    assert cli.done("ls", "docs/logs").lines == ["logs/", "logs2/"]


def test_find_tree_and_du(cli: Cli) -> None:
    cli.store("a.txt", "logs/1.txt", "logs/deep/2.csv")
    cli.store("big", data=b"x" * 2048)
    assert cli.done("find", "docs", "--name", "*.TXT", "-i").lines == [
        "docs/a.txt",
        "docs/logs/1.txt",
    ]
    assert cli.done("find", "docs", "--larger", "1k").lines == ["docs/big"]
    assert len(cli.done("find", "docs", "--smaller", "1KiB", "--newer", "1h").lines) == 3
    assert cli.done("find", "docs", "--older", "1h").lines == []
    assert cli.done("find", "docs", "--path", "logs/*csv", "-0").out == b"docs/logs/deep/2.csv\0"
    assert cli.done("find", "docs/logs/", "--json").json[0]["key"] == "logs/1.txt"
    cli.failed("find", "docs", "-0", "-l", code=2)
    drawn = cli.done("tree", "docs").lines
    assert drawn[0] == "docs/"
    assert [line[4:] for line in drawn[1:] if line[0] in "├└"] == ["a.txt", "big", "logs/"]
    assert "deep" not in cli.done("tree", "docs/logs", "-L", "1", "-d").text.replace("deep/", "", 1)
    assert cli.done("tree", "docs", "--json").json[0]["tree"]["logs/"]["deep/"] == {"2.csv": 4}
    root: dict[str, Any] = {}
    _plant(root, "/" * 1000 + "x", 1)
    assert len(list(_branches(Session(Screen(), {}), root, None, False, ("", "", "", "")))) == 1001
    assert cli.done("du", "docs").lines == [
        "2052\t2\tdocs/", "8\t2\tdocs/logs/", "2060\t4\ttotal",
    ]  # fmt: skip
    assert cli.done("du").lines == ["2060\t4\tdocs/", "2060\t4\ttotal"]
    assert cli.done("du", "docs/logs", "-d", "2", "--json").json[-1] == {
        "type": "total", "bucket": "docs", "prefix": "logs/", "objects": 2, "bytes": 8,
    }  # fmt: skip


def test_a_terminal_gets_columns_bars_and_totals(cli: Cli) -> None:
    cli.store("a.txt", "logs/1.txt")
    long = cli.done("ls", "-l", "docs", terminal=True)
    assert "\x1b[" in long.text
    assert "4 B  a.txt" in long.text
    assert "\x1b[" not in cli.done("ls", "-l", "docs", terminal=True, NO_COLOR="1").text
    bars = cli.done("du", "docs", terminal=True, NO_COLOR="1").lines
    assert "█" * 30 in bars[0]
    assert bars[-1].endswith("in all")
    table = cli.done("versions", "docs/a.txt", terminal=True, NO_COLOR="1").lines
    assert table[0].split() == ["STORED", "SIZE", "VERSION", "IS", "KEY"]


def test_what_a_key_says_to_a_terminal_is_never_obeyed(cli: Cli) -> None:
    key = "a\x1b[31mred\x07\nb\u202e\x9b"
    cli.store(key)
    for words in (("ls", "docs"), ("ls", "-l", "docs"), ("tree", "docs"), ("find", "docs"),
                  ("versions", "docs"), ("stat", f"docs/{key}"), ("du", "docs"),
                  ("cp", "--dry-run", f"minio://docs/{key}", "x")):  # fmt: skip
        for terminal in (False, True):
            done = cli.done(*words, terminal=terminal, NO_COLOR="1")
            assert not set("\x1b\x07\u202e\x9b") & set(done.text), words
    assert cli.done("ls", "docs").lines == [r"a\x1b[31mred\x07\nb\u202e\x9b"]
    assert cli.done("ls", "docs", "--json").json[0]["key"] == key
    assert "\x1b" not in cli.failed("cat", f"docs/{key}?")


# --- one object ----------------------------------------------------------------------------------


def test_pipes(cli: Cli) -> None:
    data = bytes(range(256)) * 10
    said = cli.done("put", "docs/a.bin", "--metadata", "by=me", "--tag", "x=1", said=data)
    assert said.lines == ["- -> minio://docs/a.bin"]
    assert cli.done("cat", "docs/a.bin").out == data
    assert (
        cli.done("cat", "docs/a.bin", "minio://docs/a.bin", "--range", "10-19").out
        == data[10:20] * 2
    )
    assert cli.done("cat", "docs/a.bin", "--range", "-5").out == data[-5:]
    assert cli.done("cat", "docs/a.bin", "--range", "2550-").out == data[2550:]
    assert cli.client.get_object_metadata("docs", "a.bin").metadata == {"by": "me"}
    assert cli.client.get_object_tags("docs", "a.bin") == {"x": "1"}
    assert "PreconditionFailed" in cli.failed("put", "-n", "docs/a.bin", said=b"other")
    assert cli.done("cat", "docs/a.bin").out == data
    cli.done("cp", "-", "minio://docs/b", said=b"1\n2\n3")
    assert cli.done("cp", "minio://docs/b", "-").out == b"1\n2\n3"
    assert cli.done("head", "-n", "2", "docs/b").out == b"1\n2\n"
    assert cli.done("head", "docs/b").out == b"1\n2\n3"
    assert cli.done("head", "-n", "0", "docs/b").out == b""
    assert cli.done("head", "-c", "3", "docs/b").out == b"1\n2"
    failed = cli.run("cat", "docs/nope", "docs/b")
    assert (failed.code, failed.out) == (1, b"1\n2\n3")


@pytest.mark.parametrize(
    "words",
    [
        ("cat", "docs"),
        ("cat", "docs/a", "--range", "9-3"),
        ("cat", "docs/a", "--range", "-"),
        ("cat", "http://docs/a"),
        ("put", "minio://@docs/a"),
        ("cp", "a", "b"),
        ("cp", "a", "b", "minio://docs/c"),
        ("cp", "-", "minio://docs/"),
        ("cp", "-", "-"),
        ("cp", "-r", "-", "minio://docs/a"),
        ("cp", "minio:///a", "b"),
        ("cp", "minio://docs/a", "b", "--metadata", "a=b"),
        ("cp", "a", "minio://docs/a", "--at", "1h"),
        ("cp", "minio://docs/a", "minio://docs/b", "no-such-folder"),
        ("rm", "minio://"),
        ("rm", "docs/a", "docs/b", "--version-id", "1"),
        ("mb", "docs/a"),
        ("find", "docs", "--larger", "much"),
        ("find", "docs", "--newer", "yesterday"),
        ("ls", "docs", "--tenant", "a", "--no-tenant"),
        ("presign", "docs/a", "--max-size", "1k"),
        ("presign", "docs/a", "--expires", "soon"),
        ("mirror", "a", "b"),
        ("diff", "a", "minio://docs", "--at", "1h"),
        ("undelete", "docs/"),
        ("tags", "set", "docs", "novalue"),
        ("retention", "docs/a", "--mode", "governance"),
    ],
)  # fmt: skip
def test_wrong_usage_is_exit_2_and_sends_nothing(
    cli: Cli, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.env["MINIO_ENDPOINT"] = "http://127.0.0.1:9"
    assert cli.failed(*words, code=2)


def test_stat(cli: Cli) -> None:
    cli.client.upload_object("docs", "a.txt", b"data", metadata={"by": "me"})
    facts = dict(line.split("\t") for line in cli.done("stat", "docs/a.txt").lines)
    assert facts["size"] == "4"
    assert facts["metadata by"] == "me"
    record = cli.done("stat", "docs/a.txt", "docs", "--json").json
    assert record[0]["metadata"] == {"by": "me"}
    assert record[0]["last_modified"].endswith("Z")
    assert record[1]["bucket"] == "docs"
    assert "size" in cli.done("stat", "docs/a.txt", terminal=True).text
    several = cli.run("stat", "docs/nope", "docs/a.txt")
    assert several.code == 1
    assert "a.txt" in several.text
    error = json.loads(cli.failed("stat", "docs/nope", "--json"))
    assert error["error"] == "ObjectNotFoundError"
    assert (error["status"], error["key"]) == (404, "nope")


# --- copying -------------------------------------------------------------------------------------


def test_files_and_objects_go_where_names_say(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, a_txt="A", tree__one_txt="1", tree__sub__two_txt="22")
    first = cli.done("cp", "a.txt", "minio://docs/")
    assert (first.lines, first.err) == (["a.txt -> minio://docs/a.txt"], "")
    cli.done("cp", "a.txt", "minio://docs")
    cli.done("cp", "a.txt", "minio://docs/b.txt")
    assert "-r" in cli.failed("cp", "tree", "minio://docs/")
    cli.done("cp", "-r", "tree", "minio://docs/in/")
    cli.done("cp", "-r", "tree/", "minio://docs/all/")
    cli.done("cp", "-r", "tree", "minio://docs/as")
    assert cli.keys() == [
        "a.txt", "all/one.txt", "all/sub/two.txt", "as/one.txt", "as/sub/two.txt",
        "b.txt", "in/tree/one.txt", "in/tree/sub/two.txt",
    ]  # fmt: skip
    cli.done("cp", "minio://docs/a.txt", "new.txt")
    cli.done("cp", "minio://docs/a.txt", "folder/")
    cli.done("cp", "minio://docs/b.txt", "minio://docs/a.txt", "folder")
    cli.done("cp", "-r", "minio://docs/all", "back")
    cli.done("cp", "-r", "minio://docs/all", "back2/")
    cli.done("cp", "minio://docs/**/two.txt", "globbed/")
    for name, text in (
        ("new.txt", "A"), ("folder/a.txt", "A"), ("folder/b.txt", "A"), ("back/sub/two.txt", "22"),
        ("back2/all/one.txt", "1"), ("globbed/in/tree/sub/two.txt", "22"),
    ):  # fmt: skip
        assert (tmp_path / name).read_text() == text
    cli.done("cp", "minio://docs/a.txt", "minio://other/", "--content-type", "text/x")
    cli.done("cp", "-r", "minio://docs/all/", "minio://other/copy")
    assert cli.keys("other") == ["a.txt", "copy/one.txt", "copy/sub/two.txt"]
    assert cli.client.get_object_metadata("other", "a.txt").content_type == "text/x"


def test_a_dry_run_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, a="A")
    assert cli.done("cp", "--dry-run", "a", "minio://docs/a").lines == [
        "would copy a -> minio://docs/a"
    ]
    assert not cli.client.bucket_exists("docs")
    cli.store("b")
    assert cli.done("mv", "--dry-run", "minio://docs/b", "there", "--json", "-q").json[0]["dry_run"]
    assert cli.done("rm", "-r", "--dry-run", "docs").lines == ["would remove minio://docs/b"]
    assert cli.keys() == ["b"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_several_failures_are_told_each(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, a="A")
    cli.store("x/ok")
    said = cli.failed("cp", "nope1", "a", "nope2", "minio://docs/")
    assert "nope1: No such file or directory" in said
    assert "nope2" in said
    assert cli.keys() == ["a", "x/ok"]
    same = cli.failed("cp", "minio://docs/a", "minio://docs/x/ok", "minio://docs/")
    assert "same object" in same
    assert cli.keys() == ["a", "ok", "x/ok"]
    assert "goes there as well" in cli.failed("cp", "a", "./a", "minio://docs/")
    assert cli.failed("cp", "minio://docs/a", "no/such/folder/a").count("\n") == 1
    assert "-r takes" in cli.failed("cp", "minio://docs/x/", ".")
    assert "-r takes" in cli.failed("rm", "docs/x/")
    assert "nothing is there" in cli.failed("cp", "minio://docs/*.nope", ".")


def test_moving(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, a="A", tree__sub__b="B")
    cli.done("mv", "a", "minio://docs/")
    cli.done("mv", "-r", "tree", "minio://docs/")
    assert list(tmp_path.iterdir()) == []
    assert cli.keys() == ["a", "tree/sub/b"]
    cli.done("mv", "minio://docs/a", "minio://docs/tree/a")
    assert cli.done("mv", "-r", "minio://docs/tree/", "back", "--json").json[0] == {
        "source": "minio://docs/tree/a", "target": "back/a", "size": 1,
    }  # fmt: skip
    assert cli.keys() == []
    assert (tmp_path / "back/sub/b").read_text() == "B"
    cli.store("same")
    assert "same object" in cli.failed("mv", "minio://docs/same", "minio://docs/")
    assert cli.keys() == ["same"]


def test_what_changes_while_it_is_moved_stays(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.store("a")
    write(tmp_path, b="B")
    true = MinIOClient.download_many

    def meanwhile(client: MinIOClient, *arguments: object, **options: object) -> object:
        found = true(client, *arguments, **options)  # type: ignore[arg-type]
        client.put_object("docs", "a", b"newer")
        return found

    monkeypatch.setattr(MinIOClient, "download_many", meanwhile)
    assert "has changed meanwhile; it stays" in cli.failed("mv", "minio://docs/a", "a")
    assert cli.client.get_object("docs", "a") == b"newer"


def test_objects_of_another_tenant(cli: Cli, tmp_path: Path) -> None:
    cli.client.upload_object("docs", "a", b"A", metadata={"by": "me"}, tags={"x": "1"})
    other = cli.client.with_(tenant_id=f"{cli.tenant} / two")
    name = f"minio://{cli.tenant} %2F two@docs"
    cli.done("cp", "minio://docs/a", f"{name}/b")
    assert other.get_object("docs", "b") == b"A"
    assert other.get_object_metadata("docs", "b").metadata == {"by": "me"}
    assert other.get_object_tags("docs", "b") == {"x": "1"}
    assert cli.done("ls", "docs", "--tenant", f"{cli.tenant} / two").lines == ["b"]
    assert cli.done("ls", name).lines == ["b"]
    assert cli.done("mv", f"{name}/b", "minio://docs/").lines == [f"{name}/b -> minio://docs/b"]
    assert cli.keys() == ["a", "b"]
    assert "one tenant" in cli.failed("mirror", name, "minio://docs", code=2)
    cli.done("rb", name.removesuffix("/"))
    assert f"{cli.tenant}-docs" in cli.done("ls", "--no-tenant").lines


# --- removing ------------------------------------------------------------------------------------


def test_removing(cli: Cli) -> None:
    cli.store("a", "logs", "logs/1", "logs/2", "logs2/3", "x1", "x2", "y")
    assert cli.done("rm", "docs/a").lines == ["removed minio://docs/a"]
    assert "nothing is there" in cli.failed("rm", "docs/a")
    assert "--yes" in cli.failed("rm", "-r", "docs/logs")
    assert "nothing was changed" in cli.failed("rm", "-r", "docs/logs", said="n\n", terminal=True)
    asked = cli.done("rm", "-r", "docs/logs", said="y\n", terminal=True)
    assert "Remove 3 objects of minio://docs/logs?" in asked.err
    assert cli.keys() == ["logs2/3", "x1", "x2", "y"]
    assert "--yes" in cli.failed("rm", "docs/x*")
    cli.done("rm", "docs/x*", "-y", "-q")
    assert cli.keys() == ["logs2/3", "y"]
    cli.done("rm", "-r", "-y", "docs")
    assert cli.keys() == []
    cli.done("rm", "-r", "-y", "docs")


def test_a_star_that_is_in_the_key_is_that_object(cli: Cli) -> None:
    cli.store("a*", "ab")
    cli.done("rm", "docs/a*", "-y")
    assert cli.keys() == ["ab"]


def test_versions_come_and_go(cli: Cli) -> None:
    cli.done("mb", "docs")
    assert cli.done("versioning", "docs").lines == ["Never"]
    assert cli.done("versioning", "docs", "on", "--json").json[0]["versioning"] == "Enabled"
    cli.store("a", "b/1", "b/2")
    cli.store("a", data=b"newer")
    cli.done("rm", "docs/a")
    cli.done("rm", "-r", "docs/b", "-y")
    states = [line.split("\t")[3] for line in cli.done("versions", "docs/a").lines]
    assert sorted(states) == ["deleted", "older", "older"]
    assert cli.done("undelete", "docs/a").lines == ["brought back docs/a"]
    assert cli.done("cat", "docs/a").out == b"newer"
    assert len(cli.done("undelete", "-r", "--dry-run", "docs/b").lines) == 2
    assert len(cli.done("undelete", "-r", "docs", "--since", "1h", "--json").json) == 2
    assert cli.keys() == ["a", "b/1", "b/2"]
    listed = cli.done("ls", "docs/a", "--versions", "--json").json
    old = next(each["version_id"] for each in listed if each["size"] == 4)
    assert cli.done("cat", "docs/a", "--version-id", old).out == b"data"
    cli.done("cp", "minio://docs/a", "old", "--version-id", old)
    assert Path("old").read_bytes() == b"data"
    cli.done("rm", "docs/a", "--version-id", old)
    assert len(cli.done("ls", "-l", "docs/a", "--versions").lines) == 1
    assert "nothing is there" in cli.failed("rm", "--versions", "docs/nope")
    assert "-r takes" in cli.failed("rm", "--versions", "docs/b/")
    cli.done("rm", "-r", "--versions", "docs/b", "-y")
    assert cli.done("ls", "docs", "-r", "--versions").lines[0].endswith("\ta")
    assert cli.done("versioning", "docs", "off").lines == ["Suspended"]
    assert "nothing is there" in cli.failed("versions", "docs/nope")


def test_objects_with_a_customers_key(cli: Cli, tmp_path: Path) -> None:
    key, other = tmp_path / "key", tmp_path / "other"
    key.write_bytes(os.urandom(32))
    other.write_text(b64encode(key.read_bytes()).decode() + "\n")
    http = {"MINIO_ALLOW_SSE_C_OVER_HTTP": "true"}
    local = tmp_path / "a.txt"
    local.write_bytes(b"secret\n")
    cli.done("put", "docs/a.txt", "--sse-c", str(key), said=b"secret\n", **http)
    cli.done("cp", str(local), "minio://docs/b.txt", "--sse-c", str(key), **http)
    cli.failed("cat", "docs/a.txt")
    for words in (("cat", "docs/a.txt"), ("head", "docs/b.txt")):
        assert cli.done(*words, "--sse-c", str(other), **http).text == "secret\n"
    assert "text/plain" in cli.done("stat", "docs/a.txt", "--sse-c", str(key), **http).text
    cli.done("mv", "minio://docs/a.txt", "minio://docs/c.txt", "--sse-c", str(key), **http)
    assert cli.done("cat", "docs/c.txt", "--sse-c", str(key), **http).text == "secret\n"
    plain = cli.failed("cat", "docs/c.txt", "--sse-c", str(key))
    assert "plain HTTP" in plain
    assert "MINIO_ALLOW_SSE_C_OVER_HTTP=true" in plain


@pytest.mark.parametrize("data", [b"", b"too-short-to-be-a-key", bytes(33), b"\xff" * 44])
def test_what_is_no_customers_key_is_not_shown(cli: Cli, tmp_path: Path, data: bytes) -> None:
    key = tmp_path / "key"
    key.write_bytes(data)
    said = cli.failed("cat", "docs/a", "--sse-c", str(key), code=2)
    assert "has no key in it: 32 bytes" in said
    assert "too-short" not in said
    missing = cli.failed("cat", "docs/a", "--sse-c", str(tmp_path / "none"), code=2)
    assert "can't be read: No such file" in missing


@pytest.mark.parametrize("key", ["A" * 43 + "=", "docs/b=" + "A" * 43, "5a" * 32, "A" * 5000])
def test_a_key_in_place_of_its_file_is_not_shown(cli: Cli, key: str) -> None:
    said = cli.failed("cat", "docs/a", "--sse-c", key, code=2)
    assert "can't be read" in said
    assert key[-20:] not in said
