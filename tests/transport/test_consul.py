"""A server found through Consul, and what happens when there is none to be found."""

from __future__ import annotations

import json
import logging
import socket
from typing import Any

import pytest

from minio_sdk import AsyncMinIOClient, ConfigurationError, MinIOClient
from minio_sdk.transport import consul
from tests.both import stored
from tests.scripted import Request, ScriptedServer, Step, drop_before_reply, hang, redirect, reply


def instance(
    address: str = "", port: Any = 9000, node: str = "10.0.0.9", **service: Any
) -> dict[str, Any]:
    """One item of Consul's answer, with some of what else it has."""
    return {
        "Node": {"Node": "n1", "Address": node},
        "Service": {"ID": "minio-1", "Address": address, "Port": port, **service},
        "Checks": [{"Status": "passing"}],
    }


def answer(*instances: object) -> Step:
    return reply(200, json.dumps(instances).encode())


def found(server: ScriptedServer | None, **env: str) -> str | None:
    address = {} if server is None else {"CONSUL_HTTP_ADDR": f"{server.host}:{server.port}"}
    return consul.find_service({**address, **env})


def test_the_address_of_a_passing_instance() -> None:
    with ScriptedServer([answer(instance("10.1.1.1", 9010))]) as server:
        assert found(server) == "http://10.1.1.1:9010"
    (request,) = server.requests
    assert request.line == b"GET /v1/health/service/minio?passing=1 HTTP/1.1"
    assert request.header("X-Consul-Token") is None
    assert request.header("X-Tenant-ID") is None


def test_one_of_several_by_chance() -> None:
    several = answer(*(instance(f"10.1.1.{number}") for number in range(3)))
    with ScriptedServer(handler=lambda _: several) as server:
        urls = {found(server) for _ in range(60)}
    assert urls == {f"http://10.1.1.{number}:9000" for number in range(3)}


@pytest.mark.parametrize(
    "item, url",
    [
        (instance(""), "http://10.0.0.9:9000"),
        (instance("fd00::1"), "http://[fd00::1]:9000"),
        (instance("minio.service.consul", 443, Tags=["https"]), "https://minio.service.consul:443"),
        (instance("10.1.1.1", Meta={"scheme": "https"}), "https://10.1.1.1:9000"),
        (instance("10.1.1.1", Tags=None, Meta=None), "http://10.1.1.1:9000"),
    ],
)
def test_where_an_instance_lives(item: object, url: str) -> None:
    with ScriptedServer([answer(instance("", 0, ""), item)]) as server:
        assert found(server) == url


def test_the_token_goes_to_consul_and_nowhere_else() -> None:
    with ScriptedServer() as other, ScriptedServer([redirect(f"{other.url}/v1")]) as server:
        assert found(server, CONSUL_HTTP_TOKEN="t0ken") is None
    assert server.requests[0].header("X-Consul-Token") == "t0ken"
    assert other.requests == []


def test_an_address_with_a_scheme_and_a_path() -> None:
    with ScriptedServer([answer(instance("10.1.1.1"))]) as server:
        assert found(None, CONSUL_HTTP_ADDR=f"{server.url}/consul/") == "http://10.1.1.1:9000"
    assert server.requests[0].path == "/consul/v1/health/service/minio"


@pytest.mark.parametrize("value", ["1", "true", "TRUE"])
def test_consul_over_tls(value: str, caplog: pytest.LogCaptureFixture) -> None:
    """A certificate that nobody trusts: it was TLS that was tried."""
    with ScriptedServer(tls=True) as server:
        assert found(server, CONSUL_HTTP_SSL=value) is None
    assert "SSLError" in caplog.text


