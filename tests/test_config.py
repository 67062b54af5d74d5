"""`Config`: each field's good and bad values, what it is as a value, and what it never shows."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, fields
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import (
    Cache,
    Config,
    ConfigurationError,
    Credentials,
    EnvironmentProvider,
    Hedge,
    SseKms,
    SseS3,
    Telemetry,
    TraceRequests,
)
from minio_sdk.config import LONGEST_WAIT, MAX_PART, MIN_PART, MiB
from minio_sdk.models.secret import FrozenDict, Secret

URL = "http://localhost:9000"
CANARY = "can" + "ary"
HERE = Path(__file__)
HUGE = 10**400


def make(**values: Any) -> Config:
    """A configuration with these fields."""
    return Config(**{"base_url": URL, "tenant_id": "acme", **values})


def refusal(**values: Any) -> str:
    """What the error says that these fields are."""
    with pytest.raises(ConfigurationError) as caught:
        make(**values)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).isprintable()
    return str(caught.value)


def full() -> Config:
    """A configuration with all that can be secret."""
    return make(
        access_key="AKIA",
        secret_key=CANARY,
        session_token=CANARY,
        proxies={"https": f"http://u:{CANARY}@p:1"},
        public_url="https://cdn",
        cert=(str(HERE), str(HERE)),
        verify=str(HERE),
        timeout=5,
    )


# -- fields ----------------------------------------------------------------------------------------


def test_two_fields_are_required_and_the_others_have_these_defaults() -> None:
    config = Config(URL, "acme")
    assert asdict(config) == {
        "base_url": "http://localhost:9000",
        "tenant_id": "acme",
        "timeout": 30,
        "max_retries": 3,
        "base_delay": 1.0,
        "access_key": None,
        "secret_key": None,
        "session_token": None,
        "credentials": None,
        "region": "us-east-1",
        "bucket": "default",
        "api": "auto",
        "tenancy": "bucket",
        "shared_bucket": "tenants",
        "public_url": None,
        "max_delay": 20.0,
        "jitter": 0.5,
        "deadline": None,
        "connect_timeout": 5.0,
        "pool_size": 100,
        "verify": True,
        "cert": None,
        "proxies": None,
        "part_size": None,
        "multipart_threshold": 16 * MiB,
        "memory_budget": 64 * MiB,
        "state_dir": None,
        "audit": None,
        "hooks": None,
        "telemetry": None,
        "cache": None,
        "hedge": None,
        "addressing": "auto",
        "low_speed_limit": None,
        "low_speed_time": 30,
        "encryption": None,
        "allow_sse_c_over_http": False,
        "user_agent": None,
        "expected_bucket_owner": None,
        "extra_headers": None,
        "extra_query_params": None,
    }
    refused: list[list[Any]] = [[], [URL], [URL, "acme", 30]]
    for arguments in refused:
        with pytest.raises(TypeError):
            Config(*arguments)


GOOD: dict[str, list[Any]] = {
    "base_url": ["http://h", "https://h:1", "http://[::1]:9000/base", ("http://a", "http://b:1/c")],
    "addressing": ["auto", "path", "virtual"],
    "hedge": [None, Hedge(), Hedge(after=0.05, budget=0.01)],
    "low_speed_limit": [None, 1, 1 << 50],
    "low_speed_time": [0.001, 30, LONGEST_WAIT],
    "tenant_id": [None, "a", "Acme Corp", "~" * 256],
    "timeout": [0.001, 1, LONGEST_WAIT],
    "connect_timeout": [0.001, 1, LONGEST_WAIT],
    "base_delay": [0, 0.5, LONGEST_WAIT],
    "max_delay": [0, 0.5, LONGEST_WAIT],
    "deadline": [None, 0.1, 60, LONGEST_WAIT],
    "jitter": [0, 0.5, 1, 1.0],
    "max_retries": [0, 3, 1000],
    "pool_size": [1, 100_000],
    "multipart_threshold": [0, MAX_PART],
    "memory_budget": [1 << 20, 1 << 50],
    "state_dir": [None, "/tmp/state", Path("/tmp/state")],
    "audit": [None, print, lambda record: None],
    "hooks": [None, print, (print, repr), (), TraceRequests()],
    "telemetry": [None, Telemetry()],
    "cache": [None, Cache(), Cache(memory=1 << 16, trust=5, disk="/tmp/cache")],
    "encryption": [None, SseS3(), SseKms("my-key")],
    "allow_sse_c_over_http": [True, False],
    "expected_bucket_owner": [None, "123456789012", "000000000000"],
    "extra_headers": [None, {"x-request-id": "1"}],
    "extra_query_params": [None, {"trace": "a b"}],
    "user_agent": [None, "a", "backup/1.2 (nightly; eu)", "~" * 256],
    "part_size": [None, MIN_PART, MAX_PART],
    "region": ["us-east-1", "x", "A" * 64],
    "bucket": ["a", "docs", "b" * 63],
    "api": ["auto", "s3", "enterprise"],
    "tenancy": ["bucket", "prefix"],
    "shared_bucket": ["abc", "b" * 63],
    "public_url": [None, "https://cdn.example.com"],
    "access_key": [],  # below, with its secret
    "secret_key": [],
    "session_token": [],
    "credentials": [None, Credentials("a", "s"), lambda: None],
    "verify": [True, False, str(HERE), HERE, str(HERE.parent)],
    "cert": [None, str(HERE), HERE, (str(HERE),), (str(HERE), HERE), [HERE, str(HERE)]],
    "proxies": [None, {}, {"http": "http://p:1", "https": "socks5h://u:p@p:2"}],
}


def test_every_field_has_good_values_here() -> None:
    assert set(GOOD) == {field.name for field in fields(Config)}


@pytest.mark.parametrize(
    "name, value", [(name, value) for name, values in GOOD.items() for value in values]
)
def test_a_good_value_is_taken(name: str, value: Any) -> None:
    kept = getattr(make(**{name: value}), name)
    if name == "cert" and value is not None:
        paths = list(value) if isinstance(value, (tuple, list)) else [value]
        value = tuple(map(str, paths)) if len(paths) > 1 else str(paths[0])
    assert kept == (str(value) if isinstance(value, Path) else value)


SECONDS: list[Any] = [
    -1,
    "30",
    None,
    True,
    float("nan"),
    float("inf"),
    -HUGE,
    HUGE,
    LONGEST_WAIT + 1,
]
RULE = f"and at most {LONGEST_WAIT} (seconds)"
BAD: list[tuple[str, Any, str]] = [
    *(("timeout", value, f"must be a number above 0 {RULE}") for value in [0, *SECONDS]),
    *(("connect_timeout", value, f"must be a number above 0 {RULE}") for value in [0, *SECONDS]),
    *(("low_speed_time", value, f"must be a number above 0 {RULE}") for value in [0, "30", None]),
    *(
        ("low_speed_limit", value, f"must be a whole number from 1 to {1 << 50}")
        for value in [0, -1, 1.5, True, "1"]
    ),
    *(
        ("addressing", value, "must be one of 'auto', 'path', 'virtual'")
        for value in [None, "", "host", "Virtual", True]
    ),
    *(("hedge", value, "must be Hedge(...), or None for none") for value in [True, 0.05, "on"]),
    *(("base_delay", value, f"must be a number at least 0 {RULE}") for value in SECONDS),
    *(("max_delay", value, f"must be a number at least 0 {RULE}") for value in SECONDS),
    *(
        ("deadline", value, f"above 0 and at most {LONGEST_WAIT} (seconds, or None for no limit)")
        for value in [0, *SECONDS]
        if value is not None
    ),
    *(
        ("jitter", value, "must be a number at least 0 and at most 1 (a share)")
        for value in [-0.1, 1.1, "0.5", None, True, float("nan"), HUGE]
    ),
    *(
        ("user_agent", value, "must be 1 to 256 printable ASCII characters")
        for value in ["", " a", "a ", "a\r\nX-Evil: 1", "a\0", "ä", "x" * 257, 5, b"a", ["a"]]
    ),
    *(
        ("expected_bucket_owner", value, "must be 12 digits as text, the id of an AWS account")
        for value in ["", "12345678901", "1234567890123", 123456789012, "12345678901a", "١" * 12]
    ),
    *(
        ("max_retries", value, "must be a whole number from 0 to 1000")
        for value in [-1, 1001, 3.0, "3", None, True, HUGE]
    ),
    *(
        ("pool_size", value, "must be a whole number from 1 to 100000")
        for value in [0, 100_001, 1.5, None, False]
    ),
    *(
        ("multipart_threshold", value, f"must be a whole number from 0 to {MAX_PART}")
        for value in [-1, MAX_PART + 1, 1e6, None]
    ),
    *(
        ("part_size", value, f"must be a whole number from {MIN_PART} to {MAX_PART}")
        for value in [0, MIN_PART - 1, MAX_PART + 1, 1e7, "5MiB"]
    ),
    *(
        ("region", value, "must be letters, digits and '-', such as 'us-east-1'")
        for value in ["", "us east", "us-east-1\n", "é", "a/b", "a" * 65, None, 5]
    ),
    *(
        ("bucket", value, "must be 1 to 63 of a-z, 0-9, '.' and '-'")
        for value in ["", "Docs", "a/b", "-a", "a\n", "b" * 64]
    ),
    ("bucket", None, "must be text, not NoneType"),
    *(
        ("api", value, "must be one of 'auto', 's3', 'enterprise'")
        for value in ["S3", "", None, True, ["s3"]]
    ),
    *(
        ("tenancy", value, "must be one of 'bucket', 'prefix'")
        for value in ["Bucket", "", None, "none", ["prefix"]]
    ),
    ("shared_bucket", "", "must be 1 to 63"),
    ("shared_bucket", "Tenants", "must be 1 to 63"),
    ("shared_bucket", "ab", "must have at least 3 characters"),
    ("shared_bucket", "1.2.3.4", "must not look like an IP address"),
    ("shared_bucket", "a..b", "must not have two dots in a row"),
    ("shared_bucket", None, "must be text, not NoneType"),
    *(
        ("tenant_id", value, "must be printable ASCII characters without a blank at either end")
        for value in [" a", "a\n", "a\0", "é", "\u0661"]
    ),
    ("tenant_id", "", "must have 1 to 256 characters"),
    ("tenant_id", "a" * 257, "must have 1 to 256 characters"),
    ("tenant_id", 5, "must be text (None means: no tenancy)"),
    ("tenant_id", b"acme", "must be text (None means: no tenancy)"),
    ("verify", "", "there is no such CA bundle"),
    ("verify", "/no/such/file", "there is no such CA bundle"),
    ("verify", "a\0b", "there is no such CA bundle"),
    ("verify", "a" * 5000, "there is no such CA bundle"),
    ("verify", None, "must be True, False or the path of a CA bundle"),
    ("verify", 1, "must be True, False or the path of a CA bundle"),
    ("cert", "", "there is no such file"),
    ("cert", "/no/such/file", "there is no such file"),
    ("cert", "a" * 5000, "there is no such file"),
    ("cert", "a\0b", "there is no such file"),
    *(
        ("cert", value, "must be one path, or a pair (certificate, key)")
        for value in [(), ("a", "b", "c"), ("a", None), 5, b"cert.pem", {"cert": "a"}]
    ),
]


@pytest.mark.parametrize("name, value, rule", BAD)
def test_a_bad_value_is_an_error_that_names_field_value_and_rule(
    name: str, value: Any, rule: str
) -> None:
    told = refusal(**{name: value})
    assert told.startswith(f"{name}={value!r}"[:100])
    assert rule in told


def test_of_a_pair_of_files_the_missing_one_is_named() -> None:
    told = refusal(cert=(str(HERE), "/no/such/key"))
    assert told == "cert='/no/such/key': there is no such file"


def test_a_field_that_does_not_exist_is_python_s_own_error() -> None:
    with pytest.raises(TypeError, match="time_out"):
        make(time_out=5)


# -- keys ------------------------------------------------------------------------------------------


def test_keys_come_in_a_pair_and_a_token_with_them() -> None:
    config = make(access_key="AKIA", secret_key=CANARY, session_token=CANARY + "-token")
    assert type(config.secret_key) is type(config.session_token) is Secret
    assert config.secret_key == CANARY
    assert refusal(access_key="a") == (
        "secret_key: is missing; access_key and secret_key go together"
    )
    assert refusal(secret_key=CANARY).startswith("access_key: is missing")
    assert refusal(session_token=CANARY).startswith(
        "session_token: needs access_key and secret_key"
    )


def test_keys_are_given_in_one_way() -> None:
    told = refusal(access_key="a", secret_key=CANARY, credentials=Credentials("a", CANARY))
    assert told == "credentials: give either it or access_key and secret_key, not both"


@pytest.mark.parametrize("value", [("a", CANARY), {"secret_key": CANARY}, CANARY, 5])
def test_what_gives_no_keys_is_refused_and_not_shown(value: Any) -> None:
    told = refusal(credentials=value)
    assert told.startswith(f"credentials: a {type(value).__name__} can't be used")
    assert CANARY not in told


def test_a_class_in_place_of_a_provider_is_refused() -> None:
    for given in (EnvironmentProvider, Credentials):
        told = refusal(credentials=given)
        assert told == f"credentials: {given.__name__} is a class; give an object of it"


@pytest.mark.parametrize("name", ["access_key", "secret_key", "session_token"])
@pytest.mark.parametrize("value", [f"{CANARY}\n", f" {CANARY}", "", 5, CANARY.encode()])
def test_a_bad_key_is_named_and_not_shown(name: str, value: Any) -> None:
    given: dict[str, Any] = {
        "access_key": "a",
        "secret_key": "s",
        "session_token": "t",
        name: value,
    }
    told = refusal(**given)
    assert told.startswith(f"{name}: must be ")
    assert CANARY not in told


# -- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        f"http://u:{CANARY}@p:1",
        [("https", f"http://u:{CANARY}@p")],
        {"https": f"u:{CANARY}@p:1"},
        {"https": f"http://u:{CANARY}@p".encode()},
        {"https": None},
        {5: f"http://u:{CANARY}@p"},
        5,
    ],
)
def test_bad_proxies_are_refused_and_not_shown(value: Any) -> None:
    told = refusal(proxies=value)
    assert told.startswith("proxies")
    assert "http://proxy:3128" in told
    assert CANARY not in told


def test_proxies_are_copied_and_frozen() -> None:
    given = {"https": "http://p:1"}
    config = make(proxies=given)
    given["https"] = "http://evil:1"
    assert config.proxies == {"https": "http://p:1"}
    assert isinstance(config.proxies, FrozenDict)


# -- a value ---------------------------------------------------------------------------------------


def test_a_configuration_never_changes() -> None:
    config = full()
    with pytest.raises(FrozenInstanceError):
        config.timeout = 6  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        delattr(config, "timeout")


def test_a_configuration_is_its_fields() -> None:
    assert full() == full()
    assert hash(full()) == hash(full())
    assert len({full(), full(), full().with_(timeout=6)}) == 2
    assert full() != full().with_(secret_key="other")
    assert make(base_url="HTTP://LOCALHOST:9000/") == make()


def test_a_configuration_travels() -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        twin = pickle.loads(pickle.dumps(full(), protocol))
        assert twin == full()
        assert hash(twin) == hash(full())
        assert repr(twin) == repr(full())
    assert copy.deepcopy(full()) == full()


def test_what_is_shown_is_what_differs_from_the_defaults_and_no_secret() -> None:
    assert repr(Config(URL, None)) == "Config('http://localhost:9000', None)"
    shown = repr(full())
    assert str(full()) == shown
    assert CANARY not in shown
    assert shown == (
        "Config('http://localhost:9000', 'acme', timeout=5, access_key='AKIA', secret_key='***', "
        f"session_token='***', public_url='https://cdn', verify={str(HERE)!r}, "
        f"cert=({str(HERE)!r}, {str(HERE)!r}), proxies={{'https': 'http://***@p:1'}})"
    )


def test_a_provider_is_shown_by_its_class() -> None:
    class Vault:
        token = CANARY

        def credentials(self) -> None:
            return None

        def __repr__(self) -> str:
            return f"Vault({self.token})"

    shown = repr(make(credentials=Vault()))
    assert "Vault" in shown
    assert CANARY not in shown
    assert CANARY not in repr(make(credentials=Credentials("AKIA", CANARY)))
