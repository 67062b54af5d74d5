"""Keys are checked when they are given, and never shown."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict
from datetime import datetime, timezone
from typing import Any

import pytest

from minio_sdk import ConfigurationError, Credentials, CredentialsProvider
from minio_sdk.models.secret import Secret

CANARY = "can" + "ary"


def test_keys_show_only_what_is_not_secret() -> None:
    keys = Credentials("AKIA", CANARY, CANARY + "token", datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert repr(keys).startswith(
        "Credentials(access_key='AKIA', secret_key='***', session_token='***', expires_at="
    )
    assert CANARY not in str(keys)
    assert keys.secret_key == CANARY
    assert asdict(keys)["session_token"] == CANARY + "token"


def test_keys_are_a_value() -> None:
    keys = Credentials("AKIA", CANARY)
    assert keys == Credentials("AKIA", CANARY)
    assert keys != Credentials("AKIA", "other")
    assert len({keys, Credentials("AKIA", CANARY)}) == 1
    with pytest.raises(FrozenInstanceError):
        keys.access_key = "other"  # type: ignore[misc]


def test_keys_travel_and_hide_there_too() -> None:
    keys = Credentials("AKIA", CANARY, CANARY)
    for twin in (pickle.loads(pickle.dumps(keys)), copy.deepcopy(keys)):
        assert twin == keys
        assert type(twin.secret_key) is type(twin.session_token) is Secret
        assert CANARY not in repr(twin)


BAD: list[Any] = [
    "",
    " ",
    f"{CANARY} ",
    f" {CANARY}",
    f"{CANARY}\n",
    f"{CANARY}\0",
    f"\x1b{CANARY}",
]


@pytest.mark.parametrize("value", [*BAD, 5, CANARY.encode(), [CANARY]])
@pytest.mark.parametrize("name", ["access_key", "secret_key", "session_token"])
def test_a_bad_key_is_named_and_not_shown(name: str, value: Any) -> None:
    given: dict[str, Any] = {
        "access_key": "a",
        "secret_key": "s",
        "session_token": "t",
        name: value,
    }
    with pytest.raises(ConfigurationError) as caught:
        Credentials(**given)
    assert str(caught.value).startswith(f"{name}: must be ")
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("name", ["access_key", "secret_key"])
def test_a_pair_is_two_keys(name: str) -> None:
    given: dict[str, Any] = {"access_key": "a", "secret_key": "s", name: None}
    with pytest.raises(ConfigurationError, match=f"{name}: must be text, not NoneType"):
        Credentials(**given)


@pytest.mark.parametrize("name", ["access_key", "session_token"])
def test_what_travels_in_a_header_is_ascii(name: str) -> None:
    given: dict[str, Any] = {"access_key": "a", "secret_key": "s", name: CANARY + "é"}
    with pytest.raises(ConfigurationError) as caught:
        Credentials(**given)
    assert str(caught.value) == f"{name}: must be ASCII, since it travels in a header"


def test_a_secret_key_may_have_any_printable_character() -> None:
    assert Credentials("a", "pässwörd mit Leerzeichen").secret_key == "pässwörd mit Leerzeichen"


def test_a_provider_is_anything_with_the_method() -> None:
    class Vault:
        def credentials(self) -> Credentials | None:
            return None

    assert isinstance(Vault(), CredentialsProvider)
    assert not isinstance(Credentials("a", "s"), CredentialsProvider)
    assert not isinstance(object(), CredentialsProvider)
