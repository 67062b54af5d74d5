"""Signed heads of requests that are alike, from an outline in which little is left to fill in.

Why it is here: collecting an attempt's headers, signing them and writing them down takes 10 us, of which 2
are for SHA-256. All requests with the same method and names of headers differ only in path, query, values,
hash and moment. So what they share, in the canonical form and in the head, is laid out once for a day's
signing key; filling it in takes 4 us. Requests of one second that have the same values too, as those of a
bulk job have, share more: what is left to fill in then is path, query, hash, signature and length.

Rule of this file: it says what `Signing.headers` and `head_of` say, byte for byte, or nothing:
`tests/wire/test_outlines.py` holds that.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Any

from minio_sdk.models.object_encryption import CONTEXT
from minio_sdk.models.secret import SecretBytes
from minio_sdk.wire.encryption import CUSTOMER_KEY, SOURCE_KEY
from minio_sdk.wire.heads import is_sized, is_target, whole_lines
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

_NEVER = _OURS | {CUSTOMER_KEY, SOURCE_KEY, CONTEXT}
"""What no outline has: besides those, what is secret, of which nothing is to be kept or be seen in a local
variable as plain bytes."""

# What is filled in, by its place among the facts of a request; values of its own headers come behind.
_PATH, _QUERY, _HASH, _STAMP, _VALUES = 0, 1, 2, 3, 4


class _Filled:
    """An outline with values and moment filled in.

    Attributes:
        canonical, head: the forms in which the rest is left open.
        signing: the hash that signs, up to where the hash of the canonical form comes.
    """

    __slots__ = ("canonical", "head", "signing")

    def __init__(self, canonical: bytes, head: bytes, signing: Any) -> None:
        self.canonical = canonical
        self.head = head
        self.signing = signing


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

    __slots__ = (
        "_canonical",
        "_head",
        "_key",
        "_latest",
        "_own",
        "_pick",
        "_sized",
        "_to_sign",
        "is_sound",
    )

    def __init__(
        self, signer: Signer, key: SigningKey, request: Request, host: str, fixed: Mapping[str, str]
    ) -> None:
        self._key = key
        # Values and moment of the last request, and the outline with them if they came twice. It is read
        # once and written once: threads may at worst fill in the same.
        self._latest: tuple[tuple[str, ...], bytes, _Filled | None] = ((), b"", None)
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
            lines.append("content-length: %b")
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
        where = path.encode()
        values = tuple(request.headers.values()) if self._own else ()
        size = (str(request.length).encode(),) if self._sized else ()
        last_values, last_stamp, filled = self._latest
        if last_stamp != stamp or last_values != values:
            self._latest = (values, stamp, None)
        else:
            if filled is None and (filled := self._filled(values, stamp)) is not None:
                self._latest = (values, stamp, filled)
            if filled is not None:
                goal = target.encode() if query else where
                canonical = filled.canonical % (where, query.encode(), digest, digest)
                hashed = sha256(canonical).hexdigest().encode()
                signature = self._key.sign_from(filled.signing, hashed).encode()
                return SecretBytes(filled.head % (goal, digest, signature, *size))
        own = _encoded(values)
        if own is None:
            return None
        facts = (where, query.encode(), digest, stamp, *_trimmed(values))
        hashed = sha256(self._canonical % self._pick(facts)).hexdigest().encode()
        signature = self._key.sign_bytes(self._to_sign % (stamp, hashed)).encode()
        return SecretBytes(self._head % (target.encode(), *own, digest, stamp, signature, *size))

    def _filled(self, values: tuple[str, ...], stamp: bytes) -> _Filled | None:
        own = _encoded(values)
        if own is None:
            return None
        gap = b"%b"
        # What isn't a gap has each "%" twice, and has to have it so after this filling in, too.
        size = (gap,) if self._sized else ()
        head = _twice_more(self._head) % (gap, *map(_twice, own), gap, stamp, gap, *size)
        facts = (gap, gap, gap, stamp, *map(_twice, _trimmed(values)))
        canonical = _twice_more(self._canonical) % self._pick(facts)
        signing = self._key.begun(self._to_sign % (stamp, b""))
        return _Filled(canonical, head, signing)


def has_outline(request: Request) -> bool:
    """Whether an outline can say what is to be said."""
    # What a user has added may be secret, too, and is signed whatever its name.
    plain = request.extras is None and _NEVER.isdisjoint(request.headers)
    return plain and request.length is not None


def _encoded(values: tuple[str, ...]) -> tuple[bytes, ...] | None:
    """Values as they are sent; None where one could end its line, or be read in two ways."""
    for value in values:
        if not (value.isascii() and value.isprintable()):
            return None
    return tuple([value.encode() for value in values])


def _trimmed(values: tuple[str, ...]) -> list[bytes]:
    return [trimmed(value).encode() for value in values]


def _twice(value: bytes) -> bytes:
    return value.replace(b"%", b"%%")


def _twice_more(outline: bytes) -> bytes:
    return outline.replace(b"%%", b"%%%%")


def _fixed(text: str) -> str:
    return text.replace("%", "%%")
