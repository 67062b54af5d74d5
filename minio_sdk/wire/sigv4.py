"""AWS Signature Version 4: headers, presigned URLs, POST policies.

Rule of this file: the moment of signing is an argument, so that a signature is a pure function; and a
secret never stands in a local variable whose `repr` would show it.
https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from hashlib import sha256
from typing import Any

from minio_sdk.models.credentials import Credentials
from minio_sdk.wire.message import UNSIGNED_PAYLOAD
from minio_sdk.wire.url import quote_value

ALGORITHM = "AWS4-HMAC-SHA256"

# Headers that an intermediary may add or change, or that the HTTP library writes, stay unsigned.
# Everything that changes what the request means is signed.
_SIGNED = frozenset(
    {
        "host",
        "content-type",
        "content-md5",
        "content-encoding",
        "content-disposition",
        "content-language",
        "cache-control",
        "expires",
        "range",
        "if-match",
        "if-none-match",
        "if-modified-since",
        "if-unmodified-since",
        "x-tenant-id",
    }
)
_SIGNED_PREFIXES = ("x-amz-", "x-minio-")


_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class SigningKey:
    """The key derived for one day, region and service. Opaque: it can sign, not be read."""

    __slots__ = ("_inner", "_outer", "day", "scope")

    def __init__(self, credentials: Credentials, day: str, region: str, service: str) -> None:
        mac = hmac.new(b"AWS4" + credentials.secret_key.encode(), day.encode(), sha256)
        for part in (region, service, "aws4_request"):
            mac = hmac.new(mac.digest(), part.encode(), sha256)
        # HMAC by hand (RFC 2104): copies of two hashes cost two thirds of a copy of `hmac`'s object.
        key = mac.digest().ljust(64, b"\0")
        self._inner = sha256(key.translate(_INNER))
        self._outer = sha256(key.translate(_OUTER))
        self.day = day
        self.scope = f"{day}/{region}/{service}/aws4_request"

    def sign(self, text: str) -> str:
        """The signature of `text` in hexadecimal."""
        return self.sign_bytes(text.encode())

    def sign_bytes(self, data: bytes) -> str:
        """The signature of encoded text in hexadecimal."""
        return self.sign_from(self._inner, data)

    def begun(self, data: bytes) -> Any:
        """What texts that begin alike are signed from: `sign_from` takes it with the rest of one."""
        inner = self._inner.copy()
        inner.update(data)
        return inner

    def sign_from(self, begun: Any, rest: bytes) -> str:
        """The signature of a text of which the beginning is in `begun`."""
        inner, outer = begun.copy(), self._outer.copy()
        inner.update(rest)
        outer.update(inner.digest())
        return outer.hexdigest()


class Signer:
    """Signs for one pair of keys and one region; keeps the key of the day.

    Args:
        credentials: the keys.
        region: such as ``"us-east-1"``.
        service: ``"s3"``; ``"sts"`` and others sign alike.
    """

    __slots__ = ("_key", "credentials", "region", "service")

    def __init__(self, credentials: Credentials, region: str, service: str = "s3") -> None:
        self.credentials = credentials
        self.region = region
        self.service = service
        self._key: SigningKey | None = None

    def key_of(self, day: str) -> SigningKey:
        """The key of a day, such as ``"20130524"``."""
        # One reference is read and one is written: two threads at midnight at worst derive it twice.
        key = self._key
        if key is None or key.day != day:
            key = self._key = SigningKey(self.credentials, day, self.region, self.service)
        return key

    def sign(
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        payload_hash: str,
        when: float,
        also: frozenset[str] = frozenset(),
    ) -> dict[str, str]:
        """The headers that carry the signature.

        Args:
            method: the HTTP method.
            path: the encoded path as it is sent.
            query: the encoded, sorted query as it is sent.
            headers: lower-case names, ``host`` among them.
            payload_hash: SHA-256 of the body in hexadecimal, or ``UNSIGNED-PAYLOAD``.
            when: seconds since the epoch.
            also: headers that are signed beside those that always are.

        Returns:
            ``x-amz-date``, ``x-amz-content-sha256``, ``x-amz-security-token`` for temporary keys, and
            ``authorization``.
        """
        stamp = timestamp(when)
        added = {"x-amz-content-sha256": payload_hash, "x-amz-date": stamp}
        if self.credentials.session_token is not None:
            added["x-amz-security-token"] = self.credentials.session_token
        signed = {**signed_headers(headers), **added}
        signed |= {name: headers[name] for name in also}
        names = sorted(signed)
        block = "".join([f"{name}:{trimmed(signed[name])}\n" for name in names])
        listed = ";".join(names)
        canonical = f"{method}\n{path}\n{query}\n{block}\n{listed}\n{payload_hash}"
        key = self.key_of(stamp[:8])
        digest = sha256(canonical.encode()).hexdigest()
        signature = key.sign(f"{ALGORITHM}\n{stamp}\n{key.scope}\n{digest}")
        added["authorization"] = (
            f"{ALGORITHM} Credential={self.credentials.access_key}/{key.scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        return added

    def presign(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        expires: int,
        when: float,
    ) -> str:
        """The query of a presigned URL.

        Args:
            method: the method that the URL is good for.
            path: the encoded path.
            query: further pairs, not yet encoded.
            headers: lower-case names, ``host`` among them; all are signed and must be sent as they are.
            expires: seconds that it is good for.
            when: seconds since the epoch.

        Returns:
            The encoded query, signature included.
        """
        stamp = timestamp(when)
        key = self.key_of(stamp[:8])
        signed = {name.lower(): value for name, value in headers.items()}
        names = sorted(signed)
        listed = ";".join(names)
        pairs = [
            *query,
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", f"{self.credentials.access_key}/{key.scope}"),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(expires)),
            ("X-Amz-SignedHeaders", listed),
        ]
        if self.credentials.session_token is not None:
            pairs.append(("X-Amz-Security-Token", self.credentials.session_token))
        encoded = "&".join(
            f"{name}={value}"
            for name, value in sorted((quote_value(n), quote_value(v)) for n, v in pairs)
        )
        block = "".join(f"{name}:{trimmed(signed[name])}\n" for name in names)
        canonical = f"{method}\n{path}\n{encoded}\n{block}\n{listed}\n{UNSIGNED_PAYLOAD}"
        digest = sha256(canonical.encode()).hexdigest()
        signature = key.sign(f"{ALGORITHM}\n{stamp}\n{key.scope}\n{digest}")
        return f"{encoded}&X-Amz-Signature={signature}"

    def post_policy(
        self, fields: Mapping[str, str], conditions: Sequence[Any], expires: int, when: float
    ) -> dict[str, str]:
        """The fields of a browser form that uploads one object.

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html

        Args:
            fields: form fields with fixed values (``bucket``, ``key``, ``Content-Type`` ...), each of
                which becomes a condition.
            conditions: further conditions, such as ``["content-length-range", 0, 1048576]``.
            expires: seconds that the form is good for.
            when: seconds since the epoch.

        Returns:
            All fields of the form but the file; ``bucket`` is left out, as the URL says it.
        """
        stamp = timestamp(when)
        key = self.key_of(stamp[:8])
        all_fields = {
            **fields,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": f"{self.credentials.access_key}/{key.scope}",
            "x-amz-date": stamp,
        }
        if self.credentials.session_token is not None:
            all_fields["x-amz-security-token"] = self.credentials.session_token
        end = datetime.fromtimestamp(int(when), timezone.utc) + timedelta(seconds=expires)
        document = {
            "expiration": f"{end:%Y-%m-%dT%H:%M:%S}.000Z",
            "conditions": [*({name: value} for name, value in all_fields.items()), *conditions],
        }
        policy = base64.b64encode(json.dumps(document).encode()).decode()
        all_fields.pop("bucket", None)
        return {**all_fields, "policy": policy, "x-amz-signature": key.sign(policy)}


def timestamp(when: float) -> str:
    """ISO 8601 basic format in UTC, such as ``20130524T000000Z``; fractions are cut, never rounded."""
    return _stamp(int(when))


@lru_cache(maxsize=16)
def _stamp(second: int) -> str:
    return f"{datetime.fromtimestamp(second, timezone.utc):%Y%m%dT%H%M%SZ}"


def signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those of `headers` that the signature covers."""
    return {name: value for name, value in headers.items() if is_signed(name)}


def is_signed(name: str) -> bool:
    """Whether the signature covers a header of this name."""
    return name in _SIGNED or name.startswith(_SIGNED_PREFIXES)


def trimmed(value: str) -> str:
    """Blanks at the ends cut, runs of blanks made one, as the canonical form wants."""
    plain = "  " not in value and "\t" not in value and value == value.strip()
    return value if plain else " ".join(value.split())
