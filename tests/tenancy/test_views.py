"""`client.with_(tenant_id=...)`: the same connections, and nothing else of the other tenant's."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    AuditRecord,
    BucketNotFoundError,
    Config,
    ConfigurationError,
    Credentials,
    MinIOError,
    NotFoundError,
    ValidationError,
)
from minio_sdk.client.workers import _client
from minio_sdk.flows.journal import folder_of
from tests.both import Connect, at_once, both, stored
from tests.scripted import Reply as Answer
from tests.scripted import Request as Asked
from tests.scripted import ScriptedServer, reply
from tests.tenancy import attacks
from tests.tenancy.oracle import SHARED
from tests.tenancy.world import HIDDEN, OWN, Inline, Worlds

UPPER = "0F8FAD5B-D9CB-469F-A165-70867728950E"


@pytest.fixture
def alone(worlds: Worlds) -> Iterator[Worlds]:
    """A server whose oracle is silent, as it knows acme alone; the header and the names must agree."""
    worlds.now.watched = False
    yield worlds
    for request, headers in worlds.now.sent:
        slug = headers["x-tenant-id"]
        names = request.path + request.query + headers.get("x-amz-copy-source", "")
        of_all = request.path == f"/{SHARED}" and not request.query
        assert of_all or re.search(rf"\b{slug}(?:-|/|%2F)", names), (slug, request)
        assert not re.search(rf"\b{'beta' if slug == 'acme' else 'acme'}(?:-|/|%2F)", names)


# -- side by side -----------------------------------------------------------------------------------


def whose(request: Asked) -> Answer:
    """Answers with what the request says of its tenant, each word of which must agree."""
    tenant = request.header("x-tenant-id")
    signature = request.header("authorization") or ""
    assert f"Credential=AK{tenant}/" in signature
    assert f"{tenant}-docs/" in request.path
    token = request.header("x-amz-security-token")
    assert token == (f"token-of-{tenant}" if tenant == "acme" else None)
    if request.method == "PUT":
        assert request.body == f"of {tenant}".encode()
        return stored()
    return stored(f"of {tenant}".encode())


@both
def test_views_used_by_turns_and_all_at_once(connect: Connect) -> None:
    """From threads and from tasks: each request is one tenant's, its keys and its signature included."""
    tenants = [f"t{number}" for number in range(8)]

    def keys(tenant: str) -> dict[str, str]:
        return {"access_key": f"AK{tenant}", "secret_key": f"secret of {tenant}"}

    def work(client: Any, tenant: str) -> Any:
        return client.with_(tenant_id=tenant, **keys(tenant)).get_object("docs", "k")

    def store(client: Any, tenant: str) -> Any:
        view = client.with_(tenant_id=tenant, **keys(tenant))
        return view.put_object("docs", f"k-{tenant}", f"of {tenant}".encode())

    with ScriptedServer(handler=whose) as server:
        first = {**keys("acme"), "session_token": "token-of-acme"}
        with connect(server, api="s3", **first) as client:
            views = [client.with_(tenant_id=tenant, **keys(tenant)) for tenant in tenants]
            for _ in range(2):
                for tenant, view in zip(tenants, views, strict=True):
                    assert view.get_object("docs", "k") == f"of {tenant}".encode()
                    assert client.get_object("docs", "k") == b"of acme"
            calls = [partial(work, tenant=tenant) for tenant in tenants * 4]
            assert at_once(client, calls) == [f"of {t}".encode() for t in tenants * 4]
            at_once(client, [partial(store, tenant=tenant) for tenant in tenants])
            assert client.get_object("docs", "k") == b"of acme"


# -- what a view knows ------------------------------------------------------------------------------


