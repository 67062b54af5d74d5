"""The SDK and its blocking peers behind one narrow interface: get an object, put one, list them all.

All of them sign what they upload: over plain HTTP each sends the SHA-256 of an object's or a part's bytes
(seen on 2026-11-22 in the requests of minio-py 7.2.20, boto3 1.43.117 and obstore 0.12.1, which signs what
it sends in one piece and what it sends in parts). boto3 adds a CRC32.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import io
import os
from collections.abc import Callable, Iterable, Sequence
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

    Those that have calls for many objects offer them, and choose how many go at once; others are called
    on 8 threads.
    """

    get: Callable[[str], bytes]
    put: Callable[[str, bytes], object]
    list: Callable[[str], int]
    """How many keys a prefix has."""
    upload: Callable[[str], object]
    """A file, under its own name as the key."""
    download: Callable[[str, str, int], object]
    """A key into a file; the object's size is known."""
    download_plainly: Callable[[str, str], object] | None = None
    """The same in one stream, where that isn't what `download` does."""
    upload_tuned: Callable[[str], object] | None = None
    """The same with the size and the number of parts that the SDK has, where `upload` has others."""
    get_many: Callable[[Sequence[str]], Iterable[object]] | None = None
    put_many: Callable[[Sequence[str], bytes], object] | None = None
    close: Callable[[], object] = lambda: None


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
        get=lambda key: client.get_object(BUCKET, key),
        put=lambda key, data: client.put_object(BUCKET, key, data),
        list=lambda prefix: sum(1 for _ in client.iter_objects(BUCKET, prefix)),
        upload=lambda path: client.upload_file(BUCKET, Path(path).name, path),
        download=lambda key, path, size: client.download_file(BUCKET, key, path),
        get_many=lambda keys: client.download_many([(BUCKET, key) for key in keys]),
        put_many=lambda keys, data: client.upload_many([(BUCKET, key, data) for key in keys]),
        close=client.close,
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

    def get(key: str) -> bytes:
        response = client.get_object(bucket_name=BUCKET, object_name=key)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def put(key: str, data: bytes) -> object:
        return client.put_object(
            bucket_name=BUCKET, object_name=key, data=io.BytesIO(data), length=len(data)
        )

    def list_all(prefix: str) -> int:
        return sum(1 for _ in client.list_objects(BUCKET, prefix=prefix, recursive=True))

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
        get=lambda key: bytes(client.get_object(Bucket=BUCKET, Key=key)["Body"].read()),
        put=lambda key, data: client.put_object(Bucket=BUCKET, Key=key, Body=data),
        list=lambda prefix: sum(
            len(page["Contents"])
            for page in client.get_paginator("list_objects_v2").paginate(
                Bucket=BUCKET, Prefix=prefix
            )
        ),
        upload=lambda path: client.upload_file(path, BUCKET, Path(path).name),
        download=lambda key, path, size: client.download_file(BUCKET, key, path),
        close=client.close,
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

    def download_plainly(key: str, path: str) -> None:
        with Path(path).open("wb") as file:
            file.writelines(obstore.get(store, key).stream(min_chunk_size=1 << 20))

    return Client(
        get=lambda key: bytes(obstore.get(store, key).bytes()),
        put=lambda key, data: obstore.put(store, key, data, use_multipart=False),
        list=lambda prefix: sum(map(len, obstore.list(store, prefix, chunk_size=1000))),
        upload=lambda path: obstore.put(store, Path(path).name, Path(path)),
        download=download,
        download_plainly=download_plainly,
        upload_tuned=lambda path: obstore.put(
            store, Path(path).name, Path(path), chunk_size=PIECE, max_concurrency=4
        ),
    )


# The first is the one that the others are compared with.
CONTENDERS = (
    Contender(PROJECT, "minio_sdk", _sdk),
    Contender("obstore", "obstore", _obstore),
    Contender("minio", "minio", _minio),
    Contender("boto3", "boto3", _boto3),
)
