"""Bodies of MinIO's admin API that are sealed with the caller's secret key.

    salt 32 | algorithm 1 | nonce 8 | chunks

The key is Argon2id (one pass, 64 MiB, four lanes) of secret key and salt; builds of MinIO for FIPS use
PBKDF2 instead. A chunk is 16 KiB under an AEAD, the last one shorter. Its nonce is the eight bytes and its
number from 1; what it authenticates beside its bytes is whether it is the last, and the tag of chunk 0, which
is empty. So chunks can't be changed, left out, put in another order or cut off unseen.
https://pkg.go.dev/github.com/minio/madmin-go/v3#EncryptData and https://pkg.go.dev/github.com/secure-io/sio-go
"""

from __future__ import annotations

import hashlib
import io
from typing import Any

from minio_sdk.errors import IntegrityError, NotSupportedError

CHUNK = 16 * 1024
RANDOM = 40
"""How many random bytes `seal` needs: salt and nonce."""

_SALT, _NONCE, _TAG = 32, 8, 16
_HEAD = _SALT + 1 + _NONCE
_INSPECTED = 1 + 32
_WRONG_KEY = "the server's answer can't be opened with this client's secret key"
_NO_KEY = "what the server has read of its drives was changed or cut off on its way"
_AES_GCM, _CHACHA20_POLY1305, _PBKDF2_AES_GCM = 0, 1, 2
_PBKDF2_ROUNDS = 8192
_MORE, _LAST = b"\x00", b"\x80"


def seal(secret_key: str, plain: bytes, random: bytes) -> bytes:
    """`plain`, to be opened by the server that knows the secret key. Takes tens of milliseconds.

    Args:
        secret_key: of the credentials that sign the request.
        plain: any bytes.
        random: `RANDOM` bytes that are used but once.

    Raises:
        NotSupportedError: a package is missing.
    """
    salt, nonce = random[:_SALT], random[_SALT:]
    cipher = _Chunks(_aead(_AES_GCM, secret_key, salt), nonce)
    starts = range(0, max(len(plain), 1), CHUNK)
    sealed = [
        cipher.aead.encrypt(
            cipher.nonce(number),
            plain[start : start + CHUNK],
            cipher.mark(start + CHUNK >= len(plain)),
        )
        for number, start in enumerate(starts, 1)
    ]
    return b"".join((salt, bytes([_AES_GCM]), nonce, *sealed))


def unseal(secret_key: str, sealed: bytes) -> bytes:
    """What the server has sealed with the secret key of the caller.

    Raises:
        IntegrityError: it isn't what the server has sealed, or not for this secret key.
        NotSupportedError: a package is missing.
    """
    algorithm = sealed[_SALT] if len(sealed) >= _HEAD + _TAG else -1
    if algorithm not in (_AES_GCM, _CHACHA20_POLY1305, _PBKDF2_AES_GCM):
        raise _damaged(_WRONG_KEY)
    cipher = _Chunks(_aead(algorithm, secret_key, sealed[:_SALT]), sealed[_SALT + 1 : _HEAD])
    return _opened(cipher, sealed, _HEAD, _WRONG_KEY)


def unseal_inspected(answer: bytes) -> bytes:
    """What MinIO has read of its drives for whoever inspects them; the key is in the answer.

    Raises:
        IntegrityError: it was changed or cut off on its way.
        NotSupportedError: a package is missing.
    """
    if len(answer) < _INSPECTED + _TAG or answer[0] != 1:
        raise _damaged(_NO_KEY)
    aes, _ = _aeads()
    # The key is used once, and so the nonce is no random one.
    return _opened(_Chunks(aes(answer[1:_INSPECTED]), bytes(_NONCE)), answer, _INSPECTED, _NO_KEY)


def _opened(cipher: _Chunks, sealed: bytes, start: int, reason: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    starts = range(start, len(sealed), CHUNK + _TAG)
    plain = io.BytesIO()  # which gives away what it holds, where joining would hold all of it twice
    try:
        for number, start in enumerate(starts, 1):
            piece = sealed[start : start + CHUNK + _TAG]
            last = start + CHUNK + _TAG >= len(sealed)
            plain.write(cipher.aead.decrypt(cipher.nonce(number), piece, cipher.mark(last)))
        return plain.getvalue()
    except (InvalidTag, ValueError):  # ValueError: the last piece is shorter than a tag
        raise _damaged(reason) from None


class _Chunks:
    """An AEAD, with the nonce and the associated data of each chunk."""

    __slots__ = ("_prefix", "_tag", "aead")

    def __init__(self, aead: Any, prefix: bytes) -> None:
        self.aead = aead
        self._prefix = prefix
        self._tag: bytes = aead.encrypt(self.nonce(0), b"", b"")

    def nonce(self, number: int) -> bytes:
        """Of a chunk, by its number."""
        return self._prefix + number.to_bytes(4, "little")

    def mark(self, last: bool) -> bytes:
        """What a chunk authenticates beside its bytes."""
        return (_LAST if last else _MORE) + self._tag


def _aead(algorithm: int, secret_key: str, salt: bytes) -> Any:
    aes, chacha = _aeads()
    key = _key(algorithm, secret_key, salt)
    return chacha(key) if algorithm == _CHACHA20_POLY1305 else aes(key)


def _key(algorithm: int, secret_key: str, salt: bytes) -> bytes:
    if algorithm == _PBKDF2_AES_GCM:
        return hashlib.pbkdf2_hmac("sha256", secret_key.encode(), salt, _PBKDF2_ROUNDS, 32)
    try:
        from argon2.low_level import Type, hash_secret_raw
    except ImportError:
        raise _missing("argon2-cffi") from None
    return hash_secret_raw(secret_key.encode(), salt, 1, 64 * 1024, 4, 32, Type.ID)


def _aeads() -> tuple[Any, Any]:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
    except ImportError:
        raise _missing("cryptography") from None
    return AESGCM, ChaCha20Poly1305


def _missing(package: str) -> NotSupportedError:
    return NotSupportedError(
        f"MinIO's admin API seals what it says, and {package}, which opens it, is not installed",
        hint='pip install "minio-enterprise-sdk[admin]"',
    )


def _damaged(reason: str) -> IntegrityError:
    return IntegrityError(
        reason,
        hint="check that nothing between client and server changes answers",
    )
