"""What callers ask for and what servers tell of encryption: values, dicts, and what is never shown."""

from __future__ import annotations

import copy
import hashlib
import pickle
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import (
    Config,
    ConfigurationError,
    ObjectEncryption,
    SseC,
    SseKms,
    SseS3,
    ValidationError,
)
from minio_sdk.models.object_encryption import MAX_CONTEXT, Encryption, encryption_of
from minio_sdk.wire.encryption import told

RAW = b"canary-key-of-thirty-two-bytes-!"
TEXT = b64encode(RAW).decode()
MD5 = b64encode(hashlib.md5(RAW).digest()).decode()
URL = "https://localhost:9000"


def test_what_each_says_in_a_request() -> None:
    assert SseS3().headers() == {"x-amz-server-side-encryption": "AES256"}
    assert SseKms().headers() == {"x-amz-server-side-encryption": "aws:kms"}
    context = b64encode('{"a":"ü","b":"c"}'.encode()).decode()
    assert SseKms("k", {"b": "c", "a": "ü"}, bucket_key=False, dual_layer=True).headers() == {
        "x-amz-server-side-encryption": "aws:kms:dsse",
        "x-amz-server-side-encryption-aws-kms-key-id": "k",
        "x-amz-server-side-encryption-context": context,
        "x-amz-server-side-encryption-bucket-key-enabled": "false",
    }
    key = {"algorithm": "AES256", "key": TEXT, "key-md5": MD5}
    start = "x-amz-server-side-encryption-customer-"
    assert SseC(RAW).headers() == {start + name: value for name, value in key.items()}
    start = "x-amz-copy-source-server-side-encryption-customer-"
    assert SseC(RAW).source_headers() == {start + name: value for name, value in key.items()}
    assert SseC(RAW).key_md5 == MD5


@pytest.mark.parametrize("key", [RAW, bytearray(RAW), memoryview(RAW), TEXT])
def test_a_key_may_come_as_bytes_or_as_text(key: Any) -> None:
    assert SseC(key) == SseC(RAW)
    assert hash(SseC(key)) == hash(SseC(RAW))
    assert SseC(key) != SseC(bytes(32))
    assert SseC.generate() != SseC.generate()


@pytest.mark.parametrize(
    "key", [b"", RAW[:-1], RAW + b"!", TEXT[:-4], TEXT + "\n", "ü" * 44, "key", None, 32, [1] * 32]
)
def test_what_is_no_key_is_refused_and_not_shown(key: Any) -> None:
    makers: list[Callable[[], object]] = [
        lambda: SseC(key),
        lambda: encryption_of({"key": key}, "source_encryption"),
    ]
    said = []
    for make in makers:
        with pytest.raises(ValidationError, match=r"encryption\.key: .*32 bytes") as caught:
            make()
        said.append(str(caught.value))
    assert "source_encryption.key" in said[1]
    assert "canary" not in "".join(said)
    assert TEXT[:20] not in "".join(said)


@pytest.mark.parametrize(
    "secret", [SseC(RAW), SseKms("k", {"canary": "canary"}), SseC(TEXT)], ids=["c", "kms", "text"]
)
def test_a_secret_is_never_shown(secret: Encryption) -> None:
    config = Config(URL, "acme", encryption=secret)
    for item in (secret, config, pickle.loads(pickle.dumps(secret)), copy.deepcopy(config)):
        assert "canary" not in f"{item!r}{item}"
        assert TEXT[:20] not in f"{item!r}{item}"
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(pickle.loads(pickle.dumps(secret))) == hash(secret)
    for value in secret.headers().values():
        assert "Y2FuYXJ5" not in repr(value)


@pytest.mark.parametrize(
    "given, wanted",
    [
        ({"algorithm": "AES256"}, SseS3()),
        ({"ServerSideEncryption": "AES256"}, SseS3()),
        ({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}, SseKms("k")),
        ({"key_id": "k", "context": {"a": "b"}}, SseKms("k", {"a": "b"})),
        ({"ServerSideEncryption": "aws:kms:dsse"}, SseKms(dual_layer=True)),
        (
            {
                "ServerSideEncryption": "aws:kms",
                "SSEKMSKeyId": "k",
                "SSEKMSEncryptionContext": b64encode(b'{"a": "b"}').decode(),
                "BucketKeyEnabled": True,
            },
            SseKms("k", {"a": "b"}, True),
        ),
        ({"key": RAW}, SseC(RAW)),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": RAW}, SseC(RAW)),
        ({"SSECustomerKey": RAW, "SSECustomerKeyMD5": MD5}, SseC(RAW)),
        (False, None),
        (SseC(RAW), SseC(RAW)),
    ],
)
def test_a_dict_does_as_well(given: Any, wanted: Encryption | None) -> None:
    assert encryption_of(given) == wanted


