"""Which server, keys and tenant a command works with; what shells complete."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minio_sdk.cli import completing
from minio_sdk.cli.addresses import Remote, remote
from minio_sdk.cli.app import COMMANDS, app
from minio_sdk.cli.session import settings
from minio_sdk.credentials.mc import McConfigProvider
from tests.cli.conftest import Cli

ALIASES = {
    "work": {
        "url": "https://minio.example:9000",
        "accessKey": "AKWORK",
        "secretKey": "work-secret",
    },
    "open": {"url": "https://open.example", "accessKey": "", "secretKey": ""},
    "odd": {"url": "no address", "accessKey": "AKODD", "secretKey": "odd-secret"},
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `mc` with aliases, and AWS's files with profiles."""
    (tmp_path / "config.json").write_text(json.dumps({"version": "10", "aliases": ALIASES}))
    (tmp_path / "credentials").write_text(
        "[lab]\naws_access_key_id = AKLAB\naws_secret_access_key = lab-secret\n"
        "[cloud]\naws_access_key_id = AKCLOUD\naws_secret_access_key = cloud-secret\n"
    )
    (tmp_path / "config").write_text(
        "[profile lab]\nendpoint_url = http://lab.example:9000\nregion = lab-1\n"
        "[profile cloud]\nregion = eu-west-1\n"
    )
    monkeypatch.setenv("MC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


def keys(config: object) -> object:
    """The access key that a configuration leads to."""
    found = config.credentials  # type: ignore[attr-defined]
    found = found() if callable(found) else found
    return getattr(found, "access_key", None) or getattr(
        getattr(found, "fetch", lambda: None)(), "access_key", None
    )


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "name,url,region,key",
    [
        ("work", "https://minio.example:9000", "us-east-1", "AKWORK"),
        ("open", "https://open.example", "us-east-1", None),
        ("lab", "http://lab.example:9000", "lab-1", "AKLAB"),
        ("cloud", "https://s3.eu-west-1.amazonaws.com", "eu-west-1", "AKCLOUD"),
    ],
)
def test_a_profile_is_an_alias_of_mc_or_one_of_aws(
    name: str, url: str, region: str, key: str | None
) -> None:
    config = settings({"profile": name}, {})
    assert (config.base_url, config.region, keys(config)) == (url, region, key)


@pytest.mark.usefixtures("files")
def test_the_command_line_wins_over_profile_and_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIO_ENDPOINT", "http://env.example")
    monkeypatch.setenv("MINIO_TENANT_ID", "env")
    monkeypatch.setenv("MINIO_ACCESS_KEY", "AKENV")
    monkeypatch.setenv("MINIO_SECRET_KEY", "env-secret")
    found = settings({}, {})
    assert (found.base_url, found.tenant_id) == ("http://env.example", "env")
    found = settings({"profile": "work", "url": "other:1", "tenancy": "prefix"}, {})
    assert (found.base_url, found.tenant_id, keys(found)) == ("http://other:1", "env", "AKWORK")
    assert found.tenancy == "prefix"
    assert settings({"profile": "cloud"}, {}).base_url == "http://env.example"
    assert settings({"tenant": "t"}, {}).tenant_id == "t"
    assert settings({"no_tenant": True}, {}).tenant_id is None


@pytest.mark.usefixtures("files")
def test_an_alias_never_takes_the_keys_of_an_entry_without_an_address() -> None:
    assert McConfigProvider(alias="nobody").fetch() is None


def test_settings_that_cannot_be_are_one_clear_line(cli: Cli) -> None:
    said = cli.failed("ls", "--profile", "nobody")
    assert said.startswith("minio-sdk: profile: 'nobody' is neither an alias in")
    assert said.count("\n") == 1
    assert "base_url" in cli.failed("ls", "--url", "ftp://x")
    assert "without a blank at either end" in cli.failed("ls", "--tenant", " ")
    assert "Options go behind the command" in cli.failed("--url", "x", "ls", code=2)
    assert "failed at http://127.0.0.1:9" in cli.failed("ls", "--url", "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "text,meant",
    [
        ("docs", Remote("docs", "", None, True)),
        ("docs/", Remote("docs", "")),
        ("docs//a", Remote("docs", "/a")),
        ("s3://docs/a b", Remote("docs", "a b")),
        ("minio://acme@docs/a@b", Remote("docs", "a@b", "acme")),
        ("minio://a%2Fb%40c%25@docs", Remote("docs", "", "a/b@c%", True)),
        ("docs/a%20b", Remote("docs", "a%20b")),
        ("", Remote("", "", None, True)),
    ],
)
def test_addresses(text: str, meant: Remote) -> None:
    assert remote(text) == meant
    assert remote(str(meant)) == meant


