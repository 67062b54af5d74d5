"""`minio-sdk tenant` as an operator at a terminal, or a script, uses it."""

from __future__ import annotations

import errno
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from minio_sdk import AccessDeniedError, LocalServer, MinIOClient
from minio_sdk.cli import main
from minio_sdk.cli.app import app
from minio_sdk.cli.tenant import _removal, add, size
from minio_sdk.flows.provisioning.records import Tenant
from tests.flows.accounts import SeaweedFS
from tests.processes import posix_only
from tests.scripted import ScriptedServer


class Terminal:
    """Runs `minio-sdk tenant` against a server in memory."""

    def __init__(self, accounts: SeaweedFS, url: str) -> None:
        self.accounts = accounts
        # A tenant in the environment is not the operator's.
        self.env = {
            "MINIO_ENDPOINT": url, "MINIO_TENANT_ID": "somebody", "MINIO_ACCESS_KEY": "AKACME",
            "MINIO_SECRET_KEY": "root-secret", "MINIO_MAX_RETRIES": "0",
        }  # fmt: skip

    def run(self, *words: str, said: str | None = None) -> Result:
        """What came of it; `said` is typed in."""
        return CliRunner().invoke(app, ["tenant", *words], env=self.env, input=said)

    def done(self, *words: str, said: str | None = None) -> Result:
        """The same, of a command that must succeed."""
        result = self.run(*words, said=said)
        assert result.exit_code == 0, (result.output, result.exception)
        assert "root-secret" not in result.output
        return result

    def code(self, *words: str) -> int:
        """The exit code of the program."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            return main(["tenant", *words])


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    accounts = SeaweedFS()
    with ScriptedServer(handler=accounts, strict=False) as server:
        yield Terminal(accounts, server.url)


def test_a_secret_is_printed_exactly_once(terminal: Terminal) -> None:
    result = terminal.done("add", "acme")
    (key,) = terminal.accounts.keys
    assert result.output.count(f"secret-of-{key}") == 1
    assert f"Access key  {key}" in result.stdout
    again = terminal.done("add", "acme")
    assert "secret-of" not in again.output
    assert "`rotate` makes new ones" in again.stderr
    assert "secret-of" not in terminal.done("list").output
    assert "secret-of" not in terminal.done("list", "--json").output


def test_the_forms_for_scripts(terminal: Terminal) -> None:
    document = json.loads(terminal.done("add", "acme", "--json").stdout)
    assert document["secret_key"] == f"secret-of-{document['access_key']}"
    assert json.loads(terminal.done("add", "acme", "--json").stdout)["secret_key"] is None
    lines = terminal.done("rotate", "acme", "--env").stdout.splitlines()
    assert lines.pop(0) == "unset MINIO_SESSION_TOKEN"
    words = dict(shlex.split(line)[1].split("=", 1) for line in lines)
    assert all(line.startswith("export MINIO_") for line in lines)
    assert words["MINIO_TENANT_ID"] == "acme"
    assert words["MINIO_SECRET_KEY"] == f"secret-of-{words['MINIO_ACCESS_KEY']}"
    # No keys to give: the script must not go on with half of them.
    refused = terminal.run("add", "acme", "--env")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "What it may do and its quota are as you said" in str(refused.exception)


def test_keys_are_renewed_with_the_old_ones_or_without(terminal: Terminal) -> None:
    first = json.loads(terminal.done("add", "acme", "--json").stdout)["access_key"]
    kept = terminal.done("rotate", "acme", "--keep-old")
    assert f"These keys of it work as well: {first}" in kept.stderr
    assert (
        f"{first} of tenant 'acme' is no longer taken"
        in terminal.done("revoke", "acme", first).output
    )
    assert terminal.code("revoke", "acme", first) == 1
    terminal.done("rotate", "acme")
    assert len(terminal.accounts.keys) == 1


def test_the_list_says_which_bucket_belongs_to_whom(terminal: Terminal) -> None:
    odd = "[red]Acme & Sons[/red]"
    user = json.loads(terminal.done("add", odd, "--json").stdout)["user"]
    bucket = user.removeprefix("minio-sdk-") + "-docs"
    terminal.accounts.buckets = [bucket, "logs"]
    rows = [line.split("\t") for line in terminal.done("list").stdout.splitlines()]
    (key,) = terminal.accounts.keys
    assert rows == [
        [odd, user, bucket, key, "", "read, write"],
        ["(of nobody known)", "", "logs", "", "", ""],
    ]
    found = [json.loads(line) for line in terminal.done("list", "--json").stdout.splitlines()]
    assert [(each["tenant_id"], each["buckets"]) for each in found] == [
        (odd, [bucket]),
        (None, ["logs"]),
    ]


def test_somebody_who_looks_on_gets_a_table(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = "[red]Acme & Sons[/red]"
    terminal.done("add", odd)
    monkeypatch.setattr("minio_sdk.cli.screen.is_terminal", lambda _: True)
    monkeypatch.setenv("COLUMNS", "200")
    header, row = terminal.done("list").stdout.splitlines()
    assert header.split() == ["TENANT", "USER", "BUCKETS", "ACCESS", "KEYS", "QUOTA", "MAY"]
    assert row.startswith(odd)
    assert row.endswith("read, write")


def test_what_would_be_removed_can_be_seen_before(terminal: Terminal) -> None:
    user = json.loads(terminal.done("add", "acme", "--json").stdout)["user"]
    terminal.accounts.buckets = ["acme-docs", "acmeish-docs"]
    shown = terminal.done("remove", "acme", "--dry-run").stdout.splitlines()
    (key,) = terminal.accounts.keys
    assert shown == [f"would remove user {user}", f"would end access key {key}"]
    shown = terminal.done("remove", "acme", "--delete-data", "--dry-run").stdout.splitlines()
    assert shown[2:] == ["would delete bucket acme-docs with all that is in it"]
    told = terminal.done("remove", "acme", "--delete-data", "--dry-run", "--json").stdout
    assert [json.loads(line)["name"] for line in told.splitlines()] == [user, key, "acme-docs"]
    assert (list(terminal.accounts.keys), len(terminal.accounts.users)) == ([key], 1)
    terminal.done("remove", "acme", "--yes")
    assert (
        terminal.done("remove", "acme", "--dry-run").stdout
        == "Tenant 'acme' has nothing to remove\n"
    )
    data_only = terminal.done("remove", "acme", "--delete-data", "--dry-run").stdout
    assert data_only == "would delete bucket acme-docs with all that is in it\n"


def test_other_tenants_buckets_are_not_said_to_be_removed() -> None:
    """Their names may begin like the tenant's: a shared bucket's, or those that Ceph gives to a user."""
    shared = ("acme-data/acme/docs", "acme-data/globex/docs")
    nobodys = Tenant(tenant_id=None, server="minio", buckets=shared)
    assert list(_removal([nobodys], "acme", False)) == []
    assert [name for _, name, _ in _removal([nobodys], "acme", True)] == [shared[0]]
    assert [name for _, name, _ in _removal([nobodys], "globex", True)] == [shared[1]]
    nobodys = Tenant(tenant_id=None, server="minio", buckets=("acme", "acme-a", "acmeish-a"))
    assert [name for _, name, _ in _removal([nobodys], "acme", True)] == ["acme-a"]
    users = [
        Tenant(tenant_id=name, slug=name, server="ceph", user=name, buckets=(bucket,))
        for name, bucket in (("acme", "old"), ("globex", "acme-docs"))
    ]
    assert [name for _, name, _ in _removal(users, "acme", True)] == ["acme", "old"]


def test_removing_asks_first(terminal: Terminal) -> None:
    terminal.done("add", "acme")
    refused = terminal.run("remove", "acme", said="n\n")
    assert refused.exit_code == 1
    assert "its data stays" in refused.stderr
    assert terminal.accounts.users
    assert "is removed" in terminal.done("remove", "acme", said="y\n").stdout
    assert not terminal.accounts.users
    assert "had nothing to remove" in terminal.done("remove", "acme", "--yes").stdout
    asked = terminal.run("remove", "acme", "--delete-data", said="n\n")
    assert "ALL ITS DATA" in asked.stderr


def test_an_alias_of_mc_is_an_administrator_too(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alias = {
        "url": terminal.env["MINIO_ENDPOINT"], "accessKey": terminal.env["MINIO_ACCESS_KEY"],
        "secretKey": terminal.env["MINIO_SECRET_KEY"],
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps({"version": "10", "aliases": {"lab": alias}}))
    monkeypatch.setenv("MC_CONFIG_DIR", str(tmp_path))
    terminal.env = {"MINIO_TENANT_ID": "somebody", "MINIO_MAX_RETRIES": "0"}
    document = json.loads(terminal.done("--profile", "lab", "add", "acme", "--json").stdout)
    words = ("--profile", "lab", "revoke", "acme", document["access_key"], "--json")
    assert json.loads(terminal.done(*words).stdout) == {
        "tenant_id": "acme", "access_key": document["access_key"], "revoked": True,
    }  # fmt: skip
    words = ("--profile", "lab", "remove", "acme", "-y", "--json")
    assert json.loads(terminal.done(*words).stdout) == {
        "tenant_id": "acme", "removed": True, "data_deleted": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    "words, code",
    [
        (("add", "acme"), 0),
        (("add", " acme"), 1),
        (("add", "acme", "--quota", "10GiB"), 1),
        (("rotate", "nobody"), 1),
        (("add",), 2),
        (("add", "acme", "--quota", "much"), 2),
        (("add", "acme", "--env", "--json"), 2),
        (("rotate", "acme", "--env", "--json"), 2),
        (("--backend", "azure", "list"), 2),
        (("remove", "acme"), 130),  # nobody there to say yes
    ],
)
def test_exit_codes(terminal: Terminal, words: tuple[str, ...], code: int, capsys: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO())
        assert terminal.code(*words) == code
    errors = capsys.readouterr().err
    assert "Traceback" not in errors
    assert code != 1 or errors.startswith("minio-sdk: ")


class Full(io.StringIO):
    """Standard output on a disk without room."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("form", [(), ("--env",), ("--json",)])
