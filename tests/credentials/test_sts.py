"""AssumeRole and AssumeRoleWithWebIdentity: what is asked, and what becomes of all kinds of answers."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from minio_sdk import (
    AssumeRoleProvider,
    ChainProvider,
    ConfigurationError,
    Credentials,
    CredentialsError,
    MinIOError,
    ValidationError,
    WebIdentityProvider,
    tenant_policy,
)
from tests.clock import FakeClock
from tests.scripted import (
    Reply,
    Request,
    ScriptedServer,
    Step,
    dribble,
    drop_before_reply,
    hang,
    redirect,
    reply,
)
from tests.test_secrecy import shown

NOW = 1_700_000_000.0
SECRET = "can" + "ary-secret"
TOKEN = "can" + "ary-token"
CANARY = "canary"


def ends(seconds: float = 3600) -> str:
    return datetime.fromtimestamp(NOW + seconds, timezone.utc).isoformat().replace("+00:00", "Z")


def answer(kind: str = "AssumeRole", *, life: float = 3600, date: float = NOW) -> Reply:
    body = f"""<?xml version="1.0"?>
    <{kind}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{kind}Result>
    <AssumedRoleUser><Arn>arn</Arn></AssumedRoleUser><Credentials><AccessKeyId>TEMP</AccessKeyId>
    <SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>
    <Expiration>{ends(life)}</Expiration></Credentials></{kind}Result></{kind}Response>"""
    return reply(200, body.encode(), headers={"Date": formatdate(date, usegmt=True)})


def error(status: int, code: str, message: str = "No.") -> Reply:
    said = f"<Code>{code}</Code><Message>{message}</Message>"
    return reply(status, f"<ErrorResponse><Error>{said}</Error></ErrorResponse>".encode())


def form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def provider(server: ScriptedServer | str, **fields: Any) -> AssumeRoleProvider:
    url = server if isinstance(server, str) else server.url
    fields.setdefault("clock", FakeClock(NOW))
    return AssumeRoleProvider(url, "ADMIN", "admin-" + CANARY, **fields)


# -- what is asked ---------------------------------------------------------------------------------


def test_assume_role_is_signed_as_botocore_signs_it() -> None:
    with ScriptedServer([answer()]) as server:
        keys = provider(
            server,
            role_arn="arn:aws:iam::1:role/r",
            session_name="acme-1",
            external_id="x",
            duration=1000,
            region="eu-central-1",
            session_token="t",
        ).credentials()
    assert keys == Credentials(
        "TEMP", SECRET, TOKEN, datetime.fromtimestamp(NOW + 3600, timezone.utc)
    )
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/")
    assert form(request) == {
        "Action": "AssumeRole",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::1:role/r",
        "RoleSessionName": "acme-1",
        "ExternalId": "x",
        "DurationSeconds": "1000",
    }
    sent = {n.lower(): v for n, v in request.headers}
    names = sent["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    oracle = AWSRequest("POST", server.url + "/", {n: sent[n] for n in names}, data=request.body)
    oracle.context["timestamp"] = sent["x-amz-date"]
    auth = SigV4Auth(BotoCredentials("ADMIN", "admin-" + CANARY, "t"), "sts", "eu-central-1")
    text = auth.string_to_sign(oracle, auth.canonical_request(oracle))
    assert sent["authorization"].endswith(f"Signature={auth.signature(text, oracle)}")


def test_a_tenant_s_session_policy_goes_along() -> None:
    with ScriptedServer([answer(), answer()]) as server:
        provider(server, tenant_id="Acme Ltd").credentials()
        provider(
            server, tenant_id="a", tenancy="prefix", shared_bucket="all", read_only=True
        ).fetch()
    policies = [json.loads(form(request)["Policy"]) for request in server.requests]
    assert policies == [
        tenant_policy("Acme Ltd"),
        tenant_policy("a", tenancy="prefix", shared_bucket="all", read_only=True),
    ]


@pytest.mark.parametrize("given", ["dict", "text"])
def test_a_policy_of_one_s_own_goes_along_without_blanks(given: str) -> None:
    policy: Any = {"Version": "2012-10-17", "Statement": []}
    with ScriptedServer([answer()]) as server:
        provider(server, policy=policy if given == "dict" else json.dumps(policy)).credentials()
    assert form(server.requests[0])["Policy"] == '{"Version":"2012-10-17","Statement":[]}'


def test_a_web_identity_is_not_signed_and_its_file_is_read_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    kind = "AssumeRoleWithWebIdentity"
    with ScriptedServer([answer(kind), answer(kind), answer(kind)]) as server:
        keys = WebIdentityProvider(server.url, file, role_arn="r" * 20, clock=FakeClock(NOW))
        for text in ("first", "second\n"):
            file.write_text(text)
            assert keys.fetch().access_key == "TEMP"
        WebIdentityProvider(server.url, lambda: "third", clock=FakeClock(NOW)).fetch()
    assert [form(request)["WebIdentityToken"] for request in server.requests] == [
        "first",
        "second",
        "third",
    ]
    for request in server.requests:
        assert request.header("authorization") is None
        assert request.query == ""


def test_minio_is_told_the_type_of_a_session(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token")
    with ScriptedServer([answer(), answer("AssumeRoleWithWebIdentity")]) as server:
        provider(server, token_revoke_type="app & 1").fetch()
        WebIdentityProvider(
            server.url, tmp_path / "token", token_revoke_type="x" * 128, clock=FakeClock(NOW)
        ).fetch()
    first, second = (form(request)["TokenRevokeType"] for request in server.requests)
    assert (first, second) == ("app & 1", "x" * 128)


def test_the_keys_that_assume_may_come_from_a_provider_and_chains_ask_sources() -> None:
    with ScriptedServer([answer(), answer()]) as server:
        source = provider(server)
        second = AssumeRoleProvider(server.url, credentials=source, clock=FakeClock(NOW))
        keys = ChainProvider(second, clock=FakeClock(NOW)).credentials()
    assert keys is not None
    assert "Credential=ADMIN/" in (server.requests[0].header("authorization") or "")
    assert "Credential=TEMP/" in (server.requests[1].header("authorization") or "")
    assert server.requests[1].header("x-amz-security-token") == TOKEN


# -- no connection ---------------------------------------------------------------------------------

UNREACHED: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "nothing there": (
        "http://127.0.0.1:1",
        {},
        "nothing listens on 127.0.0.1:1",
        "of the endpoint",
    ),
    "no such host": ("http://sts.invalid", {}, "'sts.invalid' can't be resolved", "the endpoint's"),
    "a proxy": (
        "http://sts.invalid",
        {"proxies": {"http": f"http://user:{CANARY}@127.0.0.1:1"}},
        "nothing listens on the proxy 127.0.0.1:1",
        "check proxies",
    ),
}


@pytest.mark.parametrize("why", UNREACHED)
def test_it_is_said_why_nobody_could_be_asked(why: str) -> None:
    url, fields, said, hint = UNREACHED[why]
    with pytest.raises(CredentialsError) as caught:
        provider(url, **fields).credentials()
    assert said in caught.value.message
    assert hint in (caught.value.hint or "")
    assert CANARY not in shown(caught.value)


@pytest.mark.parametrize("given", ["argument", "environment"])
def test_no_frame_of_a_fetch_shows_a_proxy_s_password(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"http://user:{CANARY}@127.0.0.1:1"
    monkeypatch.setenv("http_proxy", url)
    more = {"proxies": {"http": url}} if given == "argument" else {}
    with pytest.raises(MinIOError, match="nothing listens on the proxy") as caught:
        provider("http://sts.invalid", **more).fetch()
    assert CANARY not in shown(caught.value)


def test_a_certificate_that_is_not_trusted_is_said_at_once() -> None:
    clock = FakeClock(NOW)
    with ScriptedServer(tls=True, strict=False) as server:
        with pytest.raises(CredentialsError, match="certificate is not trusted") as caught:
            provider(server, clock=clock).credentials()
    assert "verify='/path/to/ca.pem'" in (caught.value.hint or "")
    assert clock.slept == []


# -- what comes ------------------------------------------------------------------------------------

OUTCOMES: dict[str, tuple[Callable[[], Step], str]] = {
    "denied": (lambda: error(403, "AccessDenied"), "No."),
    "malformed policy": (lambda: error(400, "MalformedPolicyDocument", "bad policy"), "bad policy"),
    "failing": (lambda: error(500, "InternalError"), "No."),
    "dropped": (drop_before_reply, "can't be asked"),
    "elsewhere": (lambda: redirect("http://127.0.0.1:1/"), "sends elsewhere"),
    "a page": (lambda: reply(200, b"<html>welcome</html>"), "credentials"),
    "no xml": (lambda: reply(200, b"<AssumeRole"), "not what STS answers"),
    "json": (lambda: reply(200, b"{}"), "not what STS answers"),
    "empty": (lambda: reply(200), "not what STS answers"),
    "no credentials": (lambda: reply(200, b"<A><B/></A>"), "no credentials"),
    "half of them": (
        lambda: reply(
            200, b"<A><B><Credentials><AccessKeyId>a</AccessKeyId></Credentials></B></A>"
        ),
        "no credentials",
    ),
    "no moment": (
        lambda: reply(200, answer().body.replace(b"Z</Expiration>", b"?</Expiration>")),
        "can't be read",
    ),
    "ended": (lambda: answer(life=-10), "had ended already"),
    "a bomb": (lambda: reply(200, b"<!DOCTYPE a []><a/>"), "not what STS answers"),
    "too much": (lambda: reply(200, b"x" * 300_000), "more than"),
    "endless": (lambda: reply(200, b"x" * 300_000, chunked=True), "more than"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_any_other_answer_is_an_error_that_says_what_came(outcome: str) -> None:
    made, said = OUTCOMES[outcome]
    clock = FakeClock(NOW)
    with ScriptedServer(handler=lambda _: made()) as server:
        with pytest.raises(CredentialsError) as caught:
            provider(server, clock=clock).credentials()
    assert said in str(caught.value)
    assert "AssumeRoleProvider" in str(caught.value)
    assert CANARY not in shown(caught.value)
    again = outcome in ("failing", "dropped")
    assert (len(server.requests), clock.slept) == ((3, [0.5, 1.0]) if again else (1, []))


def test_a_service_that_hiccups_is_asked_again() -> None:
    with ScriptedServer([error(503, "Busy"), drop_before_reply(), answer()]) as server:
        assert provider(server).credentials() is not None


class Ticking(FakeClock):
    """Eleven seconds go by whenever somebody looks."""

    def monotonic(self) -> float:
        self.advance(11)
        return super().monotonic()


def test_an_answer_that_drips_is_over_after_the_timeout() -> None:
    with ScriptedServer(handler=lambda _: dribble(answer(), step=100)) as server:
        with pytest.raises(CredentialsError, match="within 10 seconds"):
            provider(server, clock=Ticking(NOW)).credentials()


def test_a_service_that_hangs_is_over_after_the_timeout() -> None:
    with ScriptedServer(handler=lambda _: hang()) as server:
        with pytest.raises(CredentialsError, match="within 0.02 seconds"):
            provider(server, timeout=0.02).credentials()


def test_our_clock_may_be_wrong_by_hours() -> None:
    clock = FakeClock(NOW + 3 * 3600)
    with ScriptedServer(handler=lambda _: answer()) as server:
        source = provider(server, clock=clock)
        assert source.credentials() is not None
        assert source.credentials() is not None
        assert len(server.requests) == 1
        clock.advance(3500)
        source.credentials()
    # Then it is signed at the server's time.
    assert (server.requests[-1].header("x-amz-date") or "").startswith("20231114T23")


def test_a_token_that_a_service_repeats_is_not_shown() -> None:
    refusal = error(400, "InvalidIdentityToken", f"can't read {TOKEN}")
    with ScriptedServer([refusal, refusal]) as server:
        keys = WebIdentityProvider(server.url, lambda: TOKEN)
        for ask, kind in ((keys.credentials, CredentialsError), (keys.fetch, MinIOError)):
            with pytest.raises(kind, match=r"can't read \*\*\*") as caught:
                ask()
            assert CANARY not in shown(caught.value)


@pytest.mark.parametrize("text", [None, "", "\xff"])
def test_a_token_file_that_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "token").write_text(text, encoding="latin-1")
    with pytest.raises(CredentialsError, match="web identity token in '.*token' "):
        WebIdentityProvider("http://127.0.0.1:1", tmp_path / "token").credentials()


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields, named",
    [
        ({"duration": 899}, "duration"),
        ({"duration": True}, "duration"),
        ({"duration": 3600.0}, "duration"),
        ({"session_name": "a b"}, "session_name"),
        ({"role_arn": ""}, "role_arn"),
        ({"external_id": 5}, "external_id"),
        ({"token_revoke_type": ""}, "token_revoke_type"),
        ({"token_revoke_type": "a\nb"}, "token_revoke_type"),
        ({"token_revoke_type": "x" * 129}, "token_revoke_type"),
        ({"token_revoke_type": 5}, "token_revoke_type"),
        ({"region": "eu central"}, "region"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"policy": "{"}, "policy"),
        ({"policy": {}}, "policy"),
        ({"policy": {"a": object()}}, "policy"),
        ({"policy": {"a": 1}, "tenant_id": "acme"}, "policy"),
        ({"tenant_id": " "}, "tenant_id"),
        ({"tenant_id": "a", "tenancy": "none"}, "tenancy"),
        ({"credentials": Credentials("a", "s")}, "credentials"),
    ],
)
def test_a_bad_argument_is_named(fields: dict[str, Any], named: str) -> None:
    with pytest.raises((ConfigurationError, ValidationError), match=f"^{named}[=:]"):
        provider("http://localhost:9000", **fields)


def test_endpoint_and_keys_are_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="^endpoint"):
        AssumeRoleProvider("localhost", "a", "b")
    with pytest.raises(ConfigurationError, match="^credentials"):
        AssumeRoleProvider("http://localhost")
    with pytest.raises(ConfigurationError, match="^secret_key"):
        AssumeRoleProvider("http://localhost", "a")
    with pytest.raises(ConfigurationError, match="a str is neither"):
        AssumeRoleProvider("http://localhost", credentials="a")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="^token: .* not the token") as caught:
        WebIdentityProvider("http://localhost", f"ey{CANARY}.ey.x")
    assert CANARY not in str(caught.value)
    with pytest.raises(ConfigurationError, match="a int is neither path nor function"):
        WebIdentityProvider("http://localhost", 5)  # type: ignore[arg-type]


def test_a_token_function_that_gives_no_text() -> None:
    keys = WebIdentityProvider("http://127.0.0.1:1", lambda: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(CredentialsError, match="gave a NoneType"):
        keys.credentials()


def test_it_pickles_and_hides_its_keys() -> None:
    with ScriptedServer([answer()]) as server:
        keys = pickle.loads(pickle.dumps(provider(server, tenant_id="acme")))
        assert keys.credentials().access_key == "TEMP"
        assert CANARY not in repr(keys) + repr(keys.__dict__) + repr(keys._refresher.__dict__)
