"""The token with which MinIO lets somebody read its metrics: a JSON Web Token, signed with the secret key.

https://datatracker.ietf.org/doc/html/rfc7519
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import Secret

_HEAD = {"alg": "HS512", "typ": "JWT"}


def metrics_token(keys: Credentials, until: float) -> Secret:
    """The token.

    Args:
        keys: whose it is.
        until: when it ends, in seconds since 1970.
    """
    claims = {"exp": int(until), "sub": keys.access_key, "iss": "prometheus"}
    signed = ".".join(_base64(json.dumps(each).encode()) for each in (_HEAD, claims))
    mac = hmac.new(keys.secret_key.encode(), signed.encode(), hashlib.sha512).digest()
    return Secret(f"{signed}.{_base64(mac)}")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
