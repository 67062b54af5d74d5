"""What is around it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from minio_sdk import LocalServer
from tests.benchmarks.measure import ROOT
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
    Unexpected,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.names import DISTRIBUTIONS, searched
from tests.comparison.peers import connected
from tests.comparison.probes import absent, both, error, our, ours, told, way

AREA = "Around it"


def _minio_admin(peer: Any, lab: Lab) -> Outcome:
    real = lab.minio
    provider = peer.part("credentials").StaticProvider(real.access_key, real.secret_key)
    netloc = real.base_url.removeprefix("http://")
    admin_class = importlib.import_module(
        "minio" if peer.raw is not None else "miniopy_async"
    ).MinioAdmin
    if peer.raw is not None:
        admin = admin_class(endpoint=netloc, credentials=provider, secure=False)
        assert "mode" in admin.info()
        admin.user_add("lab-admin-user", "lab-admin-secret")
        admin.user_remove("lab-admin-user")
    else:

        async def use(_: Any) -> None:
            admin = admin_class(endpoint=netloc, credentials=provider, secure=False)
            assert "mode" in await admin.info()

        peer.run(use)
    return partly(
        "`MinioAdmin`: users, policies, service accounts, settings, quotas; answers are text."
    )


def _sdk_admin(peer: Any, lab: Lab) -> Outcome:
    admin = peer.raw.admin
    assert admin.server_info()
    admin.add_user("lab-sdk-user", "lab-sdk-secret")
    admin.remove_user("lab-sdk-user")
    calls = [name for name in dir(admin) if not name.startswith("_")]
    more = [
        n
        for n in ("config", "heal", "tier", "site", "job", "service")
        if any(n in c for c in calls)
    ]
    note = f"`client.admin`: {len(calls)} calls, typed"
    if len(more) < 5:
        return partly(f"{note}; users, groups, policies, service accounts, quotas, and no more.")
    return yes(f"{note}, from users to healing.")


def _mc_admin(peer: Any, lab: Lab) -> Outcome:
    assert peer.json("admin", "info", "lab")
    commands = searched(MC, "^admin ")
    return yes(f"`mc admin`: {len(commands)} commands.")


def _sdk_cli(lab: Lab) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-m", "minio_sdk", "--help"], capture_output=True, text=True, cwd=ROOT
    )
    commands = done.stdout.partition("--help")[2].split("\n")
    names = re.findall(r"(?m)^  ([a-z]+) ", "\n".join(commands))
    missing = [
        name for name in ("ls", "cp", "rm", "mirror", "presign") if name not in done.stdout.split()
    ]
    told = f"`minio-sdk`: {len(names)} commands {done.stderr[:80]}".rstrip()
    return partly(f"{told}; nothing for objects yet.") if missing else yes(f"{told}.")


def _mc_cli(peer: Any, lab: Lab) -> Outcome:
    return yes(f"It is one: {len(searched(MC, '^[a-z]'))} commands and flags.")


def _command(name: str) -> Callable[[Lab], Outcome]:
    """What its wheel puts on PATH."""

    def run(lab: Lab) -> Outcome:
        package = DISTRIBUTIONS.get(name, name)
        found = [
            e
            for e in importlib.metadata.distribution(package).entry_points
            if e.group == "console_scripts"
        ]
        if found:
            raise Unexpected(f"{name} installs {', '.join(each.name for each in found)}")
        return no("Its wheel installs no command.", READ)

    return run


def _fsspec(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    with peer.raw.open(f"{bucket}/a/b", "wb") as file:
        file.write(b"x")
    assert peer.raw.glob(f"{bucket}/a/*") == [f"{bucket}/a/b"]
    return yes("It is one: `s3://` for pandas, pyarrow, dask, zarr.")


def _obstore_fsspec(peer: Any, lab: Lab) -> Outcome:
    bucket, real = lab.bucket(), lab.minio
    store = importlib.import_module("obstore.fsspec").FsspecStore(
        "s3", endpoint=real.base_url, access_key_id=real.access_key,
        secret_access_key=real.secret_key, region="us-east-1", client_options={"allow_http": True},
    )  # fmt: skip
    with store.open(f"{bucket}/a/b", "wb") as file:
        file.write(b"x")
    assert store.cat_file(f"{bucket}/a/b") == b"x"
    return yes("`obstore.fsspec`.")


def _sdk_fsspec(lab: Lab) -> Outcome:
    bucket, real = lab.bucket(), lab.minio
    fsspec = importlib.import_module("fsspec")
    importlib.import_module("minio_sdk.fs")
    fs = fsspec.filesystem(
        "minio", base_url=real.base_url, tenant_id=None, access_key=real.access_key,
        secret_key=real.secret_key, skip_instance_cache=True,
    )  # fmt: skip
    fs.pipe_file(f"{bucket}/a", b"x")
    assert fs.cat_file(f"{bucket}/a") == b"x"
    return yes("`minio://`.")


def _embedded(lab: Lab) -> Outcome:
    with LocalServer() as server, server.client("acme") as client:
        client.upload("a", b"x")
        assert client.download("a") == b"x"
    return yes("`LocalServer`, and `minio-sdk serve`: SeaweedFS from a wheel.")


def _sdk_pytest(lab: Lab) -> Outcome:
    folder = lab.path()
    folder.mkdir()
    test = folder / "test_lab.py"
    test.write_text(
        "def test_it(minio_client):\n    minio_client.upload('a', b'x')\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "minio_sdk.pytest_plugin", str(test)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        return no(f"A test with `minio_client` fails: {done.stdout[-100:]}")
    return yes("`minio_client` and others are there for tests.")


def _sdk_telemetry(lab: Lab) -> Outcome:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from minio_sdk import Telemetry

    kept, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    with connected(SDK, lab.minio, tenant_id="acme-otel", telemetry=Telemetry(provider)) as peer:
        peer.raw.create_bucket("docs")
        peer.raw.put_object("docs", "key", b"x")
    span = kept.get_finished_spans()[-1]
    attributes = dict(span.attributes or {})
    assert (span.name, attributes["minio.tenant_id"]) == ("S3.PutObject", "acme-otel")
    return yes("`Config(telemetry=Telemetry())`: a span of each operation, with bucket and tenant.")


def _capable(lab: Lab) -> Outcome:
    with connected(SDK, lab.minio) as peer:
        try:
            found = peer.raw.get_capabilities()
        except Exception as problem:
            return no(error(problem))
    return yes(f"`get_capabilities`: {type(found).__name__}.")


PYTHON = (MINIO, BOTO3, OBSTORE, S3FS, MINIOPY)
OTHERS = (*PYTHON, MC)

FEATURES: tuple[Feature, ...] = (
    feature(
        "admin",
        AREA,
        "MinIO's administration",
        {
            **ours(_sdk_admin, "MinIOClient.admin", "Admin.add_user"),
            **both(_minio_admin),
            **way(MC, _mc_admin),
            **absent("admin", BOTO3, OBSTORE, S3FS),
        },
    ),
    feature(
        "capabilities",
        AREA,
        "Asks a server what it has",
        {**our(_capable, "MinIOClient.get_capabilities"), **absent("capabilit", *OTHERS)},
    ),
    feature(
        "cli",
        AREA,
        "A command line",
        {
            **our(_sdk_cli, "minio_sdk.cli"),
            **way(MC, _mc_cli),
            **{name: _command(name) for name in PYTHON},
        },
    ),
    feature(
        "fsspec",
        AREA,
        "A file system for fsspec",
        {
            **our(_sdk_fsspec, "minio_sdk.fs"),
            **way(OBSTORE, _obstore_fsspec),
            **way(S3FS, _fsspec),
            **absent("fsspec", MINIO, BOTO3, MINIOPY),
            **told(Outcome("n/a", "A program.", READ), MC),
        },
    ),
    feature(
        "embedded-server",
        AREA,
        "A server for development in the box",
        {
            **our(_embedded, "LocalServer"),
            **absent("local_server|LocalServer|embedded|\\bserve\\b", *OTHERS),
        },
    ),
    feature(
        "pytest-plugin",
        AREA,
        "Fixtures for pytest",
        {
            **our(_sdk_pytest, "minio_sdk.pytest_plugin"),
            **absent("pytest", *PYTHON),
            **told(Outcome("n/a", "A program.", READ), MC),
        },
    ),
    feature(
        "telemetry",
        AREA,
        "Spans and metrics (OpenTelemetry)",
        {
            **our(_sdk_telemetry, "minio_sdk.telemetry"),
            **absent("opentelemetry|otel|tracer", *OTHERS),
        },
    ),
)
