"""MinIO's admin API on servers that fail, lie, or are something else; on both clients."""

from __future__ import annotations

import hashlib
import json
import pickle
import re
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import (
    AccessDeniedError,
    Admin,
    AuditRecord,
    ConflictError,
    Credentials,
    IntegrityError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    NotSupportedError,
    ServerError,
    ValidationError,
)
from minio_sdk.flows import admin
from minio_sdk.wire import sealing
from minio_sdk.wire.sealing import RANDOM, seal, unseal
from tests.both import SECRET_KEY, Connect, both, config_for
from tests.clock import FakeClock
from tests.flows.admin_calls import MORE
from tests.samples import admin as samples
from tests.scripted import (
    Exchange,
    Reply,
    Request,
    ScriptedServer,
    Step,
    drop_before_reply,
    reply,
    s3_error,
)
from tests.test_secrecy import shown

INFO = "/minio/admin/v3/info"
POLICY = samples.DOCUMENT
MINIO = {"Server": "MinIO"}
IS_MINIO = reply(200, b'{"mode": "online"}', headers=MINIO)
KEYS: dict[str, Any] = {"access_key": "LAPTOP", "secret_key": "secret-of-the-laptop"}

_argon2id = sealing._key


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides of these tests make their keys without Argon2id, which takes its time."""
    monkeypatch.setattr(
        sealing, "_key", lambda _, secret, salt: hashlib.sha256(secret.encode() + salt).digest()
    )


Call = Callable[[MinIOClient], object]
CALLS: dict[str, Call] = {
    "server_info": lambda client: client.admin.server_info(),
    "data_usage": lambda client: client.admin.data_usage(),
    "set_bucket_quota": lambda client: client.admin.set_bucket_quota("docs", 5),
    "get_bucket_quota": lambda client: client.admin.get_bucket_quota("docs"),
    "add_user": lambda client: client.admin.add_user("ada", "secret-of-ada"),
    "remove_user": lambda client: client.admin.remove_user("ada"),
    "set_user_status": lambda client: client.admin.set_user_status("ada", False),
    "get_user": lambda client: client.admin.get_user("ada"),
    "list_users": lambda client: client.admin.list_users(),
    "add_to_group": lambda client: client.admin.add_to_group("editors", ["ada"]),
    "remove_from_group": lambda client: client.admin.remove_from_group("editors", "ada"),
    "remove_group": lambda client: client.admin.remove_group("editors"),
    "set_group_status": lambda client: client.admin.set_group_status("editors", True),
    "get_group": lambda client: client.admin.get_group("editors"),
    "list_groups": lambda client: client.admin.list_groups(),
    "add_policy": lambda client: client.admin.add_policy("read", POLICY),
    "get_policy": lambda client: client.admin.get_policy("read"),
    "list_policies": lambda client: client.admin.list_policies(),
    "remove_policy": lambda client: client.admin.remove_policy("read"),
    "attach_policy": lambda client: client.admin.attach_policy("read", user="ada"),
    "detach_policy": lambda client: client.admin.detach_policy(["read"], group="editors"),
    "add_service_account": lambda client: client.admin.add_service_account(user="ada"),
    "list_service_accounts": lambda client: client.admin.list_service_accounts("ada"),
    "get_service_account": lambda client: client.admin.get_service_account("KEY"),
    "update_service_account": lambda client: client.admin.update_service_account("KEY", name="a"),
    "remove_service_account": lambda client: client.admin.remove_service_account("KEY"),
}


def test_every_method_is_among_the_calls() -> None:
    methods = {n for n in dir(Admin) if not n.startswith("_")} - {"config"}
    methods -= {"trace", "console_log"}  # which ask when they are read: see test_admin_live.py
    methods -= {"metrics", "prometheus_config"}  # of no tenant: see test_admin_metrics.py
    methods -= {"realtime_metrics", "watch_metrics", "scanner_status"}  # see test_admin_realtime.py
    assert methods == set(CALLS) | set(MORE)


def told(status: int, code: str, message: str = "Because the script says so.") -> Reply:
    """How MinIO's admin API says no."""
    document = {"Code": code, "Message": message, "Resource": INFO, "HostId": "h"}
    return reply(status, json.dumps(document).encode(), headers=MINIO)


