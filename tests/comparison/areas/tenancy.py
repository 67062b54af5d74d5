"""Many users in one store."""

from __future__ import annotations

import asyncio
import importlib
import json
import ssl
from dataclasses import replace
from typing import Any

from minio_sdk import AccessDeniedError, Config, MinIOClient, Provisioner
from tests import identity
from tests.comparison.lab import Lab
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    READ,
    S3FS,
    SDK,
    Feature,
    Outcome,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.peers import connected
from tests.comparison.probes import absent, both, our, ours, told, way
from tests.servers import Server

AREA = "Tenants"
HEADER = "X-Tenant-ID"
USER = "ada-sync"  # may read, by `Lab.identity`


def _header(lab: Lab, name: str, settings: dict[str, Any], how: str) -> Outcome:
    bucket = lab.bucket()
    with lab.proxy() as (proxy, server), connected(name, server, **settings) as peer:
        if name == BOTO3:
            peer.raw.meta.events.register("before-sign.s3", _add_header)
        if name == SDK:
            bucket = "docs"
            peer.raw.create_bucket(bucket)
        peer.put(bucket, "key", b"x")
    sent = [each for each in proxy.seen if each.header(HEADER) == "acme"]
    if len(sent) < len(proxy.seen):
        return no(f"{how}: not in all requests.")
    signed = all(HEADER.lower() in (each.header("Authorization") or "").lower() for each in sent)
    if not signed:
        return partly(
            f"{how}: in each request, but not signed, so whoever carries it may change it."
        )
    return (
        yes(f"{how}: in each request, and signed.")
        if name == SDK
        else partly(f"{how}: in each request, and signed; a user writes it, for each client anew.")
    )


def _add_header(request: Any, **_: Any) -> None:
    request.headers[HEADER] = "acme"


def _scoped(peer: Any, lab: Lab) -> Outcome:
    """Two tenants, the same names, and what one of them can name of the other's."""
    other = peer.raw.with_(tenant_id="other")
    for client, data in ((peer.raw, b"acme's"), (other, b"other's")):
        client.create_bucket("same")
        client.put_object("same", "key", data)
    assert peer.raw.get_object("same", "key") == b"acme's"
    assert [each.name for each in other.list_buckets()] == ["same"]
    for bucket, key in (("other-same", "key"), ("same", "../../other/same/key")):
        try:
            got = peer.raw.get_object(bucket, key)
        except Exception:
            continue
        return no(f"It read {got!r} of another tenant.")
    return yes("Two tenants with the same names; names that point to the other are refused.")


def _prefixed(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key="other/key", Body=b"other's")
    store = peer.store(bucket, prefix="acme")
    peer.raw.put(store, "key", b"acme's")
    keys = [each["path"] for page in peer.raw.list(store) for each in page]
    assert keys == ["key"]
    try:
        peer.raw.get(store, "../other/key").bytes()
    except Exception:
        return partly(
            "`prefix=` of a store holds keys below it; buckets, errors and policies aren't."
        )
    return no("`prefix=` of a store can be left by `..`.")


def _below(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key="other/key", Body=b"other's")
    below = importlib.import_module("fsspec.implementations.dirfs").DirFileSystem(
        f"{bucket}/acme", peer.raw
    )
    below.pipe_file("key", b"acme's")
    assert [each.rsplit("/")[-1] for each in below.ls("", detail=False)] == ["key"]
    try:
        below.cat_file("../other/key")
    except Exception:
        return partly("fsspec's `DirFileSystem` holds keys below a folder; buckets aren't.")
    return no("fsspec's `DirFileSystem` can be left by `..`.")


