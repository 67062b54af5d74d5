"""MinIO's own ways to a session: what is asked, what becomes of answers, and what nobody gets to see."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus
from xml.sax.saxutils import escape

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    CertificateIdentityProvider,
    Config,
    ConfigurationError,
    CredentialsError,
    CustomTokenProvider,
    LdapIdentityProvider,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotSupportedError,
    RefreshingProvider,
    ValidationError,
    tenant_policy,
)
from tests.clock import FakeClock
from tests.credentials.test_sts import CANARY, NOW, answer, error, form
from tests.scripted import Request, ScriptedServer, drop_before_reply, hang, reply
from tests.test_secrecy import shown

PASSWORD = f"{CANARY} & more+ü"
ROLE = "arn:minio:iam:::role/idmp-x"
URL = "http://127.0.0.1:1"


def ldap(url: str = URL, **fields: Any) -> LdapIdentityProvider:
    fields = {"user": "ada", "password": PASSWORD, "clock": FakeClock(NOW), **fields}
    return LdapIdentityProvider(url, **fields)


def custom(url: str = URL, **fields: Any) -> CustomTokenProvider:
    fields = {"token": lambda: PASSWORD, "role_arn": ROLE, "clock": FakeClock(NOW), **fields}
    return CustomTokenProvider(url, **fields)


# -- what is asked ---------------------------------------------------------------------------------


def test_a_user_of_the_directory_is_asked_for_in_a_body() -> None:
    with ScriptedServer([answer("AssumeRoleWithLDAPIdentity")]) as server:
        keys = ldap(server.url, duration=900, tenant_id="acme").credentials()
    assert keys is not None
    assert (keys.access_key, keys.session_token is None) == ("TEMP", False)
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", "/")
    assert request.header("authorization") is None
    asked = form(request)
    assert json.loads(asked.pop("Policy")) == tenant_policy("acme")
    assert asked == {
        "Action": "AssumeRoleWithLDAPIdentity",
        "Version": "2011-06-15",
        "DurationSeconds": "900",
        "LDAPUsername": "ada",
        "LDAPPassword": PASSWORD,
    }


def test_minio_is_told_the_type_of_a_session() -> None:
    with ScriptedServer([answer(), answer()]) as server:
        ldap(server.url, token_revoke_type="app").fetch()
        custom(server.url, token_revoke_type="app").fetch()
    of_user, of_token = server.requests
    assert form(of_user)["TokenRevokeType"] == "app"
    assert parse_qs(of_token.query)["TokenRevokeType"] == ["app"]


def test_a_password_may_change() -> None:
    passwords = iter(["first", "second"])
    with ScriptedServer([answer(), answer()]) as server:
        keys = ldap(server.url, password=lambda: next(passwords))
        keys.fetch()
        keys.fetch()
    assert [form(request)["LDAPPassword"] for request in server.requests] == ["first", "second"]


def test_a_token_of_another_kind_is_in_the_query_and_in_no_log(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(CANARY)
    with caplog.at_level(logging.DEBUG), ScriptedServer([answer(), answer()]) as server:
        custom(server.url).credentials()
        custom(server.url, token=tmp_path / "token").fetch()
    first, second = server.requests
    assert parse_qs(first.query) == {
        "Action": ["AssumeRoleWithCustomToken"],
        "DurationSeconds": ["3600"],
        "RoleArn": [ROLE],
        "Token": [PASSWORD],
        "Version": ["2011-06-15"],
    }
    assert parse_qs(second.query)["Token"] == [CANARY]
    assert first.body == b""
    assert CANARY not in caplog.text


def test_what_others_log_meanwhile_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("urllib3.connectionpool")

    def handle(_: Request) -> Any:
        log.debug("of another thread")
        return answer()

    with caplog.at_level(logging.DEBUG), ScriptedServer(handler=handle) as server:
        custom(server.url).fetch()
        log.debug("of this one, later")
    assert "of another thread" in caplog.text
    assert "of this one, later" in caplog.text


# -- what comes ------------------------------------------------------------------------------------

REFUSED = {
    "password": "LDAP server error: LDAP auth failed for DN uid=ada: LDAP Result Code 49",
    "account": "LDAP server error: LDAP auth failed for DN uid=ada: LDAP Result Code 53: it is disabled",
    "user": "LDAP server error: Unable to find user DN: User DN not found for: ada",
    "policy": "expecting a policy to be set for user `uid=ada` or one of their groups",
}


@pytest.mark.parametrize("why", REFUSED)
def test_who_is_not_let_in_is_told_so(why: str) -> None:
    refusal = error(400, "InvalidParameterValue", REFUSED[why])
    with ScriptedServer([refusal, refusal]) as server:
        with pytest.raises(AccessDeniedError, match="check user and password") as denied:
            ldap(server.url).fetch()
        assert denied.value.code == "InvalidParameterValue"
        with pytest.raises(CredentialsError, match=r"LdapIdentityProvider\('http.*', user='ada'\)"):
            ldap(server.url).credentials()
    assert len(server.requests) == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("client_class", [MinIOClient, AsyncMinIOClient])
async def test_a_client_tells_it_and_sends_nothing(client_class: Any) -> None:
    refusal = error(400, "InvalidParameterValue", f"{REFUSED['password']}: {escape(PASSWORD)}")
    with ScriptedServer([refusal]) as sts, ScriptedServer([]) as server:
        client = client_class(Config(server.url, None, credentials=ldap(sts.url)))
        with pytest.raises(CredentialsError, match="LDAP auth failed") as caught:
            found = client.get_object("docs", "k")
            if client_class is AsyncMinIOClient:
                await found
        closed = client.close()
        if client_class is AsyncMinIOClient:
            await closed
    assert CANARY not in shown(caught.value)
    assert server.requests == []


@pytest.mark.parametrize(
    "status, code, said",
    [
        (503, "STSNotInitialized", "STS API 'AssumeRoleWithCustomToken' is disabled"),
        (400, "InvalidParameterValue", "LDAP server error: LDAP is not configured"),
    ],
)
def test_a_server_that_has_no_such_way_says_so(status: int, code: str, said: str) -> None:
    with ScriptedServer(handler=lambda _: error(status, code, said)) as server:
        for keys in (ldap(server.url), custom(server.url)):
            with pytest.raises(NotSupportedError, match="the server's configuration turns it on"):
                keys.fetch()


def test_what_is_neither_stays_what_it_is() -> None:
    with ScriptedServer(handler=lambda _: error(400, "MalformedPolicy", "odd")) as server:
        with pytest.raises(MinIOError) as caught:
            ldap(server.url).fetch()
    assert type(caught.value) is MinIOError


@pytest.mark.parametrize("make", [ldap, custom])
@pytest.mark.parametrize(
    "step, timeout",
    [(error(400, "Odd", f"not {escape(PASSWORD)}!"), 10), (hang(), 0.02), (reply(200, b"<x>"), 10)],
    ids=["refusal", "silence", "nonsense"],
)
def test_a_secret_that_a_server_repeats_is_not_shown(
    make: Callable[..., RefreshingProvider], step: Any, timeout: float
) -> None:
    with ScriptedServer(handler=lambda _: step) as server:
        keys = make(server.url, timeout=timeout)
        for ask in (keys.credentials, keys.fetch):
            with pytest.raises(MinIOError) as caught:
                ask()
            assert CANARY not in shown(caught.value)


@pytest.mark.parametrize(
    "said",
    [
        'Post "http://plugin/?token={quoted}": dial tcp: connection refused',
        "no way to http://plugin/?token={percent}",
    ],
)
def test_a_secret_in_a_url_that_a_server_repeats_is_not_shown(said: str) -> None:
    """MinIO does so when its plugin doesn't answer."""
    message = said.format(quoted=quote_plus(PASSWORD), percent=quote(PASSWORD, safe=""))
    with ScriptedServer(handler=lambda _: error(400, "Odd", escape(message))) as server:
        for keys in (ldap(server.url), custom(server.url)):
            with pytest.raises(MinIOError, match=r"token=\*\*\*") as caught:
                keys.fetch()
            assert CANARY not in shown(caught.value)


