"""`sql` and `watch`: what a server tells while it is asked."""

from __future__ import annotations

import bz2
import gzip
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import CsvInput, CsvOutput, JsonInput, JsonOutput, MinIOError, ParquetInput
from minio_sdk.cli import asking
from tests.cli.conftest import Cli, commands
from tests.flows.test_events import lines, served, told
from tests.flows.test_select import END, STATS, answer, message
from tests.scripted import ScriptedServer, s3_error
from tests.servers import Server

PEOPLE = b"name,age\nAda,36\nAlan,41\nGrace,85\n"
OLD = "SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 40"

# --- sql -----------------------------------------------------------------------------------------


def test_rows_of_objects(minio: Server) -> None:
    with commands(minio) as cli:
        cli.store("people.csv", data=PEOPLE)
        cli.store("old/people.csv.gz", data=gzip.compress(PEOPLE))
        cli.store("old/people.csv.bz2", data=bz2.compress(PEOPLE))
        cli.store("log.jsonl", data=b'{"status": 200}\n{"status": 500}\n')
        done = cli.done("sql", "docs/people.csv", OLD)
        assert (done.lines, done.err) == (["Alan", "Grace"], "")
        assert cli.done("sql", "docs/people.csv", "-e", OLD, "--json").json == [
            {"name": "Alan"}, {"name": "Grace"},
        ]  # fmt: skip
        assert cli.done("sql", "docs/people.csv", "--header", "none").lines[0] == "name,age"
        done = cli.done("sql", "--stats", "--json", "docs/old/*.csv*", OLD)
        assert len(done.lines) == 4
        assert json.loads(done.err)["bytes_processed"] == 2 * len(PEOPLE)
        question = "SELECT s.status FROM S3Object s WHERE s.status >= 500"
        assert cli.done("sql", "docs/log.jsonl", question).json == [{"status": 500}]
        # One that can't be read doesn't keep the others back.
        done = cli.run("sql", "-r", "docs/old", "SELECT s._1 FROM S3Object s", "--input", "json")
        assert (done.code, done.err.count("minio-sdk: ")) == (1, 2)


def test_an_answer_that_breaks_off_is_no_success(cli: Cli) -> None:
    with ScriptedServer([answer(message("Records", b"1,2\n"))], strict=False) as server:
        done = cli.run("sql", "--url", server.url, "docs/a.csv", terminal=True)
    assert (done.code, done.text) == (1, "1,2\n")
    assert "Scanned" not in done.err
    with ScriptedServer([answer(message("Records", b"1,2\n"), STATS, END)]) as server:
        done = cli.done("sql", "--url", server.url, "docs/a.csv", "--stats")
    assert (done.text, done.err) == ("1,2\n", "Scanned 7 B, processed 8 B, returned 9 B\n")


def test_questions_that_are_refused(cli: Cli) -> None:
    cli.store("a")
    assert "--input csv, json, jsonl or parquet" in cli.failed("sql", "docs/a")
    assert "names no object" in cli.failed("sql", "docs", code=2)
    assert "give one of them" in cli.failed("sql", "docs/a", "x", "-e", "x", code=2)
    assert "contradict" in cli.failed("sql", "docs/a", "--json", "--output", "csv", code=2)
    said = cli.failed("sql", "docs/a", "--input", "csv")  # SeaweedFS lacks it
    assert "Try: a server with S3 Select, such as MinIO" in said


