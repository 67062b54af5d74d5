"""What S3 has for objects."""

from __future__ import annotations

import importlib
import io
import re
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from tests.comparison.lab import Lab, MiB, content
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
    Unexpected,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.peers import connected
from tests.comparison.probes import absent, both, each, error, our, ours, way

AREA = "Objects"
KEY = "lab/object"
HOUR = timedelta(hours=1)


# -- signed ahead --------------------------------------------------------------------------------


def _signed_get(make: Callable[[Any, str], str]) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"signed")
        with urllib.request.urlopen(make(peer, bucket), timeout=10) as answer:
            assert answer.read() == b"signed"
        return yes("Whoever has the address reads the object.")

    return run


def _signed_put(make: Callable[[Any, str], str]) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        request = urllib.request.Request(make(peer, bucket), data=b"sent", method="PUT")
        request.add_header("Content-Type", "")
        with urllib.request.urlopen(request, timeout=10):
            pass
        assert _there(lab, bucket) == b"sent"
        return yes("Whoever has the address writes the object.")

    return run


def _signed_parts(
    begin: Callable[[Any, str], str],
    sign: Callable[[Any, str, str, int], str],
    end: Callable[[Any, str, str, list[str]], object],
) -> Callable[[Any, Lab], Outcome]:
    """Two parts go up by their addresses alone; the client only begins and ends."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket, parts = lab.bucket(), [b"a" * 5 * MiB, b"b"]
        upload_id, etags = begin(peer, bucket), []
        for number, part in enumerate(parts, 1):
            request = urllib.request.Request(
                sign(peer, bucket, upload_id, number), data=part, method="PUT"
            )
            request.add_header("Content-Type", "")
            with urllib.request.urlopen(request, timeout=10) as answer:
                etags.append(answer.headers["ETag"])
        end(peer, bucket, upload_id, etags)
        assert _there(lab, bucket) == b"".join(parts)
        return yes("Whoever has the addresses sends the parts.")

    return run


def _boto3_parts_end(peer: Any, bucket: str, upload_id: str, etags: list[str]) -> object:
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    return peer.raw.complete_multipart_upload(
        Bucket=bucket, Key=KEY, UploadId=upload_id, MultipartUpload={"Parts": parts}
    )


def _listed_metadata(use: Callable[[Any, str], object]) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"x", Metadata={"author": "Ada"})
        found = use(peer, bucket)
        assert "Ada" in str(found), found
        return yes("Listings tell it, on MinIO.")

    return run


def _mc_metadata(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"x", Metadata={"author": "Ada"})
    assert "Ada" not in str(peer.json("ls", "--recursive", f"lab/{bucket}"))
    assert "Ada" in str(peer.json("stat", "--recursive", f"lab/{bucket}"))
    return partly("`mc stat --recursive` asks for each object by itself; `mc ls` doesn't tell.")


def _form(
    make: Callable[[Any, str], tuple[str, Mapping[str, str]]],
) -> Callable[[Any, Lab], Outcome]:
    """A form that takes 10 bytes at most: one that fits, and one that doesn't."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        url, fields = make(peer, bucket)
        assert _posted(url, fields, b"sent") in (200, 201, 204)
        assert _there(lab, bucket) == b"sent"
        limited = _posted(url, fields, b"sent" * 10) >= 400
        return (
            yes("A form, with a limit of size.")
            if limited
            else partly("A form, with no limit of size.")
        )

    return run


