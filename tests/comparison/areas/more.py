"""What lies beyond reading and writing: queries, events, the past, and the settings of buckets."""

from __future__ import annotations

import importlib
import io
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from tests.comparison.lab import Lab, MiB, content
from tests.comparison.model import (
    BOTO3,
    MC,
    MINIO,
    MINIOPY,
    OBSTORE,
    S3FS,
    Feature,
    Outcome,
    Unexpected,
    feature,
    no,
    partly,
    yes,
)
from tests.comparison.probes import absent, both, error, our, ours, way

AREA = "Beyond objects"
KEY = "lab/object"
Use = Callable[[Any, str], Any]


def _selected(use: Use) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"name,size\na,1\nb,2\n")
        got = use(peer, bucket).strip()
        if not got:
            return no("A short answer comes out empty.")
        assert got == b"2"
        return yes("A query of a CSV object.")

    return run


QUERY = "select s.size from S3Object s where s.name = 'b'"


def _sdk_select(peer: Any, bucket: str) -> bytes:
    given = {"CSV": {"FileHeaderInfo": "USE"}}
    return bytes(peer.raw.select_object_content(bucket, KEY, QUERY, given, {"CSV": {}}).read())


def _minio_select(peer: Any, bucket: str) -> bytes:
    select = peer.part("select")
    request = select.SelectRequest(
        QUERY,
        select.CSVInputSerialization(file_header_info="USE"),
        select.CSVOutputSerialization(),
        request_progress=False,
    )
    if peer.raw is not None:
        with peer.raw.select_object_content(bucket, KEY, request) as answer:
            return b"".join(answer.stream())

    async def ask(client: Any) -> bytes:
        answer = await client.select_object_content(bucket, KEY, request)
        stream = answer.stream()
        return b"".join([piece async for piece in stream])

    return bytes(peer.run(ask))


def _boto3_select(peer: Any, bucket: str) -> bytes:
    answer = peer.raw.select_object_content(
        Bucket=bucket, Key=KEY, Expression=QUERY, ExpressionType="SQL",
        InputSerialization={"CSV": {"FileHeaderInfo": "USE"}}, OutputSerialization={"CSV": {}},
    )  # fmt: skip
    return b"".join(e["Records"]["Payload"] for e in answer["Payload"] if "Records" in e)


def _mc_select(peer: Any, bucket: str) -> bytes:
    told = peer.run("sql", "--csv-input", "fh=USE", "--query", QUERY, f"lab/{bucket}/{KEY}")
    return bytes(told)


# -- events --------------------------------------------------------------------------------------