def sealed(document: Any, secret: str = SECRET_KEY) -> Step:
    """An answer that MinIO seals when it is asked."""

    def step(exchange: Exchange) -> None:
        body = seal(secret, json.dumps(document).encode(), bytes(RANDOM))
        reply(200, body, headers=MINIO)(exchange)

    return step


def opened(request: Request, secret: str = SECRET_KEY) -> Any:
    """What a client has sealed."""
    return json.loads(unseal(secret, bytes(request.body)))


def asked(server: ScriptedServer) -> list[str]:
    """Method and the call of each request but the question whether it is MinIO."""
    lines = [f"{request.method} {request.target}" for request in server.requests]
    return [line.replace("/minio/admin/v3/", "") for line in lines if line != f"GET {INFO}"]


# -- who is asked ----------------------------------------------------------------------------------

OTHERS: dict[str, Reply] = {
    "SeaweedFS": s3_error(404, "NoSuchKey", headers={"Server": "SeaweedFS 30GB 4.48"}),
    "SeaweedFS that has such an object": reply(
        200, b'{"mode": "online", "servers": []}', headers={"Server": "SeaweedFS 4.48"}
    ),
    "AWS": s3_error(403, "AccessDenied", headers={"Server": "AmazonS3"}),
    "moto": s3_error(404, "NoSuchBucket", headers={"Server": "Werkzeug/3.1"}),
    "nobody": s3_error(404, "NoSuchBucket"),
    "a proxy": s3_error(404, "NoSuchBucket", headers={"Server": "nginx"}),
    "a web page": reply(404, b"<html></html>"),
    "other JSON": reply(200, b'{"status": "ok"}'),
    "no object": reply(200, b"[]"),
    "another JSON error": reply(404, b'{"Code": "NotFound", "HostId": "x", "Resource": "/other"}'),
    "nothing": reply(200, b""),
}
NAMED = {"SeaweedFS", "SeaweedFS that has such an object", "AWS", "moto"}


@both
@pytest.mark.parametrize("who", OTHERS)
def test_no_other_server_gets_more_than_a_harmless_question(connect: Connect, who: str) -> None:
    calls = {**CALLS, **MORE}
    with ScriptedServer(handler=lambda _: OTHERS[who]) as server, connect(server) as client:
        for name, call in calls.items():
            with pytest.raises(NotSupportedError, match="this server is not MinIO") as caught:
                call(client)
            assert (caught.value.operation or "").startswith("Admin"), name
            assert caught.value.tenant_id == "acme"
    assert {(request.method, request.target) for request in server.requests} == {("GET", INFO)}
    # Who names itself is asked once.
    assert len(server.requests) == (1 if who in NAMED else len(calls))


@both
def test_an_audit_is_told_what_the_question_was(connect: Connect) -> None:
    records: list[AuditRecord] = []
    script = [IS_MINIO, reply(200)]
    with ScriptedServer(script) as server, connect(server, audit=records.append) as client:
        client.admin.remove_user("ada")
    assert [record.operation for record in records] == ["AdminInfo", "AdminRemoveUser"]


@both
def test_a_proxy_that_says_no_once_is_not_remembered(connect: Connect) -> None:
    refusal = reply(403, b'{"message": "no"}', headers={"Server": "nginx"})
    yes = reply(200, b'{"mode": "online", "servers": []}', headers={"Server": "nginx"})
    with ScriptedServer([refusal, yes, reply(200)]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError):
            client.admin.remove_user("ada")
        client.admin.remove_user("ada")


@both
def test_a_server_that_is_known_from_an_earlier_answer_is_asked_nothing(connect: Connect) -> None:
    listing = reply(200, b"<ListBucketResult/>", headers={"Server": "SeaweedFS 4.48"})
    with ScriptedServer([listing]) as server, connect(server) as client:
        client.list_objects("docs")
        for call in CALLS.values():
            with pytest.raises(NotSupportedError, match="SeaweedFS 4.48"):
                call(client)