def _posted(url: str, fields: Mapping[str, str], data: bytes) -> int:
    boundary = "lab-boundary"
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = (parts + head).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, data=body)
    request.add_header("Content-Type", f"multipart/form-data; boundary={boundary}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as problem:
        return problem.code


def _sdk_form(peer: Any, bucket: str) -> tuple[str, Mapping[str, str]]:
    form = peer.raw.presigned_post(bucket, KEY, content_length_range=(1, 10))
    return form.url, form.fields


def _minio_form(peer: Any, bucket: str) -> tuple[str, Mapping[str, str]]:
    policy = peer.part("datatypes").PostPolicy(bucket, datetime.now(timezone.utc) + HOUR)
    policy.add_equals_condition("key", KEY)
    policy.add_content_length_range_condition(1, 10)
    fields = peer.do("presigned_post_policy", policy)
    return f"{peer.server.base_url}/{bucket}", {**fields, "key": KEY}


def _boto3_form(peer: Any, bucket: str) -> tuple[str, Mapping[str, str]]:
    form = peer.raw.generate_presigned_post(
        bucket, KEY, Conditions=[["content-length-range", 1, 10]]
    )
    return form["url"], form["fields"]


def _mc_form(peer: Any, bucket: str) -> tuple[str, Mapping[str, str]]:
    (told,) = peer.json("share", "upload", f"lab/{bucket}/{KEY}")
    fields = dict(re.findall(r"-F ([\w-]+)=(\S+)", told["share"]))
    fields.pop("file", None)
    return told["share"].split()[1], fields


def _mc_share(peer: Any, bucket: str) -> str:
    (told,) = peer.json("share", "download", f"lab/{bucket}/{KEY}")
    return str(told["share"])


# -- parts and ranges ----------------------------------------------------------------------------


def _parts(lab: Lab, name: str) -> Outcome:
    bucket, path = lab.bucket(), lab.file(40 * MiB)
    with lab.proxy() as (proxy, server), connected(name, server) as peer:
        peer.upload(bucket, KEY, path)
        parts = [each for each in proxy.seen if each.method == "PUT" and "partNumber" in each.query]
    if not parts:
        return no("40 MiB went in one request.")
    together = len({each.connection for each in parts}) > 1
    if not together:
        return partly(f"40 MiB went in {len(parts)} parts, one after the other.")
    return yes("40 MiB went in parts, several at a time.")


def _ranges(lab: Lab, name: str) -> Outcome:
    bucket, target = lab.bucket(), lab.path()
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=content(40 * MiB))
    with lab.proxy() as (proxy, server), connected(name, server) as peer:
        peer.download(bucket, KEY, target)
        ranges = [each for each in proxy.seen if each.method == "GET" and KEY in each.path]
    assert target.read_bytes() == content(40 * MiB)
    if len(ranges) == 1:
        return no("40 MiB came in one request.")
    return (
        yes("40 MiB came in ranges, several at a time.")
        if len({r.connection for r in ranges}) > 1
        else (partly("40 MiB came in ranges, one after the other."))
    )


def _get_ranges(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=content(MiB))
    pieces = peer.raw.get_ranges(peer.store(bucket), KEY, starts=[0, 500_000], lengths=[10, 10])
    assert bytes(pieces[1]) == content(MiB)[500_000:500_010]
    return partly("`get_ranges` into memory; files come in one request.")


def _writer(
    use: Callable[[Any, str, bytes], object], note: str, full: bool = True
) -> Callable[[Any, Lab], Outcome]:
    """20 MiB whose length nobody knows beforehand."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket, data = lab.bucket(), content(20 * MiB)
        try:
            use(peer, bucket, data)
        except Exception as problem:
            return no(f"{error(problem)}.")
        assert _there(lab, bucket) == data
        return yes(note) if full else partly(note)

    return run


def _written(opened: Callable[[Any, str], Any]) -> Callable[[Any, str, bytes], object]:
    def use(peer: Any, bucket: str, data: bytes) -> None:
        with opened(peer, bucket) as file:
            for start in range(0, len(data), MiB):
                file.write(data[start : start + MiB])

    return use


def _there(lab: Lab, bucket: str, **more: Any) -> bytes:
    return bytes(lab.oracle.get_object(Bucket=bucket, Key=KEY, **more)["Body"].read())


def _unfinished(peer: Any, lab: Lab, use: Callable[[Any, str], object], note: str) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.create_multipart_upload(Bucket=bucket, Key=KEY)
    use(peer, bucket)
    if lab.oracle.list_multipart_uploads(Bucket=bucket, Prefix=KEY).get("Uploads"):
        return partly(f"{note} It finds none on MinIO, which lists them for a whole key only.")
    return yes(note)


def _uploader(peer: Any, lab: Lab) -> Outcome:
    if not hasattr(importlib.import_module("miniopy_async").Minio, "multipart_uploader"):
        raise Unexpected("there is no multipart_uploader")
    return partly("`multipart_uploader` ends the upload that it began; none lists others.", READ)


def _boto3_abort(peer: Any, bucket: str) -> None:
    for each_ in peer.raw.list_multipart_uploads(Bucket=bucket, Prefix=KEY)["Uploads"]:
        peer.raw.abort_multipart_upload(Bucket=bucket, Key=KEY, UploadId=each_["UploadId"])


def _sdk_abort(peer: Any, bucket: str) -> None:
    (upload,) = peer.raw.list_multipart_uploads(bucket, KEY)
    peer.raw.abort_multipart_upload(bucket, KEY, upload.upload_id)


# -- versions, locks, encryption -----------------------------------------------------------------


def _versions(use: Callable[[Any, str], tuple[int, bytes]]) -> Callable[[Any, Lab], Outcome]:
    """Two versions and a delete marker: how many are listed, and what the oldest holds."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        lab.oracle.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
        first = lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"first")["VersionId"]
        lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"second")
        lab.oracle.delete_object(Bucket=bucket, Key=KEY)
        count, data = use(peer, f"{bucket} {first}")
        assert data == b"first"
        if count == 3:
            return yes("Versions and delete markers are listed, and read by id.")
        return partly(f"Versions are read by id; {count} of 3 are listed.")

    return run