def _policy(bucket: str) -> str:
    statement = {"Effect": "Allow", "Action": ["s3:*"], "Resource": [f"arn:aws:s3:::{bucket}/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _provisioned(lab: Lab) -> Outcome:
    real = lab.minio
    config = Config(real.base_url, None, access_key=real.access_key, secret_key=real.secret_key)
    with MinIOClient(config) as operator:
        access = Provisioner(operator).add("lab-tenant")
        try:
            with MinIOClient(access.config()) as client:
                client.upload("key", b"x")
            with MinIOClient(access.config(tenant_id="lab-rival")) as client:
                client.upload("key", b"x")
        except AccessDeniedError:
            return yes(
                "`Provisioner` makes user, policy and keys; the server refuses other tenants' names."
            )
        finally:
            Provisioner(operator).remove("lab-tenant", delete_data=True)
    return no("The keys reach another tenant.")


def _assumed(peer: Any, lab: Lab) -> Outcome:
    """A session with a policy written by hand: what minio-py has for it."""
    real, bucket, other = lab.minio, lab.bucket(), lab.bucket()
    provider = peer.part("credentials").AssumeRoleProvider(
        sts_endpoint=real.base_url,
        access_key="lab-user",
        secret_key="lab-secret-key",
        policy=_policy(bucket),
    )
    _user(lab)
    with connected(peer.name, real, credentials=provider) as session:
        session.put(bucket, "key", b"x")
        try:
            session.put(other, "key", b"x")
        except Exception as problem:
            return partly(
                f"`AssumeRoleProvider` with a policy written by hand; elsewhere: {type(problem).__name__}."
            )
    return no("A session with a policy reaches other buckets.")


def _user(lab: Lab) -> None:
    with connected(MC, lab.minio) as mc:
        mc.run("admin", "user", "add", "lab", "lab-user", "lab-secret-key")
        if "readwrite" not in mc.run("admin", "user", "info", "lab", "lab-user").decode():
            mc.run("admin", "policy", "attach", "lab", "readwrite", "--user", "lab-user")


def _sts(peer: Any, lab: Lab) -> Outcome:
    real, bucket = lab.minio, lab.bucket()
    _user(lab)
    session = importlib.import_module("boto3").Session(
        "lab-user", "lab-secret-key", region_name="us-east-1"
    )
    told = session.client("sts", endpoint_url=real.base_url).assume_role(
        RoleArn="arn:aws:iam::000000000000:role/lab", RoleSessionName="lab", Policy=_policy(bucket)
    )["Credentials"]
    limited = importlib.import_module("boto3").client(
        "s3", endpoint_url=real.base_url, region_name="us-east-1",
        aws_access_key_id=told["AccessKeyId"], aws_secret_access_key=told["SecretAccessKey"],
        aws_session_token=told["SessionToken"],
    )  # fmt: skip
    limited.put_object(Bucket=bucket, Key="key", Body=b"x")
    try:
        limited.put_object(Bucket=lab.bucket(), Key="key", Body=b"x")
    except Exception as problem:
        return partly(
            f"`sts` and `iam` clients, with policies written by hand; elsewhere: {type(problem).__name__}."
        )
    return no("A session with a policy reaches other buckets.")


def _svcacct(peer: Any, lab: Lab) -> Outcome:
    bucket, path = lab.bucket(), lab.path()
    path.write_text(_policy(bucket))
    _user(lab)
    words = [
        "--access-key",
        "labsvcaccount1",
        "--secret-key",
        "lab-svc-secret",
        "--policy",
        str(path),
    ]
    peer.run("admin", "user", "svcacct", "add", *words, "lab", "lab-user")
    keys = replace(lab.minio, access_key="labsvcaccount1", secret_key="lab-svc-secret")
    with connected(MC, keys) as limited:
        limited.put(bucket, "key", b"x")
        try:
            limited.put(lab.bucket(), "key", b"x")
            return no("Its keys reach other buckets.")
        except Exception as problem:
            assert "permission" in str(problem), problem
    return partly("`mc admin user svcacct add --policy`, with a policy written by hand.")


def _signed_in(lab: Lab) -> Outcome:
    sdk, server = importlib.import_module("minio_sdk"), lab.identity
    provider = sdk.LdapIdentityProvider(
        server.base_url, USER, identity.password(USER), verify=server.ca_file
    )
    _may_read(lab, server, provider.fetch())
    return yes("`LdapIdentityProvider`: the password in the body, and keys that are renewed.")


def _minio_signed_in(peer: Any, lab: Lab) -> Outcome:
    server, make = lab.identity, peer.part("credentials").LdapIdentityProvider
    pool = importlib.import_module("urllib3").PoolManager(ca_certs=server.ca_file)
    provider = make(server.base_url, USER, identity.password(USER), http_client=pool)
    return _by_address(lab, server, provider, provider.retrieve())


def _miniopy_signed_in(peer: Any, lab: Lab) -> Outcome:
    server, make = lab.identity, peer.part("credentials").LdapIdentityProvider
    aiohttp = importlib.import_module("aiohttp")

    async def retrieve() -> tuple[Any, Any]:
        trusted = ssl.create_default_context(cafile=server.ca_file)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trusted)) as session:
            provider = make(server.base_url, USER, identity.password(USER), session=session)
            return provider, await provider.retrieve()

    return _by_address(lab, server, *asyncio.run(retrieve()))