def test_a_secret_that_is_cut_off_is_not_shown() -> None:
    """Of an answer that is no document, only the beginning is told."""
    text = f"{'x' * 270} {PASSWORD * 5}".encode()
    with ScriptedServer(handler=lambda _: reply(400, text)) as server:
        with pytest.raises(MinIOError, match=r"x \*\*\*") as caught:
            custom(server.url, token=lambda: PASSWORD * 5).fetch()
    assert CANARY[:8] not in shown(caught.value)


@pytest.mark.parametrize("make", [ldap, custom])
def test_a_secret_that_is_no_text_is_refused_and_not_shown(make: Any) -> None:
    argument = "password" if make is ldap else "token"
    with pytest.raises(ConfigurationError, match=f"^{argument}: ") as caught:
        make(**{argument: lambda: f"{CANARY}\udc80"}).fetch()
    assert CANARY not in shown(caught.value)
    with pytest.raises(ConfigurationError, match="^password: "):
        ldap(password="\udc80")


def test_a_short_secret_leaves_no_hole_in_other_words() -> None:
    refusal = error(400, "Odd", "an example: x")
    with ScriptedServer([refusal]) as server:
        with pytest.raises(MinIOError, match=r"an example: \*\*\*"):
            ldap(server.url, password="x").fetch()


