"""Servers that answer with another tenant's names: nothing of it is shown, and nothing of it is used."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from minio_sdk import Config, MinIOError, ServerError, ValidationError
from minio_sdk.tenancy import scope_of
from minio_sdk.wire.message import Reply, Request
from tests.both import Connect, both
from tests.scripted import Reply as Answer
from tests.scripted import Request as Asked
from tests.scripted import ScriptedServer, reply, s3_error
from tests.strategies import MODERATE, bucket_parts, tenants
from tests.tenancy.calls import CALLS, VARIANTS
from tests.tenancy.world import OWN, Worlds, consumed, texts_of

EACH = [
    pytest.param(method, made, id=f"{method}-{number}")
    for number, (method, made) in enumerate([*CALLS.items(), *VARIANTS])
]


def of_beta(data: bytes) -> bytes:
    """What the server would say of beta's names."""
    for old in (b"acme-", b"acme/", b"acme%2F", b"of-acme"):
        data = data.replace(old, old.replace(b"acme", b"beta"))
    return data


def mixed_up(request: Request, answer: Reply) -> Reply:
    """The answer to beta's request of the same kind; the bytes of objects are what they are."""
    headers = {name: of_beta(value.encode()).decode() for name, value in answer.headers.items()}
    document = answer.body.startswith((b"<", b'{"Records')) or "policy" in request.query
    body = of_beta(answer.body) if document else answer.body
    return replace(answer, headers=headers, body=body)


WORDS = (
    "beta-docs and /beta-docs/of-beta.txt, arn:aws:s3:::beta-docs, 'beta-more', "
    "tenants/beta/docs/of-beta.txt, beta/docs/ http://127.0.0.1:9/beta-docs/x "
    "http://127.0.0.1:9/tenants/beta/x (beta%2Fdocs) beta--snapshots"
)


def refusal(status: int, code: str) -> Callable[[Request, Reply], Reply]:
    """An error that speaks of beta wherever errors speak of anything."""
    fields = {
        "Message": WORDS,
        "BucketName": "beta-docs",
        "Key": "beta/docs/a",
        "Resource": "/beta-docs/a",
    }
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    body = f"<Error><Code>{code}</Code>{inside}</Error>".encode()
    headers = {"x-amz-request-id": "r", "x-minio-error-desc": WORDS, "location": "/beta-docs"}
    return lambda _, __: Reply(status, headers, body)


def shown(client: Any, method: str, arguments: dict[str, Any]) -> str:
    """What a user sees of a call."""
    try:
        return texts_of(consumed(getattr(client, method)(**arguments)))
    except (MinIOError, OSError) as error:
        return texts_of(error)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lied_to(worlds: Worlds, kind: str, folder: Path) -> Any:
    """A client whose world has a snapshot, and begins to lie."""
    shutil.rmtree(folder / "state", ignore_errors=True)
    world = worlds.anew()
    client = worlds.client(kind, state_dir=str(folder / "state"))
    client.create_snapshot("docs", "s0")
    client.put_object("docs", "a", b"1")
    world.sent.clear()
    return client


@pytest.mark.parametrize(("method", "made"), EACH)
def test_an_answer_to_another_tenant_s_request(
    method: str, made: Any, worlds: Worlds, kind: str, folder: Path
) -> None:
    client = lied_to(worlds, kind, folder)
    worlds.now.answer = mixed_up
    assert "beta" not in shown(client, method, made(folder))


ERRORS = [
    (400, "InvalidArgument"), (403, "AccessDenied"), (404, "NoSuchKey"), (404, "NoSuchBucket"),
    (409, "BucketNotEmpty"), (412, "PreconditionFailed"), (500, "InternalError"), (501, "NotImplemented"),
    (307, "TemporaryRedirect"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "made"), EACH)
def test_an_error_that_speaks_of_another_tenant(
    method: str, made: Any, worlds: Worlds, folder: Path
) -> None:
    """At each of the first requests of a call; errors are made in one place for both clients."""
    for number, (status, code) in enumerate(ERRORS):
        client = lied_to(worlds, "sync", folder)
        world, refused = worlds.now, refusal(status, code)
        begin = number % 3
        world.answer = lambda r, a, w=world, f=refused, n=begin: f(r, a) if len(w.sent) > n else a  # type: ignore[misc]
        assert "beta" not in shown(client, method, made(folder))


