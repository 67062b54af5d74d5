"""Instances and containers: the protocol, who may be sent a token, and services that misbehave."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    ConfigurationError,
    ContainerProvider,
    Credentials,
    CredentialsError,
    InstanceMetadataProvider,
    ValidationError,
)
from minio_sdk.credentials.metadata import OptionalInstanceProvider
from tests.clock import FakeClock
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, hang, reply
from tests.test_secrecy import shown

NOW = 1_700_000_000.0
SECRET = "can" + "ary-secret"
TOKEN = "can" + "ary-token"
CANARY = "canary"
KEYS = Credentials("TEMP", SECRET, TOKEN, datetime(2023, 11, 14, 23, 13, 20, tzinfo=timezone.utc))


def document(**changes: Any) -> bytes:
    found = {
        "Code": "Success",
        "AccessKeyId": "TEMP",
        "SecretAccessKey": SECRET,
        "Token": TOKEN,
        "Expiration": "2023-11-14T23:13:20Z",
    }
    return json.dumps({k: v for k, v in {**found, **changes}.items() if v is not None}).encode()


class Instance:
    """An EC2 instance: answers by path, unless `instead` has another answer for it."""

    def __init__(self, **instead: Step) -> None:
        self.instead = instead

    def __call__(self, request: Request) -> Step:
        name = request.path.rpartition("/")[2] or "roles"
        if name in self.instead:
            return self.instead[name]
        if name == "token":
            assert request.method == "PUT"
            assert request.header("x-aws-ec2-metadata-token-ttl-seconds") == "21600"
            return reply(200, TOKEN.encode())
        assert request.header("x-aws-ec2-metadata-token") == TOKEN
        return reply(200, b"my-role\n" if name == "roles" else document())


def instance(server: ScriptedServer, **fields: Any) -> InstanceMetadataProvider:
    fields.setdefault("clock", FakeClock(NOW))
    fields.setdefault("environ", {})
    return InstanceMetadataProvider(server.url, **fields)


# -- instances -------------------------------------------------------------------------------------


def test_an_instance_is_asked_by_version_2() -> None:
    with ScriptedServer(handler=Instance()) as server:
        assert instance(server).credentials() == KEYS
    root = "/latest/meta-data/iam/security-credentials/"
    assert [(r.method, r.target) for r in server.requests] == [
        ("PUT", "/latest/api/token"),
        ("GET", root),
        ("GET", f"{root}my-role"),
    ]


OUTCOMES: dict[str, tuple[dict[str, Step], str]] = {
    "token failed": ({"token": reply(500)}, "HTTP 500 in place of a token"),
    "role failed": ({"my-role": reply(503, b"no")}, "HTTP 503 in place of credentials"),
    "no json": ({"my-role": reply(200, b"<html>")}, "no JSON object"),
    "a list": ({"my-role": reply(200, b"[]")}, "no JSON object"),
    "deep": ({"my-role": reply(200, b"[" * 100_000)}, "no JSON object"),
    "code": (
        {"my-role": reply(200, document(Code="AssumeRoleUnauthorizedAccess"))},
        "Unauthorized",
    ),
    "half": ({"my-role": reply(200, document(SecretAccessKey=None))}, "missing"),
    "number": ({"my-role": reply(200, document(AccessKeyId=5))}, "missing"),
    "moment": ({"my-role": reply(200, document(Expiration="soon"))}, "can't be read"),
    "line end": ({"my-role": reply(200, document(SecretAccessKey=f"{SECRET}\n"))}, "printable"),
    "too much": ({"my-role": reply(200, b"x" * 300_000)}, "more than"),
    "dropped": ({"my-role": drop_before_reply()}, "can't be asked"),
    "hangs": ({"my-role": hang()}, "within 0.05 seconds"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_instance_that_answers_with_something_else(outcome: str) -> None:
    instead, said = OUTCOMES[outcome]
    timeout = 0.05 if outcome == "hangs" else 5
    with ScriptedServer(handler=Instance(**instead)) as server:
        with pytest.raises(CredentialsError) as caught:
            instance(server, timeout=timeout).credentials()
    assert said in str(caught.value)
    assert CANARY not in shown(caught.value)


NOTHING: dict[str, dict[str, Step]] = {
    "switched off": {"token": reply(403)},
    "another kind of machine": {"token": reply(404)},
    "dropped": {"token": drop_before_reply()},
    "hangs": {"token": hang()},
    "no role": {"roles": reply(404)},
    "an empty role": {"roles": reply(200)},
}


@pytest.mark.parametrize("outcome", NOTHING)
def test_an_instance_without_credentials(outcome: str) -> None:
    timeout = 0.05 if outcome == "hangs" else 5
    with ScriptedServer(handler=Instance(**NOTHING[outcome])) as server:
        with pytest.raises(CredentialsError, match="has no credentials"):
            instance(server, timeout=timeout).credentials()
        last = OptionalInstanceProvider(server.url, timeout=timeout, environ={})
        assert last.credentials() is None


def test_an_instance_that_goes_away_keeps_the_keys_it_gave() -> None:
    here = Instance()
    clock = FakeClock(NOW)
    with ScriptedServer(handler=here) as server:
        keys = OptionalInstanceProvider(server.url, environ={}, clock=clock)
        assert keys.credentials() == KEYS
        clock.advance(3550)
        here.instead["token"] = reply(404)
        assert keys.credentials() == KEYS


def test_a_disabled_instance_is_not_asked() -> None:
    with ScriptedServer() as server:
        with pytest.raises(CredentialsError, match="has no credentials"):
            instance(server, environ={"AWS_EC2_METADATA_DISABLED": "True"}).credentials()


def test_the_environment_says_where_and_how_often() -> None:
    name = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    keys = InstanceMetadataProvider(
        environ={name: "http://[::1]:1/", "AWS_METADATA_SERVICE_TIMEOUT": "3"}
    )
    assert keys.endpoint == "http://[::1]:1"
    assert InstanceMetadataProvider(environ={}).endpoint == "http://169.254.169.254"
    six = InstanceMetadataProvider(environ={f"{name}_MODE": "IPv6"})
    assert six.endpoint == "http://[fd00:ec2::254]"
    script: list[Step] = [drop_before_reply(), reply(404)]
    with ScriptedServer(script) as server, pytest.raises(CredentialsError):
        environ = {"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2", name: server.url}
        InstanceMetadataProvider(environ=environ, clock=FakeClock()).credentials()
    for variable, value in (("TIMEOUT", "x"), ("NUM_ATTEMPTS", "0")):
        with pytest.raises(ConfigurationError, match=f"^AWS_METADATA_SERVICE_{variable}="):
            InstanceMetadataProvider(environ={f"AWS_METADATA_SERVICE_{variable}": value})
    with pytest.raises(ValidationError, match="^tries="):
        InstanceMetadataProvider(tries=0)


# -- containers ------------------------------------------------------------------------------------

FULL = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
RELATIVE = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"


def test_a_container_s_token_goes_in_a_header_and_its_file_is_read_each_time(
    tmp_path: Path,
) -> None:
    file = tmp_path / "token"
    answer = reply(200, document(Code=None))
    with ScriptedServer([answer, answer, answer]) as server:
        environ = {FULL: f"{server.url}/v1/c?id=5", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "plain"}
        keys = ContainerProvider(environ=environ, clock=FakeClock(NOW))
        assert keys.credentials() == KEYS
        named = {**environ, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        keys = ContainerProvider(environ=named, clock=FakeClock(NOW))
        for text in ("first", "second\n"):
            file.write_text(text)
            assert keys.fetch() == KEYS
    assert [r.header("authorization") for r in server.requests] == ["plain", "first", "second"]
    assert {r.target for r in server.requests} == {"/v1/c?id=5"}


def test_without_variables_a_container_has_none() -> None:
    with pytest.raises(CredentialsError, match="has no credentials"):
        ContainerProvider(environ={}).credentials()


@pytest.mark.parametrize(
    "url, allowed",
    [
        ("http://localhost/c", True),
        ("http://127.0.0.9:1/c", True),
        ("http://[::1]/c", True),
        ("http://169.254.170.2/c", True),
        ("http://169.254.170.23/c", True),
        ("http://[fd00:ec2::23]/c", True),
        ("https://example.com/c", True),
        ("http://example.com/c", False),
        ("http://169.254.169.254/c", False),
        ("http://localhost.example.com/c", False),
        ("http://127.0.0.1@example.com/c", False),
        ("ftp://localhost/c", False),
        ("localhost/c", False),
        ("http://localhost/a b", False),
        ("http://[::1/c", False),
    ],
)
def test_who_may_be_sent_the_token(url: str, allowed: bool) -> None:
    environ = {FULL: url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN}
    if allowed:
        assert CANARY not in repr(ContainerProvider(environ=environ).__dict__)
        return
    with pytest.raises(ConfigurationError, match=f"^{FULL}") as caught:
        ContainerProvider(environ=environ)
    assert CANARY not in str(caught.value)


def test_the_relative_address_is_ecs_s() -> None:
    keys = ContainerProvider(environ={RELATIVE: "/v2/credentials/id", FULL: "http://example.com"})
    assert repr(keys) == "ContainerProvider('http://169.254.170.2')"
    with pytest.raises(ConfigurationError, match=f"^{RELATIVE}: must begin"):
        ContainerProvider(environ={RELATIVE: "@example.com/"})


@pytest.mark.parametrize("wrong", ["missing", "line end"])
def test_a_bad_token_is_not_sent(tmp_path: Path, wrong: str) -> None:
    with ScriptedServer() as server:
        environ = {FULL: server.url}
        if wrong == "missing":
            environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = str(tmp_path / "none")
        else:
            environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = f"{TOKEN}\r\nX: y"
        with pytest.raises(CredentialsError, match="container's token") as caught:
            ContainerProvider(environ=environ, clock=FakeClock()).credentials()
    assert CANARY not in shown(caught.value)


def test_a_container_s_service_is_asked_three_times_and_never_sent_on() -> None:
    clock = FakeClock()
    redirected = reply(302, headers={"Location": "http://127.0.0.1:1/"})
    with ScriptedServer([reply(500), drop_before_reply(), redirected]) as server:
        with pytest.raises(CredentialsError, match="HTTP 302"):
            ContainerProvider(environ={FULL: server.url}, clock=clock).credentials()
    assert clock.slept == [0.5, 1.0]