def test_they_pickle_and_hide_what_they_have() -> None:
    with ScriptedServer([answer()]) as server:
        keys = pickle.loads(pickle.dumps(ldap(server.url, password=PASSWORD)))
        assert keys.credentials().access_key == "TEMP"
    for each in (
        keys,
        ldap(password=lambda: PASSWORD),
        custom(),
        certificate("a", key_password=CANARY),
    ):
        assert CANARY not in f"{each!r} {each.__dict__!r} {each._refresher.__dict__!r}"


def test_new_ones_are_there_before_the_old_ones_end() -> None:
    clock = FakeClock(NOW)
    with ScriptedServer(handler=lambda _: answer(life=clock.time() - NOW + 3600)) as server:
        keys = ldap(server.url, clock=clock)
        keys.credentials()
        clock.advance(1800)
        keys.credentials()
        assert len(server.requests) == 1
        clock.advance(1700)
        keys.credentials()
    assert len(server.requests) == 2


# -- a password that is refused --------------------------------------------------------------------


def refusing(why: str, status: int = 400) -> ScriptedServer:
    return ScriptedServer(handler=lambda _: error(status, "InvalidParameterValue", why))


def hours_of_use(keys: LdapIdentityProvider, clock: FakeClock, hours: float) -> None:
    """A client that asks for credentials each minute."""
    for _ in range(int(hours * 60)):
        with pytest.raises(CredentialsError):
            keys.credentials()
        clock.advance(60)


@pytest.mark.parametrize(
    "why", [REFUSED["password"], REFUSED["account"], "LDAP authentication failed", "of no kind"]
)
def test_a_refused_password_rests_longer_and_longer(why: str) -> None:
    """A directory may lock the account of who gives a wrong one a few times in half an hour."""
    clock, asked = FakeClock(NOW), []

    def handle(_: Request) -> Any:
        asked.append(clock.time() - NOW)
        return error(400, "InvalidParameterValue", why)

    with ScriptedServer(handler=handle) as server:
        hours_of_use(ldap(server.url, clock=clock), clock, 4)
    assert asked == [minutes * 60 for minutes in (0, 15, 45, 105, 165, 225)]


def test_a_password_that_rests_says_so_and_shows_nothing() -> None:
    clock = FakeClock(NOW)
    with refusing(f"{REFUSED['password']}: {escape(PASSWORD)}") as server:
        keys = ldap(server.url, clock=clock)
        with pytest.raises(AccessDeniedError):
            keys.fetch()
        clock.advance(100)
        with pytest.raises(
            AccessDeniedError, match="LDAP auth failed .* not sent again for 800 seconds"
        ) as caught:
            keys.fetch()
        assert caught.value.code == "InvalidParameterValue"
        with pytest.raises(CredentialsError, match="not sent again") as unsigned:
            keys.credentials()
        for each in (caught.value, unsigned.value):
            assert CANARY not in shown(each)
        assert CANARY not in f"{keys!r} {keys.__dict__!r}"
    assert len(server.requests) == 1


def test_another_password_is_asked_about_at_once() -> None:
    passwords = ["old", "old", "new", "new", "new"]
    with refusing(REFUSED["password"]) as server:
        keys = ldap(server.url, password=lambda: passwords.pop(0))
        for _ in range(5):
            with pytest.raises(AccessDeniedError):
                keys.fetch()
    assert [form(request)["LDAPPassword"] for request in server.requests] == ["old", "new"]


