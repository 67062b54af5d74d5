"""AWS's files, with botocore as the oracle; `mc`'s file; programs that print credentials."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path
from typing import Any

import botocore.exceptions
import botocore.session
import pytest

from minio_sdk import (
    ConfigurationError,
    Credentials,
    CredentialsError,
    McConfigProvider,
    ProcessProvider,
    ProfileProvider,
    ValidationError,
)
from tests.clock import FakeClock
from tests.credentials.test_metadata import FULL, document
from tests.credentials.test_sts import NOW, SECRET, TOKEN, answer, form
from tests.scripted import Request, ScriptedServer, Step, reply
from tests.test_secrecy import shown

CANARY = "canary"
PRINTS = """import json, os
print(json.dumps({"Version": 1, "AccessKeyId": "PROC", "SecretAccessKey": "can" + "ary-secret",
    "SessionToken": "can" + "ary-token"}))"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


class Files:
    """AWS's two files in a folder, and both readers of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            "HOME": str(folder),
            "USERPROFILE": str(folder),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "credentials"),
            "AWS_CONFIG_FILE": str(folder / "config"),
        }

    def write(self, credentials: str = "", config: str = "") -> None:
        (self.folder / "credentials").write_text(credentials)
        (self.folder / "config").write_text(config)

    def ours(self, profile: str | None = None, **environ: str) -> Credentials | None:
        env = {**self.environ, **environ}
        return ProfileProvider(profile, environ=env, clock=FakeClock(NOW)).fetch()

    def theirs(self, monkeypatch: pytest.MonkeyPatch, profile: str | None = None) -> Any:
        for name, value in self.environ.items():
            monkeypatch.setenv(name, value)
        session = botocore.session.Session(profile=profile)
        found = session.get_credentials()
        return found.get_frozen_credentials() if found else None


KEYS = "aws_access_key_id = {0}\naws_secret_access_key = {0}-secret\n"
STATIC: dict[str, tuple[str | None, str, str]] = {
    "default of the keys' file": (None, "[default]\n" + KEYS.format("D"), ""),
    "default of the settings' file": (None, "", "[default]\n" + KEYS.format("C")),
    "the keys' file wins": (
        None, "[default]\n" + KEYS.format("D"), "[default]\n" + KEYS.format("C"),
    ),
    "a name": (
        "work", f"[work]\n{KEYS.format('W')}aws_session_token = t\n", "[profile work]\nregion = x",
    ),
    "a name in settings": ("work", "", "[profile work]\n" + KEYS.format("W")),
    "a quoted name": ("my work", "", '[profile "my work"]\n' + KEYS.format("Q")),
    "a name without 'profile'": ("work", "", "[work]\n" + KEYS.format("W")),
    "capitals and nested settings": (
        None, "", "[default]\nS3 =\n  a = 5\nAWS_ACCESS_KEY_ID=U\nAws_Secret_Access_Key = v\n",
    ),
    "comments": (None, "# c\n[default]\n; d\n" + KEYS.format("D") + "# e\n", ""),
    "percent signs": (None, "[default]\naws_access_key_id = P\naws_secret_access_key = a%b%%c/+=\n", ""),
    "nothing": (None, "[other]\n" + KEYS.format("O"), ""),
    "no keys": (None, "[default]\nregion = x\n", ""),
    "program": (None, "", ""),  # the test writes it
    "keys before the program": (None, "", "[default]\ncredential_process = false\n" + KEYS.format("K")),
}  # fmt: skip


@pytest.mark.parametrize("case", STATIC)
def test_keys_are_those_that_botocore_finds(
    case: str, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, credentials, config = STATIC[case]
    if case == "program":
        script = files.folder / "prints.py"
        script.write_text(PRINTS)
        config = f"[default]\ncredential_process = '{sys.executable}' '{script}'\n"
    elif case == "keys before the program":
        # botocore asks the program first; the documentation puts what is in the files before it.
        files.write(credentials, config)
        found = files.ours(profile)
        assert found is not None
        assert found.access_key == "K"
        return
    files.write(credentials, config)
    try:
        theirs = files.theirs(monkeypatch, profile)
    except botocore.exceptions.ProfileNotFound:
        with pytest.raises(ConfigurationError, match=f"profile '{profile}' is neither in"):
            files.ours(profile)
        return
    ours = files.ours(profile)
    if theirs is None:
        assert ours is None
        return
    assert ours == Credentials(theirs.access_key, theirs.secret_key, theirs.token)
    assert files.ours(AWS_PROFILE=profile or "default") == ours


# -- roles -----------------------------------------------------------------------------------------


def roles(request: Request) -> Step:
    """STS, which names the keys it gives after the role."""
    asked = form(request)
    name = asked["RoleArn"].rpartition("/")[2]
    body = answer(asked["Action"], life=4e9).body  # for botocore, whose clock is the computer's
    return reply(200, body.replace(b">TEMP<", b">%b<" % name.encode()))


ROLE = "role_arn = arn:aws:iam::1:role/{}\n"
CHAINED = f"""
[profile one]
{ROLE.format("one")}source_profile = base
external_id = ext
role_session_name = me-1
duration_seconds = 1200
region = eu-west-1
[profile two]
{ROLE.format("two")}source_profile = one
region = eu-west-1
[profile own]
{ROLE.format("own")}source_profile = own
region = eu-west-1
{KEYS.format("OWN")}
[profile token]
{ROLE.format("token")}web_identity_token_file = TOKENFILE
"""


@pytest.mark.parametrize("profile", ["one", "two", "own", "token"])
def test_roles_are_assumed_as_botocore_assumes_them(
    profile: str, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    (files.folder / "jwt").write_text("the-token")
    config = CHAINED.replace("TOKENFILE", str(files.folder / "jwt"))
    files.write("[base]\n" + KEYS.format("BASE"), config)
    seen = []
    for ask in (files.ours, lambda p: files.theirs(monkeypatch, p)):
        with ScriptedServer(handler=roles) as server:
            files.environ["AWS_ENDPOINT_URL_STS"] = server.url
            monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
            found: Any = ask(profile)
        asked = []
        for request in server.requests:
            fields = form(request)
            # Theirs makes a name up from the time.
            if profile != "one":
                fields.pop("RoleSessionName")
            fields.setdefault("DurationSeconds", "3600")
            signed = (request.header("authorization") or "").partition("Credential=")[2]
            scope = signed.partition(",")[0].split("/")
            asked.append((fields, scope[0], scope[3:4]))
        seen.append((found.access_key, asked))
    assert [key for key, _ in seen] == [profile, profile]
    assert len(seen[0][1]) == (2 if profile == "two" else 1)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("way", ["Environment", "EcsContainer", "Ec2InstanceMetadata"])
def test_the_machine_may_be_the_one_who_assumes(way: str, files: Files) -> None:
    files.write("", f"[profile r]\n{ROLE.format('r')}credential_source = {way}\n")

    def answers(request: Request) -> Step:
        if request.method == "PUT":
            return reply(200, b"t")
        if request.method == "GET":
            return reply(200, b"role" if request.path.endswith("/") else document())
        signer = (request.header("authorization") or "").partition("Credential=")[2]
        assert signer.startswith("ENV/" if way == "Environment" else "TEMP/")
        return roles(request)

    with ScriptedServer(handler=answers) as server:
        keys = files.ours(
            "r",
            AWS_ENDPOINT_URL_STS=server.url,
            AWS_ACCESS_KEY_ID="ENV",
            AWS_SECRET_ACCESS_KEY="s",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=server.url,
            **{FULL: f"{server.url}/c"},
        )
    assert keys is not None
    assert keys.access_key == "r"


WRONG: dict[str, tuple[str, str]] = {
    "half a pair": ("[profile p]\naws_access_key_id = a\n", "aws_secret_access_key is missing"),
    "no source": (f"[profile p]\n{ROLE}", "either source_profile or credential_source"),
    "two sources": (
        f"[profile p]\n{ROLE}source_profile = p\ncredential_source = Environment\n",
        "either source_profile or credential_source",
    ),
    "unknown source": (f"[profile p]\n{ROLE}credential_source = Moon\n", "must be Environment"),
    "empty source": (f"[profile p]\n{ROLE}credential_source = Environment\n", "has no keys"),
    "missing source": (f"[profile p]\n{ROLE}source_profile = q\n", "profile 'q' is neither in"),
    "circle": (
        f"[profile p]\n{ROLE}source_profile = q\n[profile q]\n{ROLE}source_profile = p\n",
        "a source of itself: p -> q",
    ),
    "code": (f"[profile p]\n{ROLE}source_profile = p\nmfa_serial = m\n", "mfa_serial"),
    "sso": ("[profile p]\nsso_session = s\n", "signs in by SSO"),
    "duration": (
        f"[profile p]\n{ROLE}source_profile = q\nduration_seconds = 5\n[profile q]\n"
        + KEYS.format("Q"),
        "duration_seconds='5'",
    ),
    "no section": ("aws_access_key_id = canary\n", "MissingSectionHeaderError, line 1"),
    "twice": ("[profile p]\n[profile p]\n", "DuplicateSectionError, line 2"),
    "no pair": ("[profile p]\ncanary\n", "ParsingError"),
    "not there": ("", "profile 'p' is neither in"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_profile_that_can_t_be_used_says_why(case: str, files: Files) -> None:
    config, said = WRONG[case]
    files.write("", config.replace("{}", "r"))
    with pytest.raises(ConfigurationError) as caught:
        files.ours("p")
    assert said in str(caught.value)
    assert CANARY not in shown(caught.value)


def test_the_files_are_read_again_when_the_keys_were_refused(files: Files) -> None:
    files.write("[default]\n" + KEYS.format("OLD"))
    provider = ProfileProvider(environ=files.environ, clock=FakeClock())
    old = provider.credentials()
    files.write("[default]\n" + KEYS.format("NEW"))
    assert provider.credentials() is old
    assert old is not None
    assert provider.refused(old)
    new = provider.credentials()
    assert new is not None
    assert new.access_key == "NEW"
    assert pickle.loads(pickle.dumps(provider)).credentials() == new
    assert "NEW-secret" not in repr(provider) + repr(provider._refresher.__dict__)


def test_the_files_may_be_arguments_and_the_home_folder_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\n" + KEYS.format("HOME"))
    (tmp_path / "mine").write_text("[default]\n" + KEYS.format("MINE"))
    environ = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    for arguments, key in (({}, "HOME"), ({"credentials_file": tmp_path / "mine"}, "MINE")):
        found = ProfileProvider(environ=environ, **arguments).fetch()  # type: ignore[arg-type]
        assert found is not None
        assert found.access_key == key


# -- programs --------------------------------------------------------------------------------------


def program(text: str, **fields: Any) -> ProcessProvider:
    return ProcessProvider([sys.executable, "-c", text], **fields)


def test_a_program_is_run_without_a_shell(tmp_path: Path) -> None:
    assert program(PRINTS).credentials() == Credentials("PROC", SECRET, TOKEN)
    script = tmp_path / "prints it.py"
    script.write_text(
        PRINTS + f"\nopen({str(tmp_path / 'seen')!r}, 'w').write(__import__('sys').argv[1])"
    )
    found = ProcessProvider(f"'{sys.executable}' '{script}' '$HOME;x'").fetch()
    assert found.access_key == "PROC"
    assert (tmp_path / "seen").read_text() == "$HOME;x"


@pytest.mark.parametrize(
    "text, said",
    [
        ("raise SystemExit(3)", "ended with 3"),
        ("import sys; sys.stderr.write('canary'); raise SystemExit(1)", "ended with 1"),
        ("print('canary')", "no JSON object"),
        ("print('{\"Version\": 2}')", "no credentials of Version 1"),
        ('print(\'{"Version": 1, "AccessKeyId": "canary"}\')', "missing"),
        ("import os; os.write(1, b'\\xff')", "no JSON object"),
    ],
)
def test_a_program_that_prints_none(text: str, said: str) -> None:
    with pytest.raises(CredentialsError, match=said) as caught:
        program(text).credentials()
    assert CANARY not in shown(caught.value)


def test_a_program_that_takes_too_long_or_is_none() -> None:
    with pytest.raises(CredentialsError, match=r"more than 0\.1 seconds"):
        program("import time; time.sleep(60)", timeout=0.1).credentials()
    with pytest.raises(CredentialsError, match="can't be run"):
        ProcessProvider("/no/such/program").credentials()
    for command in ("", [], "'", [5], "a\0b"):
        with pytest.raises(ConfigurationError, match="^command: "):
            ProcessProvider(command)  # type: ignore[arg-type]
    for timeout in ("1", 1e10, float("nan")):
        with pytest.raises(ValidationError, match="^timeout="):
            ProcessProvider("x", timeout=timeout)  # type: ignore[arg-type]
    assert CANARY not in repr(ProcessProvider("login --password canary").__dict__)


# -- mc --------------------------------------------------------------------------------------------


def mc(folder: Path, **aliases: Any) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps({"version": "10", "aliases": aliases}))
    return {"MC_CONFIG_DIR": str(folder)}


def entry(url: str, access: str = "A", secret: str = SECRET, **more: str) -> dict[str, str]:
    return {
        "url": url,
        "accessKey": access,
        "secretKey": secret,
        "api": "s3v4",
        "path": "auto",
        **more,
    }


def test_the_alias_is_the_one_of_this_server(tmp_path: Path) -> None:
    environ = mc(
        tmp_path,
        play=entry("https://play.min.io", "P"),
        local=entry("http://localhost:9000", "", ""),
        prod=entry("https://S3.example.com:443/", "X", sessionToken=TOKEN),
        odd={"url": 5},
        none="text",
    )
    found = McConfigProvider("https://s3.example.com", environ=environ).fetch()
    assert found == Credentials("X", SECRET, TOKEN)
    named = McConfigProvider(alias="play", config_dir=tmp_path, environ={}).fetch()
    assert named == Credentials("P", SECRET)
    for url in ("http://localhost:9000", "http://s3.example.com", "https://s3.example.com:444"):
        assert McConfigProvider(url, environ=environ).fetch() is None


@pytest.mark.parametrize(
    "value, keys",
    [
        (f"https://A:{SECRET}@s3.example.com", Credentials("A", SECRET)),
        (f"https://A:{SECRET}@s3.example.com/", Credentials("A", SECRET)),
        (f"https://A:{SECRET}/+@x=@s3.example.com", Credentials("A", f"{SECRET}/+@x=")),
        (f"https://A:{SECRET}:{TOKEN}@s3.example.com", Credentials("A", SECRET, TOKEN)),
        ("https://s3.example.com", None),
        (f"https://A:{SECRET}@other.example.com", None),
        (f"A:{SECRET}@s3.example.com", None),
    ],
)
def test_a_variable_of_mc_comes_before_its_file(
    tmp_path: Path, value: str, keys: Credentials | None
) -> None:
    environ = {**mc(tmp_path, x=entry("https://s3.example.com", "FILE")), "MC_HOST_x": value}
    provider = McConfigProvider("https://s3.example.com", environ=environ)
    assert provider.fetch() == (keys or Credentials("FILE", SECRET))
    assert CANARY not in repr(provider) + repr(provider.__dict__)


@pytest.mark.parametrize("text", ["canary", "[]", '{"aliases": {"a": "canary"'])
def test_a_file_of_mc_that_can_t_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text)
    said = r"config.json' can't be read \(no JSON object\)$"
    with pytest.raises(ConfigurationError, match=said) as caught:
        McConfigProvider(alias="a", config_dir=tmp_path).fetch()
    assert CANARY not in shown(caught.value)
    (tmp_path / "config.json").unlink()
    assert McConfigProvider(alias="a", config_dir=tmp_path, environ={}).fetch() is None
    with pytest.raises(ConfigurationError, match="^alias: "):
        McConfigProvider()


def test_a_folder_in_place_of_a_file(files: Files) -> None:
    files.write("[default]\n")
    (files.folder / "credentials").unlink()
    (files.folder / "credentials").mkdir()
    with pytest.raises(ConfigurationError, match="credentials' can't be read"):
        files.ours()
