"""Many objects at a time."""

from __future__ import annotations

import importlib
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from minio_sdk import Cache
from tests.comparison.lab import Lab
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    S3FS,
    SDK,
    Feature,
    Outcome,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.peers import connected
from tests.comparison.probes import absent, each, error, our, ours, way
from tests.scripted import Request, Step, reply

AREA = "Many objects"


def _deleted(lab: Lab, name: str) -> Outcome:
    """Of three keys, one is held by the server: who is told which?"""
    bucket = lab.bucket(ObjectLockEnabledForBucket=True)
    keys = ["a", "b", "c"]
    for key in keys:
        lab.oracle.put_object(Bucket=bucket, Key=key, Body=b"x")

    def refuse(request: Request, answer: Any) -> Step | None:
        if request.method == "POST" and "delete" in request.query:
            keys = re.findall(rb"<Key>(\w)</Key>", request.body)
            body = b"".join(
                b"<Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
                if key == b"b"
                else b"<Deleted><Key>%b</Key></Deleted>" % key
                for key in keys
            )
            body = b"<DeleteResult>%b</DeleteResult>" % body
            return reply(200, body, headers={"Content-Type": "application/xml"})
        return None

    with lab.proxy(before=refuse) as (_, server), connected(name, server) as peer:
        try:
            failed = peer.delete(bucket, keys)
        except Exception as problem:
            return partly(f"It raises, once for all: {error(problem)}.")
    if failed is None or not failed:
        return no("A key that was refused was taken for deleted.")
    if len(failed) == 1 and "b" in str(failed):
        return yes("It tells that `b` was refused, and why.")
    return partly(f"It tells of {len(failed)} failures.")


