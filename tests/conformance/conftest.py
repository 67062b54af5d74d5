"""Each conformance test in every combination: {sync, async} x {plain, bucket, prefix} x the servers.

A test that makes sense in some of them only narrows a fixture down:

    @pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
"""

from __future__ import annotations

import functools
import uuid
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
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


@pytest.fixture
def tested_server(server: Server) -> Server:
    """Where a test's setting is. A file whose tests need another server has a fixture of this name."""
    return server


@pytest.fixture(scope="session")
def view_of() -> Iterator[Callable[[Server], Any]]:
    """boto3's view of a server, which knows nothing of ours; one for all tests."""
    with ExitStack() as stack:

        def view(server: Server) -> Any:
            keys = Credentials(server.access_key, server.secret_key)
            client = s3_of(server.base_url, keys, 3, server.ca_file)
            stack.callback(client.close)
            return client

        yield functools.cache(view)


@pytest.fixture
def other_view(minio: Server, view_of: Callable[[Server], Any]) -> Any:
    """boto3's view of the shared MinIO, for tests on another one that sends objects there."""
    return view_of(minio)


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
def shared_bucket_of(view_of: Callable[[Server], Any]) -> Iterator[Callable[[Server], str]]:
    """The bucket that a server's tenants share; the SDK makes it, and one is enough for a worker's tests."""
    names: dict[Server, str] = {}
    yield lambda server: names.setdefault(server, f"shared-{uuid.uuid4().hex[:10]}")
    for server, name in names.items():
        s3 = view_of(server)
        if name in (bucket["Name"] for bucket in s3.list_buckets()["Buckets"]):
            wipe(s3, name)


@pytest_asyncio.fixture
async def setting(
    request: pytest.FixtureRequest,
    tested_server: Server,
    view_of: Callable[[Server], Any],
    style: Style,
    tenancy: Tenancy,
    shared_bucket_of: Callable[[Server], str],
) -> AsyncIterator[Setting]:
    """A new tenant (or none) with nothing on the server, and nothing left there afterwards."""
    if gap := request.node.get_closest_marker("needs"):
        _expect_gap(request, gap.args[0], tested_server.kind, tenancy)
    # A server of one file's own may be gone before what is shared is looked for at the end.
    shared_bucket = shared_bucket_of(tested_server) if tenancy == "prefix" else "none-shared"
    # By the test's name: every kind of tenant id is met, and the same one when a test is repeated.
    kind_of_id = zlib.crc32(request.node.name.encode())
    s3 = view_of(tested_server)
    found = Setting(tested_server, s3, style, tenancy, shared_bucket, kind_of_id)
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


@pytest.fixture
def cold(setting: Setting, other_view: Any) -> Iterator[str]:
    """A new bucket of the shared MinIO, by the server's name."""
    name = f"{setting.token}-cold"
    other_view.create_bucket(Bucket=name)
    yield name
    wipe(other_view, name)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(gap): see FEATURES in gaps.py")
    config.addinivalue_line("markers", "feature(name): the row of docs/servers.md")