@both
@pytest.mark.parametrize(
    "answer",
    [
        reply(200, b'{"mode": "online", "servers": []}', headers={"Server": "nginx"}),
        reply(
            403,
            b'{"Code":"AccessDenied","HostId":"h","Resource":"/minio/admin/v3/info"}',
            headers={"Server": "nginx"},
        ),
    ],
)
def test_minio_behind_a_proxy_is_known_by_its_words(connect: Connect, answer: Reply) -> None:
    with ScriptedServer([answer, reply(200)]) as server, connect(server) as client:
        client.admin.remove_user("ada")
    assert asked(server) == ["DELETE remove-user?accessKey=ada"]


@both
def test_a_server_that_is_not_up_yet_is_asked_again_by_the_next_call(connect: Connect) -> None:
    starting = reply(503, headers={"Server": "nginx"})
    script = [starting, starting, IS_MINIO, reply(200), reply(200)]
    with ScriptedServer(script) as server, connect(server, max_retries=1) as client:
        with pytest.raises(ServerError, match="AdminRemoveUser failed"):
            client.admin.remove_user("ada")
        client.admin.remove_user("ada")
        client.with_(tenant_id="other").admin.remove_user("ada")  # views know it, too
    assert asked(server) == ["DELETE remove-user?accessKey=ada"] * 2


@both
def test_the_admin_is_the_client_s(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, reply(200), reply(200)]) as server, connect(server) as client:
        client.admin.remove_user("ada")
        client.admin.remove_user("ada")
        assert client.admin.config == client.config
    assert server.connections == 1


def test_an_admin_can_be_pickled_and_hides_its_secret() -> None:
    client = MinIOClient(config_for("http://127.0.0.1:1"))
    admin = pickle.loads(pickle.dumps(client.admin))
    assert isinstance(admin, Admin)
    assert admin.config == client.config
    assert SECRET_KEY not in repr(admin)


@both
def test_the_gateway_has_no_admin(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server, api="enterprise") as client:
        for call in (*CALLS.values(), *MORE.values()):
            with pytest.raises(NotSupportedError):
                call(client)


@both
def test_an_anonymous_client_seals_nothing(connect: Connect) -> None:
    fields: dict[str, Any] = {"access_key": None, "secret_key": None, "api": "s3"}
    with ScriptedServer() as server:
        with connect(server, credentials=lambda: None, **fields) as client:
            for name in ("add_user", "list_users", "attach_policy", "add_service_account"):
                with pytest.raises(AccessDeniedError, match="anonymous"):
                    CALLS[name](client)


@both
@pytest.mark.parametrize(
    "module", ["argon2.low_level", "cryptography.hazmat.primitives.ciphers.aead"]
)
def test_without_its_packages_nothing_is_changed(
    connect: Connect, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "_key", _argon2id)
    monkeypatch.setitem(sys.modules, module, None)
    with ScriptedServer([IS_MINIO, reply(200, b"[]")]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="AdminAddUser failed") as caught:
            client.admin.add_user("ada", "secret-of-ada")
        assert client.admin.list_groups() == []  # which needs none of them
    assert caught.value.hint == 'pip install "minio-enterprise-sdk[admin]"'


# -- bad arguments ---------------------------------------------------------------------------------

