"""The SDK and its peers behind one narrow interface: get an object, put one, list them all."""

from __future__ import annotations

import importlib
import importlib.metadata
import io
from collections.abc import Callable
from dataclasses import dataclass

import minio_sdk
from minio_sdk import Config, MinIOClient
from tests.servers import Server

PROJECT = "minio-enterprise-sdk"
BUCKET = "benchmarks"
KEY = "an/object"
REGION = "us-east-1"


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


@dataclass(frozen=True)
class Contender:
    """A library: what to install, what to import, and how to make a `Client` of it."""

    package: str
    module: str
    connect: Callable[[Server], Client]

    def version(self) -> str | None:
        """What is installed, None if nothing is. This very SDK is always there."""
        if self.package == PROJECT:
            return minio_sdk.__version__
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None


def connect_sdk(server: Server) -> MinIOClient:
    """Without a tenant: the peers know none."""
    return MinIOClient(
        Config(
            server.base_url,
            None,
            access_key=server.access_key,
            secret_key=server.secret_key,
            api="s3",
        )
    )


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
    )


def _minio(server: Server) -> Client:
    client = importlib.import_module("minio").Minio(
        server.base_url.removeprefix("http://"),
        access_key=server.access_key,
        secret_key=server.secret_key,
        region=REGION,
        secure=False,
    )

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

    return Client(get, put, list_all)


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
    )


def _obstore(server: Server) -> Client:
    obstore = importlib.import_module("obstore")
    store = importlib.import_module("obstore.store").S3Store(
        BUCKET,
        endpoint=server.base_url,
        access_key_id=server.access_key,
        secret_access_key=server.secret_key,
        region=REGION,
        virtual_hosted_style_request=False,
        client_options={"allow_http": True},
    )
    return Client(
        get=lambda: bytes(obstore.get(store, KEY).bytes()),
        put=lambda data: obstore.put(store, KEY, data, use_multipart=False),
        list=lambda: sum(map(len, obstore.list(store, chunk_size=1000))),
    )


# The first is the one that the others are compared with.
CONTENDERS = (
    Contender(PROJECT, "minio_sdk", _sdk),
    Contender("obstore", "obstore", _obstore),
    Contender("minio", "minio", _minio),
    Contender("boto3", "boto3", _boto3),
)