# -- what a manifest says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"bucket": "of-beta"},
        {"name": "of-beta"},
        {"run": "../../../beta/docs"},
        {"run": "s0/../../beta"},
        {"run": "beta/0123456789abcdef0123456789abcdef"},
        {"run": 5},
        {"run": None},
    ],
)
def test_a_manifest_that_is_another_snapshot_s(
    change: dict[str, Any], worlds: Worlds, kind: str, folder: Path
) -> None:
    """It is refused, and leads nowhere."""
    client = lied_to(worlds, kind, folder)

    def lying(request: Request, answer: Reply) -> Reply:
        if not request.path.endswith("manifest.json") or request.method != "GET":
            return answer
        body = json.dumps({**json.loads(answer.body), **change}).encode()
        return replace(
            answer, body=body, headers={**answer.headers, "content-length": str(len(body))}
        )

    worlds.now.answer = lying
    calls: list[Callable[[], Any]] = [
        lambda: client.list_snapshots("docs"),
        lambda: client.diff_snapshots("docs", "s0"),
        lambda: client.restore_snapshot("docs", "s0", delete=True),
    ]
    for call in calls:
        with pytest.raises(
            ServerError, match="the manifest of snapshot 's0' can't be read"
        ) as caught:
            call()
        assert "beta" not in texts_of(caught.value)
    assert not any("beta" in request.path for request, _ in worlds.now.sent)


@pytest.mark.parametrize(
    "change", [{"copy": "../../beta"}, {"copy": True}, {"key": ""}, {"key": 5}]
)
def test_a_list_of_a_snapshot_that_leads_elsewhere(
    change: dict[str, Any], worlds: Worlds, folder: Path
) -> None:
    client = lied_to(worlds, "sync", folder)

    def lying(request: Request, answer: Reply) -> Reply:
        if not request.path.endswith(".ndjson") or request.method != "GET":
            return answer
        body = json.dumps({**json.loads(answer.body), **change}).encode()
        return replace(
            answer, body=body, headers={**answer.headers, "content-length": str(len(body))}
        )

    worlds.now.answer = lying
    with pytest.raises(ServerError, match="the list of snapshot 's0' is damaged"):
        client.restore_snapshot("docs", "s0")


def test_folders_among_the_snapshots_that_are_none(worlds: Worlds, kind: str, folder: Path) -> None:
    """A listing's names become paths, so that only names that snapshots can have are followed."""
    client = lied_to(worlds, kind, folder)
    more = "".join(
        f"<CommonPrefixes><Prefix>{{}}{name}/</Prefix></CommonPrefixes>"
        for name in ("..", "../..", "a/../..", ".x", "")
    )

    def lying(request: Request, answer: Reply) -> Reply:
        home = "docs/" if worlds.tenancy == "bucket" else "acme/.snapshots/docs/"
        added = more.replace("{}", home).encode() + b"<IsTruncated>"
        return replace(answer, body=answer.body.replace(b"<IsTruncated>", added))

    worlds.now.answer = lying
    assert [info.name for info in client.list_snapshots("docs")] == ["s0"]
    assert not any(".." in request.path for request, _ in worlds.now.sent)