BAD: dict[str, Call] = {
    "key": lambda client: client.admin.add_user("a,b", "secret-of-ada"),
    "secret": lambda client: client.admin.add_user("ada", "short"),
    "flag": lambda client: client.admin.add_user("ada", "secret-of-ada", enabled=1),  # type: ignore[arg-type]
    "status": lambda client: client.admin.set_user_status("ada", "disabled"),  # type: ignore[arg-type]
    "group status": lambda client: client.admin.set_group_status("g", None),  # type: ignore[arg-type]
    "user": lambda client: client.admin.get_user(""),
    "no members": lambda client: client.admin.remove_from_group("editors", []),
    "group": lambda client: client.admin.add_to_group("a/b", ["ada"]),
    "policy name": lambda client: client.admin.add_policy("a,b", POLICY),
    "policy": lambda client: client.admin.add_policy("read", "{"),
    "empty policy": lambda client: client.admin.add_policy("read", {}),
    "long policy": lambda client: client.admin.add_policy("read", {"Id": "x" * 21_000, **POLICY}),
    "both": lambda client: client.admin.attach_policy("read", user="ada", group="editors"),
    "neither": lambda client: client.admin.detach_policy("read"),
    "quota": lambda client: client.admin.set_bucket_quota("docs", 0),
    "bucket": lambda client: client.admin.set_bucket_quota("Docs!", 5),
    "account's key": lambda client: client.admin.add_service_account(access_key="a"),
    "account's secret": lambda client: client.admin.add_service_account(secret_key="a"),
    "account's user": lambda client: client.admin.add_service_account(user=""),
    "account's policy": lambda client: client.admin.add_service_account(policy={"a": 1}),
    "account's name": lambda client: client.admin.add_service_account(name="1"),
    "account's end": lambda client: client.admin.add_service_account(
        expires_at=datetime(2020, 1, 1, tzinfo=timezone.utc)
    ),
    "no account": lambda client: client.admin.update_service_account(""),
    "account's change": lambda client: client.admin.update_service_account("KEY", policy="["),
    "account's status": lambda client: client.admin.update_service_account("KEY", enabled=1),  # type: ignore[arg-type]
    "account's new secret": lambda client: client.admin.update_service_account("K", secret_key="1"),
}


@both
@pytest.mark.parametrize("what", BAD)
def test_a_bad_argument_is_refused_before_anything_is_sent(connect: Connect, what: str) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError):
            BAD[what](client)


# -- tenancy ---------------------------------------------------------------------------------------


@both
def test_quotas_are_of_the_tenant_s_buckets(connect: Connect) -> None:
    script = [IS_MINIO, reply(200), reply(200, b'{"quota": 5, "size": 5}')]
    with ScriptedServer(script) as server, connect(server) as client:
        client.admin.set_bucket_quota("docs", 5)
        assert client.admin.get_bucket_quota("docs") == 5
    assert asked(server) == [
        "PUT set-bucket-quota?bucket=acme-docs",
        "GET get-bucket-quota?bucket=acme-docs",
    ]
    document = {"quota": 5, "size": 5, "quotatype": "hard"}
    assert json.loads(server.requests[1].body) == document


@both
def test_usage_is_of_the_tenant_s_buckets(connect: Connect) -> None:
    usage = {
        "objectsCount": 9,
        "objectsTotalSize": 900,
        "bucketsUsageInfo": {
            name: {"size": size, "objectsCount": 1}
            for name, size in {
                "acme-docs": 5,
                "acme-b-c": 7,
                "acmeother": 1,
                "other-docs": 2,
            }.items()
        },
    }
    answer = reply(200, json.dumps(usage).encode())
    with ScriptedServer([IS_MINIO, answer, answer]) as server, connect(server) as client:
        mine = client.admin.data_usage()
        whole = client.with_(tenant_id=None).admin.data_usage()
    assert (mine.size, mine.objects) == (12, 2)
    assert {name: bucket.size for name, bucket in mine.buckets.items()} == {"docs": 5, "b-c": 7}
    assert (whole.size, whole.objects, len(whole.buckets)) == (900, 9, 4)


@both
@pytest.mark.parametrize("name", ["data_usage", "set_bucket_quota", "get_bucket_quota"])
def test_what_is_of_whole_buckets_is_refused_by_prefix(connect: Connect, name: str) -> None:
    with ScriptedServer() as server, connect(server, tenancy="prefix") as client:
        with pytest.raises(NotSupportedError, match="Admin.* failed.*tenancy='prefix'"):
            CALLS[name](client)


# -- tries that follow a try -----------------------------------------------------------------------

