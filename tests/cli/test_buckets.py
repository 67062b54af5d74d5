"""Commands for whole buckets and servers: mirrors, snapshots, settings, signed addresses, figures."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest
import requests

from tests.cli.conftest import Cli, write

# --- mirror and diff -----------------------------------------------------------------------------


def test_mirror(cli: Cli, tmp_path: Path) -> None:
    write(tmp_path, tree__a_csv="A", tree__sub__b_txt="B")
    assert cli.done("mirror", "--dry-run", "tree", "minio://docs/m").lines == [
        "would copy a.csv", "would copy sub/b.txt",
    ]  # fmt: skip
    assert cli.done("mirror", "tree", "minio://docs/m", "--include", "*.csv").lines == [
        "copy a.csv"
    ]
    assert cli.done("mirror", "tree", "minio://docs/m", "--json").json == [
        {"action": "copy", "name": "sub/b.txt", "dry_run": False}
    ]
    assert cli.done("mirror", "tree", "minio://docs/m").lines == []
    (tmp_path / "tree/a.csv").unlink()
    assert "Remove 1 names at minio://docs/m" in cli.failed(
        "mirror", "--delete", "tree", "minio://docs/m"
    )
    assert cli.keys() == ["m/a.csv", "m/sub/b.txt"]
    assert cli.done("mirror", "--delete", "-y", "tree", "minio://docs/m").lines == ["delete a.csv"]
    assert cli.done("mirror", "minio://docs/m/", "back").lines == ["copy sub/b.txt"]
    cli.store("m/sub")
    said = cli.failed("mirror", "minio://docs/m", "back")
    assert "sub/b.txt" in said
    assert "is no folder that is there" in cli.failed("mirror", "nope", "minio://docs/m")


def test_diff(cli: Cli, tmp_path: Path) -> None:
    write(
        tmp_path,
        tree__same="A",
        tree__other="B",
        tree__sub__mine="C",
        copy__same="A",
        copy__other="x",
    )
    cli.store("m/same", data=b"A")
    cli.store("m/other", data=b"b")
    cli.store("m/theirs", "m2/same")
    assert cli.done("diff", "tree", "minio://docs/m").lines == [
        "!\tother", "<\tsub/mine", ">\ttheirs",
    ]  # fmt: skip
    assert cli.done("diff", "--sizes", "minio://docs/m", "tree").lines == [
        ">\tsub/mine",
        "<\ttheirs",
    ]
    assert cli.done("diff", "minio://docs/m", "minio://docs/m2", "--json").json[0] == {
        "type": "only_source", "name": "other", "source_size": 1, "target_size": None,
    }  # fmt: skip
    assert cli.done("diff", "tree", "copy").lines == ["!\tother", "<\tsub/mine"]
    assert cli.run("diff", "--exit-code", "tree", "copy").code == 1
    assert cli.run("diff", "--exit-code", "tree", "tree").code == 0
    assert "x1b[" in repr(cli.done("diff", "tree", "copy", terminal=True).text)


# --- snapshots -----------------------------------------------------------------------------------


def test_snapshots(cli: Cli) -> None:
    cli.store("a", "b")
    assert cli.done("snapshot", "create", "docs", "first").lines == ["first"]
    name, date, objects, size, keeps = cli.done("snapshot", "list", "docs").lines[0].split("\t")
    assert (name, date[-1], objects, size, keeps) == ("first", "Z", "2", "8", "copies")
    assert cli.done("snapshot", "list", "docs", "--json").json[0]["objects"] == 2
    cli.done("rm", "docs/a")
    cli.store("b", data=b"other")
    cli.store("c")
    assert cli.done("snapshot", "diff", "docs", "first").lines == ["+\tc", "-\ta", "!\tb"]
    assert cli.run("snapshot", "diff", "docs", "first", "--exit-code").code == 1
    assert cli.done("snapshot", "restore", "docs", "first", "--dry-run", "--delete").lines == [
        "would restore a", "would restore b", "would delete c",
    ]  # fmt: skip
    assert "--yes" in cli.failed("snapshot", "restore", "docs", "first")
    back = cli.done("snapshot", "restore", "docs", "first", "--delete", "-y").lines
    assert back == ["restored a", "restored b", "deleted c"]
    assert "--yes" in cli.failed("snapshot", "delete", "docs", "first")
    cli.done("snapshot", "delete", "docs", "first", "-y")
    assert cli.done("snapshot", "list", "docs").lines == []
    assert "snapshot list shows" in cli.failed("snapshot", "restore", "docs", "first", "-y")


def test_snapshots_of_objects_with_a_customers_key(cli: Cli, tmp_path: Path) -> None:
    """Without versions they are copies, which the server makes with the key only."""
    key, http = tmp_path / "key", {"MINIO_ALLOW_SSE_C_OVER_HTTP": "true"}
    key.write_bytes(os.urandom(32))
    mine: tuple[str, ...] = ("--sse-c", str(key))
    cli.done("put", "docs/a", *mine, said=b"secret", **http)
    cli.failed("snapshot", "create", "docs", "first")
    cli.done("snapshot", "create", "docs", "first", *mine, **http)
    cli.done("rm", "docs/a")
    assert cli.done("snapshot", "list", "docs", *mine, **http).lines[0].startswith("first\t")
    assert cli.done("snapshot", "diff", "docs", "first", *mine, **http).lines == ["-\ta"]
    assert "customer's key" in cli.failed("snapshot", "restore", "docs", "first", "-y")
    cli.done("snapshot", "restore", "docs", "first", "-y", *mine, **http)
    assert cli.done("cat", "docs/a", *mine, **http).text == "secret"
    cli.done("snapshot", "delete", "docs", "first", "-y", *mine, **http)
    assert cli.done("snapshot", "list", "docs").lines == []


# --- settings ------------------------------------------------------------------------------------

DOCUMENTS = {
    "lifecycle": [{"id": "tmp", "filter": {"prefix": "tmp/"}, "expiration": {"days": 7}}],
    "cors": [{"allowed_origins": ["https://example.com"], "allowed_methods": ["GET"]}],
    "policy": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
             "Resource": "arn:aws:s3:::docs/*"}
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_set_printed_and_removed(cli: Cli, name: str) -> None:
    cli.done("mb", "docs")
    assert "has none" in cli.failed(name, "get", "docs")
    text = json.dumps(DOCUMENTS[name])
    assert cli.done(name, "set", "docs", "-", said=text).lines == [f"set the {name} of docs"]
    found = cli.done(name, "get", "docs").text
    assert found.count("\n") > 3
    assert cli.done(name, "get", "docs", "--json").text.count("\n") == 1
    cli.done(name, "set", "docs", "-", said=found)
    assert json.loads(cli.done(name, "get", "docs").text) == json.loads(found)
    assert "--yes" in cli.failed(name, "delete", "docs")
    cli.done(name, "delete", "docs", "-y")
    assert cli.run(name, "get", "docs").code == 1
    assert "is no JSON" in cli.failed(name, "set", "docs", "-", said="{")
    assert cli.failed(name, "set", "docs", "nope.json", code=2)


def test_tags(cli: Cli) -> None:
    cli.store("a")
    for address in ("docs", "docs/a"):
        cli.done("tags", "set", address, "x=1", "y=a=b")
        assert cli.done("tags", "get", address).lines == ["x\t1", "y\ta=b"]
        cli.done("tags", "set", address, "--add", "z=3")
        assert [each["name"] for each in cli.done("tags", "get", address, "--json").json] == [
            *"xyz"
        ]
        cli.done("tags", "delete", address)
        assert cli.done("tags", "get", address).lines == []


def test_locks(cli: Cli) -> None:
    cli.done("mb", "docs", "--object-lock")
    cli.store("a")
    assert cli.done("retention", "docs/a").lines == ["none"]
    mode, until = cli.done("retention", "docs/a", "--until", "1d").lines[0].split("\t")
    assert (mode, until[-1]) == ("GOVERNANCE", "Z")
    version = cli.done("versions", "docs/a", "--json").json[0]["version_id"]
    assert "locked" in cli.failed("rm", "docs/a", "--version-id", version)
    assert cli.done("hold", "docs/a", "on").lines == ["on"]
    assert cli.done("hold", "docs/a", "off", "--json").json[0]["legal_hold"] is False
    cli.failed("retention", "docs/a", "--until", "soon", code=2)
    cli.done("lock", "set", "docs", "-", said='{"mode": "GOVERNANCE", "days": 1}')
    assert json.loads(cli.done("lock", "get", "docs").text) == {"mode": "GOVERNANCE", "days": 1}


# --- buckets as documents ------------------------------------------------------------------------


def test_a_bucket_becomes_what_a_document_says(cli: Cli, tmp_path: Path) -> None:
    cli.client.create_bucket("docs")
    write(tmp_path, b_json='{"versioning": true, "tags": {"team": "search"}}')
    assert cli.done("bucket", "plan", "docs", "b.json").lines[:5] == [
        "bucket docs: add versioning, add tags",
        "--- versioning (as it is)",
        "+++ versioning (as planned)",
        "@@ -0,0 +1 @@",
        "+true",
    ]
    assert cli.run("bucket", "plan", "docs", "b.json", "--exit-code").code == 1
    colored = cli.done("bucket", "plan", "docs", "b.json", terminal=True).text
    assert "\x1b[32m+true\x1b[0m" in colored
    assert "nobody can be asked" in cli.failed("bucket", "apply", "docs", "b.json")
    assert "nothing was changed" in cli.failed(
        "bucket", "apply", "docs", "b.json", said="n\n", terminal=True
    )
    (record,) = cli.done("bucket", "apply", "docs", "b.json", "--dry-run", "--json").json
    assert record["dry_run"] is True
    assert record["changes"][1] == {
        "section": "tags", "action": "add", "before": {}, "after": {"team": "search"},
    }  # fmt: skip
    assert cli.client.get_bucket_tags("docs") == {}
    done = cli.done("bucket", "apply", "docs", "b.json", said="y\n", terminal=True)
    assert done.lines[-1] == "bucket docs: done"
    assert cli.client.get_bucket_tags("docs") == {"team": "search"}
    assert cli.done("bucket", "apply", "docs", "b.json").lines == ["bucket docs: nothing to do"]
    assert cli.done("bucket", "plan", "docs", "b.json", "--exit-code").code == 0


def test_a_bucket_is_exported_to_another_one(cli: Cli) -> None:
    cli.client.create_bucket("docs")
    cli.client.set_bucket_tags("docs", {"team": "search"})
    document = cli.done("bucket", "export", "docs", "--section", "tags").text
    assert json.loads(document) == {"tags": {"team": "search"}}
    assert "versioning" in cli.done("bucket", "export", "docs", "--json").json[0]
    said = cli.failed("bucket", "apply", "-y", "other", "-", said=document)
    assert "Try: --create makes it" in said
    (record,) = cli.done(
        "bucket", "apply", "-y", "--create", "--json", "other", "-", said=document
    ).json
    assert (record["creates"], record["dry_run"]) == (True, False)
    assert cli.client.get_bucket_tags("other") == {"team": "search"}


def test_documents_that_are_none(cli: Cli, tmp_path: Path) -> None:
    cli.client.create_bucket("docs")
    write(tmp_path, b_json='{"tags": {}, "tags": null}', b_toml="tags = ", c_toml="[tags]\na = 'b'")
    assert "b.json: document=" in cli.failed("bucket", "plan", "docs", "b.json")
    said = cli.failed("bucket", "plan", "docs", "-", said='{"tag": {}}')
    assert "standard input: document='tag': is not one of cors, " in said
    if sys.version_info >= (3, 11):
        assert "b.toml: is no TOML" in cli.failed("bucket", "plan", "docs", "b.toml")
        assert cli.done("bucket", "plan", "docs", "c.toml").lines[0] == "bucket docs: add tags"
    else:
        assert "write it as JSON" in cli.failed("bucket", "plan", "docs", "c.toml")


# --- signed addresses ----------------------------------------------------------------------------


def test_signed_addresses_work(cli: Cli, tmp_path: Path) -> None:
    cli.store("a b")
    url = cli.done("presign", "docs/a b", "--expires", "5m").text.strip()
    assert requests.get(url, timeout=10).content == b"data"
    found = cli.done(
        "presign", "docs/new", "--method", "put", "--content-type", "x/y", "--json"
    ).json[0]
    assert found["expires_in"] == 3600
    assert requests.put(found["url"], b"1", headers=found["headers"], timeout=10).ok
    assert cli.client.get_object_metadata("docs", "new").content_type == "x/y"
    curl = shlex.split(
        cli.done("presign", "docs/form", "--method", "post", "--max-size", "10").text
    )
    fields = dict(word.split("=", 1) for word in curl[2:-1:2] if not word.startswith("file=@"))
    assert requests.post(curl[-1], fields, files={"file": b"1" * 10}, timeout=10).ok
    assert not requests.post(curl[-1], fields, files={"file": b"1" * 11}, timeout=10).ok
    assert cli.secret not in " ".join(curl) or cli.secret in fields["x-amz-credential"]


# --- servers -------------------------------------------------------------------------------------


def test_health_ping_and_info(cli: Cli) -> None:
    status, latency = cli.done("health").lines[0].split("\t")
    assert (status, latency[-3:]) == ("healthy", " ms")
    assert cli.done("health", "--json").json[0]["healthy"] is True
    down = cli.run("health", "--url", "http://127.0.0.1:9")
    assert (down.code, down.text.split("\t")[0]) == (1, "unreachable")
    assert "nothing listens on" in down.err
    *answers, summary = cli.done("ping", "-c", "2", "-i", "0", "--json").json
    assert [each["number"] for each in answers] == [1, 2]
    assert (summary["type"], summary["answered"]) == ("summary", 2)
    assert len(cli.done("ping", "-c", "1").lines) == 1
    assert cli.run("ping", "-c", "1", "--url", "http://127.0.0.1:9").code == 1
    facts = dict(line.split("\t") for line in cli.done("info").lines)
    assert facts["server"] == "SeaweedFS"
    assert facts["tenant"] == cli.tenant
    assert cli.done("info", "--json").json[0]["tenancy"] == "bucket"


def test_bench_measures_and_leaves_nothing(cli: Cli) -> None:
    found = cli.done("bench", "--count", "4", "--size", "1k", "--threads", "2", "--json").json
    assert [each["step"] for each in found] == ["put", "get", "stat", "list", "delete"]
    assert found[0]["bytes_per_second"] == pytest.approx(4000 / found[0]["seconds"])
    assert found[1]["median_milliseconds"] > 0
    assert cli.client.list_buckets() == []
    table = cli.done("bench", "--count", "1", "--size", "1", terminal=True, NO_COLOR="1").lines
    assert table[0].split()[:2] == ["STEP", "OBJECTS"]
