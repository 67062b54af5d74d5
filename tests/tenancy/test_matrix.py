"""Every public method with every kind of hostile name: nothing outside of the tenant's own area is named.

`tests/tenancy/calls.py` has the tables; the oracle looks at each request as it goes out.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from minio_sdk import (
    AsyncMinIOClient,
    AsyncObjectReader,
    AsyncObjectWriter,
    MinIOClient,
    MinIOError,
    ObjectReader,
    ObjectWriter,
    PresignedPost,
)
from minio_sdk.wire.message import Reply
from tests.tenancy import attacks, oracle
from tests.tenancy.calls import CALLS, FLAGS, HARMLESS, KINDS, LOCAL, VARIANTS, hostile
from tests.tenancy.world import HIDDEN, OWN, World, Worlds, consumed, texts_of


def methods(cls: type[Any]) -> dict[str, Any]:
    return {
        name: value for name, value in inspect.getmembers(cls, callable) if not name.startswith("_")
    }


def parameters(method: str) -> list[str]:
    found = inspect.signature(getattr(MinIOClient, method)).parameters.values()
    assert method in LOCAL or all(p.kind != p.VAR_KEYWORD for p in found)
    return [p.name for p in found if p.name != "self" and p.kind != p.VAR_KEYWORD]


# -- the tables are whole ---------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [MinIOClient, AsyncMinIOClient])
def test_each_public_method_is_covered(cls: type[Any]) -> None:
    """A new one goes into `CALLS`."""
    assert set(methods(cls)) == set(CALLS) | LOCAL


@pytest.mark.parametrize("method", CALLS)
def test_each_parameter_is_known_to_carry_names_or_not_to(method: str) -> None:
    """A new one goes into `KINDS` or into `HARMLESS`."""
    assert set(parameters(method)) <= set(KINDS) | HARMLESS
    assert not set(KINDS) & HARMLESS


@pytest.mark.parametrize("cls", [MinIOClient, AsyncMinIOClient])
def test_what_a_client_has_beside_methods_is_known(cls: type[Any]) -> None:
    """`admin` is the operator's: it speaks of the server as a whole, and is in no tenant's hands."""
    found = {n for n, _ in inspect.getmembers(cls, lambda value: isinstance(value, property))}
    assert found == {"config", "admin"}


def test_the_tables_hold_no_more_than_there_is() -> None:
    known = {name for method in CALLS for name in parameters(method)}
    assert set(KINDS) | HARMLESS == known
    assert {method for method, _ in VARIANTS} <= set(CALLS)


@pytest.mark.parametrize("cls", [ObjectReader, ObjectWriter, AsyncObjectReader, AsyncObjectWriter])
def test_what_is_opened_takes_no_names(cls: type[Any]) -> None:
    """They are an object's from when they are opened on."""
    taken = {"size", "offset", "target", "whence", "pos", "buffer", "data", "lines", "hint", "b"}
    for name, method in methods(cls).items():
        try:
            found = set(inspect.signature(method).parameters)
        except ValueError:  # C code, of `io`
            continue
        assert found - {"self"} <= taken, name


# -- the matrix -------------------------------------------------------------------------------------


def call(world: World, client: Any, method: str, arguments: dict[str, Any]) -> Any:
    """The outcome of a call; whatever it is, beta's things are as they were, and not told."""
    asked = world.asked
    outcome: Any
    try:
        outcome = consumed(getattr(client, method)(**arguments))
    except (MinIOError, OSError) as error:
        outcome = error
    assert world.asked == asked or world.of("beta") == world.first
    shown = texts_of(outcome)
    assert HIDDEN.decode() not in shown
    if method.startswith("get_presigned") and isinstance(outcome, str):
        oracle.check_url(world.tenancy, outcome)
    if isinstance(outcome, PresignedPost):
        oracle.check_form(world.tenancy, outcome.url, outcome.fields)
    return outcome


