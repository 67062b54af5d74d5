"""Fixtures for pytest: a real S3 server, clients of a fresh tenant for each test, and faults to order.

    def test_reports_are_kept(minio_client):
        minio_client.upload("report.txt", b"42")
        assert minio_client.download("report.txt") == b"42"

    def test_a_lost_answer_does_no_harm(minio_client, minio_faults):
        minio_faults.drop_reply("PutObject", times=1)
        minio_client.upload("report.txt", b"42")
        assert minio_client.list() == ["report.txt"]

It is loaded in every run of pytest where this package is installed (``-p no:minio_sdk`` leaves it out), so
this file imports nothing but pytest: what a fixture needs comes with its first use. docs/how-to/testing.md
has the whole of it.

Under pytest-xdist each worker has a server of its own: one takes a second and 30 MiB, and nothing has to
outlive the worker that began it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from minio_sdk import AsyncMinIOClient, Config, MinIOClient
    from minio_sdk.faults import FaultProxy
    from minio_sdk.pytest_plugin.servers import Server

_TENANCIES = ("bucket", "prefix", "none")
_FAULTS: pytest.StashKey[FaultProxy] = pytest.StashKey()
_PASSED: pytest.StashKey[bool] = pytest.StashKey()


# -- settings ------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--minio-url`` and ``--minio-tenancy``, and the same in the ini file."""
    group = parser.getgroup("minio-sdk", "S3 servers for tests (minio-enterprise-sdk)")
    group.addoption(
        "--minio-url",
        metavar="URL",
        help="test against this server, not an embedded one; its keys are taken from "
        "PYTEST_MINIO_ACCESS_KEY and PYTEST_MINIO_SECRET_KEY",
    )
    group.addoption(
        "--minio-tenancy", choices=_TENANCIES, help="how tenants are told apart (default: bucket)"
    )
    parser.addini("minio_url", "see --minio-url; the variable PYTEST_MINIO_URL goes before it")
    parser.addini("minio_tenancy", "see --minio-tenancy", default="bucket")


def _url(config: pytest.Config) -> str:
    given = config.getoption("minio_url") or os.environ.get("PYTEST_MINIO_URL")
    return str(given or config.getini("minio_url"))


def _tenancy(config: pytest.Config) -> str:
    return str(config.getoption("minio_tenancy") or config.getini("minio_tenancy"))


def pytest_configure(config: pytest.Config) -> None:
    """Check the settings, and join pytest-asyncio where it is."""
    tenancy = _tenancy(config)
    if tenancy not in _TENANCIES:
        raise pytest.UsageError(f"minio_tenancy: {tenancy!r} must be one of {_TENANCIES}")
    if tenancy == "none" and _url(config):
        raise pytest.UsageError(
            "minio_tenancy: without tenants each test ends with the removal of all buckets, which is for "
            "the embedded server only, not for the one in minio_url"
        )
    # The names that it has: as an installed package, and after `-p`.
    names = ("asyncio", "pytest_asyncio.plugin")
    if any(map(config.pluginmanager.hasplugin, names)):
        from minio_sdk.pytest_plugin import with_asyncio

        config.pluginmanager.register(with_asyncio, "minio_sdk-asyncio")


def pytest_report_header(config: pytest.Config) -> str | None:
    """Where the tests go, if not to an embedded server."""
    url = _url(config)
    return f"minio: {url}" if url else None


# -- servers and tenants -------------------------------------------------------------------------


@pytest.fixture(scope="session")
def minio_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """The S3 server of this run: an embedded one, or the one that ``--minio-url`` names.

    It has ``base_url``, ``config(tenant_id)``, ``client(tenant_id)`` and ``async_client(tenant_id)``.
    """
    from minio_sdk.pytest_plugin.servers import serving

    with serving(_url(pytestconfig)) as server:
        yield server


@pytest.fixture
def minio_tenant(minio_server: Server, pytestconfig: pytest.Config) -> Iterator[str | None]:
    """The id of a tenant that is this test's own; what it has on the server is removed behind it.

    None with ``--minio-tenancy none``: then all buckets of the server are.
    """
    from minio_sdk.pytest_plugin.servers import clean

    tenancy = _tenancy(pytestconfig)
    tenant = None if tenancy == "none" else f"t{secrets.token_hex(8)}"
    yield tenant
    clean(minio_server, tenant, tenancy)