GONE = ["remove_user", "remove_group", "remove_service_account"]


@both
@pytest.mark.parametrize("name", GONE)
def test_what_our_first_try_has_removed_is_no_error_of_the_second(
    connect: Connect, name: str
) -> None:
    script: list[Step] = [IS_MINIO, drop_before_reply(), told(404, "XMinioAdminNoSuchUser")]
    with ScriptedServer(script) as server, connect(server, clock=FakeClock()) as client:
        CALLS[name](client)
    assert len(set(asked(server))) == 1


@both
@pytest.mark.parametrize("name", GONE)
def test_what_was_not_there_to_be_removed_is_an_error(connect: Connect, name: str) -> None:
    with ScriptedServer([IS_MINIO, told(404, "XMinioAdminNoSuchUser")]) as server:
        with connect(server) as client, pytest.raises(NotFoundError):
            CALLS[name](client)


@both
@pytest.mark.parametrize("name", ["attach_policy", "detach_policy"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_policy_that_is_as_it_should_be_is_no_error(
    connect: Connect, name: str, lost: bool
) -> None:
    script: list[Step] = [IS_MINIO, told(400, "XMinioAdminPolicyChangeAlreadyApplied")]
    if lost:
        script.insert(1, drop_before_reply())
    with ScriptedServer(script) as server, connect(server) as client:
        CALLS[name](client)
    assert len({bytes(request.body) for request in server.requests[1:]}) == 1


@both
def test_minio_of_old_answers_without_words(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, reply(204)]) as server, connect(server) as client:
        client.admin.attach_policy("read", user="ada")


@both
def test_a_second_try_makes_no_second_account(connect: Connect) -> None:
    taken = told(400, "XMinioIAMServiceAccountNotAllowed")
    script: list[Step] = [IS_MINIO, drop_before_reply(), taken, sealed({})]
    with ScriptedServer(script) as server, connect(server) as client:
        keys = client.admin.add_service_account(user="ada")
    assert asked(server)[2:] == [f"GET info-service-account?accessKey={keys.access_key}"]
    first, second = (opened(request) for request in server.requests[1:3])
    assert first == second
    expected = {"accessKey": keys.access_key, "secretKey": keys.secret_key, "targetUser": "ada"}
    assert first == expected


def test_new_secrets_can_be_words_of_a_command() -> None:
    """One that begins with ``-`` is an option to `mc alias set` and its like."""
    made = {admin.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch("[A-Za-z0-9]{40}", secret) for secret in made)


@both
def test_what_minio_allows_no_service_account_is_an_error(connect: Connect) -> None:
    taken = told(400, "XMinioIAMServiceAccountNotAllowed")
    with ScriptedServer([IS_MINIO, taken]) as server, connect(server) as client:
        with pytest.raises(ConflictError, match="AdminAddServiceAccount failed"):
            client.admin.add_service_account(user="a-service-account")


@both
def test_what_is_refused_for_another_reason_was_not_made_by_us(connect: Connect) -> None:
    """The same code says that a service account can have none of its own."""
    refused = told(400, "XMinioIAMServiceAccountNotAllowed")
    missing = told(404, "XMinioInvalidIAMCredentials")
    script: list[Step] = [IS_MINIO, drop_before_reply(), refused, missing]
    with ScriptedServer(script) as server, connect(server) as client:
        with pytest.raises(ConflictError, match="AdminAddServiceAccount failed"):
            client.admin.add_service_account(user="a-service-account")


@both
@pytest.mark.parametrize("answer", [reply(200, b"{}"), sealed({}), sealed({}, "another-secret")])
@pytest.mark.parametrize("removal", [reply(204), s3_error(403, "AccessDenied")])
def test_keys_that_nobody_gets_are_removed(connect: Connect, answer: Step, removal: Step) -> None:
    with ScriptedServer([IS_MINIO, answer, removal]) as server, connect(server) as client:
        with pytest.raises((IntegrityError, ServerError), match="AdminAddServiceAccount failed"):
            client.admin.add_service_account()
    made = opened(server.requests[1])["accessKey"]
    assert asked(server)[1:] == [f"DELETE delete-service-account?accessKey={made}"]


@both
def test_keys_that_are_given_are_looked_for_first(connect: Connect) -> None:
    keys = {"accessKey": KEYS["access_key"], "secretKey": KEYS["secret_key"]}
    missing = told(404, "XMinioInvalidIAMCredentials")
    with ScriptedServer([IS_MINIO, missing, sealed({"credentials": keys})]) as server:
        with connect(server) as client:
            made = client.admin.add_service_account(**KEYS)
    assert made == Credentials("LAPTOP", "secret-of-the-laptop")
    assert asked(server) == [
        "GET info-service-account?accessKey=LAPTOP",
        "PUT add-service-account",
    ]


@both
@pytest.mark.parametrize("answer", [sealed({}), told(403, "AccessDenied")])
def test_keys_that_are_taken_are_not_sent(connect: Connect, answer: Step) -> None:
    with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
        with pytest.raises(ConflictError, match="AdminAddServiceAccount failed.*'LAPTOP'"):
            client.admin.add_service_account(**KEYS)


@both
def test_keys_are_not_taken_when_the_client_s_own_are_wrong(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, told(403, "InvalidAccessKeyId")]) as server:
        with connect(server) as client, pytest.raises(AccessDeniedError):
            client.admin.add_service_account(**KEYS)


