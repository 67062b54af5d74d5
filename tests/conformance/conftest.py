"""Each conformance test in every combination: {sync, async} x {plain, bucket, prefix} x the servers.

A test that makes sense in some of them only narrows a fixture down:

    @pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
import pytest_asyncio

from minio_sdk import AsyncMinIOClient, Config, Credentials, MinIOClient
from tests.conformance.gaps import FEATURES
from tests.conformance.setting import Blocking, Setting, Style, Tenancy, wipe
from tests.oracle import s3_of
from tests.servers import Server, free_port


@pytest.fixture(params=["sync", "async"])
def style(request: pytest.FixtureRequest) -> Style:
    """Which client."""
    found: Style = request.param
    return found


@pytest.fixture(params=["plain", "bucket", "prefix"])
def tenancy(request: pytest.FixtureRequest) -> Tenancy:
    """How its names are scoped."""
    found: Tenancy = request.param
    return found


@pytest.fixture(scope="session")
def s3(server: Server) -> Iterator[Any]:
    """boto3's view of the server, which knows nothing of ours."""
    with view_of(server) as client:
        yield client


@contextmanager
def view_of(server: Server) -> Iterator[Any]:
    """boto3's view of a server, which may be another one than that of most tests."""
    keys = Credentials(server.access_key, server.secret_key)
    client = s3_of(server.base_url, keys, 3, server.ca_file)
    yield client
    client.close()


@pytest.fixture
def boto(server: Server) -> Iterator[Callable[[Credentials], Any]]:
    """Makes boto3's clients with the keys of a tenant."""
    made: list[Any] = []

    def client(keys: Credentials) -> Any:
        made.append(s3_of(server.base_url, keys, retries=1))
        return made[-1]

    yield client
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def shared_bucket(s3: Any) -> Iterator[str]:
    """The bucket that tenants share; the SDK makes it, and one is enough for a worker's tests."""
    with shared_on(s3) as name:
        yield name


@contextmanager
def shared_on(s3: Any) -> Iterator[str]:
    """The name of such a bucket on a server; the bucket is removed behind it."""
    name = f"shared-{uuid.uuid4().hex[:10]}"
    yield name
    if name in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
        wipe(s3, name)


@pytest_asyncio.fixture
async def setting(
    request: pytest.FixtureRequest,
    server: Server,
    s3: Any,
    style: Style,
    tenancy: Tenancy,
    shared_bucket: str,
) -> AsyncIterator[Setting]:
    """A new tenant (or none) with nothing on the server, and nothing left there afterwards."""
    async with new_setting(request, server, s3, style, tenancy, shared_bucket) as found:
        yield found


@asynccontextmanager
async def new_setting(
    request: pytest.FixtureRequest,
    server: Server,
    s3: Any,
    style: Style,
    tenancy: Tenancy,
    shared_bucket: str,
) -> AsyncIterator[Setting]:
    """The setting of a test on a server, which may be another one than that of most tests."""
    if gap := request.node.get_closest_marker("needs"):
        _expect_gap(request, gap.args[0], server.kind, tenancy)
    # By the test's name: every kind of tenant id is met, and the same one when a test is repeated.
    kind_of_id = zlib.crc32(request.node.name.encode())
    found = Setting(server, s3, style, tenancy, shared_bucket, kind_of_id)
    yield found
    await found.close()
    found.clean()


def _expect_gap(request: pytest.FixtureRequest, feature: str, kind: str, tenancy: Tenancy) -> None:
    gap = FEATURES[feature].get(kind)
    if gap is not None and tenancy in gap.tenancies:
        request.applymarker(pytest.mark.xfail(reason=f"{kind} {gap.reason}", strict=True))


@pytest_asyncio.fixture
async def unplugged(style: Style, tenancy: Tenancy) -> AsyncIterator[AsyncMinIOClient]:
    """A client of a server that isn't there: what it sends ends in MinIOConnectionError."""
    config = Config(
        f"http://127.0.0.1:{free_port()}",
        None if tenancy == "plain" else "acme",
        tenancy="prefix" if tenancy == "prefix" else "bucket",
        access_key="key",
        secret_key="secret",
        max_retries=0,
    )
    client: Any = AsyncMinIOClient(config) if style == "async" else Blocking(MinIOClient(config))
    async with client:
        yield client


@pytest.fixture
def client(setting: Setting) -> AsyncMinIOClient:
    """The client under test."""
    return setting.connect()


@pytest_asyncio.fixture
async def bucket(setting: Setting, client: AsyncMinIOClient) -> str:
    """A new, empty bucket of the tenant."""
    name = setting.bucket()
    await client.create_bucket(name)
    return name


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(gap): see FEATURES in gaps.py")
    config.addinivalue_line("markers", "feature(name): the row of docs/servers.md")
