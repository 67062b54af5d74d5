"""`Config.with_` and `Config.from_env`: where settings come from, and which of them win."""

from __future__ import annotations

import os
import traceback
from dataclasses import fields
from typing import Any

import pytest

from minio_sdk import Config, ConfigurationError, Credentials, MinIOClient
from minio_sdk.config import MIN_PART
from minio_sdk.models.variables import url_from_env
from tests.test_config import CANARY, HERE, URL, full, make

# -- with_ -----------------------------------------------------------------------------------------


def test_a_copy_has_the_changes_and_leaves_the_first_as_it_was() -> None:
    config = full()
    other = config.with_(timeout=6, tenant_id="other")
    assert (other.timeout, other.tenant_id, other.secret_key) == (6, "other", CANARY)
    assert config == full()
    assert config.with_() == config
    assert config.with_(user_id="other").tenant_id == "other"


def test_a_copy_is_checked_like_a_first_one() -> None:
    with pytest.raises(ConfigurationError, match="^timeout=0: "):
        full().with_(timeout=0)


@pytest.mark.parametrize(
    "name, hint",
    [
        ("time_out", "; did you mean timeout?"),
        ("acces_key", "access_key"),
        ("xyz", ""),
        ("endpoint_url", "; did you mean base_url?"),  # boto3's names
        ("aws_access_key_id", "; did you mean access_key?"),
        ("endpoint", "; did you mean base_url?"),  # minio-py's
        ("http_client", ""),
        ("region_name", "region"),
    ],
)
def test_a_setting_that_does_not_exist_is_refused_with_the_nearest_name(
    name: str, hint: str
) -> None:
    for call in (full().with_, lambda **v: Config.from_env({}, **v)):
        with pytest.raises(
            ConfigurationError, match=f"^{name}: there is no such setting"
        ) as caught:
            call(**{name: CANARY})
        assert hint in str(caught.value)
        assert CANARY not in str(caught.value)


def test_one_tenant_has_one_name() -> None:
    for call in (full().with_, lambda **v: Config.from_env({}, **v)):
        with pytest.raises(ConfigurationError, match="^user_id: is another name for tenant_id"):
            call(user_id="a", tenant_id="a")


KEYS = ("access_key", "secret_key", "session_token", "credentials")
PAIR: dict[str, Any] = {"access_key": "new", "secret_key": "s"}
GIVEN = Credentials("given", "s")


@pytest.mark.parametrize("before", [{}, {**PAIR, "session_token": "t"}, {"credentials": GIVEN}])
@pytest.mark.parametrize(
    "changes, after",
    [
        (PAIR, ("new", "s", None, None)),
        ({**PAIR, "session_token": "n"}, ("new", "s", "n", None)),
        ({"credentials": GIVEN}, (None, None, None, GIVEN)),
        ({"access_key": None, "credentials": None}, (None, None, None, None)),
        ({**dict.fromkeys(KEYS)}, (None, None, None, None)),
    ],
)
def test_new_keys_replace_the_old_ones_as_a_whole(
    before: dict[str, Any], changes: dict[str, Any], after: tuple[Any, ...]
) -> None:
    config = make(**before).with_(**changes)
    assert tuple(getattr(config, name) for name in KEYS) == after


def test_a_new_access_key_is_never_used_with_the_old_secret() -> None:
    with pytest.raises(ConfigurationError, match="^secret_key: is missing"):
        full().with_(access_key="new")


def test_a_new_secret_or_token_for_the_same_access_key_is_fine() -> None:
    config = full().with_(secret_key="other")
    assert (config.access_key, config.secret_key, config.session_token) == ("AKIA", "other", CANARY)
    assert full().with_(session_token=None).session_token is None


# -- from_env --------------------------------------------------------------------------------------


def test_an_empty_environment_is_localhost_without_tenancy() -> None:
    assert Config.from_env({}) == Config(URL, None)