@both
def test_other_keys_than_were_given_are_an_error(connect: Connect) -> None:
    theirs = sealed({"credentials": {"accessKey": "OTHER", "secretKey": "another-secret"}})
    with ScriptedServer([IS_MINIO, theirs, reply(204)]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="other keys than it was given"):
            client.admin.add_service_account()


# -- what a change must not lose -------------------------------------------------------------------

OWN = sealed({"parentUser": "ada", "impliedPolicy": False, "policy": json.dumps(POLICY)})


@both
def test_a_change_keeps_the_policy_that_minio_would_drop(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, OWN, reply(204)]) as server, connect(server) as client:
        client.admin.update_service_account("KEY", description="new")
    assert asked(server)[1:] == ["POST update-service-account?accessKey=KEY"]
    assert opened(server.requests[2]) == {"newDescription": "new", "newPolicy": POLICY}


@both
def test_a_policy_that_is_given_is_the_one(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, reply(204), reply(204)]) as server, connect(server) as client:
        client.admin.update_service_account("KEY", policy=json.dumps(POLICY), enabled=False)
        client.admin.update_service_account("KEY", policy={})
    assert opened(server.requests[1]) == {"newPolicy": POLICY, "newStatus": "off"}
    assert opened(server.requests[2]) == {}


@both
def test_without_a_policy_of_its_own_none_is_sent(connect: Connect) -> None:
    implied = sealed({"impliedPolicy": True, "policy": json.dumps(POLICY)})
    with ScriptedServer([IS_MINIO, implied, reply(204)]) as server, connect(server) as client:
        client.admin.update_service_account("KEY", name="new")
    assert opened(server.requests[2]) == {"newName": "new"}


@both
@pytest.mark.parametrize(
    "answer",
    [
        told(403, "AccessDenied"),
        sealed({"impliedPolicy": False, "policy": "{"}),
        sealed({"impliedPolicy": False}),
        sealed({}),
    ],
)
def test_a_policy_that_can_t_be_read_is_not_dropped(connect: Connect, answer: Step) -> None:
    with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
        with pytest.raises((AccessDeniedError, ServerError)):
            client.admin.update_service_account("KEY", name="new")


# -- answers that are not right --------------------------------------------------------------------

SEALED = ["list_users", "list_service_accounts", "get_service_account"]


