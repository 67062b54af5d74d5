"""Real servers for the tests that ask for one, and an environment that is the same everywhere."""

from __future__ import annotations

import os
import signal
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.conformance import matrix
from tests.servers import (
    ALL_KINDS,
    Farm,
    RemoteFarm,
    Server,
    Servers,
    Unavailable,
    announce,
    kinds,
    version,
)

# Time says nothing on a machine that does other things as well.
hypothesis.settings.register_profile(
    "patient",
    parent=hypothesis.settings(),  # Hypothesis's own profile for CI, where CI is set
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")

_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    _forget_the_users_settings()
    # A shell starts what it runs in the background deaf to Ctrl-C, and children inherit that.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    worker = getattr(config, "workerinput", None)
    config.stash[_SERVERS] = Farm() if worker is None else RemoteFarm(worker["farm"])


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SERVERS in config.stash:
        config.stash[_SERVERS].stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker: tell it where to ask for servers."""
    node.workerinput["farm"] = node.config.stash[_SERVERS].port


def _forget_the_users_settings() -> None:
    """Take away whatever would lead a client of these tests to somebody's real account.

    Tests of discovery give their own values back, with `monkeypatch`.
    """
    for name in list(os.environ):
        ours = name.startswith("MINIO_SDK_TEST_")
        if not ours and (
            name.startswith(("AWS_", "CONSUL_", "MINIO_", "MC_"))
            or name.lower() in ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
        ):
            del os.environ[name]
    nowhere = str(Path(__file__).with_name("no-such-folder"))
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = nowhere
    os.environ["MC_CONFIG_DIR"] = nowhere


def pytest_report_header() -> list[str]:
    return announce()


@pytest.fixture(scope="session", params=kinds())
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn; the test is skipped for those that this machine lacks."""
    return _server(request.config, request.param)


@pytest.fixture(scope="session")
def minio(request: pytest.FixtureRequest) -> Server:
    """MinIO, for what no other server has; the test is skipped where this machine lacks it."""
    return _server(request.config, "minio")


@pytest.fixture(scope="session")
def minio_tls(request: pytest.FixtureRequest) -> Server:
    """MinIO with TLS and a key of its own."""
    return _server(request.config, "minio-tls")


@pytest.fixture(scope="session")
def minio_two(request: pytest.FixtureRequest) -> Server:
    """Two MinIOs that are one cluster, with two drives each."""
    return _server(request.config, "minio-two")


@pytest.fixture(scope="session")
def encrypting(request: pytest.FixtureRequest, server: Server) -> Server:
    """The server; MinIO with TLS, without which it takes no customer's keys, and a key of its own."""
    return _server(request.config, "minio-tls") if server.kind == "minio" else server


@pytest.fixture(scope="session")
def knowing(request: pytest.FixtureRequest, server: Server) -> Server:
    """The server; MinIO with users that others vouch for."""
    return _server(request.config, "minio-identity") if server.kind == "minio" else server


@pytest.fixture(scope="session")
def seaweedfs(request: pytest.FixtureRequest) -> Server:
    """The embedded server, for what doesn't depend on the server."""
    return _server(request.config, "seaweedfs")


def _server(config: pytest.Config, kind: str) -> Server:
    try:
        return config.stash[_SERVERS].get(kind)
    except Unavailable as reason:
        pytest.skip(f"no {kind} server: {reason}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Write on each test which server it is for, and what it is about, so that the summary can count."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "server" in callspec.params:
            item.user_properties.append(("server", callspec.params["server"]))
        for name in ("feature", "needs"):
            if marker := item.get_closest_marker(name):
                item.user_properties.append((name, marker.args[0]))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--servers-page", action="store_true", help="write docs/servers.md after a whole run"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A whole run on all servers has the say on docs/servers.md."""
    config = session.config
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if hasattr(config, "workerinput") or reporter is None or not _is_whole(config, reporter.stats):
        return
    versions = {kind: version(kind) for kind in kinds()}
    page = matrix.tally(reporter.stats).page(versions)
    there = matrix.PAGE.read_text(encoding="utf-8") if matrix.PAGE.exists() else ""
    if config.option.servers_page:
        matrix.PAGE.write_text(page, encoding="utf-8")
    elif not matrix.says_the_same(page, there):
        reporter.write_line(
            "docs/servers.md says something else than this run: python -m pytest --servers-page",
            red=True,
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_whole(config: pytest.Config, stats: dict[str, list[Any]]) -> bool:
    """Whether every test has run, on every server, and none has failed."""
    option = config.option
    chosen = option.keyword or option.markexpr or getattr(option, "lf", False) or option.collectonly
    if chosen or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return False
    if stats.get("failed") or stats.get("error") or set(kinds()) != set(ALL_KINDS):
        return False
    return not any(line.startswith("server") and "MISSING" in line for line in announce())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which servers were really talked to."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for outcome in ("passed", "failed", "error", "xfailed", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            if kind := dict(getattr(report, "user_properties", ())).get("server"):
                counts[str(kind)][outcome] += 1
    if counts:
        terminalreporter.section("tests against real servers")
        for line in announce():
            kind = line.split()[1].rstrip(":")
            told = ", ".join(f"{number} {outcome}" for outcome, number in counts[kind].items())
            terminalreporter.write_line(f"{line}: {told or 'none'}")
