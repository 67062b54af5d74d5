"""Where the keys come from: the order of the sources, and what none of them may do."""

from __future__ import annotations

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    Config,
    ConfigurationError,
    Credentials,
    CredentialsError,
    EnvironmentProvider,
    MinIOClient,
    ProfileProvider,
)
from minio_sdk.credentials import DEVELOPMENT, Provider, _shared, find_credentials
from tests.credentials.test_metadata import Instance, document
from tests.credentials.test_sts import answer, form
from tests.scripted import Request, ScriptedServer, Step, reply

NOWHERE = str(Path(__file__).with_name("no-such-folder"))
ALONE = {"HOME": NOWHERE, "USERPROFILE": NOWHERE, "AWS_EC2_METADATA_DISABLED": "true"}
"""A computer without files of the user's, that is no instance of a cloud."""
CANARY = "can" + "ary"
REMOTE = Config("https://s3.example.com", "acme")
LOCAL = Config("http://localhost:9000", "acme")
MINIO = {"MINIO_ACCESS_KEY": "m", "MINIO_SECRET_KEY": "ms", "MINIO_SESSION_TOKEN": "mt"}
AWS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "as", "AWS_SESSION_TOKEN": "at"}


class Vault:
    """Gives other keys each time."""

    asked = 0

    def credentials(self) -> Credentials | None:
        self.asked += 1
        return Credentials(f"key{self.asked}", "s")


def found(config: Config, **environ: str) -> tuple[str, Credentials | None]:
    provider = find_credentials(config, {**ALONE, **environ})
    return provider.source, provider.credentials()


def test_keys_of_the_configuration_come_first() -> None:
    config = LOCAL.with_(access_key="k", secret_key="s", session_token="t")
    assert found(config, **MINIO, **AWS) == ("config", Credentials("k", "s", "t"))
    given = Credentials("c", "s")
    provider = find_credentials(LOCAL.with_(credentials=given), MINIO)
    assert provider.credentials() is given
    assert provider.found


def test_a_provider_is_asked_each_time() -> None:
    vault = Vault()
    provider = find_credentials(LOCAL.with_(credentials=vault), MINIO)
    assert vault.asked == 0
    assert [provider.credentials() for _ in range(2)] == [
        Credentials("key1", "s"),
        Credentials("key2", "s"),
    ]
    assert provider.found


def test_a_function_is_a_provider_and_none_means_unsigned() -> None:
    assert found(LOCAL.with_(credentials=lambda: None), **MINIO) == ("config", None)
    assert found(LOCAL.with_(credentials=lambda: DEVELOPMENT)) == ("config", DEVELOPMENT)


@pytest.mark.parametrize("wrong", [("AKIA", CANARY), {"secret_key": CANARY}, CANARY, object()])
def test_a_provider_that_gives_something_else_is_named_and_its_secret_not_shown(wrong: Any) -> None:
    provider = find_credentials(LOCAL.with_(credentials=lambda: wrong), {})
    with pytest.raises(ConfigurationError, match="must give Credentials or None") as caught:
        provider.credentials()
    assert type(wrong).__name__ in str(caught.value)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_provider_s_own_exception_is_the_caller_s_to_see() -> None:
    def broken() -> Credentials:
        raise LookupError("vault is sealed")

    with pytest.raises(LookupError, match="sealed"):
        find_credentials(LOCAL.with_(credentials=broken), {}).credentials()


def test_the_environment_comes_second_minio_s_names_before_aws_s() -> None:
    assert found(REMOTE, **MINIO, **AWS) == ("environment", Credentials("m", "ms", "mt"))
    assert found(REMOTE, **AWS) == ("environment", Credentials("a", "as", "at"))
    without = {k: v for k, v in AWS.items() if "TOKEN" not in k}
    assert found(LOCAL, **without) == ("environment", Credentials("a", "as"))
    assert find_credentials(REMOTE, MINIO).found


