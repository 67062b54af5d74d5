"""The SDK and its peers behind one narrow interface: get an object, put one, list them all."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import minio_sdk
from minio_sdk import Config, MinIOClient
from tests.servers import Server

PROJECT = "minio-enterprise-sdk"
BUCKET = "benchmarks"
KEY = "an/object"
REGION = "us-east-1"
PIECE = 8 << 20
"""Bytes of a part, or of a range, for those who have to be told."""


@dataclass(frozen=True)
class Client:
    """Ready to work on `BUCKET`; each peer is set up as its own documentation does it.

    Those that have calls for many objects offer them with 8 at once; others are called on 8 threads.
    """

    get: Callable[[], bytes]
    put: Callable[[bytes], object]
    list: Callable[[], int]
    close: Callable[[], object] = lambda: None
    get_many: Callable[[int], object] | None = None
    put_many: Callable[[int, bytes], object] | None = None
    upload: Callable[[str], object] | None = None
    """A file, under its own name as the key."""
    download: Callable[[str, str, int], object] | None = None
    """A key into a file; the object's size is known."""


@dataclass(frozen=True)
class Contender:
    """A library: what to install, what to import, and how to make a `Client` of it."""

    package: str
    module: str
    connect: Callable[[Server], Client]

    def version(self) -> str | None:
        """What is installed, None if nothing is. This very SDK is always there."""
        return installed(self.package)


def installed(package: str) -> str | None:
    """The version of a package, None if it isn't there."""
    if package == PROJECT:
        return minio_sdk.__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def settings(server: Server) -> Config:
    """The SDK's, without a tenant: the peers know none."""
    return Config(
        server.base_url, None, access_key=server.access_key, secret_key=server.secret_key, api="s3"
    )


def connect_sdk(server: Server) -> MinIOClient:
    """The SDK's blocking client."""
    return MinIOClient(settings(server))


def _sdk(server: Server) -> Client:
    client = connect_sdk(server)
    return Client(
        get=lambda: client.get_object(BUCKET, KEY),
        put=lambda data: client.put_object(BUCKET, KEY, data),
        list=lambda: sum(1 for _ in client.iter_objects(BUCKET)),
        close=client.close,
        get_many=lambda count: client.download_many([(BUCKET, KEY)] * count, concurrency=8),
        put_many=lambda count, data: client.upload_many(
            [(BUCKET, KEY, data)] * count, concurrency=8
        ),
        upload=lambda path: client.upload_file(BUCKET, Path(path).name, path),
        download=lambda key, path, size: client.download_file(BUCKET, key, path),
    )


def connect_minio(server: Server) -> Any:
    """minio-py's client."""
    return importlib.import_module("minio").Minio(
        server.base_url.removeprefix("http://"),
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=REGION,
        secure=False,
    )


def _minio(server: Server) -> Client:
    client = connect_minio(server)

    def get() -> bytes:
        response = client.get_object(bucket_name=BUCKET, object_name=KEY)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def put(data: bytes) -> object:
        return client.put_object(
            bucket_name=BUCKET, object_name=KEY, data=io.BytesIO(data), length=len(data)
        )

    def list_all() -> int:
        return sum(1 for _ in client.list_objects(bucket_name=BUCKET, recursive=True))

    return Client(
        get,
        put,
        list_all,
        upload=lambda path: client.fput_object(BUCKET, Path(path).name, path),
        download=lambda key, path, size: client.fget_object(BUCKET, key, path),
    )


def _boto3(server: Server) -> Client:
    client = importlib.import_module("boto3").client(
        "s3",
        endpoint_url=server.base_url,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=REGION,
    )
    return Client(
        get=lambda: bytes(client.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()),
        put=lambda data: client.put_object(Bucket=BUCKET, Key=KEY, Body=data),
        list=lambda: len(client.list_objects_v2(Bucket=BUCKET)["Contents"]),
        close=client.close,
        upload=lambda path: client.upload_file(path, BUCKET, Path(path).name),
        download=lambda key, path, size: client.download_file(BUCKET, key, path),
    )


def obstore_s3(server: Server) -> Any:
    """obstore's view of the bucket."""
    return importlib.import_module("obstore.store").S3Store(
        BUCKET,
        endpoint=server.base_url,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        region=REGION,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )


def _obstore(server: Server) -> Client:
    obstore, store = importlib.import_module("obstore"), obstore_s3(server)

    def download(key: str, path: str, size: int) -> None:
        """It has no call for that; this is what makes the most of it: four ranges at a time."""
        with Path(path).open("wb") as file, ThreadPoolExecutor(4) as pool:

            def fetch(start: int) -> None:
                data = obstore.get_range(store, key, start=start, end=min(size, start + PIECE))
                os.pwrite(file.fileno(), data, start)

            list(pool.map(fetch, range(0, size, PIECE)))

    return Client(
        get=lambda: bytes(obstore.get(store, KEY).bytes()),
        put=lambda data: obstore.put(store, KEY, data, use_multipart=False),
        list=lambda: sum(map(len, obstore.list(store, chunk_size=1000))),
        upload=lambda path: obstore.put(
            store, Path(path).name, Path(path), chunk_size=PIECE, max_concurrency=4
        ),
        download=download,
    )


# The first is the one that the others are compared with.
CONTENDERS = (
    Contender(PROJECT, "minio_sdk", _sdk),
    Contender("obstore", "obstore", _obstore),
    Contender("minio", "minio", _minio),
    Contender("boto3", "boto3", _boto3),
)