def test_rows_of_an_object_with_a_customers_key(cli: Cli, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    with ScriptedServer([answer(message("Records", b"1,2\n"), STATS, END)]) as server:
        done = cli.done(
            "sql", "--url", server.url, "docs/a.csv", "--sse-c", str(key),
            MINIO_ALLOW_SSE_C_OVER_HTTP="true",
        )  # fmt: skip
    assert done.text == "1,2\n"
    sent = server.requests[-1].header("x-amz-server-side-encryption-customer-key")
    assert sent == b64encode(bytes(range(32))).decode()


@pytest.mark.parametrize(
    "key,options,expected,output",
    [
        ("a/b.CSV", {}, CsvInput(file_header_info="USE"), CsvOutput()),
        (
            "b.tsv.zst",
            {"header": "ignore"},
            CsvInput(file_header_info="IGNORE", compression_type="ZSTD", field_delimiter="\t"),
            CsvOutput(field_delimiter="\t"),
        ),
        ("b.ndjson.gz", {}, JsonInput(json_type="LINES", compression_type="GZIP"), JsonOutput()),
        ("b.json", {}, JsonInput(json_type="DOCUMENT"), JsonOutput()),
        ("b.parquet", {}, ParquetInput(), JsonOutput()),
        (
            "b.gz",
            {"kind": "jsonl", "compression": "none"},
            JsonInput(compression_type="NONE"),
            None,
        ),
        (
            "b.txt",
            {"kind": "csv", "delimiter": r"\t", "quote": "'"},
            CsvInput(file_header_info="USE", field_delimiter="\t", quote_character="'"),
            None,
        ),
    ],
)
def test_names_tell_what_an_object_is(
    key: str, options: dict[str, Any], expected: Any, output: Any
) -> None:
    given = dict.fromkeys(("kind", "compression", "header", "delimiter", "quote"))
    found = asking.input_of(key, **{**given, **options})
    assert found == expected
    assert output is None or asking.output_of(found, None) == output
    assert asking.output_of(found, "json") == JsonOutput()


def test_a_name_that_tells_nothing() -> None:
    with pytest.raises(MinIOError, match="doesn't tell"):
        asking.input_of("a.gz", None, None, None, None, None)


# --- watch ---------------------------------------------------------------------------------------


def test_events_are_lines(cli: Cli) -> None:
    docs = f"{cli.tenant}-docs"
    news = lines(
        told("in/a", docs),
        told("in/b.jpg", docs),
        told("in/\x1b[2J.jpg", docs),
        told("in/d.jpg", docs, "s3:ObjectRemoved:Delete"),
    )
    words = ("watch", "docs/in/*.jpg", "-n", "3")
    with served(news) as server:
        done = cli.done(*words, "--url", server.url)
        asked = server.requests[-1].target
    assert [line.split("\t")[1:] for line in done.lines] == [
        ["2", "s3:ObjectCreated:Put", "docs/in/b.jpg"],
        ["2", "s3:ObjectCreated:Put", r"docs/in/\x1b[2J.jpg"],
        ["2", "s3:ObjectRemoved:Delete", "docs/in/d.jpg"],
    ]
    assert done.err == ""
    assert "prefix=in%2F&" in asked
    assert asked.count("events=") == 3
    with served(news) as server:
        mc = ("--prefix", "in/", "--suffix", ".jpg", "--events", "put,delete", "--events", "ilm")
        found = cli.done("watch", "docs", *mc, "-n", "3", "--url", server.url, "--json").json
        asked = server.requests[-1].target
    assert [found[0][name] for name in ("type", "name", "bucket", "key", "size")] == [
        "event", "s3:ObjectCreated:Put", "docs", "in/b.jpg", 2,
    ]  # fmt: skip
    assert sorted(re.findall(r"events=([^&]*)", asked)) == [
        f"s3%3AObject{what}%3A%2A" for what in ("Created", "Removed", "Restore", "Transition")
    ]
    with served(news) as server:
        text = cli.done(*words, "--url", server.url, terminal=True, NO_COLOR="1").text
    assert "2 B  ObjectCreated:Put         docs/in/b.jpg\n" in text


def test_a_time_without_connection_is_told(cli: Cli) -> None:
    docs = f"{cli.tenant}-docs"
    for json_option in ((), ("--json",)):
        with served(lines(told("a", docs)), lines(told("b", docs))) as server:
            words = ("watch", "docs", "-n", "2", "--url", server.url, *json_option)
            done = cli.done(*words, MINIO_BASE_DELAY="0.001")
        assert len(done.lines) == 2
        if json_option:
            told_of = json.loads(done.err)
            assert (told_of["warning"], told_of["reason"]) == (
                "EventGap", "the server has ended the events",
            )  # fmt: skip
        else:
            assert re.fullmatch(
                r"minio-sdk: nobody listened from \S+Z to \S+Z, and events may be missing: "
                r"the server has ended the events\n",
                done.err,
            )


def test_a_connection_that_stays_lost_is_a_failure(cli: Cli) -> None:
    docs = f"{cli.tenant}-docs"
    refused = s3_error(403, "AccessDenied")
    with served(lines(told("a", docs)), refused) as server:
        done = cli.run("watch", "docs", "--url", server.url)
    assert (done.code, len(done.lines)) == (1, 1)
    assert "AccessDenied" in done.err


def test_servers_without_events(cli: Cli) -> None:
    cli.store("a")
    assert "Try: MinIO, which alone has live events" in cli.failed("watch", "docs")
    assert "must be like 's3:ObjectCreated:*'" in cli.failed("watch", "docs", "--events", "puts")
    assert "tenancy='prefix'" in cli.failed("watch")
    assert "a part of ADDRESS" in cli.failed("watch", "docs/a", "--prefix", "b", code=2)
