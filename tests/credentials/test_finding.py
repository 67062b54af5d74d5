"""Where the keys come from: the configuration, the environment, the development pair, or nowhere."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import Config, ConfigurationError, Credentials
from minio_sdk.credentials import DEVELOPMENT, Provider, find_credentials

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