def test_keys_that_could_not_be_printed_are_told_of(
    terminal: Terminal, form: tuple[str, ...], capsys: Any
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", Full())
        assert terminal.code("add", "acme", *form) == 1
    assert capsys.readouterr().err == (
        "minio-sdk: tenant 'acme' has new keys, which could not be printed: "
        "[Errno 28] No space left on device. Try: `rotate` makes others\n"
    )


@pytest.mark.parametrize("words", [("add", "acme"), ("list",), ("list", "--json")])
def test_output_that_is_not_taken_is_a_line_and_no_traceback(
    terminal: Terminal, words: tuple[str, ...], capsys: Any
) -> None:
    terminal.done("add", "acme")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", Full())
        assert terminal.code(*words) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "minio-sdk: [Errno 28] No space left on device"


@posix_only
def test_keys_for_a_reader_that_is_gone_are_told_of(terminal: Terminal) -> None:
    gone, pipe = os.pipe()
    os.close(gone)
    command = [sys.executable, "-m", "minio_sdk", "tenant", "add", "acme"]
    done = subprocess.run(
        command, stdout=pipe, stderr=subprocess.PIPE, text=True, env={**os.environ, **terminal.env}
    )
    os.close(pipe)
    assert done.returncode == 1
    assert done.stderr.startswith("minio-sdk: tenant 'acme' has new keys, which could not be")
    assert len(done.stderr.splitlines()) == 1


QUOTA = next(option for option in add.params if option.name == "quota")


@pytest.mark.parametrize(
    "text, bytes_",
    [("1", 1), ("500MB", 500 * 10**6), ("10 GiB", 10 * 2**30), ("2k", 2000), ("1ti", 2**40)],
)
def test_sizes(text: str, bytes_: int) -> None:
    assert size(click.Context(add), QUOTA, text) == bytes_


@pytest.mark.parametrize("text", ["0", "", "GiB", "-1", "1.5GiB", "1 XB", "ib", "5i", "1kk"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no size"):
        size(click.Context(add), QUOTA, text)


def test_from_the_first_to_the_last_command_on_the_embedded_server() -> None:
    with LocalServer() as server:
        env = {"MINIO_TENANCY": "bucket"}

        def done(*words: str) -> str:
            result = CliRunner().invoke(app, ["tenant", "--url", server.base_url, *words], env=env)
            assert result.exit_code == 0, (result.output, result.exception)
            return result.stdout

        keys = json.loads(done("add", "acme", "--json"))
        with MinIOClient(
            base_url=server.base_url, tenant_id="acme",
            access_key=keys["access_key"], secret_key=keys["secret_key"],
        ) as client:  # fmt: skip
            client.upload("hello.txt", b"Hello!")
            assert "acme-default" in done("list")
            done("rotate", "acme")
            with pytest.raises(AccessDeniedError):
                client.download("hello.txt")
        assert "is removed" in done("remove", "acme", "--delete-data", "--yes")
        assert done("list") == ""
        with server.client(None) as operator:
            assert operator.list_buckets() == []
