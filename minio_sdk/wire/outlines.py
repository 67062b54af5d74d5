"""Signed heads of requests that are alike, from an outline in which little is left to fill in.

Why it is here: collecting an attempt's headers, signing them and writing them down takes 10 us, of which 2
are for SHA-256. All requests with the same method and names of headers differ only in path, query, values,
hash and moment. So what they share, in the canonical form and in the head, is laid out once for a day's
signing key; filling it in takes 4 us.

Rule of this file: it says what `Signing.headers` and `head_of` say, byte for byte, or nothing:
`tests/wire/test_outlines.py` holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter

from minio_sdk.models.secret import SecretBytes
from minio_sdk.wire.heads import is_target, whole_lines
from minio_sdk.wire.message import Request
from minio_sdk.wire.sigv4 import ALGORITHM, Signer, SigningKey, is_signed, trimmed

_OURS = frozenset(
    {
        "accept-encoding",
        "authorization",
        "content-length",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-security-token",
        "x-tenant-id",
    }
)
"""What a request of ours never brings itself, and is written here at its place."""

# What is filled in, by its place among the facts of a request; values of its own headers come behind.
_PATH, _QUERY, _HASH, _STAMP, _VALUES = 0, 1, 2, 3, 4


class Outline:
    """The head of all requests of one method and the same names of headers, for one key of the day.

    Args:
        signer: whose key signs.
        key: that of the day.
        request: one of them.
        host: what ``host`` says.
        fixed: the headers that are the same in all, behind the request's own.

    Attributes:
        is_sound: whether what is laid out can be sent; else it is the careful way that says what is wrong.
    """

    __slots__ = ("_canonical", "_head", "_key", "_own", "_pick", "_sized", "_to_sign", "is_sound")

    def __init__(
        self, signer: Signer, key: SigningKey, request: Request, host: str, fixed: Mapping[str, str]
    ) -> None:
        self._key = key
        names = list(request.headers)
        self._sized = is_sized(request)
        same = {"host": host, **fixed}
        if signer.credentials.session_token is not None:
            same["x-amz-security-token"] = signer.credentials.session_token
        places = {name: _VALUES + number for number, name in enumerate(names) if is_signed(name)}
        self._own = bool(names)
        places |= {"x-amz-content-sha256": _HASH, "x-amz-date": _STAMP}
        order = sorted({*places, *filter(is_signed, same)})
        listed = _fixed(";".join(order))
        block = "".join(
            f"{_fixed(name)}:{'%b' if name in places else _fixed(trimmed(same[name]))}\n"
            for name in order
        )
        self._canonical = f"{request.method}\n%b\n%b\n{block}\n{listed}\n%b".encode()
        self._to_sign = f"{ALGORITHM}\n%b\n{key.scope}\n%b".encode()
        filled = [places[name] for name in order if name in places]
        self._pick = itemgetter(_PATH, _QUERY, *filled, _HASH)
        lines = [
            f"{request.method} %b HTTP/1.1",
            f"host: {_fixed(host)}",
            *(f"{_fixed(name)}: %b" for name in names),
            *(f"{name}: {_fixed(value)}" for name, value in fixed.items()),
            "x-amz-content-sha256: %b",
            "x-amz-date: %b",
        ]
        if signer.credentials.session_token is not None:
            lines.append(f"x-amz-security-token: {_fixed(signer.credentials.session_token)}")
        credential = f"{ALGORITHM} Credential={_fixed(signer.credentials.access_key)}/{key.scope}"
        lines.append(f"authorization: {credential}, SignedHeaders={listed}, Signature=%b")
        if self._sized:
            lines.append("content-length: %d")
        head = "\r\n".join([*lines, "", ""])
        self.is_sound = head.isascii() and whole_lines(head, len(lines) + 1)
        self._head = head.encode()

    def head(self, request: Request, path: str, stamp: bytes) -> SecretBytes | None:
        """The head of a request as it is sent; None where it needs more care.

        Args:
            request: one with the method and the names of this outline.
            path: the encoded path as it is sent.
            stamp: the moment of signing, on the day of the key.
        """
        query = request.query
        target = f"{path}?{query}" if query else path
        if not is_target(target):
            return None
        digest = request.payload_hash.encode()
        facts: tuple[bytes, ...] = (path.encode(), query.encode(), digest, stamp)
        own: tuple[bytes, ...] = ()
        if self._own:
            values = request.headers.values()
            for value in values:  # whatever could end a line, or be read in two ways
                if not (value.isascii() and value.isprintable()):
                    return None
            own = tuple([value.encode() for value in values])
            facts += tuple([trimmed(value).encode() for value in values])
        canonical = sha256(self._canonical % self._pick(facts)).hexdigest()
        signature = self._key.sign_bytes(self._to_sign % (stamp, canonical.encode())).encode()
        if self._sized:
            filled = (target.encode(), *own, digest, stamp, signature, request.length)
        else:
            filled = (target.encode(), *own, digest, stamp, signature)
        return SecretBytes(self._head % filled)


def has_outline(request: Request) -> bool:
    """Whether an outline can say what is to be said."""
    return request.length is not None and _OURS.isdisjoint(request.headers)


def is_sized(request: Request) -> bool:
    """Whether the length of the body is told; see `add_length`."""
    return request.method in ("PUT", "POST") or bool(request.length)


def _fixed(text: str) -> str:
    return text.replace("%", "%%")
