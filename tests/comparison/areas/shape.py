"""How it is to write code with it."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import minio_sdk
from tests.benchmarks.measure import ROOT
from tests.comparison.lab import Lab
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    READ,
    S3FS,
    SDK,
    Feature,
    Outcome,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.names import PACKAGES
from tests.comparison.probes import absent, our, told, way

AREA = "Writing code with it"


def _twins(lab: Lab) -> Outcome:
    def names(public: Any) -> set[str]:
        return {name for name in dir(public) if not name.startswith("_")}

    ours, theirs = names(minio_sdk.MinIOClient), names(minio_sdk.AsyncMinIOClient)
    if ours != theirs:
        return no(f"They differ by {', '.join(sorted(ours ^ theirs))}.")
    return yes(f"All {len(ours)} public names of one client are those of the other.")


def _obstore_twins(lab: Lab) -> Outcome:
    obstore = importlib.import_module("obstore")
    functions = {name for name in dir(obstore) if not name.startswith("_")}
    alone = sorted(n for n in functions if f"{n}_async" in functions)
    return yes(f"{len(alone)} functions have a twin `..._async`, beside them in one module.")


def _s3fs_twins(peer: Any, lab: Lab) -> Outcome:
    assert hasattr(peer.raw, "_cat_file")
    return partly(
        "`asynchronous=True`, and methods whose names begin with `_`; files by `open_async` only."
    )


SAMPLES = {
    SDK: (
        "from minio_sdk import Config, MinIOClient\n"
        "client = MinIOClient(Config('http://h', 't'))\n"
        "data: {kind} = client.get_object('b', 'k'{more})\n"
    ),
    MINIO: (
        "from minio import Minio\n"
        "client = Minio('h')\n"
        "data: {kind} = client.get_object('b', 'k'{more}).data\n"
    ),
    BOTO3: (
        "import boto3\n"
        "client = boto3.client('s3')\n"
        "data: {kind} = client.get_object(Bucket='b', Key='k'{more})['Body'].read()\n"
    ),
    OBSTORE: (
        "import obstore\nfrom obstore.store import S3Store\n"
        "store = S3Store('b')\n"
        "data: {kind} = bytes(obstore.get(store, 'k'{more}).bytes())\n"
    ),
    S3FS: ("import s3fs\nfs = s3fs.S3FileSystem()\ndata: {kind} = fs.cat_file('b/k'{more})\n"),
    MINIOPY: (
        "from miniopy_async import Minio\n"
        "async def main() -> None:\n"
        "    client = Minio('h')\n"
        "    response = await client.get_object('b', 'k'{more})\n"
        "    data: {kind} = await response.read()\n"
    ),
}


def _typed(name: str) -> Any:
    """mypy --strict on a right program, one with a wrong type, one with an argument that isn't there."""

    def run(lab: Lab) -> Outcome:
        spec = importlib.util.find_spec(PACKAGES[name][0])
        assert spec is not None
        assert spec.origin is not None
        marked = Path(spec.origin).with_name("py.typed").exists()
        folder = lab.path()
        folder.mkdir()
        right = _errors(folder, SAMPLES[name].format(kind="bytes", more=""))
        if right:
            return _untyped(name, folder, right, marked)
        wrong = _errors(folder, SAMPLES[name].format(kind="list[int]", more=""))
        extra = _errors(folder, SAMPLES[name].format(kind="bytes", more=", nonsense=1"))
        if wrong and extra:
            return yes("`py.typed`; mypy finds a wrong type, and an argument that isn't there.")
        missed = [
            what
            for what, seen in (("a wrong type", wrong), ("a wrong argument", extra))
            if not seen
        ]
        return partly(f"`py.typed`; mypy doesn't find {' and '.join(missed)}.")

    return run


def _untyped(name: str, folder: Path, errors: list[str], marked: bool) -> Outcome:
    """What mypy says of the right program; one of them is typed below its top."""
    if name == MINIOPY:
        deep = SAMPLES[name].replace("miniopy_async import", "miniopy_async.api import")
        if not _errors(folder, deep.format(kind="bytes", more="")):
            return partly(f"Only by `miniopy_async.api`; at its top: {errors[0]}")
    return no(f"`py.typed`: {'yes' if marked else 'no'}; mypy on a right program: {errors[0]}")


def _errors(folder: Path, text: str) -> list[str]:
    (folder / "sample.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "sample.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)} if "minio_sdk" in text else None
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    lines = re.findall(r"^sample\.py:\d+: error: (.+)$", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1) or (done.returncode and not lines):
        raise RuntimeError(done.stdout + done.stderr)
    return [re.sub(r"\s+", " ", line) for line in lines]


RARE = (
    "put_bucket_inventory_configuration",
    "put_public_access_block",
    "write_get_object_response",
)


def _breadth(peer: Any, lab: Lab) -> Outcome:
    count = len(peer.raw.meta.service_model.operation_names)
    assert all(hasattr(peer.raw, name) for name in RARE)
    return yes(f"All {count} operations of S3's own model, and AWS's other services beside them.")


def _clouds(peer: Any, lab: Lab) -> Outcome:
    stores = importlib.import_module("obstore.store")
    memory = stores.MemoryStore()
    peer.raw.put(memory, "a", b"x")
    assert bytes(peer.raw.get(memory, "a").bytes()) == b"x"
    assert stores.AzureStore
    assert stores.GCSStore
    return yes("Azure, Google, HTTP, folders and memory by the same calls; tried with memory.")


def _fsspec_clouds(peer: Any, lab: Lab) -> Outcome:
    fsspec = importlib.import_module("fsspec")
    fsspec.filesystem("memory").pipe_file("/lab-a", b"x")
    return yes(
        f"fsspec: {len(fsspec.available_protocols())} protocols by the same calls; tried with memory."
    )


FEATURES: tuple[Feature, ...] = (
    feature(
        "twins",
        AREA,
        "Blocking and async, with the same names",
        {
            **our(_twins, "MinIOClient", "AsyncMinIOClient"),
            OBSTORE: _obstore_twins,
            **way(S3FS, _s3fs_twins),
            **told(no("Blocking only; aiobotocore is another package.", READ), BOTO3),
            **told(no("Blocking only; miniopy-async is another package.", READ), MINIO),
            **told(no("Async only.", READ), MINIOPY),
            **told(Outcome("n/a", "A program.", READ), MC),
        },
    ),
    feature(
        "typed",
        AREA,
        "Types that mypy --strict can use",
        {
            **{name: _typed(name) for name in SAMPLES},
            **told(Outcome("n/a", "A program; `--json` has no published types.", READ), MC),
        },
    ),
    feature(
        "aws-breadth",
        AREA,
        "All of AWS S3, inventories and websites included",
        {
            **way(BOTO3, _breadth),
            **absent(
                "inventory|public_access_block|website",
                SDK,
                MINIO,
                OBSTORE,
                S3FS,
                MINIOPY,
                MC,
                but="(?i)redirect",
            ),
        },
    ),
    feature(
        "other-stores",
        AREA,
        "The same calls for stores that aren't S3",
        {
            **way(OBSTORE, _clouds),
            **way(S3FS, _fsspec_clouds),
            **absent("azure|gcs\\b|google_cloud", SDK, MINIO, BOTO3, MINIOPY, but="(?i)iam|tier"),
            MC: lambda lab: partly(
                "Folders and S3; Azure and Google only as tiers of MinIO's.", READ
            ),
        },
    ),
)