def _by_address(lab: Lab, server: Server, provider: Any, keys: Any) -> Outcome:
    _may_read(lab, server, keys)
    if "LDAPPassword=" in provider._sts_endpoint:
        return partly(
            "`LdapIdentityProvider`: the password stands in the address, which is logged."
        )
    return yes("`LdapIdentityProvider`: the password in the body.")


def _may_read(lab: Lab, server: Server, keys: Any) -> None:
    signed = replace(server, access_key=keys.access_key, secret_key=keys.secret_key)
    signed_in = lab.boto3(signed, aws_session_token=keys.session_token)
    assert signed_in.get_object(Bucket="lab-login", Key="key")["Body"].read() == b"x"


def _audited(lab: Lab) -> Outcome:
    records: list[Any] = []
    bucket = "docs"
    with connected(SDK, lab.minio, tenant_id="acme-audit", audit=records.append) as peer:
        peer.raw.create_bucket(bucket)
        peer.raw.put_object(bucket, "key", b"x")
        try:
            peer.raw.get_object(bucket, "none")
        except Exception:
            pass
    last = records[-1]
    assert last.tenant_id == "acme-audit"
    return yes(
        f"`Config(audit=...)`: {len(records)} records of 3 calls, failures included, with tenant and names."
    )


def _traced(peer: Any, lab: Lab) -> Outcome:
    return partly("`trace_on` writes requests and replies; no record for each operation.", READ)


_BY_EVENTS = partly(
    "Event handlers (`meta.events`) see each call; records are a user's to make.", READ
)
_BY_TRACE = partly("`mc admin trace` shows what the server does meanwhile; it keeps nothing.", READ)

FEATURES: tuple[Feature, ...] = (
    feature(
        "tenant-header", AREA, "The tenant's id goes with each request, signed",
        {
            SDK: lambda lab: _header(lab, SDK, {"tenant_id": "acme"}, "`Config(tenant_id=...)`"),
            BOTO3: lambda lab: _header(lab, BOTO3, {}, "An event handler before signing"),
            OBSTORE: lambda lab: _header(
                lab, OBSTORE, {"client_options": {"default_headers": {HEADER: "acme"}}},
                "`default_headers`",
            ),
            MINIO: lambda lab: _header(
                lab, MINIO, {"http_client": _with_header()}, "A connection pool of one's own"
            ),
            MC: lambda lab: _header(lab, MC, {"words": ("-H", f"{HEADER}:acme")}, "`--custom-header`"),
            **absent("tenant|default_headers|extra_headers\\b", S3FS, MINIOPY, but="extra_headers"),
        },
    ),
    feature(
        "tenant-scope", AREA, "A tenant can't name what is another's",
        {
            **ours(_scoped, "Config.tenancy", tenant_id="acme"),
            **way(OBSTORE, _prefixed),
            **way(S3FS, _below),
            **absent("tenant|key_prefix|root_prefix", MINIO, BOTO3, MINIOPY, MC, but="az-"),
        },
    ),
    feature(
        "tenant-keys", AREA, "Keys of its own for each tenant, which the server holds to its names",
        {
            **our(_provisioned, "Provisioner.add", "Provisioner.remove"),
            **both(_assumed),
            **way(BOTO3, _sts),
            **way(MC, _svcacct),
            **absent("add_user|create_user|assume_role\\b|provision", OBSTORE, S3FS),
        },
    ),
    feature(
        "tenant-login", AREA, "Users of a directory (LDAP) sign in by their own passwords",
        {
            **our(_signed_in, "LdapIdentityProvider"),
            **way(MINIO, _minio_signed_in),
            **way(MINIOPY, _miniopy_signed_in),
            **absent("ldap", BOTO3, OBSTORE, S3FS),
            **absent("ldap", MC, but="^(admin|idp)"),
        },
    ),
    feature(
        "tenant-audit", AREA, "A record of each operation: who, what, how it ended",
        {
            **our(_audited, "Config.audit", "AuditRecord"),
            **both(_traced),
            **absent("audit", OBSTORE, S3FS),
            **told(_BY_EVENTS, BOTO3),
            **told(_BY_TRACE, MC),
        },
    ),
)  # fmt: skip


def _with_header() -> Any:
    class Pool(importlib.import_module("urllib3").PoolManager):  # type: ignore[misc]
        def urlopen(self, method: str, url: str, *args: Any, **named: Any) -> Any:
            named["headers"] = {**(named.get("headers") or {}), HEADER: "acme"}
            return super().urlopen(method, url, *args, **named)

    return Pool()
