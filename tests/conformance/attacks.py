"""Everything that one can ask of S3 about somebody else's names, by plain HTTP signed by hand.

Nothing of the SDK's tenancy is in the way: a server that answers must have been told to refuse.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from minio_sdk import Credentials
from minio_sdk.wire.sigv4 import Signer

POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["*"]},'
    '"Action":["s3:GetObject"],"Resource":["arn:aws:s3:::%s/*"]}]}'
)
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
LIFECYCLE = (
    b"<LifecycleConfiguration><Rule><ID>x</ID><Status>Enabled</Status><Filter><Prefix/></Filter>"
    b"<Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>"
)
VERSIONING = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


@dataclass(frozen=True)
class Asked:
    """One request before it is signed; `query` is encoded, and sorted as signatures want it."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    presigned: bool = False


@dataclass(frozen=True)
class Victim:
    """What is attacked: where an object of B's lies, and an upload that B has begun.

    Attributes:
        bucket: the server's bucket.
        prefix: what stands before B's keys in it.
        upload_id: of an unfinished upload of B's to key ``begun``.
        own: an object of the attacker's, as a path.
    """

    bucket: str
    prefix: str
    upload_id: str
    own: str


def on_objects(victim: Victim) -> Iterator[Asked]:
    """Attacks on B's objects, the harmless ones first."""
    key = f"/{victim.bucket}/{victim.prefix}k"
    new = f"/{victim.bucket}/{victim.prefix}new"
    begun = f"/{victim.bucket}/{victim.prefix}begun"
    upload = f"uploadId={quote(victim.upload_id, safe='~')}"
    yield Asked("GET", key)
    yield Asked("HEAD", key)
    yield Asked("GET", key, headers={"range": "bytes=0-0"})
    yield Asked("GET", key, presigned=True)
    yield Asked("GET", key, "tagging=")
    yield Asked("GET", key, "versionId=null")
    yield Asked("GET", begun, upload)
    yield Asked("PUT", victim.own, headers={"x-amz-copy-source": key})
    yield Asked("PUT", victim.own, headers={"x-amz-copy-source": quote(key[1:], safe="")})
    yield Asked("PUT", key, body=b"overwritten")
    yield Asked("PUT", new, body=b"planted")
    yield Asked("PUT", new, presigned=True)
    yield Asked("PUT", new, headers={"x-amz-copy-source": victim.own})
    yield Asked("PUT", key, "tagging=", TAGS)
    yield Asked("DELETE", key, "tagging=")
    yield Asked("POST", new, "uploads=")
    yield Asked("PUT", begun, f"partNumber=1&{upload}", b"part")
    yield Asked("PUT", begun, f"partNumber=1&{upload}", headers={"x-amz-copy-source": victim.own})
    yield Asked("DELETE", begun, upload)
    yield Asked("DELETE", key)


def on_listings(victim: Victim) -> Iterator[Asked]:
    """Attacks on what B has, by listing it."""
    bucket = f"/{victim.bucket}"
    prefix = quote(victim.prefix, safe="~")
    yield Asked("GET", bucket, f"list-type=2&prefix={prefix}")
    yield Asked("GET", bucket, f"prefix={prefix}")
    yield Asked("GET", bucket, f"prefix={prefix}&versions=")
    yield Asked("GET", bucket, f"prefix={prefix}&uploads=")
    yield Asked("GET", bucket, f"delimiter=%2F&list-type=2&prefix={prefix}")


def on_bucket(bucket: str) -> Iterator[Asked]:
    """Attacks on a bucket as a whole."""
    path = f"/{bucket}"
    yield Asked("GET", path)
    yield Asked("GET", path, "list-type=2")
    yield Asked("GET", path, "versions=")
    yield Asked("GET", path, "uploads=")
    yield Asked("GET", path, "policy=")
    yield Asked("GET", path, "tagging=")
    yield Asked("GET", path, "lifecycle=")
    yield Asked("PUT", path, "tagging=", TAGS)
    yield Asked("DELETE", path, "tagging=")
    yield Asked("PUT", path, "lifecycle=", LIFECYCLE)
    yield Asked("DELETE", path, "lifecycle=")
    yield Asked("PUT", path, "policy=", (POLICY % bucket).encode())
    yield Asked("DELETE", path, "policy=")
    yield Asked("PUT", path, "versioning=", VERSIONING)
    yield Asked("DELETE", path)


class Caller:
    """Sends with one pair of keys."""

    def __init__(self, base_url: str, access_key: str, secret_key: str) -> None:
        self.host = urlsplit(base_url).netloc
        self.signer = Signer(Credentials(access_key, secret_key), "us-east-1")

    def ask(self, asked: Asked) -> tuple[int, bytes]:
        """Status and body of the answer."""
        query, headers = asked.query, {"host": self.host, **asked.headers}
        if asked.presigned:
            query = self.signer.presign(
                asked.method, asked.path, [], {"host": self.host}, 60, time.time()
            )
        else:
            if asked.body:
                digest = hashlib.md5(asked.body, usedforsecurity=False).digest()
                headers["content-md5"] = base64.b64encode(digest).decode()
            digest_of_body = hashlib.sha256(asked.body).hexdigest()
            headers |= self.signer.sign(
                asked.method, asked.path, query, headers, digest_of_body, time.time()
            )
        connection = http.client.HTTPConnection(self.host, timeout=30)
        try:
            target = f"{asked.path}?{query}" if query else asked.path
            connection.putrequest(asked.method, target, True, True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if asked.body or asked.method in ("PUT", "POST"):
                connection.putheader("content-length", str(len(asked.body)))
            connection.endheaders(asked.body or None)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
