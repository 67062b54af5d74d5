"""The pytest plugin, in runs of pytest of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import minio_sdk
from minio_sdk import LocalServer
from minio_sdk.pytest_plugin.servers import Server, clean

pytest_plugins = ["pytester"]

ROOT = Path(minio_sdk.__file__).parent.parent
OPTIONS = (
    *("-p", "minio_sdk.pytest_plugin", "-p", "no:cacheprovider", "-W", "error", "--strict-markers"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # this process has them loaded already
)


class Run:
    """A run of pytest with this plugin and those that a test names, and with no other."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.files = pytester
        self.path = pytester.path

    def __call__(self, *options: str, plugins: str = "") -> pytest.RunResult:
        loaded = [option for name in plugins.split() for option in ("-p", name)]
        if "pytest_asyncio.plugin" in plugins.split():
            loaded += ["-o", "asyncio_default_fixture_loop_scope=function"]
        return self.files.runpytest_inprocess(*OPTIONS, *loaded, *options)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server for runs whose own server would show nothing."""
    with LocalServer() as server:
        yield server.base_url


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # for workers
    outer = ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
    for name in (*outer, *(name for name in os.environ if name.startswith("PYTEST_MINIO_"))):
        monkeypatch.delenv(name, raising=False)
    return Run(pytester)


EVERYDAY = """
    import pytest

    seen = set()

    @pytest.mark.parametrize("number", range(2))
    def test_each_test_has_a_tenant_of_its_own(minio_client, minio_tenant, number):
        assert minio_client.config.tenant_id == minio_tenant
        assert minio_tenant not in seen
        seen.add(minio_tenant)
        assert minio_client.list_buckets() == []
        minio_client.upload("a", b"1")

    def test_what_a_test_had_is_removed(minio_server):
        with minio_server.client(None) as everybody:
            assert everybody.list_buckets() in ([], ["tenants"]) or [
                b.name for b in everybody.list_buckets()] == ["tenants"]
            if everybody.list_buckets():
                assert everybody.list_objects("tenants") == []

    @pytest.fixture
    def minio_config(minio_config):
        return minio_config.with_(bucket="mine")

    def test_settings_can_be_changed(minio_client, minio_config):
        minio_client.upload("a", b"1")
        assert [b.name for b in minio_client.list_buckets()] == ["mine"]

    def test_faults_are_in_the_way_of_the_clients(minio_client, minio_faults):
        assert minio_client.config.base_url == minio_faults.url
        minio_faults.drop_reply("PutObject", times=1)
        minio_client.upload("a", b"1")
        assert minio_client.download("a") == b"1"

    def test_fails(minio_client, minio_faults):
        minio_client.upload("a", b"1")
        assert False

    def test_shows_nothing(minio_client, minio_faults):
        minio_faults.fail("GetObject")
        minio_faults.fail("HeadObject", optional=True)
        minio_client.upload("a", b"1")
"""


@pytest.mark.parametrize("tenancy", ["bucket", "none"])
def test_an_everyday_run(run: Run, tenancy: str) -> None:
    code = EVERYDAY
    if tenancy == "none":
        code = code.replace("assert minio_tenant not in seen", "assert minio_tenant is None")
    run.files.makepyfile(code)
    run.files.makeini(f"[pytest]\nminio_tenancy = {tenancy}\n")
    result = run()
    result.assert_outcomes(passed=6, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*never happened: <fail 503 SlowDown(operation='GetObject') happened 0 times>,*",
            "*PutObject mine/a, 1 bytes -> server 200, client 200*",
        ]
    )
    result.stdout.fnmatch_lines(["*- minio_faults -*", "*CreateBucket*"])


ASYNC = """
    import asyncio
    import pytest

    async def check(client):
        await client.upload("a", b"1")
        assert await client.download("a") == b"1"
        check.clients.append((client, asyncio.get_running_loop()))

    check.clients = []