def _heard(
    listen: Callable[[Any, str, Callable[[str], None]], None],
) -> Callable[[Any, Lab], Outcome]:
    """Objects are stored until the listener tells of one."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket, heard, failed = lab.bucket(), threading.Event(), []

        def tell(key: str) -> None:
            if key.startswith("event-"):
                heard.set()

        def work() -> None:
            try:
                listen(peer, bucket, tell)
            except Exception as problem:
                failed.append(problem)

        threading.Thread(target=work, daemon=True).start()
        for number in range(100):
            lab.oracle.put_object(Bucket=bucket, Key=f"event-{number}", Body=b"x")
            if heard.wait(0.1) or failed:
                break
        if failed and not heard.is_set():
            raise failed[0]
        return yes("Events as they happen.") if heard.is_set() else no("No event in 10 s.")

    return run


def _minio_listen(peer: Any, bucket: str, tell: Callable[[str], None]) -> None:
    if peer.raw is not None:
        with peer.raw.listen_bucket_notification(bucket) as events:
            for event in events:
                tell(event["Records"][0]["s3"]["object"]["key"])
                return

    async def ask(client: Any) -> None:
        events = await client.listen_bucket_notification(bucket)
        async for event in events:
            tell(event["Records"][0]["s3"]["object"]["key"])
            return

    peer.run(ask)


def _sdk_listen(peer: Any, bucket: str, tell: Callable[[str], None]) -> None:
    with peer.raw.listen_bucket(bucket) as events:
        for event in events:
            tell(event.key)
            return


def _sdk_trace(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    with peer.raw.admin.trace() as entries:
        lab.oracle.put_object(Bucket=bucket, Key="event-1", Body=b"x")
        entry = next(each for each in entries if each.path == f"/{bucket}/event-1")
    assert (entry.name, entry.status) == ("s3.PutObject", 200)
    return yes("`admin.trace` and `admin.console_log`, typed; printed without secrets.")


def _mc_trace(peer: Any, lab: Lab) -> Outcome:
    line = _mc_line(peer, lab, lab.bucket(), "admin", "trace", "lab")
    return yes("`mc admin trace` and `logs`.") if b"event-" in line else no("Nothing in 12 s.")


def _mc_watch(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    if b"event-" in _mc_line(peer, lab, bucket, "watch", f"lab/{bucket}"):
        return yes("`mc watch`.")
    return partly("`mc watch`; into a pipe it wrote nothing of 100 objects in 12 s.")


def _mc_line(peer: Any, lab: Lab, bucket: str, *words: str) -> bytes:
    """What a command writes of an object while objects are stored."""
    process = peer.start("--json", *words)
    end = threading.Timer(12, process.kill)
    end.start()
    try:
        threading.Thread(target=_store, args=(lab, bucket, process), daemon=True).start()
        line: bytes = next((each for each in process.stdout if b"event-" in each), b"")
    finally:
        end.cancel()
        process.kill()
        process.communicate()
    return line


def _store(lab: Lab, bucket: str, process: subprocess.Popen[bytes]) -> None:
    for number in range(100):
        if process.poll() is not None:
            return
        lab.oracle.put_object(Bucket=bucket, Key=f"event-{number}", Body=b"x")
        time.sleep(0.1)


# -- objects made of objects ---------------------------------------------------------------------


def _composed(use: Use) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket, first = lab.bucket(), content(5 * MiB)
        lab.oracle.put_object(Bucket=bucket, Key="one", Body=first)
        lab.oracle.put_object(Bucket=bucket, Key="two", Body=b"two")
        use(peer, bucket)
        assert lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read() == first + b"two"
        return yes("Two objects became one on the server.")

    return run


def _minio_compose(peer: Any, bucket: str) -> None:
    source = peer.part("commonconfig").ComposeSource
    peer.do("compose_object", bucket, KEY, [source(bucket, "one"), source(bucket, "two")])


def _boto3_compose(peer: Any, bucket: str) -> None:
    """By parts that are copied: its own calls, one by one."""
    named = {"Bucket": bucket, "Key": KEY}
    upload = {**named, "UploadId": peer.raw.create_multipart_upload(**named)["UploadId"]}
    parts = []
    for number, source in enumerate(("one", "two"), 1):
        copied = peer.raw.upload_part_copy(
            **upload, PartNumber=number, CopySource={"Bucket": bucket, "Key": source}
        )
        parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
    peer.raw.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def _boto3_composed(peer: Any, lab: Lab) -> Outcome:
    _composed(_boto3_compose)(peer, lab)
    return partly("By `upload_part_copy`, whose parts a user puts together.")


def _appended(use: Use) -> Callable[[Any, Lab], Outcome]:
    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"one")
        try:
            use(peer, bucket)
        except Exception as problem:
            return partly(f"There is a call; on this MinIO: {error(problem)}.")
        got = lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read()
        if got == b"onetwo":
            return yes("Bytes were put behind those of an object.")
        return no(f"It said that all is well; the object is now {got!r}.")

    return run


def _s3fs_append(peer: Any, bucket: str) -> None:
    with peer.raw.open(f"{bucket}/{KEY}", "ab") as file:
        file.write(b"two")


# -- the past ------------------------------------------------------------------------------------


def _past(lab: Lab) -> tuple[str, str, datetime]:
    """A deleted object in a bucket with versions, and a moment at which it was there."""
    bucket = lab.bucket()
    lab.oracle.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"then")["VersionId"]
    time.sleep(1.1)  # servers tell whole seconds
    moment = datetime.now(timezone.utc)
    time.sleep(1.1)
    lab.oracle.delete_object(Bucket=bucket, Key=KEY)
    return bucket, version, moment


def _at(peer: Any, lab: Lab) -> Outcome:
    bucket, _, moment = _past(lab)
    assert peer.raw.get_object(bucket, KEY, at=moment) == b"then"
    assert [each.key for each in peer.raw.list_objects(bucket, at=moment)] == [KEY]
    return yes("`at=` reads and lists what was there at a moment.")


def _mc_rewind(peer: Any, lab: Lab) -> Outcome:
    bucket, _, moment = _past(lab)
    told = moment.strftime("%Y.%m.%dT%H:%M:%SZ")
    failed = []
    for form in (told, "2s"):
        try:
            assert peer.run("cat", "--rewind", form, f"lab/{bucket}/{KEY}") == b"then"
            return yes("`--rewind` of `cat`, `ls`, `cp` and others.")
        except Exception as problem:
            failed.append(error(problem))
    raise Unexpected("; ".join(failed))


def _undeleted(peer: Any, lab: Lab) -> Outcome:
    bucket, _, _ = _past(lab)
    peer.raw.undelete_object(bucket, KEY)
    assert lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"then"
    return yes("`undelete_object`, `undelete_objects`.")


def _mc_undo(peer: Any, lab: Lab) -> Outcome:
    bucket, _, _ = _past(lab)
    peer.run("undo", "--force", f"lab/{bucket}/{KEY}")
    assert lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"then"
    return yes("`mc undo`.")


def _snapshot(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"then")
    peer.raw.create_snapshot(bucket, "before")
    lab.oracle.put_object(Bucket=bucket, Key=KEY, Body=b"now")
    assert peer.raw.diff_snapshots(bucket, "before").changed == (KEY,)
    peer.raw.restore_snapshot(bucket, "before")
    assert lab.oracle.get_object(Bucket=bucket, Key=KEY)["Body"].read() == b"then"
    return yes("Made, compared and restored, without versions of the bucket.")


# -- settings of buckets -------------------------------------------------------------------------


def _settings(use: Use) -> Callable[[Any, Lab], Outcome]:
    """Tags and a lifecycle rule, set by the client; boto3 says what is there."""

    def run(peer: Any, lab: Lab) -> Outcome:
        bucket = lab.bucket()
        use(peer, bucket)
        assert lab.oracle.get_bucket_tagging(Bucket=bucket)["TagSet"] == [
            {"Key": "a", "Value": "b"}
        ]
        (rule,) = lab.oracle.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        assert rule["Expiration"]["Days"] == 7
        return yes("Tried with tags and a lifecycle rule.")

    return run


def _sdk_settings(peer: Any, bucket: str) -> None:
    sdk = importlib.import_module("minio_sdk")
    peer.raw.set_bucket_tags(bucket, {"a": "b"})
    rule = sdk.LifecycleRule(expiration=sdk.Expiration(days=7))
    peer.raw.set_bucket_lifecycle(bucket, [rule])


def _minio_settings(peer: Any, bucket: str) -> None:
    tags = peer.part("commonconfig").Tags.new_bucket_tags()
    tags["a"] = "b"
    peer.do("set_bucket_tags", bucket, tags)
    cycle, common = peer.part("lifecycleconfig"), peer.part("commonconfig")
    rule = cycle.Rule(
        common.ENABLED, rule_filter=common.Filter(prefix="x/"), expiration=cycle.Expiration(days=7)
    )
    peer.do("set_bucket_lifecycle", bucket, cycle.LifecycleConfig([rule]))


def _boto3_settings(peer: Any, bucket: str) -> None:
    peer.raw.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    rule = {"Status": "Enabled", "Filter": {"Prefix": "x/"}, "Expiration": {"Days": 7}}
    peer.raw.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )


def _mc_settings(peer: Any, bucket: str) -> None:
    peer.run("tag", "set", f"lab/{bucket}", "a=b")
    peer.run("ilm", "rule", "add", "--expire-days", "7", f"lab/{bucket}")


def _document(peer: Any, lab: Lab) -> Outcome:
    bucket = lab.bucket()
    document = {"tags": {"a": "b"}, "versioning": True}
    plan = peer.raw.plan_bucket(bucket, document)
    assert plan
    assert "Tags" not in str(lab.oracle.list_objects_v2(Bucket=bucket))
    peer.raw.apply_bucket(bucket, document)
    assert lab.oracle.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]
    assert not peer.raw.plan_bucket(bucket, document)
    return yes("`plan_bucket` shows what would change, `apply_bucket` does it.")


def _mc_document(peer: Any, lab: Lab) -> Outcome:
    help_ = peer.run("admin", "cluster", "bucket", "--help").decode()
    assert "import" in help_
    assert "export" in help_
    return partly(
        "`mc admin cluster bucket export` and `import`, as a ZIP of documents; no plan.", "read"
    )


def _policy(lab: Lab) -> Outcome:
    sdk = importlib.import_module("minio_sdk")
    policy = sdk.Policy(
        sdk.Statement(actions="GetObject", resources="docs/public/*", principals="*")
    )
    assert policy.check("s3:GetObject", "docs/public/a")
    assert not policy.check("s3:GetObject", "docs/private/a")
    return yes("`Policy`, `Statement`, and `policy.check` without a server.")


NONE = (OBSTORE, S3FS)

FEATURES: tuple[Feature, ...] = (
    feature(
        "select",
        AREA,
        "S3 Select",
        {
            **ours(_selected(_sdk_select), "MinIOClient.select_object_content"),
            **both(_selected(_minio_select)),
            **way(BOTO3, _selected(_boto3_select)),
            **way(MC, _selected(_mc_select)),
            **absent("select_object|sql", *NONE, but="mysql|sqlite"),
        },
    ),
    feature(
        "listen",
        AREA,
        "Events of a bucket as they happen",
        {
            **ours(_heard(_sdk_listen), "MinIOClient.listen_bucket"),
            **both(_heard(_minio_listen)),
            **way(MC, _mc_watch),
            **absent("listen|watch", BOTO3, *NONE),
        },
    ),
    feature(
        "admin-trace",
        AREA,
        "What servers do and log, as it happens",
        {
            **ours(_sdk_trace, "Admin.trace", "Admin.console_log"),
            **way(MC, _mc_trace),
            **absent("service_?trace|admin_?trace|console_?log", MINIO, MINIOPY, BOTO3, *NONE),
        },
    ),
    feature(
        "compose",
        AREA,
        "Join objects on the server",
        {
            **ours(
                _composed(lambda p, b: p.raw.compose_object(b, KEY, ["one", "two"])),
                "MinIOClient.compose_object",
            ),
            **both(_composed(_minio_compose)),
            **way(BOTO3, _boto3_composed),
            **way(
                S3FS, _composed(lambda p, b: p.raw.merge(f"{b}/{KEY}", [f"{b}/one", f"{b}/two"]))
            ),
            **absent("compose|concat|merge\\b", OBSTORE, MC),
        },
    ),
    feature(
        "append",
        AREA,
        "Append to an object",
        {
            **ours(
                _appended(lambda p, b: p.raw.append_object(b, KEY, b"two")),
                "MinIOClient.append_object",
            ),
            **both(_appended(lambda p, b: p.do("append_object", b, KEY, io.BytesIO(b"two"), 3))),
            **way(
                BOTO3,
                _appended(
                    lambda p, b: p.raw.put_object(
                        Bucket=b, Key=KEY, Body=b"two", WriteOffsetBytes=3
                    )
                ),
            ),
            **way(S3FS, _appended(_s3fs_append)),
            **absent("append|write_offset", OBSTORE, MC),
        },
    ),
    feature(
        "point-in-time",
        AREA,
        "What was there at a moment",
        {
            **ours(_at, "MinIOClient.get_object(at)", "MinIOClient.list_objects(at)"),
            **way(MC, _mc_rewind),
            **absent("rewind|as_of|point_in_time", MINIO, BOTO3, *NONE, MINIOPY),
        },
    ),
    feature(
        "undelete",
        AREA,
        "Bring back what was deleted",
        {
            **ours(_undeleted, "MinIOClient.undelete_object"),
            **way(MC, _mc_undo),
            **absent("undelete|undo|restore_deleted", MINIO, BOTO3, *NONE, MINIOPY),
        },
    ),
    feature(
        "snapshots",
        AREA,
        "Snapshots of a bucket, with diff and restore",
        {
            **ours(_snapshot, "MinIOClient.create_snapshot", "MinIOClient.restore_snapshot"),
            **absent("snapshot", MINIO, BOTO3, *NONE, MINIOPY, MC),
        },
    ),
    feature(
        "bucket-settings",
        AREA,
        "Settings of buckets: lifecycle, tags, policies and more",
        {
            **ours(
                _settings(_sdk_settings),
                "MinIOClient.set_bucket_tags",
                "MinIOClient.set_bucket_lifecycle",
            ),
            **both(_settings(_minio_settings)),
            **way(BOTO3, _settings(_boto3_settings)),
            **way(MC, _settings(_mc_settings)),
            **absent("lifecycle|bucket_tags|bucket_policy", *NONE),
        },
    ),
    feature(
        "bucket-document",
        AREA,
        "All settings of a bucket as one document, with a plan",
        {
            **ours(_document, "MinIOClient.plan_bucket", "MinIOClient.apply_bucket"),
            **way(MC, _mc_document),
            **absent(
                "declarative|apply_bucket|plan_bucket|bucket_document", MINIO, BOTO3, *NONE, MINIOPY
            ),
        },
    ),
    feature(
        "policy-check",
        AREA,
        "Policies written as values, and tried offline",
        {
            **our(_policy, "Policy.check", "Statement"),
            **absent(
                "policy_check|check_policy|simulate|statement\\b", MINIO, BOTO3, *NONE, MINIOPY, MC
            ),
        },
    ),
)