def _at(
    use: Callable[[Any, str, str], tuple[int, bytes]],
) -> Callable[[Any, str], tuple[int, bytes]]:
    return lambda peer, told: use(peer, *told.split())


def _minio_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    found = peer.do("list_objects", bucket, recursive=True, include_version=True)
    path = peer.folder_for() / "first"
    peer.do("fget_object", bucket, KEY, str(path), version_id=first)
    return len(list(found)), path.read_bytes()


def _boto3_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    told = peer.raw.list_object_versions(Bucket=bucket)
    data = peer.raw.get_object(Bucket=bucket, Key=KEY, VersionId=first)["Body"].read()
    return len(told["Versions"]) + len(told["DeleteMarkers"]), data


def _obstore_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    store = peer.store(bucket)
    found = sum(len(page) for page in peer.raw.list(store))
    return found, bytes(peer.raw.get(store, KEY, options={"version": first}).bytes())


def _s3fs_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    found = peer.raw.object_version_info(f"{bucket}/{KEY}")
    return len(found), peer.raw.cat_file(f"{bucket}/{KEY}?versionId={first}")


def _mc_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    found = peer.json("ls", "--versions", "--recursive", f"lab/{bucket}")
    return len(found), peer.run("cat", "--version-id", first, f"lab/{bucket}/{KEY}")


def _sdk_versions(peer: Any, bucket: str, first: str) -> tuple[int, bytes]:
    found = peer.raw.list_objects(bucket, versions=True)
    return len(found), peer.raw.get_object(bucket, KEY, version_id=first)


