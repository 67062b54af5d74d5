"""Each client behind the same few verbs, set up as its own documentation does it.

A verb that a client doesn't have raises `Missing`. Retries and timeouts are each client's own, but for
obstore's, which would go on for three minutes (here: 3 retries), and the first delay of the SDK's (0.2 s).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import json
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from minio_sdk import Config, MinIOClient
from tests.comparison.model import BOTO3, MC, MINIO, MINIOPY, OBSTORE, S3FS, SDK
from tests.comparison.names import mc
from tests.servers import Server

REGION = "us-east-1"


class Missing(Exception):
    """The client has no such call."""


class Failed(Exception):
    """`mc` ended with an error."""


class Peer:
    """What every client may be able to do. `raw` is the client itself."""

    name = ""

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        self.server, self.ca, self.more = server, ca, more
        self.raw: Any = None

    def get(self, bucket: str, key: str) -> bytes:
        raise Missing

    def put(self, bucket: str, key: str, data: bytes) -> object:
        raise Missing

    def create(self, bucket: str, key: str, data: bytes) -> object:
        """Store it only if nothing is there."""
        raise Missing

    def upload(self, bucket: str, key: str, path: Path) -> object:
        raise Missing

    def download(self, bucket: str, key: str, path: Path) -> object:
        raise Missing

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        raise Missing

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str] | None:
        """Keys that could not be deleted, with the reason; None if it isn't told which."""
        raise Missing

    def copy(self, bucket: str, source: str, target: str) -> object:
        raise Missing

    def folder_for(self) -> Path:
        """A new folder for its files, which the system clears."""
        return Path(tempfile.mkdtemp(prefix="comparison-files-"))

    def close(self) -> None:
        pass


class Sdk(Peer):
    name = SDK

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        settings = {"tenant_id": None, "api": "s3", "base_delay": 0.2, "verify": ca or True, **more}
        self.config = Config(
            server.base_url, access_key=server.access_key, secret_key=server.secret_key, **settings
        )
        self.raw = MinIOClient(self.config)

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self.raw.get_object(bucket, key))

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put_object(bucket, key, data)

    def create(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put_object(bucket, key, data, if_none_match="*")

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.upload_file(bucket, key, path)

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.download_file(bucket, key, path)

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        return [each.key for each in self.raw.iter_objects(bucket, prefix)]

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str]:
        result = self.raw.delete_objects(bucket, keys)
        return {each.key: each.code for each in result.errors}

    def copy(self, bucket: str, source: str, target: str) -> object:
        return self.raw.copy_object(bucket, target, bucket, source)

    def close(self) -> None:
        self.raw.close()


class MinioPy(Peer):
    name = MINIO

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        if ca:
            urllib3 = importlib.import_module("urllib3")
            more["http_client"] = urllib3.PoolManager(ca_certs=ca)
        self.raw = importlib.import_module("minio").Minio(
            urlsplit(server.base_url).netloc,
            region=REGION,
            secure=server.base_url.startswith("https"),
            **_keys(server, more),
        )

    def do(self, method: str, *args: Any, **named: Any) -> Any:
        """A call of its own, for probes that are the same for both clients of this family."""
        result = getattr(self.raw, method)(*args, **named)
        return list(result) if hasattr(result, "__next__") else result

    def part(self, module: str) -> Any:
        """A module of the package."""
        return importlib.import_module(f"minio.{module}")

    def get(self, bucket: str, key: str) -> bytes:
        response = self.raw.get_object(bucket, key)
        try:
            return bytes(response.read())
        finally:
            response.close()
            response.release_conn()

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put_object(bucket, key, io.BytesIO(data), len(data))

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.fput_object(bucket, key, str(path))

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.fget_object(bucket, key, str(path))

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        found = self.raw.list_objects(bucket, prefix=prefix, recursive=True)
        return [each.object_name for each in found]

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str]:
        item = importlib.import_module("minio.deleteobjects").DeleteObject
        errors = self.raw.remove_objects(bucket, [item(key) for key in keys])
        return {each.name: each.code for each in errors}

    def copy(self, bucket: str, source: str, target: str) -> object:
        made = importlib.import_module("minio.commonconfig").CopySource(bucket, source)
        return self.raw.copy_object(bucket, target, made)


def _keys(server: Server, more: dict[str, Any]) -> dict[str, Any]:
    """A provider of credentials, where one is given, has no keys beside it."""
    if "credentials" in more:
        return more
    return {"access_key": server.access_key, "secret_key": server.secret_key, **more}