def attacked(method: str, folder: Path, texts: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The parameter that is hostile, and all arguments."""
    good = CALLS[method](folder)
    for parameter in parameters(method):
        if parameter in KINDS and (method, parameter) not in FLAGS:
            for value in hostile(method, parameter, texts):
                yield parameter, {**good, parameter: value}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # where hostile names of local folders lead
    return tmp_path


@pytest.mark.parametrize("method", CALLS)
def test_no_hostile_argument_names_what_is_another_s(
    method: str, worlds: Worlds, kind: str, folder: Path
) -> None:
    client = worlds.client(kind, state_dir=str(folder / "state"))
    # Of what is one code but for how it waits, or for what it gives, the gist is enough.
    twin = kind == "async" or method.endswith("_concurrent")
    texts = attacks.FEW_TEXTS if twin else attacks.TEXTS
    world = worlds.anew()
    for _, arguments in attacked(method, folder, texts):
        if world.asked:
            world = worlds.anew()
        call(world, client, method, arguments)


@pytest.mark.parametrize(
    ("method", "made"),
    [*CALLS.items(), *VARIANTS],
    ids=[*CALLS, *(f"{method}-{n}" for n, (method, _) in enumerate(VARIANTS))],
)
def test_good_arguments_reach_one_s_own(
    method: str, made: Any, worlds: Worlds, kind: str, folder: Path
) -> None:
    """So that the matrix is about calls that get somewhere."""
    client = worlds.client(kind, state_dir=str(folder / "state"))
    client.create_snapshot("docs", "s0")
    arguments = made(folder)
    if method.startswith("undelete") or "at" in arguments:
        worlds.now.keep_versions()
    if method.startswith("undelete"):
        client.delete_object("docs", OWN)
    begun = worlds.now.asked
    outcome = call(worlds.now, client, method, arguments)
    silent = method in ("list_transfers", "discard_transfer") or "presigned" in method
    more_than_tags = "versioning" in str(arguments)  # in a document
    refused = worlds.tenancy == "prefix" and (
        more_than_tags
        or method.endswith(
            (
                "_cors",
                "_lifecycle",
                "_policy",
                "_versioning",
                "_bucket_object_lock",
                "_encryption",
                "_bucket_acl",
                "_replication",
                "_notification",
            )
        )
    )
    if method == "prompt_object":
        assert "language models" in str(outcome)
    elif method == "discard_transfer":
        assert "no such transfer" in str(outcome)
    elif refused:
        assert type(outcome).__name__ == "NotSupportedError"
    else:
        assert not isinstance(outcome, BaseException), outcome
    assert (worlds.now.asked > begun) is not (silent or refused)


def test_keys_that_point_elsewhere_are_sent_under_a_signature_only(
    worlds: Worlds, kind: str
) -> None:
    """A proxy that resolves them breaks the signature; without one they are refused."""
    key = f"../../beta/docs/{attacks.SECRET}"
    worlds.client(kind).object_exists("docs", key)
    assert any(".." in request.path for request, _ in worlds.now.sent)
    world = worlds.anew()
    open_handed = worlds.client(
        kind, access_key=None, secret_key=None, credentials=lambda: None, api="s3"
    )
    for hidden in (key, key.replace("/", "\\"), "a/../b", ".."):
        outcome = call(world, open_handed, "download_into", {
            "bucket": "docs", "key": hidden, "buffer": bytearray(4),
        })  # fmt: skip
        assert "no signature would tell" in str(outcome)
    assert not any(".." in request.path for request, _ in world.sent)
    assert call(world, open_handed, "get_object", {"bucket": "docs", "key": OWN}) == b"a"


def test_the_gateway_is_asked_for_keys_only(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Its own calls name no bucket; the tenant is in the header, and a key is a parameter's value."""
    worlds = Worlds("bucket", monkeypatch)
    world, client = worlds.now, worlds.client(kind, api="enterprise")
    world.watched = False
    world.answer = lambda _, __: Reply(200, {}, b"[]")
    for text in [*attacks.TEXTS, *attacks.OTHERS]:
        for method in ("upload", "download", "list", "delete"):
            more = (b"1",) if method == "upload" else ()
            try:
                getattr(client, method)(text, *more)
            except MinIOError:
                continue
    assert len(world.sent) > 200
    for request, headers in world.sent:
        assert request.path in ("/upload", "/download", "/list", "/delete")
        assert headers["x-tenant-id"] == "acme"
        name, _, value = request.query.partition("=")
        assert name in ("key", "prefix")
        assert quote(unquote(value), safe="~") == value


# -- the oracle can say no --------------------------------------------------------------------------

SIGNED = {"host": oracle.HOST, "x-tenant-id": "acme", "authorization": "AWS4"}


@pytest.mark.parametrize(
    ("tenancy", "method", "path", "query", "headers"),
    [
        ("bucket", "GET", "/beta-docs/a", "", {}),
        ("bucket", "GET", "/acme", "", {}),
        ("bucket", "GET", "/acme/docs", "", {}),
        ("bucket", "GET", "/", "", {}) if False else ("bucket", "PUT", "/", "", {}),
        ("bucket", "GET", "/", "prefix=beta-", {}),
        ("bucket", "GET", "/acme-docs%2F..", "", {}),
        ("bucket", "GET", "/acme-docs/a b", "", {}),
        ("bucket", "GET", "/acme-docs/a", "versionId=a/b", {}),
        ("bucket", "GET", "/acme-docs/a", "unheard-of=1", {}),
        ("bucket", "PUT", "/acme-docs/a", "", {"x-amz-copy-source": "beta-docs/a"}),
        ("bucket", "PUT", "/acme-docs/a", "", {"x-amz-meta-a": "b\r\nx-tenant-id: beta"}),
        ("bucket", "PUT", "/acme-docs/a", "", {"x-forwarded-host": "beta"}),
        ("bucket", "GET", "/acme-docs/a", "", {"x-tenant-id": "beta"}),
        ("bucket", "GET", "/acme-docs/a", "", {"host": "beta"}),
        ("prefix", "GET", "/acme-docs/a", "", {}),
        ("prefix", "GET", "/tenants/beta/docs/a", "", {}),
        ("prefix", "GET", "/tenants/acme", "", {}),
        ("prefix", "GET", "/tenants", "list-type=2", {}),
        ("prefix", "GET", "/tenants", "list-type=2&prefix=", {}),
        ("prefix", "GET", "/tenants", "list-type=2&prefix=acm", {}),
        ("prefix", "GET", "/tenants", "list-type=2&prefix=acme%2F&start-after=b", {}),
        ("prefix", "PUT", "/tenants", "policy=", {}),
        ("prefix", "DELETE", "/tenants", "", {}),
        ("prefix", "PUT", "/tenants/acme/docs/a", "", {"x-amz-copy-source": "tenants/beta/docs/a"}),
    ],
)  # fmt: skip
def test_the_oracle_knows_what_is_another_s(
    tenancy: str, method: str, path: str, query: str, headers: dict[str, str]
) -> None:
    with pytest.raises(AssertionError):
        oracle.check_request(tenancy, method, path, query, {**SIGNED, **headers}, b"")


@pytest.mark.parametrize(
    ("tenancy", "path", "query", "body"),
    [
        ("prefix", "/tenants", "delete=", b"<Delete><Object><Key>beta/docs/a</Key></Object></Delete>"),
        ("bucket", "/acme-docs", "delete=", b"<Delete><Object><Key>a/../b</Key></Object></Delete>"),
    ],
)  # fmt: skip
def test_the_oracle_reads_documents(tenancy: str, path: str, query: str, body: bytes) -> None:
    with pytest.raises(AssertionError):
        oracle.check_request(tenancy, "POST", path, query, SIGNED, body)


def test_the_oracle_wants_a_signature_on_what_a_proxy_could_change() -> None:
    for path in ("/acme-docs/../beta-docs/a", "/acme-docs/..%5Cbeta-docs%5Ca"):
        oracle.check_request("bucket", "GET", path, "", SIGNED, b"")
        unsigned = {name: value for name, value in SIGNED.items() if name != "authorization"}
        with pytest.raises(AssertionError, match="no signature breaks"):
            oracle.check_request("bucket", "GET", path, "", unsigned, b"")