def test_every_command_is_there_as_help_says() -> None:
    import click

    for name, entry in COMMANDS.items():
        with click.Context(app) as context:
            command = app.get_command(context, name)
        assert command is not None
        assert command.get_short_help_str(200).rstrip(".") == entry.about.rstrip(".")
    names = {name for name in COMMANDS if len(name) > 12}
    assert not names


# --- completion ----------------------------------------------------------------------------------


def completed(cli: Cli, line: str, shell: str = "bash", **env: str) -> list[str]:
    """What a shell is told to offer behind a line."""
    words: dict[str, Any] = {"COMP_LINE": line, "_MINIO_SDK_COMPLETE": f"{shell}_complete", **env}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completing, "QUICK", 60)  # however slow this machine is
        done = cli.run(**words)
    assert done.code == 0
    return [line for line in done.lines if line]


def test_names_are_completed(cli: Cli) -> None:
    cli.store("a.txt", "logs/1", "lo\ngs")
    assert completed(cli, "minio-sdk pres") == ["plain,presign"]
    assert "plain,--recursive" in completed(cli, "minio-sdk ls --rec")
    assert completed(cli, "minio-sdk ls d") == ["more,docs/"]
    assert completed(cli, "minio-sdk ls docs/") == ["plain,docs/a.txt", "more,docs/logs/"]
    assert completed(cli, "minio-sdk rb ") == ["plain,docs"]
    assert completed(cli, "minio-sdk rb docs/") == []
    # Bash has taken `minio:` for a word of its own.
    assert completed(cli, "minio-sdk cp minio://docs/l") == ["more,//docs/logs/"]
    assert completed(cli, "minio-sdk cp minio://docs/l", COMP_WORDBREAKS=" ") == [
        "more,minio://docs/logs/"
    ]
    assert completed(cli, "minio-sdk cp m") == ["file,m", "more,minio://"]
    assert completed(cli, "minio-sdk ls --url http://127.0.0.1:9 docs/") == []
    zsh = {"COMP_WORDS": "minio-sdk ls docs/a", "COMP_CWORD": "2"}
    assert "docs/a.txt" in completed(cli, "", "zsh", **zsh)


@pytest.mark.usefixtures("files")
def test_profiles_are_completed(cli: Cli) -> None:
    assert completed(cli, "minio-sdk ls --profile wo") == ["plain,work"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_for_shells(cli: Cli, shell: str) -> None:
    text = cli.done("completion", shell).text
    assert "minio-sdk" in text
    assert f"_MINIO_SDK_COMPLETE={shell}_complete" in text


def test_bash_takes_its_script(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "minio-sdk").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m minio_sdk "$@"\n')
    (tmp_path / "minio-sdk").chmod(0o755)
    script = (
        cli.done("completion", "bash").text
        + """
COMP_LINE="minio-sdk cp minio:" COMP_POINT=19
COMP_WORDS=(minio-sdk cp minio :) COMP_CWORD=3
compopt() { echo "compopt $*"; }
_minio_sdk_completion minio-sdk
echo "${COMPREPLY[@]}"
"""
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, **cli.env, "PATH": f"{tmp_path}:{os.environ['PATH']}",
             "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("compopt -o default\ncompopt -o nospace\n//\n", "")


# --- start-up ------------------------------------------------------------------------------------

HELP = """\
import sys
from minio_sdk.cli import main
from minio_sdk.cli.app import COMMANDS
for words in (["--version"], ["--help"], *([name, "--help"] for name in COMMANDS)):
    assert main(words) == 0
heavy = ("aiohttp", "asyncio", "minio_sdk.client.sync", "minio_sdk.transport", "requests", "urllib3")
print(*(name for name in heavy if name in sys.modules), file=sys.stderr)
"""


def test_help_loads_nothing_that_asks_servers() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP], cwd=Path(__file__).parents[2],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == "\n"