class Boto3(Peer):
    name = BOTO3

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        self.raw = (
            importlib.import_module("boto3")
            .Session()
            .client(
                "s3",
                endpoint_url=server.base_url,
                aws_access_key_id=server.access_key,
                aws_secret_access_key=server.secret_key,
                region_name=REGION,
                verify=ca,
                **more,
            )
        )

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self.raw.get_object(Bucket=bucket, Key=key)["Body"].read())

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put_object(Bucket=bucket, Key=key, Body=data)

    def create(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.upload_file(str(path), bucket, key)

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.download_file(bucket, key, str(path))

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        pages = self.raw.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str]:
        told = self.raw.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]}
        )
        return {each["Key"]: each["Code"] for each in told.get("Errors", ())}

    def copy(self, bucket: str, source: str, target: str) -> object:
        return self.raw.copy_object(
            Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": source}
        )

    def close(self) -> None:
        self.raw.close()


class Obstore(Peer):
    """`raw` is the module; `store(bucket)` is a view of a bucket."""

    name = OBSTORE

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        self.raw = importlib.import_module("obstore")
        self.settings: dict[str, Any] = {
            "client_options": {
                "allow_http": True,
                **({"root_certificate": Path(ca).read_text(encoding="utf-8")} if ca else {}),
                **more.pop("client_options", {}),
            },
            "retry_config": {"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            **more,
        }

    def store(self, bucket: str, **more: Any) -> Any:
        return importlib.import_module("obstore.store").S3Store(
            bucket,
            endpoint=self.server.base_url,
            access_key_id=self.server.access_key,
            secret_access_key=self.server.secret_key,
            region=REGION,
            virtual_hosted_style_request=False,
            **{**self.settings, **more},
        )

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self.raw.get(self.store(bucket), key).bytes())

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put(self.store(bucket), key, data, use_multipart=False)

    def create(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.put(self.store(bucket), key, data, mode="create", use_multipart=False)

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.put(self.store(bucket), key, path)

    def download(self, bucket: str, key: str, path: Path) -> object:
        """It has no call for that; this is how its documentation writes a file."""
        with path.open("wb") as file:
            for piece in self.raw.get(self.store(bucket), key):
                file.write(piece)
        return None

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        found = self.raw.list(self.store(bucket), prefix or None)
        return [each["path"] for page in found for each in page]

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        self.raw.delete(self.store(bucket), list(keys))

    def copy(self, bucket: str, source: str, target: str) -> object:
        return self.raw.copy(self.store(bucket), source, target)


class S3fs(Peer):
    name = S3FS

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        self.raw = importlib.import_module("s3fs").S3FileSystem(
            key=server.access_key,
            secret=server.secret_key,
            endpoint_url=server.base_url,
            client_kwargs={"region_name": REGION, **({"verify": ca} if ca else {})},
            skip_instance_cache=True,
            **more,
        )

    def get(self, bucket: str, key: str) -> bytes:
        return bytes(self.raw.cat_file(f"{bucket}/{key}"))

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.pipe_file(f"{bucket}/{key}", data)

    def create(self, bucket: str, key: str, data: bytes) -> object:
        return self.raw.pipe_file(f"{bucket}/{key}", data, mode="create")

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.put_file(str(path), f"{bucket}/{key}", chunksize=8 << 20)

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.raw.get_file(f"{bucket}/{key}", str(path))

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        found = self.raw.find(bucket, prefix=prefix, refresh=True)
        return [each.removeprefix(f"{bucket}/") for each in found]

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        self.raw.rm([f"{bucket}/{key}" for key in keys])

    def copy(self, bucket: str, source: str, target: str) -> object:
        return self.raw.cp_file(f"{bucket}/{source}", f"{bucket}/{target}")


class MinioPyAsync(Peer):
    """`run(function)` awaits what the function makes of a client."""

    name = MINIOPY

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca, **more)

    def do(self, method: str, *args: Any, **named: Any) -> Any:
        """See `MinioPy.do`."""

        async def use(client: Any) -> Any:
            result = getattr(client, method)(*args, **named)
            if hasattr(result, "__aiter__"):
                return [each async for each in result]
            return await result if hasattr(result, "__await__") else result

        return self.run(use)

    def part(self, module: str) -> Any:
        """A module of the package."""
        return importlib.import_module(f"miniopy_async.{module}")

    def run(self, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        return asyncio.run(self._run(use))

    async def _run(self, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        client = importlib.import_module("miniopy_async").Minio(
            urlsplit(self.server.base_url).netloc,
            region=REGION,
            secure=self.server.base_url.startswith("https"),
            cert_check=not self.ca,  # it looks for authorities in the environment only
            **_keys(self.server, self.more),
        )
        try:
            return await use(client)
        finally:
            with contextlib.suppress(Exception):
                await client.close_session()

    def get(self, bucket: str, key: str) -> bytes:
        async def use(client: Any) -> bytes:
            response = await client.get_object(bucket, key)
            try:
                return bytes(await response.read())
            finally:
                response.close()

        return bytes(self.run(use))

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self.run(lambda c: c.put_object(bucket, key, io.BytesIO(data), len(data)))

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.run(lambda c: c.fput_object(bucket, key, str(path)))

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.run(lambda c: c.fget_object(bucket, key, str(path)))

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        async def use(client: Any) -> list[str]:
            found = client.list_objects(bucket, prefix=prefix, recursive=True)
            return [each.object_name async for each in found]

        return list(self.run(use))

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str]:
        item = importlib.import_module("miniopy_async.deleteobjects").DeleteObject

        async def use(client: Any) -> dict[str, str]:
            errors = client.remove_objects(bucket, [item(key) for key in keys])
            if hasattr(errors, "__aiter__"):
                return {each.name: each.code async for each in errors}
            return {each.name: each.code for each in await errors}

        return dict(self.run(use))

    def copy(self, bucket: str, source: str, target: str) -> object:
        made = importlib.import_module("miniopy_async.commonconfig").CopySource(bucket, source)
        return self.run(lambda c: c.copy_object(bucket, target, made))


class Mc(Peer):
    """`run(words)` is a call of the program; `{lab}` in a word is the server's alias."""

    name = MC

    def __init__(self, server: Server, ca: str | None = None, **more: Any) -> None:
        super().__init__(server, ca)
        self._folder = tempfile.TemporaryDirectory(prefix="comparison-mc-")
        self._words = (*(("--insecure",) if ca else ()), *more.get("words", ()))
        at = urlsplit(server.base_url)
        keys = f"{quote(server.access_key, '')}:{quote(server.secret_key, '')}"
        self._environment = {
            **os.environ,
            "MC_HOST_lab": f"{at.scheme}://{keys}@{at.netloc}",
            "MC_CONFIG_DIR": self._folder.name,
            "MC_NO_COLOR": "1",
        }

    def run(self, *words: str, data: bytes | None = None, timeout: float = 120) -> bytes:
        told = subprocess.run(
            [mc(), "--quiet", *self._words, *words],
            input=data if data is not None else b"",
            capture_output=True,
            env=self._environment,
            timeout=timeout,
        )
        if told.returncode:
            text = (told.stderr or told.stdout).decode(errors="replace").strip()
            raise Failed(text.splitlines()[-1] if text else f"ended with {told.returncode}")
        return told.stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A call that goes on until it is killed."""
        return subprocess.Popen(
            [mc(), "--quiet", *self._words, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
        )

    def json(self, *words: str) -> list[dict[str, Any]]:
        """The lines of an answer in JSON."""
        lines = self.run("--json", *words).decode(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def get(self, bucket: str, key: str) -> bytes:
        return self.run("cat", f"lab/{bucket}/{key}")

    def put(self, bucket: str, key: str, data: bytes) -> object:
        return self._put(bucket, key, data)

    def create(self, bucket: str, key: str, data: bytes) -> object:
        return self._put(bucket, key, data, "--if-not-exists")

    def _put(self, bucket: str, key: str, data: bytes, *words: str) -> object:
        path = Path(self._folder.name, secrets.token_hex(4))
        path.write_bytes(data)
        return self.run("put", *words, str(path), f"lab/{bucket}/{key}")

    def upload(self, bucket: str, key: str, path: Path) -> object:
        return self.run("cp", str(path), f"lab/{bucket}/{key}")

    def download(self, bucket: str, key: str, path: Path) -> object:
        return self.run("cp", f"lab/{bucket}/{key}", str(path))

    def list(self, bucket: str, prefix: str = "") -> list[str]:
        return [each["key"] for each in self.json("ls", "--recursive", f"lab/{bucket}/{prefix}")]

    def delete(self, bucket: str, keys: Sequence[str]) -> dict[str, str] | None:
        failed = {}
        words = ["--json", "rm", *(f"lab/{bucket}/{key}" for key in keys)]
        told = subprocess.run(
            [mc(), *words], capture_output=True, env=self._environment, timeout=60, text=True
        )
        for line in (told.stdout + told.stderr).splitlines():
            answer = json.loads(line) if line.startswith("{") else {}
            if answer.get("status") == "error":
                failed[str(answer["error"].get("message", ""))] = str(answer["error"])
        return failed

    def copy(self, bucket: str, source: str, target: str) -> object:
        return self.run("cp", f"lab/{bucket}/{source}", f"lab/{bucket}/{target}")

    def close(self) -> None:
        self._folder.cleanup()


PEERS: dict[str, Callable[..., Peer]] = {
    SDK: Sdk,
    MINIO: MinioPy,
    BOTO3: Boto3,
    OBSTORE: Obstore,
    S3FS: S3fs,
    MINIOPY: MinioPyAsync,
    MC: Mc,
}


@contextlib.contextmanager
def connected(name: str, server: Server, ca: str | None = None, **more: Any) -> Iterator[Any]:
    """A client of that name; `more` are settings of its own."""
    with contextlib.closing(PEERS[name](server, ca, **more)) as peer:
        yield peer