@pytest.mark.parametrize(
    "given, rule",
    [
        (None, "must be SseS3"),
        (True, "must be SseS3"),
        ("AES256", "must be SseS3"),
        (RAW, "must be SseS3"),
        (SseC, "not SseC"),
        ({}, "must be 'AES256'"),
        ({"algorithm": "rot13"}, "must be 'AES256'"),
        ({"algorithm": ["AES256"]}, "must be 'AES256'"),
        ({"algorithm": "AES256", "key_id": "k"}, "must be 'AES256', or 'aws:kms'"),
        ({"SSECustomerAlgorithm": "AES256"}, "a customer's key is missing"),
        ({"algorithm": "aws:kms", "key_md5": MD5}, "is not one of"),
        ({"algorithm": "aws:kms", "SSECustomerKeyMD5": MD5}, "a customer's key is missing"),
        ({"key": RAW, "key_id": "k"}, "goes with 'aws:kms'"),
        ({"key": RAW, "SSECustomerAlgorithm": "AES128"}, "must be 'AES256'"),
        ({"key": RAW, "SSECustomerKeyMD5": "x"}, "is not the MD5"),
        ({"key": RAW, "SSECustomerKey": RAW}, "there already"),
        ({1: 2}, "is not one of"),
        ({"key_id": ""}, "printable"),
        ({"key_id": " k"}, "blank"),
        ({"key_id": "k\r\nx: y"}, "printable"),
        ({"key_id": "ü"}, "printable ASCII"),
        ({"context": ["a"]}, "must be a mapping"),
        ({"context": {"a": 1}}, "must be a mapping"),
        ({"context": {"a": ""}}, "must be a mapping"),
        ({"context": "%%%"}, "must be a mapping"),
        ({"context": {"a": "\ud800"}}, "half a character"),
        ({"context": {"a": "x" * MAX_CONTEXT}}, "longer than"),
        ({"key_id": "k", "bucket_key": "yes"}, "bucket_key"),
        ({"key_id": "k", "dual_layer": 1}, "dual_layer"),
    ],
)
def test_what_is_no_encryption_is_refused(given: Any, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule) as caught:
        encryption_of(given)
    assert "canary" not in str(caught.value)
    if given is not None:
        with pytest.raises(ConfigurationError, match="encryption"):
            Config(URL, "acme", encryption=given)


@pytest.mark.parametrize("argument", ["source_encryption", "sources[0].encryption"])
@pytest.mark.parametrize(
    ("given", "part"), [({"algorithm": "x"}, ".algorithm="), ({"a": 1}, "="), ({"key": 5}, ".key:")]
)
def test_a_refusal_names_the_argument_once(argument: str, given: Any, part: str) -> None:
    with pytest.raises(ValidationError) as caught:
        encryption_of(given, argument)
    assert caught.value.message.startswith(argument + part)


def test_what_servers_tell() -> None:
    kms = told(SseKms("k", bucket_key=True).headers())
    assert kms == ObjectEncryption(
        kind="SSE-KMS", algorithm="aws:kms", kms_key_id="k", bucket_key=True
    )
    twice = {**SseC(RAW).headers()}
    twice["x-amz-server-side-encryption-customer-key-md5"] = f"{MD5}, {MD5}"
    customers = told(twice)
    assert customers == told(SseC(RAW).headers())
    assert customers == ObjectEncryption(kind="SSE-C", algorithm="AES256", customer_key_md5=MD5)
    twice["x-amz-server-side-encryption-customer-key-md5"] = f"{MD5}, other"
    assert told(twice) == ObjectEncryption(kind="SSE-C", algorithm="AES256")
    assert told({"x-amz-server-side-encryption": "new"}) == ObjectEncryption(
        kind="new", algorithm="new"
    )
    assert told({"etag": "e"}) is None


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1, max_size=4))
def test_any_context_is_sent_whole_or_refused(context: dict[str, str]) -> None:
    try:
        made = SseKms(context=context)
    except ValidationError:
        return
    text = made.headers()["x-amz-server-side-encryption-context"]
    assert text.isascii()
    assert SseKms(context=str.__str__(text)) == made  # type: ignore[arg-type]


# -- as a setting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [SseC(RAW), SseKms(context={"a": "b"})], ids=["c", "kms"])
@pytest.mark.parametrize("url", ["http://localhost:9000", "http://127.0.0.1", "http://h:1"])
def test_a_secret_goes_over_plain_http_by_name_only(url: str, secret: Encryption) -> None:
    with pytest.raises(ConfigurationError, match="plain HTTP"):
        Config(url, "acme", encryption=secret)
    Config(url, "acme", encryption=secret, allow_sse_c_over_http=True)
    Config(url.replace("http:", "HTTPS:"), "acme", encryption=secret)
    safe = Config(URL, "acme", encryption=secret)
    with pytest.raises(ConfigurationError, match="plain HTTP"):
        safe.with_(base_url=url)


@pytest.mark.parametrize("bad", [None, 1, "yes"])
def test_the_permission_is_a_flag(bad: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be True or False"):
        Config(URL, "acme", allow_sse_c_over_http=bad)


@pytest.mark.parametrize("own", [SseC(RAW), SseKms("acme-key")], ids=["c", "kms"])
def test_a_tenants_key_is_not_taken_along_to_another(own: Encryption) -> None:
    config = Config(URL, "acme", encryption=own)
    for other in ("beta", None):
        with pytest.raises(ConfigurationError, match="is that of tenant 'acme'"):
            config.with_(tenant_id=other)
    assert config.with_(tenant_id="acme", timeout=5).encryption == own
    assert config.with_(tenant_id="beta", encryption=None).encryption is None
    assert config.with_(tenant_id="beta", encryption=SseC(bytes(32))).encryption != own
    assert Config(URL, None, encryption=own).with_(tenant_id="beta").encryption == own
    assert Config(URL, "acme", encryption=SseS3()).with_(tenant_id="beta").encryption == SseS3()
    upper = "550E8400-E29B-41D4-A716-446655440000"
    mine = Config(URL, upper, encryption=own)
    assert mine.with_(tenant_id=upper.lower()).encryption == own