def test_every_field_can_be_set_by_the_environment() -> None:
    environ = {
        "MINIO_ENDPOINT": "https://h:1",
        "MINIO_TENANT_ID": "acme",
        "MINIO_TIMEOUT": "5",
        "MINIO_MAX_RETRIES": "1",
        "MINIO_BASE_DELAY": "0.5",
        "MINIO_ACCESS_KEY": "AKIA",
        "MINIO_SECRET_KEY": CANARY,
        "MINIO_SESSION_TOKEN": CANARY,
        "MINIO_REGION": "eu-west-1",
        "MINIO_BUCKET": "docs",
        "MINIO_API": "s3",
        "MINIO_TENANCY": "prefix",
        "MINIO_SHARED_BUCKET": "all-of-us",
        "MINIO_ADDRESSING": "virtual",
        "MINIO_PUBLIC_URL": "https://cdn",
        "MINIO_MAX_DELAY": "9",
        "MINIO_JITTER": "0",
        "MINIO_DEADLINE": "60",
        "MINIO_CONNECT_TIMEOUT": "2",
        "MINIO_POOL_SIZE": "10",
        "MINIO_VERIFY": "no",
        "MINIO_CERT": str(HERE),
        "MINIO_PART_SIZE": str(MIN_PART),
        "MINIO_MULTIPART_THRESHOLD": "0",
        "MINIO_MEMORY_BUDGET": "1048576",
        "MINIO_STATE_DIR": "/var/lib/x",
        "MINIO_LOW_SPEED_LIMIT": "1000",
        "MINIO_LOW_SPEED_TIME": "20",
        "MINIO_ALLOW_SSE_C_OVER_HTTP": "yes",
        "MINIO_USER_AGENT": "backup/1.2",
        "MINIO_EXPECTED_BUCKET_OWNER": "123456789012",
    }
    config = Config.from_env(environ)
    expected = Config(
        "https://h:1",
        "acme",
        timeout=5,
        max_retries=1,
        base_delay=0.5,
        access_key="AKIA",
        secret_key=CANARY,
        session_token=CANARY,
        region="eu-west-1",
        bucket="docs",
        api="s3",
        tenancy="prefix",
        shared_bucket="all-of-us",
        addressing="virtual",
        public_url="https://cdn",
        max_delay=9,
        jitter=0,
        deadline=60,
        connect_timeout=2,
        pool_size=10,
        verify=False,
        cert=str(HERE),
        part_size=MIN_PART,
        multipart_threshold=0,
        memory_budget=1048576,
        state_dir="/var/lib/x",
        low_speed_limit=1000,
        low_speed_time=20,
        allow_sse_c_over_http=True,
        user_agent="backup/1.2",
        expected_bucket_owner="123456789012",
    )
    assert config == expected
    assert CANARY not in repr(config)
    named = {name.removeprefix("MINIO_").lower() for name in environ} | {"base_url"}
    # These are objects, which no variable can hold.
    objects = {
        "audit",
        "cache",
        "credentials",
        "encryption",
        "extra_headers",
        "extra_query_params",
        "hedge",
        "hooks",
        "proxies",
        "telemetry",
    }
    assert {f.name for f in fields(Config)} - named == objects


@pytest.mark.parametrize(
    "environ, url",
    [
        (
            {"MINIO_ENDPOINT": "http://a:1", "MINIO_HOST": "b", "AWS_ENDPOINT_URL": "http://c"},
            "http://a:1",
        ),
        ({"MINIO_ENDPOINT": "a:1"}, "http://a:1"),
        ({"MINIO_ENDPOINT": "a:1", "MINIO_SECURE": "yes"}, "https://a:1"),
        ({"MINIO_ENDPOINT": "http://a:1", "MINIO_SECURE": "1"}, "http://a:1"),
        ({"MINIO_HOST": "b", "AWS_ENDPOINT_URL_S3": "http://c"}, "http://b:9000"),
        ({"MINIO_HOST": "b", "MINIO_PORT": "1"}, "http://b:1"),
        ({"MINIO_HOST": "b", "MINIO_SECURE": "on"}, "https://b:9000"),
        ({"MINIO_HOST": "b", "MINIO_SECURE": "0"}, "http://b:9000"),
        ({"MINIO_PORT": "1"}, "http://localhost:1"),
        ({"AWS_ENDPOINT_URL_S3": "http://c", "AWS_ENDPOINT_URL": "http://d"}, "http://c"),
        ({"AWS_ENDPOINT_URL": "http://d"}, "http://d"),
        ({"MINIO_ENDPOINT": "", "MINIO_HOST": "", "AWS_ENDPOINT_URL": ""}, None),
        ({}, None),
    ],
)
def test_the_server_is_the_first_that_the_environment_names(
    environ: dict[str, str], url: str | None
) -> None:
    assert url_from_env(environ) == url
    assert Config.from_env(environ).base_url == (url or URL)
    assert Config.from_env(environ, base_url="http://z").base_url == "http://z"


