"""Secrets are text that doesn't show; frozen mappings are dicts that don't change."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from minio_sdk.models.secret import (
    FrozenDict,
    MaskedQuery,
    Secret,
    SecretBytes,
    frozen,
    hidden,
    masked,
)


def test_a_secret_is_its_text_and_doesn_t_show_it() -> None:
    secret = Secret("canary")
    assert secret == "canary"
    assert hash(secret) == hash("canary")
    assert secret.encode() == b"canary"
    for shown in (repr(secret), f"{secret!r}", "%r" % secret, repr([secret]), repr({"a": secret})):
        assert "canary" not in shown
        assert "***" in shown


def test_a_secret_stays_one_on_its_way_to_another_process() -> None:
    for twin in (pickle.loads(pickle.dumps(Secret("a"))), copy.deepcopy(Secret("a"))):
        assert type(twin) is Secret
        assert twin == "a"


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.__setitem__("a", "2"),
        lambda d: d.__delitem__("a"),
        lambda d: d.clear(),
        lambda d: d.pop("a"),
        lambda d: d.popitem(),
        lambda d: d.setdefault("b", "1"),
        lambda d: d.update(b="1"),
        lambda d: d.__ior__({"b": "1"}),
    ],
)
def test_a_frozen_mapping_refuses_every_change(change: Any) -> None:
    mapping = FrozenDict({"a": "1"})
    with pytest.raises(TypeError, match="can't be changed"):
        change(mapping)
    assert mapping == {"a": "1"}


def test_a_frozen_mapping_is_a_key_whatever_its_order() -> None:
    one, other = FrozenDict(a="1", b="2"), FrozenDict(b="2", a="1")
    assert one == other
    assert hash(one) == hash(other)


def test_a_frozen_mapping_travels_and_is_frozen_there() -> None:
    for twin in (pickle.loads(pickle.dumps(FrozenDict(a="1"))), copy.deepcopy(FrozenDict(a="1"))):
        assert type(twin) is FrozenDict
        assert twin == {"a": "1"}


def test_freezing_copies_what_could_change_and_only_that() -> None:
    mapping = {"a": "1"}
    kept = frozen(mapping)
    mapping["a"] = "2"
    assert kept == {"a": "1"}
    assert frozen(kept) is kept


def test_bytes_and_texts_of_callers_are_hidden() -> None:
    told = f"{SecretBytes(b'canary')!r} {hidden('canary')!r} {[SecretBytes(b'canary')]}"
    assert "canary" not in told
    assert (SecretBytes(b"canary"), hidden("canary")) == (b"canary", "canary")
    assert hidden(None) is None
    assert hidden(5) == 5  # for others to refuse


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("X%2DAmz%2DSignature=canary&a=b", "X%2DAmz%2DSignature=***&a=b"),
        ("http://h/k?X-Amz-%53ignature=canary", "http://h/k?X-Amz-%53ignature=***"),
        ("a%20b=c&x%2damz%2dsecurity%2Dtoken=canary", "a%20b=c&x%2damz%2dsecurity%2Dtoken=***"),
        ("X-Amz-Credential=canary%2Fx&%70assword=canary", "X-Amz-Credential=***&%70assword=***"),
        ("prefix=100%25&delimiter=%2F", "prefix=100%25&delimiter=%2F"),
    ],
)
def test_names_of_parameters_that_are_encoded_hide_nothing(query: str, shown: str) -> None:
    assert masked(query) == shown
    assert repr(MaskedQuery(query)) == repr(shown)


@pytest.mark.parametrize("name", ["secret", "%25", "a"])
def test_a_long_query_of_somebody_s_is_read_once(name: str) -> None:
    """Not once for each of its characters, which would take hours."""
    assert masked(name * 300_000) == name * 300_000
