"""Where the name of a bucket goes: into the path, or before the host's name ("virtual-host style").

Rule of this file: what is no host's name, or none that a certificate can be for, goes into the path.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from minio_sdk.models.addresses import is_address
from minio_sdk.wire.url import Endpoint, parse_endpoint

_AWS = re.compile(r"(?:.+\.)?s3[a-z0-9-]*\.(?:.+\.)?amazonaws\.com(?:\.cn)?\.?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]", re.ASCII)
_LABELS = re.compile(
    r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+", re.ASCII
)


@lru_cache(maxsize=256)
def is_virtual(addressing: str, url: str) -> bool:
    """Whether buckets stand before the host's name at a server.

    Args:
        addressing: that of the configuration.
        url: the server's, which `Config` has checked.
    """
    if addressing == "path":
        return False
    host = parse_endpoint(url).host
    if is_address(host):
        return False
    return addressing == "virtual" or _AWS.fullmatch(host.lower()) is not None


@lru_cache(maxsize=1024)
def hosted(endpoint: Endpoint, bucket: str, addressing: str) -> Endpoint | None:
    """The bucket's own address; None for a bucket that stands in the path.

    A name with dots is no single label, and certificates for all names below a host are for single ones.
    """
    fits = _LABEL.fullmatch(bucket) is not None
    if not fits and addressing == "virtual" and endpoint.scheme == "http":
        fits = 3 <= len(bucket) <= 63 and _LABELS.fullmatch(bucket) is not None
    if (
        not fits or len(bucket) + len(endpoint.host) > 252
    ):  # with the dot 253, all that names can have
        return None
    header = f"{bucket}.{endpoint.host_header}"
    return replace(
        endpoint,
        url=f"{endpoint.scheme}://{header}{endpoint.path}",
        host=f"{bucket}.{endpoint.host}",
        host_header=header,
        bucket=bucket,
    )