"""


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_the_async_client_is_on_the_test_s_own_loop(run: Run, url: str, mode: str) -> None:
    mark = "@pytest.mark.asyncio" if mode == "strict" else ""
    run.files.makepyfile(
        ASYNC
        + f"""
    {mark}
    async def test_function(async_minio_client):
        await check(async_minio_client)

    @pytest.mark.asyncio(loop_scope="module")
    async def test_module(async_minio_client, minio_faults):
        minio_faults.drop_reply("PutObject", times=1)
        await check(async_minio_client)

    @pytest.mark.asyncio(loop_scope="module")
    async def test_again_with_what_is_left_open(async_minio_client):
        await check(async_minio_client)
        async for part in async_minio_client.download_stream("default", "a"):
            break

    def test_all_of_them_are_closed():
        assert len(check.clients) == 3
        loops = [loop for _, loop in check.clients]
        assert loops[1] is loops[2] is not loops[0]
    """
    )
    result = run(f"--asyncio-mode={mode}", "--minio-url", url, plugins="pytest_asyncio.plugin")
    result.assert_outcomes(passed=4)


def test_the_async_client_works_with_anyio(run: Run, url: str) -> None:
    run.files.makepyfile(
        ASYNC
        + """
    pytestmark = pytest.mark.anyio

    @pytest.fixture(params=["asyncio"])
    def anyio_backend(request):
        return request.param

    async def test_one(async_minio_client):
        await check(async_minio_client)

    async def test_two(async_minio_client, minio_faults):
        minio_faults.fail("GetObject", times=1)
        await check(async_minio_client)
    """
    )
    # Beside the other one, which leaves it alone.
    result = run("--minio-url", url, plugins="anyio pytest_asyncio.plugin")
    result.assert_outcomes(passed=2)


def test_without_a_loop_the_async_client_says_what_to_do(run: Run) -> None:
    run.files.makepyfile("def test_one(async_minio_client): pass")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pytest.mark.asyncio (pip install pytest-asyncio)*"])


def test_workers_of_xdist_have_servers_of_their_own(run: Run) -> None:
    run.files.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(6))
        def test_one(minio_client, minio_server, worker_id, record_property, number):
            minio_client.upload("a", b"1")
            with open(f"{worker_id}.url", "w") as file:
                file.write(minio_server.base_url)
        """
    )
    result = run("-n2", "--minio-tenancy=prefix", plugins="xdist")
    result.assert_outcomes(passed=6)
    urls = [path.read_text() for path in sorted(run.path.glob("gw*.url"))]
    assert len(urls) == len(set(urls)) == 2


def test_another_server_is_left_as_it_was(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run.files.makepyfile(
        """
        def test_one(minio_client, minio_server, minio_faults):
            assert minio_server.external
            minio_faults.drop_reply("PutObject", times=1)
            minio_client.upload("a", b"1")
            assert "hush" not in repr(minio_server) + repr(minio_client)
        """
    )
    with LocalServer(access_key="admin", secret_key="hush-hush") as server:
        url = server.base_url
        with server.client(None) as client:
            client.upload("theirs", b"1")
            monkeypatch.setenv("PYTEST_MINIO_ACCESS_KEY", "admin")
            monkeypatch.setenv("PYTEST_MINIO_SECRET_KEY", "hush-hush")
            result = run("--minio-url", server.base_url)
            result.assert_outcomes(passed=1)
            result.stdout.fnmatch_lines([f"minio: {server.base_url}"])
            assert [bucket.name for bucket in client.list_buckets()] == ["default"]
        monkeypatch.setenv("PYTEST_MINIO_URL", server.base_url)
        result = run("--minio-tenancy=none")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*removal of all buckets*"])
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"minio_url: *{url}*"])


def test_a_wrong_setting_is_a_usage_error(run: Run) -> None:
    run.files.makeini("[pytest]\nminio_tenancy = both\n")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*minio_tenancy: 'both' must be one of*"])


def test_unused_it_loads_nothing(run: Run) -> None:
    """So that it costs other people's test runs nothing, and their coverage misses nothing."""
    run.files.makepyfile(
        """
        import sys

        def test_one():
            print("LOADED", *sorted(name for name in sys.modules if name.startswith("minio_sdk")))
        """
    )
    result = run.files.runpytest_subprocess(*OPTIONS, "-s")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*LOADED minio_sdk minio_sdk._version minio_sdk.pytest_plugin"])


def test_loading_it_brings_no_module_that_pytest_has_not() -> None:
    code = (
        "import sys, pytest; had = set(sys.modules); import minio_sdk.pytest_plugin; "
        "print(*sorted(set(sys.modules) - had))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = {name for name in done.stdout.split() if not name.startswith("minio_sdk")}
    assert loaded <= {"secrets", "hmac", "_hashlib", "random", "base64"}


def test_what_the_how_to_shows_is_so(run: Run, url: str) -> None:
    page = (ROOT / "docs" / "how-to" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    blocks = [block for block in blocks if "def test_" in block]
    run.files.makepyfile(**{f"test_{number}": block for number, block in enumerate(blocks)})
    result = run("--minio-url", url, plugins="pytest_asyncio.plugin")
    result.assert_outcomes(passed=sum(block.count("def test_") for block in blocks))


def test_what_can_not_be_removed_from_another_server_is_told() -> None:
    nobody = Server("http://127.0.0.1:1", {"max_retries": 0}, external=True)
    for tenancy in ("bucket", "prefix"):
        with pytest.warns(pytest.PytestWarning, match="'acme' could not be removed from http"):
            clean(nobody, "acme", tenancy)
    clean(Server("http://127.0.0.1:1", {"max_retries": 0}, external=False), "acme", "bucket")


def test_snapshots_are_removed_as_well(url: str) -> None:
    server = Server(url, {}, external=True)
    with server.client("snaptenant") as client, server.client(None) as everybody:
        client.upload_object("docs", "a", b"1")
        client.create_snapshot("docs")
        others = [b.name for b in everybody.list_buckets() if "snaptenant" not in b.name]
        assert "snaptenant--snapshots" in [b.name for b in everybody.list_buckets()]
        clean(server, "snaptenant", "bucket")
        assert [bucket.name for bucket in everybody.list_buckets()] == others