TROUBLE: dict[str, Step] = {
    "none passing": answer(),
    "no address": answer(instance("", node="")),
    "no port": answer(instance("10.1.1.1", 0)),
    "500": reply(500, b"No cluster leader"),
    "403": reply(403, b"Permission denied"),
    "dropped": drop_before_reply(),
    "not json": reply(200, b"<html>"),
    "an object": reply(200, b"{}"),
    "an object with things": reply(200, b'{"a": 1}'),
    "null": reply(200, b"null"),
    "a list of texts": reply(200, b'["a"]'),
    "texts for objects": reply(200, b'[{"Service": "a"}]'),
    "silence": hang(),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_is_a_warning_and_no_url(
    trouble: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consul, "TIMEOUT", 0.2)
    with ScriptedServer([TROUBLE[trouble]]) as server:
        assert found(server, CONSUL_HTTP_TOKEN="t0ken") is None
    (record,) = [record for record in caplog.records if record.name == "minio_sdk"]
    assert record.levelno == logging.WARNING
    assert "Consul" in record.getMessage()
    assert "'minio'" in record.getMessage()
    assert "t0ken" not in caplog.text


def test_an_unreachable_consul_is_a_warning_and_no_url(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert found(None, CONSUL_HTTP_ADDR=f"127.0.0.1:{taken.getsockname()[1]}") is None
    assert "Consul could not be asked for 'minio': ConnectionError" in caplog.text


# --- clients -------------------------------------------------------------------------------------

KINDS = [MinIOClient, AsyncMinIOClient]


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_without_an_address_asks_consul(
    kind: type[MinIOClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer([answer(instance("10.1.1.1", 9010))]) as server:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", server.url)
        assert kind().config.base_url == "http://10.1.1.1:9010"
    assert len(server.requests) == 1


def test_the_server_that_consul_names_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([stored(b"x")]) as minio:
        with ScriptedServer([answer(instance("127.0.0.1", minio.port))]) as server:
            monkeypatch.setenv("CONSUL_HTTP_ADDR", server.url)
            with MinIOClient(user_id="acme", access_key="a", secret_key="b") as client:
                assert client.get_object("docs", "a") == b"x"


@pytest.mark.parametrize("kind", KINDS)
def test_a_client_without_consuls_help_falls_back_to_localhost(
    kind: type[MinIOClient], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer([answer()]) as server:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", server.url)
        assert kind().config.base_url == "http://localhost:9000"
    assert "Consul knows no passing instance of 'minio'" in caplog.text


@pytest.mark.parametrize("kind", KINDS)
def test_consul_is_not_asked_by_those_who_know(
    kind: type[MinIOClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer() as server:
        monkeypatch.setenv("CONSUL_HTTP_ADDR", server.url)
        assert kind(host="minio").config.base_url == "http://minio:9000"
        assert kind(port=1234).config.base_url == "http://localhost:1234"
        assert kind(base_url="http://here").config.base_url == "http://here"
        for name, value in (
            ("MINIO_ENDPOINT", "http://there"),
            ("AWS_ENDPOINT_URL", "http://there"),
        ):
            with monkeypatch.context() as patch:
                patch.setenv(name, value)
                assert kind().config.base_url == "http://there"
    assert server.requests == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "arguments, url",
    [
        ({"host": "minio"}, "http://minio:9000"),
        ({"host": "minio", "port": 80}, "http://minio"),
        ({"host": "minio", "secure": True}, "https://minio:9000"),
        ({"host": "minio", "port": 443, "secure": True}, "https://minio"),
        ({"host": "::1"}, "http://[::1]:9000"),
        ({"host": "[::1]", "port": 1}, "http://[::1]:1"),
        ({}, "http://localhost:9000"),
    ],
)
def test_forms_of_host_and_port(
    kind: type[MinIOClient], arguments: dict[str, Any], url: str
) -> None:
    config = kind(user_id="doc-service", timeout=7, **arguments).config
    assert (config.base_url, config.tenant_id, config.timeout) == (url, "doc-service", 7)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"host": "minio", "base_url": "http://minio"}, "give either them or base_url"),
        ({"host": ""}, "must be a host name or address"),
        ({"host": 5}, "must be a host name or address"),
        ({"host": "minio", "port": 0}, "must be 1 to 65535"),
        ({"host": "minio", "port": 70_000}, "must be 1 to 65535"),
        ({"host": "minio", "port": "9000"}, "must be 1 to 65535"),
        ({"secure": True}, "goes with host and port"),
        ({"user_id": "a", "tenant_id": "a"}, "is another name for tenant_id"),
    ],
)
def test_wrong_forms_of_host_and_port(
    kind: type[MinIOClient], arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        kind(**arguments)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["http://minio", "minio:9000"])
def test_a_url_or_a_port_for_a_host_is_told(kind: type[MinIOClient], host: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^host='{host}'"):
        kind(host=host)


def test_the_request_is_not_tried_again() -> None:
    """A client is being made: one question of a few seconds is all that it may cost."""

    def fail(_: Request) -> Step:
        return reply(503)

    with ScriptedServer(handler=fail) as server:
        assert found(server) is None
    assert len(server.requests) == 1