def _many(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    result = peer.raw.upload_many([(bucket, "a", b"x"), (bucket, "", b"x"), (bucket, "c", b"x")])
    assert not result
    assert set(peer.list(bucket)) == {"a", "c"}
    back = peer.raw.download_many([(bucket, "a"), (bucket, "none")])
    assert not back
    return yes(
        "`upload_many`, `download_many`, `copy_many`, `delete_many`: an outcome for each key."
    )


def _cat_many(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    peer.put(bucket, "a", b"x")
    got = peer.raw.cat([f"{bucket}/a", f"{bucket}/none"], on_error="return")
    assert isinstance(got[f"{bucket}/none"], Exception)
    return partly('Reading: `cat(..., on_error="return")`. Writing raises at the first failure.')


def _mc_many(peer: Any, lab: Lab) -> Outcome:
    bucket, folder = lab.bucket(), lab.path()
    folder.mkdir()
    for name in "ab":
        (folder / name).write_bytes(b"x")
    told = peer.json("cp", "--recursive", f"{folder}/", f"lab/{bucket}/")
    assert {each["target"].rsplit("/")[-1] for each in told if "target" in each} == {"a", "b"}
    return yes("`--json`: a line for each object.")


def _mirrored(peer: Any, lab: Lab) -> Outcome:
    bucket, folder = lab.bucket(), lab.path()
    folder.mkdir()
    (folder / "kept").write_bytes(b"x")
    lab.oracle.put_object(Bucket=bucket, Key="old", Body=b"x")
    first = peer.raw.mirror(folder, (bucket, ""), delete=True)
    assert (first.copied, first.deleted) == (("kept",), ("old",))
    assert peer.raw.mirror(folder, (bucket, ""), delete=True).copied == ()
    return yes("`mirror`: copies what differs, and removes what is no more.")


def _mc_mirrored(peer: Any, lab: Lab) -> Outcome:
    bucket, folder = lab.bucket(), lab.path()
    folder.mkdir()
    (folder / "kept").write_bytes(b"x")
    lab.oracle.put_object(Bucket=bucket, Key="old", Body=b"x")
    peer.run("mirror", "--overwrite", "--remove", str(folder), f"lab/{bucket}")
    assert peer.list(bucket) == ["kept"]
    return yes("`mc mirror`: copies what differs, removes what is no more; `--watch` goes on.")


def _rsync(peer: Any, lab: Lab) -> Outcome:
    bucket, folder = lab.bucket(), lab.path()
    folder.mkdir()
    (folder / "kept").write_bytes(b"x")
    generic = importlib.import_module("fsspec.generic")
    fs = generic.GenericFileSystem(default_method="current")
    importlib.import_module("fsspec.implementations.local")
    generic.set_generic_fs("s3", **peer.raw.storage_options)
    try:
        generic.rsync(f"file://{folder}", f"s3://{bucket}/", delete_missing=True, fs=fs)
    except Exception as problem:
        return partly(f"fsspec's `generic.rsync`; here: {error(problem)}.")
    if "kept" not in str(peer.list(bucket)):
        return partly("fsspec's `generic.rsync`; it copied nothing here.")
    return partly("fsspec's `generic.rsync` copies what differs in size; `put` copies all.")


def _executor(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    with ThreadPoolExecutor(2) as pool:
        result = peer.raw.upload_many([(bucket, str(n), b"x") for n in range(9)], executor=pool)
    assert result
    assert len(peer.list(bucket)) == 9
    return yes("`executor=` of threads, processes or dask; here with threads.")


def _pickled(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    again = pickle.loads(pickle.dumps(peer.raw))
    again.pipe_file(f"{bucket}/a", b"x")
    return partly(
        "A file system can be pickled, which dask's readers and writers rely on; jobs are theirs."
    )


def _obstore_pickled(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    again = pickle.loads(pickle.dumps(peer.store(bucket)))
    peer.raw.put(again, "a", b"x")
    return partly("A store can be pickled, which jobs of others rely on; it has none.")


def _cached(lab: Lab, name: str) -> Outcome:
    """Read, read again, replace the object, read once more."""
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key="a", Body=b"one" * 1000)
    with lab.proxy() as (proxy, server):
        with connected(name, server, cache=Cache()) as peer:
            first = peer.get(bucket, "a")
            assert peer.get(bucket, "a") == first
            whole = sum(
                each.header("If-None-Match") is None for each in proxy.seen if "/a" in each.path
            )
            lab.oracle.put_object(Bucket=bucket, Key="a", Body=b"two" * 1000)
            fresh = peer.get(bucket, "a") == b"two" * 1000
    assert fresh
    return yes(
        f"`Config(cache=...)`: read twice, fetched {'once' if whole == 1 else 'twice'}; a new object is seen."
    )


def _s3fs_cached(lab: Lab) -> Outcome:
    bucket, folder = lab.bucket(), lab.path()
    lab.oracle.put_object(Bucket=bucket, Key="a", Body=b"one" * 1000)
    with lab.proxy() as (proxy, server), connected(S3FS, server) as peer:
        cached = importlib.import_module("fsspec.implementations.cached").WholeFileCacheFileSystem(
            fs=peer.raw, cache_storage=str(folder), check_files=True
        )
        for _ in range(2):
            with cached.open(f"{bucket}/a") as file:
                assert file.read() == b"one" * 1000
        gets = proxy.count("GET", path="/a")
        lab.oracle.put_object(Bucket=bucket, Key="a", Body=b"two" * 1001)
        peer.raw.invalidate_cache()
        with cached.open(f"{bucket}/a") as file:
            fresh = file.read() == b"two" * 1001
    note = "a new object is seen" if fresh else "a new object isn't seen"
    return yes(
        f"fsspec's `filecache`, and caches of blocks and of listings: read twice, {gets} GET; {note}."
    )


FEATURES: tuple[Feature, ...] = (
    feature("bulk-delete", AREA, "Deleting many tells which failed", each(_deleted)),
    feature(
        "bulk",
        AREA,
        "Up and down in bulk, with an outcome for each key",
        {
            **ours(_many, "MinIOClient.upload_many", "MinIOClient.download_many", "BulkResult"),
            **way(S3FS, _cat_many),
            **way(MC, _mc_many),
            **absent(
                "upload_many|download_many|put_many|get_many|bulk",
                MINIO,
                BOTO3,
                OBSTORE,
                MINIOPY,
                but="ldap|bulk_delete",
            ),
        },
    ),
    feature(
        "mirror",
        AREA,
        "Keep a folder and a bucket alike",
        {
            **ours(_mirrored, "MinIOClient.mirror"),
            **way(MC, _mc_mirrored),
            **way(S3FS, _rsync),
            **absent("mirror|rsync|sync_dir|sync_folder", MINIO, BOTO3, OBSTORE, MINIOPY),
        },
    ),
    feature(
        "executor",
        AREA,
        "Jobs on threads, processes or dask of one's own",
        {
            **ours(_executor, "MinIOClient.upload_many(executor)"),
            **way(S3FS, _pickled),
            **way(OBSTORE, _obstore_pickled),
            **absent("dask|process_pool", MINIO, BOTO3, MINIOPY, MC),
        },
    ),
    feature(
        "cache",
        AREA,
        "A cache of what was read",
        {
            **our(lambda lab: _cached(lab, SDK), "Config.cache", "Cache"),
            S3FS: _s3fs_cached,
            **absent(
                "cache$|cache_dir|cached",
                MINIO,
                BOTO3,
                OBSTORE,
                MINIOPY,
                MC,
                but="no_cache|lru_cache|functools|credential|Cache$",
            ),
        },
    ),
)