# -- where a listing goes on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("server", "token"),
    [
        ("SeaweedFS 3", "beta/docs/a"),
        ("SeaweedFS 3", "acme/docsx"),
        ("MinIO", "YmV0YS9kb2NzL2FbbWluaW9fY2FjaGU6djIscmV0dXJuOl0="),
    ],
)
def test_a_token_that_names_another_s_key_is_not_sent(
    server: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds = Worlds("prefix", monkeypatch)
    client = worlds.client("sync")
    worlds.now.name = server
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>"

    def lying(_: Request, answer: Reply) -> Reply:
        body = answer.body.replace(b"<IsTruncated>false</IsTruncated>", more.encode())
        return replace(answer, body=body)

    worlds.now.answer = lying
    with pytest.raises(ServerError, match="outside this tenant's prefix"):
        client.list_objects("docs")
    assert not any("continuation" in request.query for request, _ in worlds.now.sent)


def test_a_listing_that_passes_the_prefix_over(worlds: Worlds, kind: str) -> None:
    """A server, or a cache before it, that lists all; nothing of it is taken for what was asked for."""
    client = worlds.client(kind)
    for key in ("a/1", "b/1", "b/2"):
        client.put_object("docs", key, b"1")

    def lying(request: Request, _: Reply) -> Reply:
        """The listing without the end of its prefix."""
        query = request.query.replace("prefix=b%2F", "prefix=").replace("docs%2Fb%2F", "docs%2F")
        worlds.now.answer = lambda _, answer: answer
        found = worlds.now.taken(replace(request, query=query), {
            "host": "127.0.0.1:9", "x-tenant-id": "acme",
        })  # fmt: skip
        worlds.now.answer = lying
        return found

    worlds.now.answer = lying
    assert [item.key for item in client.list_objects("docs", "b/")] == ["b/1", "b/2"]
    assert [item.key for item in client.list_objects("docs", "b/", versions=True)] == ["b/1", "b/2"]


# -- free text --------------------------------------------------------------------------------------


FRAMES = [
    "{}", "bucket '{}' is gone", "/{}/key: no", '"{}"', "arn:aws:s3:::{}/*", "<{}>", "key={}&x", "s3://{}/k",
    "http://127.0.0.1:9000/{}?a=b", "({})", "{}, and more", "/buckets/{}/a", "tenants/{}", "acme-docs {}",
]  # fmt: skip


@pytest.mark.parametrize(
    ("tenancy", "text", "seen"),
    [
        ("bucket", "bucket 'acme-docs' is full", "bucket 'docs' is full"),
        ("bucket", "/buckets/acme-docs/a/b: gone", "/docs/a/b: gone"),
        ("bucket", "acme-more and beta-docs/secret.txt", "more and ***"),
        ("bucket", "http://h:9000/beta-docs?x", "http://h:9000/***"),
        ("bucket", "http://beta-docs.s3.amazonaws.com/a", "http://***"),
        ("bucket", "x5vvlixbfmqmsjskxzjj-docs", "***"),
        ("bucket", *["expect us-east-1, x-amz-date, if-none-match"] * 2),
        ("bucket", "The Content-Length of A/b is 5, not 6", "The Content-Length of A/b is 5, not 6"),
        ("bucket", "acme--snapshots", "***"),
        ("prefix", "acme/docs/a/b in tenants", "a/b in docs"),
        ("prefix", "tenants/acme/docs/a, acme/more/b", "a, more/b"),
        ("prefix", "beta/docs/a or /tenants/beta/docs/a", "*** or /***"),
        ("prefix", "beta%2Fdocs%2Fa", "***"),
        ("prefix", "a read-only disk of beta-docs", "a read-only disk of ***"),
        ("bucket", "tenants/beta/docs/a and text/plain", "*** and text/plain"),
    ],
)  # fmt: skip
def test_a_message_has_the_tenant_s_names_and_no_others(tenancy: Any, text: str, seen: str) -> None:
    place = scope_of(Config("http://h", "acme", tenancy=tenancy)).place("docs")
    assert place.text_back(text) == seen


_OF_SERVERS = re.compile(r"x-(amz|minio)-.*|if-.*|[a-z]{2}-[a-z]+-\d|pre-conditions?|read-only")


@MODERATE
@given(tenants, bucket_parts, st.sampled_from(["bucket", "prefix"]), st.sampled_from(FRAMES))
@example("beta", "acme", "prefix", "{}")
@example("beta", "acme-docs", "prefix", "{}")
@example("beta", "tenants", "prefix", "{}")
@example("acmeb", "docs", "bucket", "{}")
def test_no_tenant_s_name_is_ever_in_another_s_message(
    tenant: str, bucket: str, theirs: str, frame: str
) -> None:
    """However a server puts it, and whichever of the two tenancies either has."""
    assume(tenant != "acme")
    fields: dict[str, Any] = {"tenancy": theirs}
    try:
        place = scope_of(Config("http://h", tenant, **fields)).place(bucket)
    except ValidationError:
        return
    name = place.server_bucket if theirs == "bucket" else f"{place.prefix}acme/key"
    assume(not _OF_SERVERS.fullmatch(name))
    for mine in ("bucket", "prefix"):
        fields = {"tenancy": mine}
        own = scope_of(Config("http://h", "acme", **fields)).place("docs")
        shown = own.text_back(frame.format(name))
        assert name not in shown
        assert "acme/key" not in shown


def test_without_tenancy_a_message_is_as_it_came() -> None:
    place = scope_of(Config("http://h", None)).place("docs")
    assert place.text_back("beta-docs, tenants/beta/a") == "beta-docs, tenants/beta/a"


# -- logs, on real sockets --------------------------------------------------------------------------


def lies() -> Iterator[Answer]:
    headers = {"x-amz-request-id": "r"}
    yield s3_error(403, "AccessDenied", WORDS, headers={**headers, "Location": "/beta-docs"})
    yield s3_error(503, "SlowDown", WORDS, headers=headers)
    entry = "<Name>beta-docs</Name><Contents><Key>of-beta</Key></Contents>"
    listing = f"<ListBucketResult>{entry}</ListBucketResult>"
    yield reply(200, listing.encode(), headers=headers)
    yield reply(200, b"<Error><Message>beta-docs</Message></Error", headers=headers)


@both
def test_nothing_of_it_is_logged(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """By us, or by the libraries below, at any level."""
    answers = lies()

    def next_lie(_: Asked) -> Answer:
        return next(answers)

    with (
        caplog.at_level(logging.DEBUG),
        ScriptedServer(handler=next_lie) as server,
        connect(server, api="s3", max_retries=0) as client,
    ):
        for call in (
            lambda: client.get_object("docs", OWN),
            lambda: client.put_object("docs", OWN, b"1"),
            lambda: client.list_objects("docs"),
            lambda: client.list_objects("docs"),
        ):
            with pytest.raises(MinIOError) as caught:
                call()
            assert "beta" not in texts_of(caught.value)
    assert not [line for line in caplog.messages if "beta" in line]