def test_a_password_that_was_let_in_starts_anew() -> None:
    clock, refusal = FakeClock(NOW), error(400, "InvalidParameterValue", REFUSED["password"])
    with ScriptedServer([refusal, answer(), refusal, answer()]) as server:
        keys = ldap(server.url, clock=clock)
        for _ in range(2):
            with pytest.raises(AccessDeniedError):
                keys.fetch()
            clock.advance(900)
            assert keys.fetch().access_key == "TEMP"
    assert len(server.requests) == 4


def told() -> str:
    return PASSWORD


def test_a_copy_knows_of_no_refusal_and_of_no_password_that_was_told() -> None:
    with refusing(REFUSED["password"]) as server:
        keys = ldap(server.url, password=told)
        for each in (keys, copy.copy(keys), pickle.loads(pickle.dumps(keys))):
            assert CANARY.encode() not in pickle.dumps(keys)
            with pytest.raises(AccessDeniedError, match="Result Code 49. Try"):
                each.fetch()
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "status, why",
    [
        (400, REFUSED["user"]),
        (400, REFUSED["policy"]),
        (400, 'LDAP server error: LDAP Result Code 200 "Network Error": connection refused'),
        (400, 'LDAP server error: LDAP auth failed for DN uid=ada: LDAP Result Code 51 "Busy": '),
        (400, "LDAP server error: LDAP is not configured"),
        (429, "slow down"),
    ],
)
def test_what_says_nothing_of_the_password_is_tried_again_soon(status: int, why: str) -> None:
    clock = FakeClock(NOW)
    with refusing(why, status) as server:
        keys = ldap(server.url, clock=clock)
        with pytest.raises(MinIOError):
            keys.fetch()
        before = len(server.requests)
        with pytest.raises(MinIOError):
            keys.fetch()
    assert len(server.requests) == 2 * before


@pytest.mark.parametrize(
    "step, sent",
    [
        (hang(), 1),
        (drop_before_reply(), 1),
        (reply(500), 1),
        (reply(502), 1),
        (reply(504), 1),
        (reply(503), 3),
        (reply(429), 3),
    ],
)
def test_a_password_that_may_have_been_read_is_not_sent_again_at_once(step: Any, sent: int) -> None:
    with ScriptedServer(handler=lambda _: step) as server:
        with pytest.raises(MinIOError):
            ldap(server.url, timeout=0.2).fetch()
    assert len(server.requests) == sent


def test_a_server_that_isn_t_there_yet_is_asked_again() -> None:
    clock = FakeClock(NOW)
    with pytest.raises(MinIOConnectionError):
        ldap(URL, clock=clock).fetch()
    assert clock.slept == [0.5, 1.0]


# -- certificates ----------------------------------------------------------------------------------


def certificate(
    cert: Any, url: str = "https://127.0.0.1:1", **fields: Any
) -> CertificateIdentityProvider:
    return CertificateIdentityProvider(url, cert, clock=FakeClock(NOW), **fields)


class Shown(ThreadingHTTPServer):
    """STS over TLS, for clients that have a certificate.

    Attributes:
        asked: the common name and the path of each request.
        ca_file: the file of who has signed the server's certificate.
    """

    asked: list[tuple[str, str]]
    ca_file: str


class Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Shown)
        (name,) = (
            value
            for part in self.connection.getpeercert()["subject"]
            for kind, value in part
            if kind == "commonName"
        )
        self.server.asked.append((name, self.path))
        body = answer("AssumeRoleWithCertificate").body
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def sts(authority: trustme.CA, tmp_path: Path) -> Iterator[Shown]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    with Shown(("127.0.0.1", 0), Answering) as server:
        server.asked = []
        server.ca_file = str(tmp_path / "ca.pem")
        authority.cert_pem.write_to_path(server.ca_file)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def issued(authority: trustme.CA, folder: Path, name: str) -> tuple[str, str]:
    """The paths of a new certificate and of its key."""
    made = authority.issue_cert("client@example.org", common_name=name)
    paths = str(folder / f"{name}.crt"), str(folder / f"{name}.key")
    made.cert_chain_pems[0].write_to_path(paths[0])
    made.private_key_pem.write_to_path(paths[1])
    return paths