def _locked(use: Callable[[Any, str], object]) -> Callable[[Any, Lab], Outcome]:
    """A legal hold and a retention, set by the client; then the version can't be removed."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket(ObjectLockEnabledForBucket=True)
        version = lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"x")["VersionId"]
        use(peer, bucket)
        told = lab.oracle.head_object(Bucket=bucket, Key=KEY)
        assert told["ObjectLockMode"] == "GOVERNANCE"
        assert told["ObjectLockLegalHoldStatus"] == "ON"
        try:
            lab.oracle.delete_object(Bucket=bucket, Key=KEY, VersionId=version)
        except Exception:
            return yes("Retention and legal hold were set, and hold.")
        return no("They were set and don't hold.")

    return run


def _sdk_lock(peer: Any, bucket: str) -> None:
    retention = {"mode": "GOVERNANCE", "retain_until_date": datetime.now(timezone.utc) + HOUR}
    peer.raw.set_object_retention(bucket, KEY, retention)
    peer.raw.enable_object_legal_hold(bucket, KEY)


def _minio_lock(peer: Any, bucket: str) -> None:
    retention = peer.part("retention").Retention("GOVERNANCE", datetime.now(timezone.utc) + HOUR)
    peer.do("set_object_retention", bucket, KEY, retention)
    peer.do("enable_object_legal_hold", bucket, KEY)


def _boto3_lock(peer: Any, bucket: str) -> None:
    until = datetime.now(timezone.utc) + HOUR
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    peer.raw.put_object_retention(Bucket=bucket, Key=KEY, Retention=retention)
    peer.raw.put_object_legal_hold(Bucket=bucket, Key=KEY, LegalHold={"Status": "ON"})


def _mc_lock(peer: Any, bucket: str) -> None:
    peer.run("retention", "set", "governance", "1d", f"lab/{bucket}/{KEY}")
    peer.run("legalhold", "set", f"lab/{bucket}/{KEY}")


SSE_KEY = b"0123456789abcdef0123456789abcdef"


def _customer(use: Callable[[Any, str], bytes], name: str) -> Callable[[Lab], Outcome]:
    """Over TLS, since MinIO takes such keys over nothing else."""

    def run(lab: Lab) -> Outcome:
        server, bucket = lab.minio_tls, f"lab-{name}".replace("_", "-")
        oracle = lab.boto3(server)
        oracle.create_bucket(Bucket=bucket)
        with connected(name, server, lab.ca_file) as peer:
            assert use(peer, bucket) == b"secret"
        named = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": SSE_KEY}
        assert oracle.head_object(Bucket=bucket, Key=KEY, **named)["ContentLength"] == 6
        return yes("Stored and read with a key of one's own, over TLS.")

    return run


def _sdk_customer(peer: Any, bucket: str) -> bytes:
    key = importlib.import_module("minio_sdk").SseC(SSE_KEY)
    peer.raw.put_object(bucket, KEY, b"secret", encryption=key)
    return bytes(peer.raw.get_object(bucket, KEY, encryption=key))


def _minio_customer(peer: Any, bucket: str) -> bytes:
    key = peer.part("sse").SseCustomerKey(SSE_KEY)
    peer.do("put_object", bucket, KEY, io.BytesIO(b"secret"), 6, sse=key)
    path = peer.folder_for() / "secret"
    peer.do("fget_object", bucket, KEY, str(path), ssec=key)
    return bytes(path.read_bytes())


def _boto3_customer(peer: Any, bucket: str) -> bytes:
    named = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": SSE_KEY}
    peer.raw.put_object(Bucket=bucket, Key=KEY, Body=b"secret", **named)
    return bytes(peer.raw.get_object(Bucket=bucket, Key=KEY, **named)["Body"].read())


def _s3fs_customer(peer: Any, bucket: str) -> bytes:
    named = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": SSE_KEY}
    peer.raw.s3_additional_kwargs = named
    peer.raw.pipe_file(f"{bucket}/{KEY}", b"secret")
    return bytes(peer.raw.cat_file(f"{bucket}/{KEY}"))


def _obstore_customer(peer: Any, bucket: str) -> bytes:
    store = peer.store(
        bucket,
        aws_server_side_encryption="sse-c",
        aws_sse_customer_key_base64=b64encode(SSE_KEY).decode(),
    )
    peer.raw.put(store, KEY, b"secret")
    return bytes(peer.raw.get(store, KEY).bytes())


def _mc_customer(peer: Any, bucket: str) -> bytes:
    key = f"lab/{bucket}={b64encode(SSE_KEY).decode().rstrip('=')}"
    path = peer.folder_for() / "secret"
    path.write_bytes(b"secret")
    peer.run("cp", "--enc-c", key, str(path), f"lab/{bucket}/{KEY}")
    return bytes(peer.run("cat", "--enc-c", key, f"lab/{bucket}/{KEY}"))


def _kms(use: Callable[[Any, str], object]) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        use(peer, bucket)
        told = lab.oracle.head_object(Bucket=bucket, Key=KEY)
        assert told.get("ServerSideEncryption") == "aws:kms", told
        return yes("Stored with the server's key `lab`.")

    return run


def _sdk_kms(peer: Any, bucket: str) -> None:
    kms = importlib.import_module("minio_sdk").SseKms("lab")
    peer.raw.put_object(bucket, KEY, b"x", encryption=kms)


def _mc_kms(peer: Any, bucket: str) -> None:
    path = peer.folder_for() / "x"
    path.write_bytes(b"x")
    peer.run("cp", "--enc-kms", f"lab/{bucket}=lab", str(path), f"lab/{bucket}/{KEY}")


FEATURES: tuple[Feature, ...] = (
    feature(
        "presign-get",
        AREA,
        "Signed addresses to read",
        {
            **ours(
                _signed_get(lambda p, b: p.raw.get_presigned_url(b, KEY)),
                "MinIOClient.get_presigned_url",
            ),
            **both(_signed_get(lambda p, b: p.do("presigned_get_object", b, KEY))),
            **way(
                BOTO3,
                _signed_get(
                    lambda p, b: p.raw.generate_presigned_url(
                        "get_object", Params={"Bucket": b, "Key": KEY}
                    )
                ),
            ),
            **way(OBSTORE, _signed_get(lambda p, b: p.raw.sign(p.store(b), "GET", KEY, HOUR))),
            **way(S3FS, _signed_get(lambda p, b: p.raw.sign(f"{b}/{KEY}"))),
            **way(MC, _signed_get(_mc_share)),
        },
    ),
    feature(
        "presign-put",
        AREA,
        "Signed addresses to write",
        {
            **ours(
                _signed_put(lambda p, b: p.raw.get_presigned_put_url(b, KEY)),
                "MinIOClient.get_presigned_put_url",
            ),
            **both(_signed_put(lambda p, b: p.do("presigned_put_object", b, KEY))),
            **way(
                BOTO3,
                _signed_put(
                    lambda p, b: p.raw.generate_presigned_url(
                        "put_object", Params={"Bucket": b, "Key": KEY}
                    )
                ),
            ),
            **way(OBSTORE, _signed_put(lambda p, b: p.raw.sign(p.store(b), "PUT", KEY, HOUR))),
            **way(
                S3FS, _signed_put(lambda p, b: p.raw.url(f"{b}/{KEY}", client_method="put_object"))
            ),
            **absent("share put|presign", MC),
        },
    ),
    feature(
        "presign-parts",
        AREA,
        "Signed addresses for the parts of a large upload",
        {
            **ours(
                _signed_parts(
                    lambda p, b: p.raw.create_multipart_upload(b, KEY).upload_id,
                    lambda p, b, upload, part: p.raw.get_presigned_part_url(b, KEY, upload, part),
                    lambda p, b, upload, etags: p.raw.complete_multipart_upload(
                        b, KEY, upload, list(enumerate(etags, 1))
                    ),
                ),
                "MinIOClient.get_presigned_part_url",
            ),
            **way(
                BOTO3,
                _signed_parts(
                    lambda p, b: p.raw.create_multipart_upload(Bucket=b, Key=KEY)["UploadId"],
                    lambda p, b, upload, part: p.raw.generate_presigned_url(
                        "upload_part",
                        Params={
                            "Bucket": b,
                            "Key": KEY,
                            "UploadId": upload,
                            "PartNumber": part,
                        },
                    ),
                    _boto3_parts_end,
                ),
            ),
            **absent("create_multipart|part_url", MINIO, MINIOPY, OBSTORE, S3FS, MC),
        },
    ),
    feature(
        "presign-post",
        AREA,
        "Signed forms for browsers",
        {
            **ours(_form(_sdk_form), "MinIOClient.presigned_post"),
            **both(_form(_minio_form)),
            **way(BOTO3, _form(_boto3_form)),
            **way(MC, _form(_mc_form)),
            **absent("presigned_post|post_policy|sign_post", OBSTORE, S3FS),
        },
    ),
    feature(
        "list-metadata",
        AREA,
        "Listings that tell the metadata of objects",
        {
            **ours(
                _listed_metadata(
                    lambda p, b: [o.metadata for o in p.raw.list_objects(b, include_user_meta=True)]
                ),
                "MinIOClient.list_objects(include_user_meta)",
            ),
            **both(
                _listed_metadata(
                    lambda p, b: [
                        o.metadata
                        for o in p.do("list_objects", b, recursive=True, include_user_meta=True)
                    ]
                )
            ),
            **way(MC, _mc_metadata),
            **absent("user_meta", BOTO3, OBSTORE, S3FS),
        },
    ),
    feature("upload-parts", AREA, "Large files go up in parts, several at a time", each(_parts)),
    feature(
        "download-ranges",
        AREA,
        "Large files come down in ranges, several at a time",
        {**each(_ranges), **way(OBSTORE, _get_ranges)},
    ),
    feature(
        "writer",
        AREA,
        "A file to write to, of a length that nobody knows",
        {
            **ours(
                _writer(_written(lambda p, b: p.raw.open(b, KEY, "wb")), '`open(..., "wb")`.'),
                "MinIOClient.open(mode)",
            ),
            **both(
                _writer(
                    lambda p, b, d: p.do(
                        "put_object", b, KEY, io.BytesIO(d), -1, part_size=5 * MiB
                    ),
                    "`put_object` reads from a stream of unknown length; nothing to write to.",
                    full=False,
                )
            ),
            **way(
                BOTO3,
                _writer(
                    lambda p, b, d: p.raw.upload_fileobj(io.BytesIO(d), b, KEY),
                    "`upload_fileobj` reads from a stream of unknown length; nothing to write to.",
                    full=False,
                ),
            ),
            **way(
                OBSTORE,
                _writer(
                    _written(lambda p, b: p.raw.open_writer(p.store(b), KEY)),
                    "`open_writer`, and `open_writer_async`.",
                ),
            ),
            **way(
                S3FS,
                _writer(
                    _written(lambda p, b: p.raw.open(f"{b}/{KEY}", "wb")), '`open(..., "wb")`.'
                ),
            ),
            **way(
                MC, _writer(lambda p, b, d: p.run("pipe", f"lab/{b}/{KEY}", data=d), "`mc pipe`.")
            ),
        },
    ),
    feature(
        "unfinished",
        AREA,
        "Unfinished uploads are listed and ended",
        {
            **ours(
                lambda p, lab: _unfinished(
                    p, lab, _sdk_abort, "`list_multipart_uploads`, `abort_multipart_upload`."
                ),
                "MinIOClient.list_multipart_uploads",
                "MinIOClient.abort_multipart_upload",
            ),
            **way(
                BOTO3,
                lambda p, lab: _unfinished(
                    p, lab, _boto3_abort, "`list_multipart_uploads`, `abort_multipart_upload`."
                ),
            ),
            **way(
                S3FS,
                lambda p, lab: _unfinished(
                    p,
                    lab,
                    lambda q, b: q.raw.clear_multipart_uploads(b),
                    "`clear_multipart_uploads`.",
                ),
            ),
            **way(
                MC,
                lambda p, lab: _unfinished(
                    p,
                    lab,
                    lambda q, b: q.run(
                        "rm", "--incomplete", "--recursive", "--force", f"lab/{b}/{KEY}"
                    ),
                    "`mc rm --incomplete`.",
                ),
            ),
            **way(MINIOPY, _uploader),
            **absent(
                "abort|incomplete|list_multipart|list_parts",
                MINIO,
                OBSTORE,
                but="(?i)abort_?incomplete",
            ),
        },
    ),
    feature(
        "versions",
        AREA,
        "Versions",
        {
            **ours(_versions(_at(_sdk_versions)), "MinIOClient.list_objects(versions)"),
            **both(_versions(_at(_minio_versions))),
            **way(BOTO3, _versions(_at(_boto3_versions))),
            **way(S3FS, _versions(_at(_s3fs_versions)), version_aware=True),
            **way(MC, _versions(_at(_mc_versions))),
            **way(OBSTORE, _versions(_at(_obstore_versions))),
        },
    ),
    feature(
        "object-lock",
        AREA,
        "Retention and legal hold of an object",
        {
            **ours(
                _locked(_sdk_lock),
                "MinIOClient.set_object_retention",
                "MinIOClient.enable_object_legal_hold",
            ),
            **both(_locked(_minio_lock)),
            **way(BOTO3, _locked(_boto3_lock)),
            **way(MC, _locked(_mc_lock)),
            **absent("retention|legal_hold|object_lock", OBSTORE, S3FS),
        },
    ),
    feature(
        "sse-c",
        AREA,
        "Encryption with a key of one's own (SSE-C)",
        {
            **our(_customer(_sdk_customer, SDK), "SseC", "MinIOClient.put_object(encryption)"),
            MINIO: _customer(_minio_customer, MINIO),
            MINIOPY: _customer(_minio_customer, MINIOPY),
            BOTO3: _customer(_boto3_customer, BOTO3),
            S3FS: _customer(_s3fs_customer, S3FS),
            OBSTORE: _customer(_obstore_customer, OBSTORE),
            MC: _customer(_mc_customer, MC),
        },
    ),
    feature(
        "sse-kms",
        AREA,
        "Encryption with a key of the server's (SSE-KMS)",
        {
            **ours(_kms(_sdk_kms), "SseKms", "MinIOClient.put_object(encryption)"),
            **both(
                _kms(
                    lambda p, b: p.do(
                        "put_object",
                        b,
                        KEY,
                        io.BytesIO(b"x"),
                        1,
                        sse=p.part("sse").SseKMS("lab", {}),
                    )
                )
            ),
            **way(
                BOTO3,
                _kms(
                    lambda p, b: p.raw.put_object(
                        Bucket=b,
                        Key=KEY,
                        Body=b"x",
                        ServerSideEncryption="aws:kms",
                        SSEKMSKeyId="lab",
                    )
                ),
            ),
            **way(
                S3FS,
                _kms(
                    lambda p, b: p.raw.pipe_file(
                        f"{b}/{KEY}", b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="lab"
                    )
                ),
            ),
            **way(
                OBSTORE,
                _kms(
                    lambda p, b: p.raw.put(
                        p.store(b, aws_server_side_encryption="aws:kms", aws_sse_kms_key_id="lab"),
                        KEY,
                        b"x",
                    )
                ),
            ),
            **way(MC, _kms(_mc_kms)),
        },
    ),
)