@both
@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize(
    "answer, error",
    [
        (sealed({}, "another-secret"), IntegrityError),
        (reply(200, b"{}"), IntegrityError),
        (reply(200, b""), IntegrityError),
        (reply(200, b"<html></html>" * 20), IntegrityError),
        (sealed([]), ServerError),
    ],
    ids=["another secret", "not sealed", "nothing", "a page", "no object"],
)
def test_a_sealed_answer_that_is_not_right_is_an_error(
    connect: Connect, name: str, answer: Step, error: type[MinIOError]
) -> None:
    with ScriptedServer([IS_MINIO, answer]) as server, connect(server) as client:
        with pytest.raises(error, match="Admin.* failed"):
            CALLS[name](client)


@both
@pytest.mark.parametrize(
    "name",
    ["server_info", "data_usage", "get_user", "get_group", "list_groups", "get_policy",
     "list_policies", "get_bucket_quota"],
)  # fmt: skip
@pytest.mark.parametrize("body", [b"", b"5", b"<html></html>", b'{"a": 5', b"\xff"])
def test_an_answer_that_is_not_right_is_an_error(connect: Connect, name: str, body: bytes) -> None:
    with ScriptedServer([IS_MINIO, reply(200, body)]) as server, connect(server) as client:
        with pytest.raises(ServerError, match="Admin.* failed"):
            CALLS[name](client)


# -- keys that change ------------------------------------------------------------------------------


def changing(*secrets: str) -> Callable[[], Credentials]:
    """A provider that gives another secret each time, and the last one from then on."""
    left = list(secrets)
    return lambda: Credentials("AKACME", left.pop(0) if len(left) > 1 else left[0])


FIELDS: dict[str, Any] = {"access_key": None, "secret_key": None}


@both
def test_an_answer_to_newer_keys_is_opened_with_them(connect: Connect) -> None:
    with ScriptedServer([IS_MINIO, sealed({}, "new-secret")]) as server:
        provider = changing("old-secret", "old-secret", "new-secret")
        with connect(server, credentials=provider, api="s3", **FIELDS) as client:
            assert client.admin.list_users() == []


@both
def test_what_was_sealed_with_older_keys_is_sent_again(connect: Connect) -> None:
    refused = told(400, "XMinioAdminConfigBadJSON")
    with ScriptedServer([IS_MINIO, refused, reply(200)]) as server:
        # Asked before, to sign the question, to seal; then to sign, and from then on.
        provider = changing("old-secret", "old-secret", "old-secret", "new-secret")
        with connect(server, credentials=provider, api="s3", **FIELDS) as client:
            client.admin.add_user("ada", "secret-of-ada")
    assert opened(server.requests[1], "old-secret") == opened(server.requests[2], "new-secret")


# -- secrets ---------------------------------------------------------------------------------------

CANARY = "canary" + "-secret-8Zk"


@pytest.fixture(params=["refused", "dropped", "not sealed", "missing package"])
def bad_answer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Step:
    """What makes a call fail."""
    if request.param == "missing package":
        monkeypatch.setattr(sealing, "_key", _argon2id)
        monkeypatch.setitem(sys.modules, "argon2.low_level", None)
    answers: dict[str, Step] = {
        "refused": told(400, "XMinioAdminConfigBadJSON"),
        "dropped": drop_before_reply(),
    }
    return answers.get(request.param, reply(200, b"[]"))


@both
def test_no_error_shows_a_new_secret(connect: Connect, bad_answer: Step) -> None:
    calls: list[Call] = [
        lambda client: client.admin.add_user("ada", CANARY),
        lambda client: client.admin.add_service_account(access_key="LAPTOP", secret_key=CANARY),
        lambda client: client.admin.update_service_account("LAPTOP", policy={}, secret_key=CANARY),
    ]

    def answer(request: Request) -> Step:
        if request.target == INFO:
            return IS_MINIO
        if "info-service-account" in request.target:
            return told(404, "XMinioInvalidIAMCredentials")
        return bad_answer

    failed = 0
    for call in calls:
        with ScriptedServer(handler=answer) as server:
            with connect(server, max_retries=0) as client:
                try:
                    call(client)
                except (MinIOError, MinIOConnectionError) as error:
                    failed += 1
                    assert CANARY not in shown(error)
                    assert SECRET_KEY not in shown(error)
    assert failed >= 1