@pytest.fixture
def minio_config(
    request: pytest.FixtureRequest, minio_server: Server, minio_tenant: str | None
) -> Config:
    """The settings of `minio_client` and `async_minio_client`; through `minio_faults` where the test has it.

    Pauses between two tries are short, so that tests of failures don't wait. To change something, have a
    fixture of the same name that takes this one and gives ``minio_config.with_(...)``.
    """
    fields: dict[str, Any] = {"base_delay": 0.01, "max_delay": 1.0}
    tenancy = _tenancy(request.config)
    if tenancy != "none":
        fields["tenancy"] = tenancy
    if "minio_faults" in request.fixturenames:
        faults: FaultProxy = request.getfixturevalue("minio_faults")
        return faults.config(minio_tenant, **fields)
    return minio_server.config(minio_tenant, **fields)


@pytest.fixture
def minio_client(minio_config: Config) -> Iterator[MinIOClient]:
    """A `MinIOClient` of this test's own tenant."""
    from minio_sdk import MinIOClient

    with MinIOClient(minio_config) as client:
        yield client


# -- the client for asyncio ----------------------------------------------------------------------


@pytest.fixture
def async_minio_client(request: pytest.FixtureRequest) -> AsyncMinIOClient:
    """An `AsyncMinIOClient` of this test's own tenant, for pytest-asyncio and for anyio.

    It lives on the event loop of the test, whatever its scope, and is closed there.
    """
    if marker := request.node.get_closest_marker("asyncio"):
        given = marker.kwargs.get("loop_scope") or marker.kwargs.get("scope")
        name = f"_minio_client_on_{given or request.config.getini('asyncio_default_test_loop_scope')}_loop"
    elif "anyio_backend" in request.fixturenames:
        name = "_minio_client_of_anyio"
    else:
        pytest.fail(
            "async_minio_client is for tests that pytest-asyncio or anyio runs. Try: mark this one "
            "with pytest.mark.asyncio (pip install pytest-asyncio) or pytest.mark.anyio",
            pytrace=False,
        )
    client: AsyncMinIOClient = request.getfixturevalue(name)
    return client


@pytest.fixture
async def _minio_client_of_anyio(
    anyio_backend_name: str, minio_config: Config
) -> AsyncIterator[AsyncMinIOClient]:
    from minio_sdk import AsyncMinIOClient

    if anyio_backend_name != "asyncio":
        pytest.fail(
            f"AsyncMinIOClient runs on asyncio, and this test on {anyio_backend_name}. Try: a fixture "
            "anyio_backend that gives 'asyncio'",
            pytrace=False,
        )
    async with AsyncMinIOClient(minio_config) as client:
        yield client


# -- faults --------------------------------------------------------------------------------------


@pytest.fixture
def minio_faults(request: pytest.FixtureRequest, minio_server: Server) -> Iterator[FaultProxy]:
    """A `FaultProxy` in front of the server, through which both clients of this test go.

    A test that passes although one of its faults has never happened is an error: it has shown nothing. When a
    test fails, its report shows what was asked and done.
    """
    from minio_sdk.faults import FaultProxy

    with FaultProxy(minio_server.config(None)) as faults:
        request.node.stash[_FAULTS] = faults
        yield faults
        never = faults.never_happened()
        if never and request.node.stash.get(_PASSED, False):
            seen = faults.report() or "      no request at all"
            pytest.fail(
                f"never happened: {', '.join(map(repr, never))}, so that this test shows nothing of it "
                f"(optional=True says that this is fine). The requests were:\n{seen}",
                pytrace=False,
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the proxy has seen where a test has failed."""
    report = yield
    if call.when == "call" and _FAULTS in item.stash:
        item.stash[_PASSED] = report.passed
        if report.failed:
            report.sections.append(("minio_faults", item.stash[_FAULTS].report()))
    return report