def test_a_bucket_that_one_has_seen_is_news_to_the_other(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """With prefix tenancy the client remembers which buckets exist; each tenant's client its own."""
    worlds = Worlds("prefix", monkeypatch)
    worlds.now.watched = False
    acme = worlds.client(kind)
    beta = acme.with_(tenant_id="beta")
    acme.create_bucket("fresh")
    acme.put_object("fresh", "k", b"1")
    with pytest.raises(BucketNotFoundError):
        beta.delete_object("fresh", "k")
    with pytest.raises(BucketNotFoundError):
        beta.copy_object("fresh", "k", "docs", attacks.SECRET)
    assert not beta.bucket_exists("fresh")
    beta.create_bucket("fresh")
    beta.delete_bucket("fresh", force=True)
    assert acme.get_object("fresh", "k") == b"1"
    asked = worlds.now.asked
    acme.delete_object("fresh", "k")
    assert worlds.now.asked == asked + 1  # no question after the bucket


def test_what_one_has_the_other_does_not_see(alone: Worlds, kind: str) -> None:
    acme = alone.client(kind)
    beta = acme.with_(tenant_id="beta")
    acme.create_snapshot("docs", "s1")
    assert [info.name for info in acme.list_snapshots("docs")] == ["s1"]
    assert beta.list_snapshots("docs") == []
    with pytest.raises(NotFoundError):
        beta.restore_snapshot("docs", "s1")
    assert [item.key for item in beta.list_objects("docs")] == [attacks.SECRET]
    assert beta.get_object("docs", attacks.SECRET) == HIDDEN
    assert [item.key for item in acme.list_objects("docs")] == [OWN]
    with pytest.raises(NotFoundError):
        acme.get_object("docs", attacks.SECRET)


def test_workers_of_views_are_each_tenant_s(alone: Worlds, kind: str) -> None:
    """A worker process keeps a client for each configuration; a tenant's is never another's."""
    _client.cache_clear()
    acme = alone.client(kind)
    views = {"acme": acme, "beta": acme.with_(tenant_id="beta")}
    for _ in range(2):
        for tenant, key, data in (("acme", OWN, b"a"), ("beta", attacks.SECRET, HIDDEN)):
            done = views[tenant].download_many([("docs", key)], executor=Inline())
            assert done.results == (data,)
            other = OWN if tenant == "beta" else attacks.SECRET
            (error,) = views[tenant].download_many([("docs", other)], executor=Inline()).errors
            assert isinstance(error, NotFoundError)
    _client.cache_clear()


def test_the_audit_of_a_view_is_its_tenant_s(alone: Worlds, kind: str) -> None:
    told: list[AuditRecord] = []
    acme = alone.client(kind, audit=told.append)
    views = {"acme": acme, "beta": acme.with_(tenant_id="beta")}
    for _ in range(2):
        for tenant, key in (("acme", OWN), ("beta", attacks.SECRET)):
            views[tenant].get_object("docs", key)
    assert [(r.tenant_id, r.bucket, r.key) for r in told] == [
        ("acme", "docs", OWN),
        ("beta", "docs", attacks.SECRET),
    ] * 2


# -- what lies on this computer ---------------------------------------------------------------------


def interrupted(worlds: Worlds, client: Any, path: Path) -> str:
    """Begin an upload with a journal that breaks off at its first part; its upload's id."""

    def broken(request: Any, answer: Any) -> Any:
        if "partNumber" in request.query:
            raise MinIOError("the line is cut")
        return answer

    worlds.now.answer = broken
    with pytest.raises(MinIOError, match="the line is cut"):
        client.upload_file("docs", "k", path, resume=True)
    worlds.now.answer = lambda _, answer: answer
    return f"u{len(worlds.now.parts)}"


def test_a_transfer_of_one_is_none_of_the_other_s(alone: Worlds, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"0123456789")
    acme = alone.client(kind, state_dir=str(tmp_path / "state"))
    beta = acme.with_(tenant_id="beta")
    upload = interrupted(alone, acme, path)
    (transfer,) = acme.list_transfers()
    assert beta.list_transfers() == []
    with pytest.raises(NotFoundError, match="no such transfer"):
        beta.discard_transfer(transfer.id)
    alone.now.sent.clear()
    beta.upload_file("docs", "k", path, resume=True)
    assert not any(upload in request.query for request, _ in alone.now.sent)
    assert [found.id for found in acme.list_transfers()] == [transfer.id]
    acme.upload_file("docs", "k", path, resume=True)
    assert any(upload in request.query for request, _ in alone.now.sent)
    assert acme.list_transfers() == []
    assert acme.get_object("docs", "k") == b"0123456789"


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({}, True),
        ({"tenant_id": UPPER}, True),
        ({"timeout": 5}, True),
        ({"tenant_id": UPPER.replace("-", "").lower()}, False),
        ({"tenant_id": None}, False),
        ({"tenancy": "prefix"}, False),
        ({"base_url": "http://127.0.0.1:8"}, False),
    ],
)
def test_journals_and_checkpoints_are_of_one_place_on_a_server(
    change: dict[str, Any], same: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where a bucket lies elsewhere, what was done for it counts for nothing."""
    worlds = Worlds("bucket", monkeypatch)
    worlds.now.watched = False
    client = worlds.client("sync", tenant_id=UPPER.lower(), state_dir=str(tmp_path))
    view = client.with_(**change)
    assert (folder_of(client.config) == folder_of(view.config)) is same
    checkpoint = tmp_path / "checkpoint"
    client.upload_many([("docs", "k", b"1")], checkpoint=checkpoint)
    if same:
        assert view.upload_many([("docs", "k", b"1")], checkpoint=checkpoint).skipped == 1
    else:
        with pytest.raises(ValidationError, match="is no checkpoint of this job"):
            view.upload_many([("docs", "k", b"1")], checkpoint=checkpoint)


def test_prefixes_in_another_shared_bucket_are_another_place(tmp_path: Path) -> None:
    config = Config("http://h", "acme", tenancy="prefix", state_dir=str(tmp_path))
    assert folder_of(config) != folder_of(config.with_(shared_bucket="others"))


# -- credentials ------------------------------------------------------------------------------------


class OfOne:
    """A provider whose keys are one tenant's, as those are that a session for it was made with."""

    def __init__(self, tenant_id: str | None) -> None:
        self.tenant_id = tenant_id

    def credentials(self) -> Credentials:
        return Credentials("AK", "secret of one")


@both
def test_credentials_of_one_tenant_are_refused_for_another(connect: Connect) -> None:
    """A view for another tenant needs its own; it doesn't fall back to anything, either."""
    with (
        ScriptedServer([stored(b"1"), stored(b"2")]) as server,
        connect(server, credentials=OfOne("acme"), api="s3") as client,
    ):
        for change in ({"tenant_id": "beta"}, {"user_id": "acme-b"}):
            with pytest.raises(ConfigurationError, match="are those of tenant 'acme', not of"):
                client.with_(**change)
        assert client.with_(timeout=5).get_object("docs", "k") == b"1"
        beta = client.with_(tenant_id="beta", access_key="AKbeta", secret_key="secret of beta")
        assert beta.config.credentials is None
        assert beta.get_object("docs", "k") == b"2"
    first, second = (request.header("authorization") or "" for request in server.requests)
    assert "Credential=AK/" in first
    assert "Credential=AKbeta/" in second


@pytest.mark.parametrize(
    ("owner", "tenant", "good"),
    [
        ("acme", "acme", True),
        (UPPER, UPPER.lower(), True),
        (None, "acme", True),
        ("acme", None, True),
        ("acme", "ACME", False),
        (UPPER, UPPER.replace("-", ""), False),
    ],
)
def test_whose_credentials_they_are_is_asked_of_the_provider(
    owner: Any, tenant: Any, good: bool
) -> None:
    if good:
        assert Config("http://h", tenant, credentials=OfOne(owner)).tenant_id == tenant
        return
    with pytest.raises(
        ConfigurationError, match="give this tenant's own beside tenant_id"
    ) as caught:
        Config("http://h", tenant, credentials=OfOne(owner))
    assert "secret" not in str(caught.value)


def test_keys_that_settings_say_are_for_whom_they_are_given() -> None:
    """Who gives one pair to a client says that it is good for all tenants of it; new keys replace all."""
    config = Config("http://h", "acme", access_key="A", secret_key="s", session_token="t")
    other = config.with_(tenant_id="beta")
    assert (other.access_key, other.secret_key, other.session_token) == ("A", "s", "t")
    own = config.with_(tenant_id="beta", access_key="B", secret_key="z")
    assert (own.access_key, own.secret_key, own.session_token) == ("B", "z", None)


# -- the rest ---------------------------------------------------------------------------------------


@both
def test_a_view_is_a_client_of_its_tenant_wherever_it_goes(connect: Connect) -> None:
    """Through a copy, a pickle, and a view of the view."""

    def echo(request: Asked) -> Answer:
        return reply(200, request.path.encode(), headers={"ETag": '"e"'})

    with ScriptedServer(handler=echo) as server, connect(server, api="s3") as client:
        view = client.with_(tenant_id="beta")
        assert view.with_(timeout=5).get_object("docs", "k") == b"/beta-docs/k"
        assert view.with_(tenant_id="acme").get_object("docs", "k") == b"/acme-docs/k"
        assert pickle.loads(pickle.dumps(view.config)).tenant_id == "beta"
        assert client.get_object("docs", "k") == b"/acme-docs/k"


def test_what_a_hostile_view_asks_for_is_refused(worlds: Worlds, kind: str) -> None:
    """The names among the settings."""
    client = worlds.client(kind)
    texts = [*attacks.TEXTS, *attacks.OTHERS]
    for field in ("bucket", "shared_bucket"):
        for text in texts:
            try:
                view = client.with_(**{field: text})
            except ConfigurationError:
                continue
            assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,61}[a-z0-9]", text)
            if field == "bucket":
                for key in (OWN, attacks.SECRET):
                    try:
                        assert view.download(key) != HIDDEN
                    except MinIOError:
                        continue


EXTRAS = [*attacks.HEADER_NAMES, "X_Tenant_ID", "x.tenant.id", "prefix", "Tenant", "user-id"]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("name", EXTRAS)
def test_nothing_that_a_view_adds_can_name_another_tenant(
    worlds: Worlds, kind: str, name: str
) -> None:
    """Neither as a header nor as a parameter, for the view or for all of a program."""
    client = worlds.client(kind)
    ways: list[dict[str, Any]] = [{"headers": {name: "beta"}}, {"query": {name: "beta"}}]
    for given in ways:
        with pytest.raises(ValidationError):
            client.with_extras(**given)
    for setting in ("extra_headers", "extra_query_params"):
        with pytest.raises(ConfigurationError):
            client.with_(**{setting: {name: "beta"}})
    assert worlds.now.asked == 0