@pytest.mark.parametrize(
    "environ, name, value",
    [
        ({"AWS_REGION": "a", "AWS_DEFAULT_REGION": "b"}, "region", "a"),
        ({"AWS_DEFAULT_REGION": "b"}, "region", "b"),
        ({"MINIO_REGION": "m", "AWS_REGION": "a"}, "region", "m"),
        ({"MINIO_REGION": "", "AWS_REGION": "a"}, "region", "a"),
        ({"AWS_CA_BUNDLE": str(HERE)}, "verify", str(HERE)),
        ({"MINIO_VERIFY": "TRUE", "AWS_CA_BUNDLE": str(HERE)}, "verify", True),
        ({"MINIO_VERIFY": " off "}, "verify", False),
        ({"MINIO_TIMEOUT": ""}, "timeout", 30),
    ],
)
def test_minio_s_names_come_before_aws_s_and_empty_is_unset(
    environ: dict[str, str], name: str, value: Any
) -> None:
    assert getattr(Config.from_env(environ), name) == value


def test_what_is_said_wins_over_the_environment() -> None:
    environ = {
        "MINIO_ENDPOINT": "not a url",
        "MINIO_TENANT_ID": "env",
        "MINIO_TIMEOUT": "not a number",
        "MINIO_ACCESS_KEY": "env",
        "MINIO_SECRET_KEY": "env",
        "MINIO_SESSION_TOKEN": "env",
    }
    config = Config.from_env(environ, base_url=URL, tenant_id=None, timeout=1, credentials=GIVEN)
    assert config == Config(URL, None, timeout=1, credentials=GIVEN)
    named = Config.from_env(environ, base_url=URL, user_id="u", timeout=1, **PAIR)
    assert named == Config(URL, "u", timeout=1, **PAIR)


@pytest.mark.parametrize(
    "environ, variable, rule",
    [
        ({"MINIO_TIMEOUT": "soon"}, "MINIO_TIMEOUT", "'soon': must be a number"),
        ({"MINIO_TIMEOUT": "0"}, "MINIO_TIMEOUT", "must be a number above 0"),
        ({"MINIO_MAX_RETRIES": "3.0"}, "MINIO_MAX_RETRIES", "'3.0': must be a whole number"),
        ({"MINIO_SECURE": "maybe"}, "MINIO_SECURE", "'maybe': must be true or false"),
        ({"MINIO_SECURE": "maybe", "MINIO_HOST": "h"}, "MINIO_SECURE", "must be true or false"),
        ({"MINIO_VERIFY": "maybe"}, "MINIO_VERIFY", "'maybe': there is no such CA bundle"),
        ({"AWS_CA_BUNDLE": "/no/such"}, "AWS_CA_BUNDLE", "'/no/such': there is no such CA bundle"),
        ({"AWS_REGION": "eu west"}, "AWS_REGION", "'eu west': must be letters, digits and '-'"),
        ({"MINIO_TENANT_ID": "é"}, "MINIO_TENANT_ID", "'é': must be printable ASCII"),
        ({"MINIO_SESSION_TOKEN": CANARY}, "MINIO_SESSION_TOKEN", "needs access_key"),
        ({"MINIO_ACCESS_KEY": "a"}, "secret_key", "is missing"),
        ({"MINIO_PORT": "https"}, "", "base_url='http://localhost:https': is not a URL"),
        ({"MINIO_ENDPOINT": f"http://u:{CANARY}@h"}, "", "base_url: must not hold a user name"),
    ],
)
def test_a_bad_variable_is_an_error_that_says_which(
    environ: dict[str, str], variable: str, rule: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Config.from_env(environ)
    assert str(caught.value).startswith(variable)
    assert rule in str(caught.value)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_a_variable_that_was_not_filled_in_does_not_switch_tenancy_off() -> None:
    with pytest.raises(ConfigurationError, match="^MINIO_TENANT_ID: is set, and empty"):
        Config.from_env({"MINIO_TENANT_ID": ""})
    assert Config.from_env({"MINIO_TENANT_ID": ""}, tenant_id=None).tenant_id is None
    assert Config.from_env({"MINIO_TENANT_ID": ""}, user_id="acme").tenant_id == "acme"


def test_what_is_said_and_wrong_is_not_blamed_on_the_environment() -> None:
    with pytest.raises(ConfigurationError, match="^timeout=-1: "):
        Config.from_env({"MINIO_TIMEOUT": "5"}, timeout=-1)


def test_without_a_mapping_it_is_the_process_s_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIO_HOST", "from-the-process")
    assert Config.from_env().base_url == "http://from-the-process:9000"
    assert "MINIO_HOST" in os.environ


def test_an_address_in_place_of_a_config_is_told_where_it_goes() -> None:
    given: Any = "localhost:9000"
    with pytest.raises(ConfigurationError, match=r"must be a Config\. Try: MinIOClient\(Config\("):
        MinIOClient(given, access_key="a", secret_key=CANARY)
