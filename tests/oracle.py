"""boto3: the oracle for what is signed ahead, and a client that knows nothing of ours."""

from __future__ import annotations

import warnings
from datetime import datetime, timezone
from typing import Any

from minio_sdk import Credentials


def s3_of(
    url: str,
    keys: Credentials,
    retries: int = 0,
    verify: str | None = None,
    addressing: str = "path",
    region: str = "us-east-1",
) -> Any:
    """boto3's client of the server at `url`, with paths as ours are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its word on which Pythons it will support
        from boto3.session import Session
        from botocore.config import Config as BotoConfig

        return Session().client(
            "s3",
            endpoint_url=url,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=str(keys.secret_key),
            aws_session_token=keys.session_token,
            region_name=region,
            verify=verify,
            config=BotoConfig(
                s3={"addressing_style": addressing},
                signature_version="s3v4",
                retries={"max_attempts": retries},
            ),
        )


def moment_of(stamp: str) -> float:
    """The moment of a signature, from its date: ours is then made for the same."""
    moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    return moment.timestamp()
