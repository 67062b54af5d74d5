"""Sealed bodies: what MinIO's own library makes and opens, and nothing that anybody has touched."""

from __future__ import annotations

import hashlib
import sys
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import IntegrityError, NotSupportedError
from minio_sdk.wire import sealing
from minio_sdk.wire.sealing import CHUNK, RANDOM, seal, unseal, unseal_inspected
from tests.samples import answered
from tests.strategies import FEW

SECRET = "a secret ü"
FIXED = bytes(range(RANDOM))
HEAD = 41
_SALT = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
_NONCE = "2021222324252627"

# "Hello!", as madmin-go v3.0.109 and the library below it (sio-go v0.3.1) write it.
GOLDEN = {
    "AES-GCM": f"{_SALT}00{_NONCE}fe55eede1074152ab369cc8bd84d486abe941806f3d3",
    "ChaCha20-Poly1305": f"{_SALT}01{_NONCE}9240975743a2ba18366dadd1776ff58c0ae94b0435f8",
    "FIPS": f"{_SALT}02{_NONCE}99dfcbd628add5beba04d9cd6fc2333d286dc15d9b8f",
    "EncryptData": (
        "b6d7af1f25ae1bbd7862824c3eb0f077694a1549b57b5538ff2110a59a15c7e6"
        "00f151265581f16a314f332d1cc730c266d1153f0ea3e8536a093422c1afd3"
    ),
}


@pytest.mark.parametrize("way", GOLDEN)
def test_what_minio_seals_is_opened(way: str) -> None:
    assert unseal(SECRET, bytes.fromhex(GOLDEN[way])) == b"Hello!"


def test_what_minio_seals_of_nothing_is_nothing() -> None:
    sealed = (
        "1a62e6aa95b661c62909cb3b4714feaa12376ddbdf5c6066ff5a8edbba57a0d8"
        "00fff15e411cc84f2ca5b3265fcfe78c8489ecf4e3bde89f19"
    )
    assert unseal(SECRET, bytes.fromhex(sealed)) == b""


def test_a_body_is_sealed_as_minio_does() -> None:
    assert seal(SECRET, b"Hello!", FIXED).hex() == GOLDEN["AES-GCM"]
    # Four chunks, which madmin.DecryptData has opened.
    whole = bytes(range(251)) * 200
    digest = "58fcf9282f7deac4428a0727603da9ef939a8bfd5093d245b9e387ae6ba97602"
    assert hashlib.sha256(seal(SECRET, whole, FIXED)).hexdigest() == digest


@pytest.fixture(scope="class")  # of each test, in a way that Hypothesis accepts
def quick() -> Iterator[None]:
    """A key without Argon2id, whose tens of milliseconds are not what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sealing,
            "_key",
            lambda kind, secret, salt: hashlib.sha256(
                bytes([kind]) + secret.encode() + salt
            ).digest(),
        )
        yield


EDGES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5]
bodies = st.binary(max_size=200) | st.sampled_from(EDGES).map(lambda size: b"x" * size)


@pytest.mark.usefixtures("quick")
@FEW
@given(body=bodies, secret=st.text(max_size=20), random=st.binary(min_size=RANDOM, max_size=RANDOM))
def test_what_is_sealed_is_opened_again(body: bytes, secret: str, random: bytes) -> None:
    sealed = seal(secret, body, random)
    assert unseal(secret, sealed) == body
    assert len(sealed) == HEAD + len(body) + 16 * max(1, -(-len(body) // CHUNK))


@pytest.mark.usefixtures("quick")
@FEW
@given(body=bodies, data=st.data())
def test_a_byte_that_was_changed_is_seen(body: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(SECRET, body, FIXED))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(IntegrityError, match="can't be opened with this client's secret key"):
        unseal(SECRET, bytes(sealed))


@pytest.mark.usefixtures("quick")
@FEW
@given(body=bodies, data=st.data())
def test_what_was_cut_off_is_seen(body: bytes, data: st.DataObject) -> None:
    sealed = seal(SECRET, body, FIXED)
    size = data.draw(st.integers(0, len(sealed) - 1) | st.just(HEAD + CHUNK + 16))
    if size < len(sealed):
        with pytest.raises(IntegrityError):
            unseal(SECRET, sealed[:size])


@pytest.mark.usefixtures("quick")
def test_chunks_have_their_places() -> None:
    sealed = seal(SECRET, b"a" * CHUNK + b"b" * CHUNK + b"c", FIXED)
    head, size = sealed[:HEAD], CHUNK + 16
    first, second, last = (sealed[HEAD + n * size : HEAD + (n + 1) * size] for n in range(3))
    for wrong in (second + first + last, first + last, first + second + last + last, last):
        with pytest.raises(IntegrityError):
            unseal(SECRET, head + wrong)


@pytest.mark.parametrize("secret", ["", "a secret u", SECRET + " "])
def test_another_secret_opens_nothing(secret: str) -> None:
    with pytest.raises(IntegrityError):
        unseal(secret, bytes.fromhex(GOLDEN["AES-GCM"]))


@pytest.mark.parametrize(
    "package, module",
    [
        ("argon2-cffi", "argon2.low_level"),
        ("cryptography", "cryptography.hazmat.primitives.ciphers.aead"),
    ],
)
def test_a_missing_package_is_named(
    package: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    calls: list[Callable[[], bytes]] = [
        lambda: seal(SECRET, b"", FIXED),
        lambda: unseal(SECRET, bytes(99)),
    ]
    for call in calls:
        with pytest.raises(NotSupportedError) as caught:
            call()
        assert package in caught.value.message
        assert caught.value.hint == 'pip install "minio-enterprise-sdk[admin]"'


def test_what_minio_read_of_its_drives_is_opened() -> None:
    assert unseal_inspected(answered("AdminInspect", "minio").body).startswith(b"PK")


@FEW
@given(data=st.data())
def test_what_was_read_of_drives_and_touched_is_refused(data: st.DataObject) -> None:
    whole = answered("AdminInspect", "minio").body
    touched = bytearray(whole)
    at = data.draw(st.integers(0, len(whole) - 1))
    touched[at] ^= data.draw(st.integers(1, 255))
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    for body in (bytes(touched), cut, whole + b"x"):
        with pytest.raises(IntegrityError, match="changed or cut off"):
            unseal_inspected(body)


def test_much_that_was_read_of_drives_is_held_once_beside_its_answer() -> None:
    key, plain = bytes(32), bytes(8 << 20)
    cipher = sealing._Chunks(AESGCM(key), bytes(8))
    answer = b"\x01" + key
    answer += b"".join(
        cipher.aead.encrypt(
            cipher.nonce(number),
            plain[start : start + CHUNK],
            cipher.mark(start + CHUNK == 8 << 20),
        )
        for number, start in enumerate(range(0, len(plain), CHUNK), 1)
    )
    tracemalloc.start()
    try:
        opened = unseal_inspected(answer)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert opened == plain
    assert peak < 1.5 * len(plain)