def sealed(path: str, password: str) -> None:
    """Encrypt a key."""
    key = serialization.load_pem_private_key(Path(path).read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(password.encode())
    kind, form = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    Path(path).write_bytes(key.private_bytes(form, kind, encryption))


def test_a_certificate_is_shown_and_read_anew_each_time(
    sts: Shown, authority: trustme.CA, tmp_path: Path
) -> None:
    url = f"https://127.0.0.1:{sts.server_port}"
    cert, key = issued(authority, tmp_path, "first")
    keys = certificate((cert, key), url, verify=sts.ca_file, duration=900)
    assert keys.fetch().access_key == "TEMP"
    new, new_key = issued(authority, tmp_path, "second")
    Path(new).replace(cert)
    Path(new_key).replace(key)
    assert keys.fetch().access_key == "TEMP"
    both = tmp_path / "both.pem"
    both.write_text(Path(cert).read_text() + Path(key).read_text())
    certificate(str(both), url, verify=sts.ca_file).fetch()
    sealed(key, CANARY)
    fields = {"key_password": CANARY, "token_revoke_type": "app"}
    certificate((cert, key), url, verify=sts.ca_file, **fields).fetch()
    assert [name for name, _ in sts.asked] == ["first", "second", "second", "second"]
    query = "Action=AssumeRoleWithCertificate&DurationSeconds=900&Version=2011-06-15"
    assert sts.asked[0][1] == f"/?{query}"
    assert "&TokenRevokeType=app&" in sts.asked[-1][1]


def test_a_server_that_isn_t_trusted_gets_no_answer(
    sts: Shown, authority: trustme.CA, tmp_path: Path
) -> None:
    cert = issued(authority, tmp_path, "reader")
    keys = certificate(cert, f"https://127.0.0.1:{sts.server_port}")
    with pytest.raises(MinIOError, match="is not trusted"):
        keys.fetch()
    assert sts.asked == []


def test_certificates_that_can_t_be_used(authority: trustme.CA, tmp_path: Path) -> None:
    """Nobody is asked, and OpenSSL asks nobody for a password."""
    first, second = (issued(authority, tmp_path, name) for name in ("first", "second"))
    locked = issued(authority, tmp_path, "locked")
    sealed(locked[1], CANARY)
    no_key = first[0]
    for cert, password in (
        ((first[0], second[1]), None),
        (no_key, None),
        (str(tmp_path / "missing"), None),
        (str(tmp_path), None),
        (locked, None),
        (locked, f"wrong {CANARY}"),
    ):
        with pytest.raises(CredentialsError, match="and its key .* can't be used: .+") as caught:
            certificate(cert, key_password=password).credentials()
        assert CANARY not in shown(caught.value)


# -- arguments -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make, fields, named",
    [
        (ldap, {"user": ""}, "user"),
        (ldap, {"user": "a\nb"}, "user"),
        (ldap, {"user": None}, "user"),
        (ldap, {"password": ""}, "password"),
        (ldap, {"password": 5}, "password"),
        (ldap, {"url": "localhost"}, "endpoint"),
        (ldap, {"policy": "{"}, "policy"),
        (ldap, {"policy": {"a": 1}, "tenant_id": "acme"}, "policy"),
        (ldap, {"duration": 899}, "duration"),
        (ldap, {"token_revoke_type": ""}, "token_revoke_type"),
        (custom, {"role_arn": None}, "role_arn"),
        (custom, {"role_arn": ""}, "role_arn"),
        (custom, {"token": 5}, "token"),
        (custom, {"token_revoke_type": ""}, "token_revoke_type"),
        (custom, {"duration": 1.5}, "duration"),
        (certificate, {"cert": None}, "cert"),
        (certificate, {"cert": ""}, "cert"),
        (certificate, {"cert": ("a",)}, "cert"),
        (certificate, {"cert": ("a", 5)}, "cert"),
        (certificate, {"cert": "a", "key_password": ""}, "key_password"),
        (certificate, {"cert": "a", "key_password": 5}, "key_password"),
        (certificate, {"cert": "a", "url": "http://127.0.0.1"}, "endpoint"),
        (certificate, {"cert": "a", "timeout": 0}, "timeout"),
        (certificate, {"cert": "a", "token_revoke_type": ""}, "token_revoke_type"),
    ],
)
def test_a_bad_argument_is_named(make: Any, fields: dict[str, Any], named: str) -> None:
    with pytest.raises((ConfigurationError, ValidationError), match=f"^{named}[=:]"):
        make(**fields)


def test_a_password_function_that_gives_none() -> None:
    with pytest.raises(CredentialsError, match="gave a NoneType, not a password"):
        ldap(password=lambda: None).credentials()
