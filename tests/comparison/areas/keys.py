"""Names that were chosen by somebody unkind."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote
from xml.sax.saxutils import escape

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
from tests.comparison.peers import Missing, connected
from tests.comparison.probes import absent, each, error
from tests.scripted import Request, Step, reply, s3_error

AREA = "Names of objects"

ODD = (
    "a//b", "a/../b", "./a", "a/.", "/lead", "trail/", "ctl\x01\x1fx", "tab\tline\n", "a\\b",
    "sp ace+plus&%41?#", "\u00fcn\u00ef/\u65e5\u672c/\U0001f389", "e\u0301",
)  # fmt: skip
LISTED = ("ctl\x01\x1fx", "tab\tx", "<&>'\"", "100%41+ x", "\u00fcn\u00ef/\u65e5\u672c", "e\u0301")


def _exact(lab: Lab, name: str) -> Outcome:
    """What a PUT names on the wire, once its escapes are undone."""
    refused, changed = [], []
    for key in ODD:
        seen: list[str] = []

        def answer(request: Request, seen: list[str] = seen) -> Step:
            if request.method == "PUT":
                seen.append(request.path)
                tag = f'"{hashlib.md5(request.body).hexdigest()}"'
                return reply(200, headers={"ETag": tag})
            if "location" in request.query:
                return reply(200, b"<LocationConstraint/>")
            return s3_error(404, "NoSuchKey")

        with lab.scripted(answer) as (_, server), connected(name, server) as peer:
            try:
                peer.put("lab-keys", key, b"x")
            except Missing:
                raise
            except Exception:
                if not seen:
                    refused.append(key)
        if seen and unquote(seen[0]) != f"/lab-keys/{key}":
            changed.append(key)
    told = [
        f"{verb} {_shown(keys)}"
        for verb, keys in (("changes", changed), ("refuses", refused))
        if keys
    ]
    if changed:
        return no(f"It {'; '.join(told)}.")
    if refused:
        return partly(
            f"It {told[0]}; the other {len(ODD) - len(refused)} kinds go out as they are."
        )
    return yes(f"All of {len(ODD)} odd kinds went out byte for byte.")


def _shown(keys: Iterable[str]) -> str:
    return ", ".join(f"`{ascii(key)[1:-1]}`" for key in keys)


def _listed(lab: Lab, name: str) -> Outcome:
    bucket = lab.bucket()
    for key in LISTED:
        lab.oracle.put_object(Bucket=bucket, Key=key, Body=b"x")
    with connected(name, lab.minio) as peer:
        try:
            got = peer.list(bucket)
        except Exception as problem:
            return no(f"{error(problem)}.")
    if lost := sorted(set(LISTED) - set(got)):
        return no(f"It gives other names for {_shown(lost)}.")
    return yes(f"All of {len(LISTED)} odd names, control characters included.")


def _stays_inside(lab: Lab, name: str) -> Outcome:
    """A listing names `docs/../../evil.txt`; the folder must not be left."""
    keys = ("docs/good.txt", "docs/../../evil.txt")

    def answer(request: Request) -> Step:
        if "location" in request.query:
            return reply(200, b"<LocationConstraint/>")
        if request.path.strip("/") == "lab-keys":
            if request.method == "HEAD":
                return reply(200)
            return reply(200, _listing(keys).encode(), headers={"Content-Type": "application/xml"})
        tag = f'"{hashlib.md5(b"evil").hexdigest()}"'
        headers = {"ETag": tag, "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
        if request.path.endswith(".txt"):
            if request.header("Range"):
                headers["Content-Range"] = "bytes 0-3/4"
                return reply(206, b"evil", headers=headers)
            return reply(200, b"evil", headers=headers)
        return s3_error(404, "NoSuchKey")

    root = lab.path() / "one" / "two"
    target = root / "target"
    target.mkdir(parents=True)
    with lab.scripted(answer) as (_, server), connected(name, server) as peer:
        told = "It said nothing of it"
        try:
            _FOLDERS[name](peer, str(target))
        except Exception as problem:
            told = error(problem)
    inside = {p for p in target.rglob("*") if p.is_file()}
    outside = [p for p in root.parents[1].rglob("*.txt") if p not in inside]
    if outside:
        return no("`evil.txt` was written outside of the folder.")
    return yes(f"Nothing was written outside; {len(inside)} file inside. {told}.")


def _sdk_folder(peer: Any, target: str) -> None:
    result = peer.raw.mirror(("lab-keys", "docs/"), target)
    if failed := getattr(result, "failed", None):
        raise RuntimeError(str(next(iter(failed))))


_FOLDERS: dict[str, Callable[[Any, str], object]] = {
    SDK: _sdk_folder,
    S3FS: lambda peer, target: peer.raw.get("lab-keys/docs/", target, recursive=True),
    MC: lambda peer, target: peer.run("cp", "--recursive", "lab/lab-keys/docs/", target),
}


def _listing(keys: tuple[str, ...]) -> str:
    entries = "".join(
        f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-22T10:00:00.000Z</LastModified>"
        f'<ETag>"{hashlib.md5(b"evil").hexdigest()}"</ETag><Size>4</Size>'
        "<StorageClass>STANDARD</StorageClass></Contents>"
        for key in keys
    )
    return (
        "<ListBucketResult><Name>lab-keys</Name><Prefix>docs/</Prefix><MaxKeys>1000</MaxKeys>"
        f"<KeyCount>{len(keys)}</KeyCount><IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    )


FEATURES: tuple[Feature, ...] = (
    feature("keys-exact", AREA, "`..`, `//`, control characters go out byte for byte", each(_exact)),
    feature("keys-listed", AREA, "Odd names come back from a listing", each(_listed)),
    feature(
        "keys-inside", AREA, "Downloading a folder, `../` in a name can't leave it",
        {
            **each(_stays_inside),
            **absent(
                "download_dir|download_folder|download_many|mirror",
                MINIO, BOTO3, OBSTORE, MINIOPY, answer="n/a",
            ),
        },
    ),
)  # fmt: skip