def test_the_process_s_environment_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    assert find_credentials(REMOTE).credentials() == Credentials("a", "as", "at")


def test_empty_variables_are_none() -> None:
    assert found(REMOTE, **dict.fromkeys(MINIO, ""), **AWS)[1] == Credentials("a", "as", "at")
    assert found(REMOTE, **dict.fromkeys([*MINIO, *AWS], "")) == ("anonymous", None)


@pytest.mark.parametrize(
    "set_, missing",
    [
        ("MINIO_ACCESS_KEY", "MINIO_SECRET_KEY"),
        ("MINIO_SECRET_KEY", "MINIO_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
    ],
)
def test_half_a_pair_is_an_error_that_names_the_other_half(set_: str, missing: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{missing}: is not set") as caught:
        find_credentials(LOCAL, {set_: CANARY})
    assert CANARY not in str(caught.value)


def test_a_bad_key_in_the_environment_is_an_error_that_doesn_t_show_it() -> None:
    with pytest.raises(ConfigurationError, match="^secret_key: ") as caught:
        find_credentials(LOCAL, {"MINIO_ACCESS_KEY": "m", "MINIO_SECRET_KEY": f"{CANARY}\n"})
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("url", ["http://localhost:9000", "http://127.0.0.1", "https://[::1]:9000"])
def test_a_server_on_this_computer_gets_the_development_pair(url: str) -> None:
    provider = find_credentials(Config(url, "acme"), ALONE)
    assert (provider.source, provider.credentials()) == ("development", DEVELOPMENT)
    assert not provider.found  # assumed, not given: api="auto" asks the server then


@pytest.mark.parametrize(
    "url", ["http://minio:9000", "http://localhost.example.com", "http://10.0.0.1"]
)
def test_another_server_gets_none(url: str) -> None:
    provider = find_credentials(Config(url, "acme"), ALONE)
    assert (provider.source, provider.credentials(), provider.found) == ("anonymous", None, False)


def test_a_provider_doesn_t_show_its_keys() -> None:
    provider = find_credentials(LOCAL.with_(access_key="k", secret_key=CANARY))
    assert isinstance(provider, Provider)
    assert CANARY not in repr(provider)


# -- files -----------------------------------------------------------------------------------------

KEYS = "[{0}]\naws_access_key_id = {1}\naws_secret_access_key = s\n"


class Home:
    """A home folder, and an environment that has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**ALONE, "HOME": str(folder), "USERPROFILE": str(folder)}

    def aws(self, credentials: str = "", config: str = "") -> None:
        (self.folder / ".aws").mkdir(exist_ok=True)
        (self.folder / ".aws" / "credentials").write_text(credentials)
        (self.folder / ".aws" / "config").write_text(config)

    def mc(self, url: str, key: str = "MC") -> None:
        (self.folder / ".mc").mkdir(exist_ok=True)
        alias = {"url": url, "accessKey": key, "secretKey": "s"}
        text = json.dumps({"version": "10", "aliases": {"x": alias}})
        (self.folder / ".mc" / "config.json").write_text(text)

    def found(self, config: Config, **environ: str) -> tuple[str, str | None]:
        """The source, and the access key."""
        provider = find_credentials(config, {**self.environ, **environ})
        keys = provider.credentials()
        return provider.source, None if keys is None else keys.access_key


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize("config", [LOCAL, REMOTE], ids=["loopback", "remote"])
def test_the_order_of_the_sources(home: Home, config: Config) -> None:
    """Environment, AWS's files, mc's, and only then what is assumed."""
    last = ("development", "minioadmin") if config is LOCAL else ("anonymous", None)
    assert home.found(config) == last
    home.mc(config.endpoints[0])
    assert home.found(config) == ("mc", "MC")
    home.aws(KEYS.format("default", "FILE") + KEYS.format("work", "WORK"))
    assert home.found(config) == ("profile", "FILE")
    assert home.found(config, AWS_PROFILE="work") == ("profile", "WORK")
    assert home.found(config, **AWS) == ("environment", "a")
    assert home.found(config.with_(access_key="c", secret_key="s"), **AWS) == ("config", "c")


def test_what_is_found_in_files_was_given_by_somebody(home: Home) -> None:
    home.mc("http://localhost:9000")
    assert find_credentials(LOCAL, home.environ).found
    home.aws(KEYS.format("default", "FILE"))
    assert find_credentials(LOCAL, home.environ).found


def test_a_file_that_is_written_anew_is_read_by_clients_made_then(home: Home) -> None:
    import os

    for number in range(3):
        home.aws(KEYS.format("default", f"K{number}"))
        for name in ("credentials", "config"):
            os.utime(home.folder / ".aws" / name, (number, number))
        assert home.found(REMOTE) == ("profile", f"K{number}")


def test_files_are_read_once_for_all_clients(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.aws(KEYS.format("default", "FILE"))
    assert home.found(LOCAL) == ("profile", "FILE")
    monkeypatch.delattr(ProfileProvider, "read")
    assert home.found(LOCAL) == ("profile", "FILE")


def test_a_file_nobody_has_named_and_nobody_can_read_is_a_warning(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.aws("canary without a section")
    (home.folder / ".mc").mkdir()
    (home.folder / ".mc" / "config.json").write_text("canary")
    with caplog.at_level(logging.WARNING, "minio_sdk"):
        assert home.found(LOCAL) == ("development", "minioadmin")
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    assert CANARY not in caplog.text
    file = str(home.folder / ".aws" / "credentials")
    for named in (
        {"AWS_PROFILE": "default"},
        {"AWS_SHARED_CREDENTIALS_FILE": file},
        {"MC_CONFIG_DIR": str(home.folder / ".mc")},
    ):
        with pytest.raises(ConfigurationError, match="can't be read"):
            home.found(LOCAL, **named)


def test_a_profile_that_somebody_names_must_be_there(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="profile 'work' is neither in.*AWS_PROFILE"):
        home.found(LOCAL, AWS_PROFILE="work")


# -- machines --------------------------------------------------------------------------------------


@pytest.fixture
def fresh() -> None:
    """No provider of another test."""
    _shared.cache_clear()


def machine(server: ScriptedServer, *have: str) -> dict[str, str]:
    """What the environment says on a machine that has these."""
    token = {"AWS_WEB_IDENTITY_TOKEN_FILE": __file__, "AWS_ROLE_ARN": "arn:aws:iam::1:role/WEB"}
    return {
        "AWS_EC2_METADATA_DISABLED": "false",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
        "AWS_ENDPOINT_URL_STS": server.url,
        **(
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/c"} if "container" in have else {}
        ),
        **(token if "web identity" in have else {}),
    }


def answers(request: Request) -> Step:
    if request.path == "/c":
        return reply(200, document(AccessKeyId="CONTAINER", Expiration=None))
    if request.method == "POST":
        role = form(request)["RoleArn"].rpartition("/")[2].encode()
        return reply(200, answer(life=4e9).body.replace(b">TEMP<", b">%b<" % role))
    if request.path.endswith("/my-role"):
        return reply(200, document(AccessKeyId="INSTANCE", Expiration=None))
    return Instance()(request)


@pytest.mark.usefixtures("fresh")
def test_a_machine_s_own_come_last_and_for_no_loopback_server(home: Home) -> None:
    with ScriptedServer(handler=answers) as server:
        for have, found in (
            ((), ("instance", "INSTANCE")),
            (("web identity",), ("web identity", "WEB")),
            (("container", "web identity"), ("container", "CONTAINER")),
        ):
            environ = machine(server, *have)
            assert home.found(REMOTE, **environ) == found
            # A role that an instance happens to have says nothing of the server.
            given = find_credentials(REMOTE, {**home.environ, **environ}).found
            assert given is (found[0] != "instance")
            asked = len(server.requests)
            assert home.found(LOCAL, **environ) == ("development", "minioadmin")
            assert home.found(REMOTE, **AWS, **environ) == ("environment", "a")
            home.mc(REMOTE.endpoints[0])
            assert home.found(REMOTE, **environ) == ("mc", "MC")
            (home.folder / ".mc" / "config.json").unlink()
            assert len(server.requests) == asked


@pytest.mark.usefixtures("fresh")
def test_for_a_loopback_server_no_profile_asks_the_network_or_runs_a_program(home: Home) -> None:
    role = "[default]\nrole_arn = arn:aws:iam::1:role/ROLE\ncredential_source = EcsContainer\n"
    with ScriptedServer(handler=answers) as server:
        environ = machine(server, "container")
        for text in (role, "[default]\ncredential_process = /no/such/program\n"):
            home.aws("", text)
            assert home.found(LOCAL, **environ) == ("development", "minioadmin")
        assert server.requests == []
        home.aws("", role)
        assert home.found(REMOTE, **environ) == ("profile", "ROLE")


@pytest.mark.usefixtures("fresh")
def test_making_a_client_asks_nobody_and_clients_share_what_they_find(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(handler=answers) as server:
        for name, value in {**home.environ, **machine(server)}.items():
            monkeypatch.setenv(name, value)
        clients = [MinIOClient(REMOTE.with_(api="s3")) for _ in range(3)]
        clients.append(clients[0].with_(tenant_id="other", timeout=3))
        assert server.requests == []
        for client in clients:
            assert "Credential=INSTANCE" in client.get_presigned_url("docs", "a")
        assert len(server.requests) == 3


@pytest.mark.usefixtures("fresh")
def test_where_there_is_no_instance_requests_are_not_signed(home: Home) -> None:
    with ScriptedServer([reply(404)]) as server:
        environ = machine(server)
        assert home.found(REMOTE, **environ) == ("instance", None)
        assert not find_credentials(REMOTE, {**home.environ, **environ}).found


@pytest.mark.usefixtures("fresh")
def test_a_source_that_is_there_and_fails_is_an_error_and_no_other_is_taken(home: Home) -> None:
    with ScriptedServer([reply(403), reply(404)]) as server:
        with pytest.raises(CredentialsError, match="HTTP 403"):
            home.found(REMOTE, **machine(server, "container"))
        home.aws("", "[default]\nrole_arn = r\ncredential_source = Ec2InstanceMetadata\n")
        with pytest.raises(CredentialsError, match="has no keys"):
            home.found(REMOTE, **machine(server))


def test_half_a_web_identity_is_an_error(home: Home) -> None:
    with pytest.raises(ConfigurationError, match="^AWS_ROLE_ARN: is not set"):
        home.found(REMOTE, AWS_WEB_IDENTITY_TOKEN_FILE="/token")


# -- chains ----------------------------------------------------------------------------------------


def test_a_chain_takes_the_first_that_has_any() -> None:
    from minio_sdk import ChainProvider, McConfigProvider

    nobody = McConfigProvider(alias="x", config_dir=NOWHERE, environ={})
    chain = ChainProvider(EnvironmentProvider({}), nobody, EnvironmentProvider(AWS), Vault())
    assert chain.credentials() == Credentials("a", "as", "at")
    assert CANARY not in repr(chain)
    with pytest.raises(CredentialsError, match="has no credentials"):
        ChainProvider(EnvironmentProvider({}), nobody).credentials()
    with pytest.raises(CredentialsError, match="is not set"):
        ChainProvider(EnvironmentProvider({"AWS_ACCESS_KEY_ID": "a"}), Vault()).credentials()


def test_the_environment_is_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    provider = EnvironmentProvider()
    assert provider.credentials() is None
    for name, value in MINIO.items():
        monkeypatch.setenv(name, value)
    assert provider.credentials() == Credentials("m", "ms", "mt")
