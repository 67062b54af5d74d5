"""Calls on both clients, and the types that come back."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from typing_extensions import assert_type

from minio_sdk import (
    LEFT_OUT,
    AccessControlList,
    AccountInfo,
    AdminConfig,
    AdminServerInfo,
    ArchiveEntry,
    AsyncMinIOClient,
    AsyncObjectReader,
    AsyncObjectWriter,
    AsyncProvisioner,
    AuditRecord,
    BatchJob,
    BucketDataUsage,
    BucketDocument,
    BucketEncryption,
    BucketEvent,
    BucketInfo,
    BucketPlan,
    BulkResult,
    Cache,
    CacheStats,
    ComposeSource,
    Config,
    CorsRule,
    CPUMetrics,
    Credentials,
    CsvInput,
    CsvOutput,
    Decision,
    Decommission,
    DeleteResult,
    EventGap,
    Expiration,
    Grant,
    Group,
    HealthStatus,
    IdentityProviderConfig,
    JsonInput,
    JsonLinesAudit,
    JsonOutput,
    LifecycleFilter,
    LifecycleRule,
    LogEntry,
    MinIOClient,
    MirrorResult,
    MultipartUpload,
    NotificationRule,
    ObjectEncryption,
    ObjectInfo,
    ObjectLock,
    ObjectMetadata,
    ObjectPart,
    ObjectReader,
    ObjectWriter,
    OpenIDUserAccessKeys,
    Policy,
    PresignedPost,
    PromptAnswer,
    Provisioner,
    RealtimeMetrics,
    RemoteTarget,
    Replication,
    ReplicationResync,
    ReplicationRule,
    RestoreResult,
    Retention,
    ScannerMetrics,
    SelectStats,
    ServerInfo,
    ServiceAccount,
    SiteResyncStatus,
    SseC,
    SseKms,
    SseS3,
    Statement,
    Tenant,
    TenantAccess,
    TenantUsage,
    TraceEntry,
    Transfer,
    TransferProgress,
    UndeletedObject,
    UploadedPart,
    UploadResponse,
    User,
    UserAccessKey,
    create_client,
)


def connects() -> None:
    """Every way to a client."""
    assert_type(create_client("http://localhost:9000", "acme"), MinIOClient)
    assert_type(create_client("http://localhost:9000", None, timeout=5), MinIOClient)
    assert_type(MinIOClient(), MinIOClient)
    assert_type(MinIOClient(Config("http://localhost:9000", "acme")), MinIOClient)
    assert_type(MinIOClient(host="localhost", port=9000, user_id="doc-service"), MinIOClient)
    assert_type(AsyncMinIOClient(host="localhost", secure=True), AsyncMinIOClient)

    assert_type(Config("http://h", "acme", audit=JsonLinesAudit("a")).endpoints, tuple[str, ...])
    Config("http://h", "acme", audit=audited)
    Config("http://h", "acme", cache=Cache(trust=5, disk="a"))
    Config("http://h", "acme", cache=True)  # type: ignore[arg-type]
    Config("http://h", "acme", audit=told)  # type: ignore[arg-type]
    create_client("http://localhost:9000")  # type: ignore[call-arg]
    MinIOClient("http://localhost:9000")  # type: ignore[arg-type]
    MinIOClient(port="9000")  # type: ignore[arg-type]


def blocking(client: MinIOClient, path: Path) -> None:
    """The blocking client."""
    with client as same:
        assert_type(same, MinIOClient)
    assert_type(client.with_(timeout=5), MinIOClient)
    assert_type(client.config, Config)

    assert_type(client.upload("k", b"data"), UploadResponse)
    client.upload("k", bytearray(b"data"))
    client.upload("k", memoryview(b"data"))
    client.upload("k", io.BytesIO(b"data"))
    client.upload("k", iter([b"da", b"ta"]))
    with path.open("rb") as file:
        client.upload("k", file)
    assert_type(client.download("k"), bytes)
    assert_type(client.list(), list[str])
    assert_type(client.list("prefix/"), list[str])
    assert_type(client.health_check(), HealthStatus)
    assert_type(client.cache_stats(), CacheStats)
    assert_type(client.cache_stats().hit_rate, float)
    assert_type(client.clear_cache(), None)
    assert_type(client.config.cache, Cache | None)
    assert_type(client.get_server_info(), ServerInfo)
    assert_type(client.admin.server_info(), AdminServerInfo)
    assert_type(client.admin.data_usage().buckets["docs"], BucketDataUsage)
    assert_type(client.admin.list_users(), list[User])
    assert_type(client.admin.get_group("editors"), Group)
    assert_type(client.admin.add_service_account(user="ada"), Credentials)
    assert_type(client.admin.list_service_accounts(), list[ServiceAccount])
    assert_type(client.admin.list_access_keys()["ada"].temporary, tuple[UserAccessKey, ...])
    assert_type(client.admin.get_bucket_quota("docs"), int | None)
    client.admin.attach_policy("read", user="ada")
    client.admin.revoke_tokens("ada", token_revoke_type="app")
    client.admin.revoke_tokens("ada", everything=True, provider="saml")  # type: ignore[arg-type]
    assert_type(client.admin.set_config("scanner", {"speed": "slow"}), bool)
    assert_type(client.admin.get_config("site"), list[AdminConfig])
    for provider in client.admin.list_identity_providers():
        found = client.admin.get_identity_provider(provider.kind, name=provider.name)
        assert_type(found, IdentityProviderConfig)
    assert_type(client.admin.list_openid_access_keys(provider=""), list[OpenIDUserAccessKeys])
    client.admin.add_identity_provider("saml", {"client_id": "x"})  # type: ignore[arg-type]
    assert_type(client.admin.start_batch_job({"expire": {}}), BatchJob)
    assert_type(client.admin.list_remote_targets("docs"), list[RemoteTarget])
    assert_type(client.admin.start_replication_resync("docs", "arn:x"), ReplicationResync)
    assert_type(client.admin.replication_resync_status("docs"), list[ReplicationResync])
    assert_type(client.admin.profile(), bytes)
    client.admin.add_to_group("editors", "ada")
    assert_type(client.list_transfers(), list[Transfer])
    client.discard_transfer("0123456789abcdef01234567")
    client.upload_file("docs", "k", path, resume=True, progress=lambda now: print(now.rate))
    client.download_file("docs", "k", path, resume=True)
    assert_type(client.bucket_exists("docs"), bool)
    assert_type(client.get_bucket_info("docs"), BucketInfo)
    assert_type(client.list_buckets(), list[BucketInfo])
    assert_type(client.get_object_attributes("docs", "k").parts, tuple[ObjectPart, ...])
    assert_type(client.get_bucket_acl("docs"), AccessControlList)
    assert_type(client.get_object_acl("docs", "k").grants, tuple[Grant, ...])
    assert_type(client.list_multipart_uploads("docs", "a"), Iterator[MultipartUpload])
    assert_type(client.list_parts("docs", "k", "u"), Iterator[UploadedPart])
    assert_type(client.abort_incomplete_uploads("docs"), list[MultipartUpload])
    client.abort_multipart_upload("docs", "k", "u")
    assert_type(client.create_multipart_upload("docs", "k", tags={"a": "b"}), MultipartUpload)
    assert_type(client.get_presigned_part_url("docs", "k", "u", 1, 60), str)
    listed = client.list_parts("docs", "k", "u")
    assert_type(client.complete_multipart_upload("docs", "k", "u", listed), UploadResponse)
    client.complete_multipart_upload("docs", "k", "u", [(1, "etag")], size=5)
    client.complete_multipart_upload("docs", "k", "u", ["etag"])  # type: ignore[list-item]
    client.get_presigned_part_url("docs", "k", "u", "1")  # type: ignore[arg-type]
    client.restore_object("docs", "k", 7, tier="Bulk")
    assert_type(client.get_bucket_replication("docs"), Replication | None)
    client.set_bucket_replication("docs", Replication(rules=(ReplicationRule(destination="b"),)))
    assert_type(client.get_bucket_notification("docs"), list[NotificationRule])
    client.set_bucket_notification(
        "docs", [{"arn": "arn:minio:sqs::1:webhook", "events": ["s3:*"]}]
    )
    assert_type(client.get_bucket_encryption("docs"), BucketEncryption | None)
    client.set_bucket_encryption("docs", {"algorithm": "AES256"})
    assert_type(client.get_bucket_object_lock("docs"), ObjectLock | None)
    client.set_bucket_object_lock("docs", {"mode": "GOVERNANCE", "days": 1})
    until = Retention(mode="GOVERNANCE", retain_until_date=datetime.now(timezone.utc))
    client.set_object_retention("docs", "k", until, version_id="v", bypass_governance=True)
    assert_type(client.get_object_retention("docs", "k"), Retention | None)
    assert_type(client.is_object_legal_hold_enabled("docs", "k"), bool)
    client.upload_object("docs", "k", b"x", retention=until, legal_hold=True)
    client.delete_objects("docs", ["k"], bypass_governance=True)
    client.delete_bucket("docs", force=True, bypass_governance=True)
    assert_type(client.delete_many(["k"], bucket="docs", bypass_governance=True), BulkResult)
    assert_type(client.undelete_object("docs", "k", copy=True), UndeletedObject)
    assert_type(client.undelete_objects("docs", "p", since="2026-01-01"), BulkResult)
    plan = client.restore_snapshot("docs", "s", keys=["k"], to=("docs", "r"), dry_run=True)
    assert_type(plan, RestoreResult)
    then = datetime.now(timezone.utc)
    assert_type(client.get_object("docs", "k", at=then), bytes)
    assert_type(client.list_objects("docs", at=then.date()), list[ObjectInfo])
    assert_type(client.get_object_metadata("docs", "k", at="2026-01-01"), ObjectMetadata)
    assert_type(client.open("docs", "k", at=then), ObjectReader)
    client.get_object("docs", "k", at=5)  # type: ignore[arg-type]
    assert_type(client.get_tenant_usage(), TenantUsage)
    usage = client.get_tenant_usage(bucket="docs", prefix="a", versions=True, progress=told)
    assert_type(usage.buckets[0].noncurrent_bytes, int | None)
    client.get_tenant_usage("docs")  # type: ignore[call-arg]
    assert_type(
        client.put_object("docs", "k", b"x", 1, content_type="text/plain", metadata={"a": "b"}),
        UploadResponse,
    )
    assert_type(
        client.upload_object("docs", "k", b"x", tags={"a": "b"}, if_none_match="*"), UploadResponse
    )
    assert_type(client.upload_file("docs", "k", path, if_match="e"), UploadResponse)
    assert_type(client.get_object("docs", "k"), bytes)
    key = SseC(bytes(32))
    stored = client.put_object("docs", "k", b"x", encryption=key)
    assert_type(stored.encryption, ObjectEncryption | None)
    assert_type(client.get_object("docs", "k", encryption=key), bytes)
    client.upload_object("docs", "k", b"x", encryption=SseKms("k", {"a": "b"}))
    client.copy_object("docs", "k", "docs", "l", encryption=False, source_encryption=SseC("text"))
    client.upload_many([], encryption={"algorithm": "AES256"})
    client.get_object("docs", "k", range=(0, None), version_id="v", if_match="e")
    client.get_object("docs", "k", if_modified_since=datetime.now(timezone.utc))
    assert_type(client.download_stream("docs", "k", range=(0, 9)), Iterator[bytes])
    assert_type(client.download_file("docs", "k", path, progress=told), ObjectMetadata)
    client.download_file("docs", "k", str(path), version_id="v", progress=print)
    assert_type(client.download_into("docs", "k", bytearray(9)), int)
    assert_type(client.open("docs", "k"), ObjectReader)
    assert_type(client.open("docs", "k", "rb", version_id="v"), ObjectReader)
    assert_type(client.open("docs", "k", "wb", metadata={"a": "b"}), ObjectWriter)
    assert_type(client.open("docs", "k", "xb", tags={"a": "b"}), ObjectWriter)
    assert_type(client.open("docs", "k", "wb", if_none_match="*", if_match=None), ObjectWriter)
    with client.open("docs", "k") as reader:
        assert_type(reader, ObjectReader)
        assert_type(reader.read(), bytes)
        io.TextIOWrapper(reader)
    with client.open("docs", "k", "wb", content_type="text/plain") as writer:
        assert_type(writer, ObjectWriter)
        assert_type(writer.write(b"x"), int)
        assert_type(writer.response, UploadResponse | None)
        io.TextIOWrapper(writer)
    assert_type(client.get_object_metadata("docs", "k", version_id="v"), ObjectMetadata)
    assert_type(client.object_exists("docs", "k"), bool)
    assert_type(client.delete_objects("docs", ["a", ("b", "version"), ("c", None)]), DeleteResult)
    assert_type(client.list_objects("docs", "p", "s", recursive=False, limit=5), list[ObjectInfo])
    assert_type(client.list_objects("docs", versions=True, start_after="k"), list[ObjectInfo])
    assert_type(client.list_objects("docs", concurrency=8), list[ObjectInfo])
    assert_type(client.with_extras({"x-a": "1"}, query={"b": "2"}), MinIOClient)
    client.with_extras(["x-a"])  # type: ignore[arg-type]
    entry = client.list_objects("docs", include_user_meta=True, fetch_owner=True)[0]
    assert_type((entry.owner_id, entry.owner_name), tuple[str | None, str | None])
    assert_type(entry.metadata, Mapping[str, str] | None)
    assert_type(entry.tags, Mapping[str, str] | None)
    assert_type(client.iter_objects("docs", concurrency=8), Iterator[ObjectInfo])
    client.list_objects("docs", recursive="false")  # type: ignore[arg-type]
    assert_type(client.iter_objects("docs"), Iterator[ObjectInfo])
    client.iter_objects("docs", versions=True, start_after=None)
    for item in client.iter_objects("docs"):
        assert_type(item, ObjectInfo)
    assert_type(client.get_presigned_url("docs", "k", 60, method="PUT"), str)
    assert_type(client.get_presigned_url("docs", "k", request_date="2026-01-01"), str)
    assert_type(client.get_presigned_url("docs", "k", version_id="v", headers={"a": "b"}), str)
    assert_type(client.get_presigned_put_url("docs", "k"), str)
    assert_type(client.presigned_post("docs", "k", content_length_range=(0, 9)), PresignedPost)
    client.presigned_post("docs", "k", content_length_range=9)  # type: ignore[arg-type]
    client.create_bucket("docs", region="eu-west-1", object_lock=True, exist_ok=True)
    client.delete_bucket("docs", force=True)
    client.delete_object("docs", "k", version_id="v")
    assert_type(
        client.copy_object(
            "docs", "k", "docs", "k", metadata={"a": "b"}, tags={"c": "d"}, source_version_id="v",
            expires=datetime.now(timezone.utc), if_match="e",
        ),
        UploadResponse,
    )  # fmt: skip
    assert_type(client.set_object_metadata("docs", "k", {"a": "b"}), UploadResponse)
    client.set_object_tags("docs", "k", {"a": "b"}, version_id="v")
    assert_type(client.get_object_tags("docs", "k", version_id="v"), dict[str, str])
    client.delete_object_tags("docs", "k")
    assert_type(
        client.compose_object(
            "docs", "k",
            ["a", ("docs", "b"), ("docs", "b", None), ComposeSource(key="c"), {"key": "d"}],
            if_match="e",
        ),
        UploadResponse,
    )  # fmt: skip
    assert_type(client.compose_object("docs", "k", client.list_objects("docs")), UploadResponse)
    assert_type(client.append_object("docs", "k", [b"a"], create=False), UploadResponse)
    assert_type(client.fan_out("docs", b"a", ["a", {"key": "b"}]), BulkResult)
    assert_type(client.list_archive("docs", "k.zip", "a/"), list[ArchiveEntry])
    assert_type(client.read_archive("docs", "k.zip", "a", max_size=5), bytes)
    assert_type(client.prompt_object("docs", "k", "?", parameters={"a": 1}).text, str)

    client.compose_object("docs", "k", [5])  # type: ignore[list-item]
    client.copy_object("docs", "k", "docs")  # type: ignore[call-arg]
    client.copy_object("docs", "k", "docs", "k", if_modified_since="now")  # type: ignore[arg-type]
    client.set_object_tags("docs", "k", {"a": 1})  # type: ignore[dict-item]
    client.upload("k", "text")  # type: ignore[arg-type]
    client.upload(5, b"data")  # type: ignore[arg-type]
    client.upload("k")  # type: ignore[call-arg]
    client.list_objects("docs", recursiv=False)  # type: ignore[call-arg]
    client.create_bucket("docs", "eu-west-1")  # type: ignore[call-arg]
    client.delete_objects("docs", [5])  # type: ignore[list-item]
    client.get_object("docs", "k", (0, 5))  # type: ignore[call-arg]
    client.open("docs", "k", "r")  # type: ignore[call-overload]
    client.open("docs", "k", "wb", version_id="v")  # type: ignore[call-overload]
    client.download_file("docs", "k", b"path")  # type: ignore[arg-type]
    client.no_such_method()  # type: ignore[attr-defined]


def many(client: MinIOClient, pool: ThreadPoolExecutor) -> None:
    """Many objects with the blocking client."""
    items = [{"bucket": "docs", "key": "k", "data": b"x"}]
    assert_type(client.upload_many(items, concurrency=4, executor=pool), BulkResult)
    assert_type(client.upload_many(items, pack=True, resume=True), BulkResult)
    assert_type(client.upload_many(items, pack=1 << 20), BulkResult)
    assert_type(client.download_many(["k"], bucket="docs", progress=told), BulkResult)
    assert_type(client.delete_many(client.iter_objects("docs"), bucket="docs"), BulkResult)
    assert_type(client.copy_many([("a", "k", "b", "k")]), BulkResult)
    assert_type(client.upload_many_concurrent(items), list[Any])
    assert_type(client.download_many_concurrent(items, resume=True), list[Any])
    assert_type(client.mirror("folder", ("docs", "p"), include="*.csv"), MirrorResult)
    client.upload_many(items, concurrency="4")  # type: ignore[arg-type]
    client.upload_many(items, pack="2 MiB")  # type: ignore[arg-type]


def settings(client: MinIOClient) -> None:
    """What is set on a bucket."""
    client.set_bucket_versioning("docs")
    client.set_bucket_versioning("docs", enabled=False)
    assert_type(client.get_bucket_versioning("docs"), bool)
    assert_type(client.get_bucket_info("docs").versioning, str | None)
    client.set_bucket_tags("docs", {"environment": "production"})
    assert_type(client.get_bucket_tags("docs"), dict[str, str])
    client.delete_bucket_tags("docs")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    client.set_bucket_policy("docs", policy)
    client.set_bucket_policy("docs", json.dumps(policy))
    assert_type(client.get_bucket_policy("docs"), dict[str, Any])
    client.set_bucket_lifecycle(
        "docs",
        [LifecycleRule(expiration=Expiration(days=7), filter=LifecycleFilter(prefix="temp/"))],
    )
    client.set_bucket_lifecycle("docs", [{"id": "tmp", "expiration": {"days": 7}}])
    rules = client.get_bucket_lifecycle("docs")
    assert_type(rules, list[LifecycleRule])
    assert_type(rules[0].expiration, Expiration | None)
    assert_type(rules[0].filter.prefix, str | None)
    assert_type(Expiration(date=datetime(2031, 1, 31)).date, datetime | None)
    client.set_bucket_lifecycle("docs", rules)
    client.set_bucket_cors(
        "docs", [CorsRule(allowed_origins=("*",), allowed_methods=("GET",)), {"id": "x"}]
    )
    assert_type(client.get_bucket_cors("docs"), list[CorsRule])
    client.set_bucket_cors("docs", client.get_bucket_cors("docs"))

    client.set_bucket_tags("docs", {"a": 1})  # type: ignore[dict-item]
    client.set_bucket_lifecycle("docs", {"id": "tmp"})  # type: ignore[dict-item]
    LifecycleRule(expiration={"days": 7})  # type: ignore[arg-type]
    CorsRule(allowed_origins=("*",))  # type: ignore[call-arg]


async def awaited(client: AsyncMinIOClient, path: Path, pool: ProcessPoolExecutor) -> None:
    """The async client."""
    async with client as same:
        assert_type(same, AsyncMinIOClient)
    assert_type(client.with_(timeout=5), AsyncMinIOClient)

    assert_type(await client.upload("k", b"data"), UploadResponse)
    await client.upload("k", blocks())
    await client.upload("k", iter([b"data"]))
    assert_type(await client.download("k"), bytes)
    assert_type(await client.list(), list[str])
    assert_type(await client.health_check(), HealthStatus)
    assert_type(await client.cache_stats(), CacheStats)
    assert_type(await client.clear_cache(), None)
    assert_type(await client.get_server_info(), ServerInfo)
    assert_type(await client.admin.server_info(), AdminServerInfo)
    assert_type(await client.admin.get_user("ada"), User)
    assert_type(await client.admin.account_info(), AccountInfo)
    assert_type(await client.admin.export_config(), str)
    assert_type(await client.admin.add_service_account(policy={}), Credentials)
    assert_type(await client.list_transfers(), list[Transfer])
    await client.discard_transfer("0123456789abcdef01234567")
    assert_type(await client.bucket_exists("docs"), bool)
    assert_type(await client.list_buckets(), list[BucketInfo])
    assert_type(await client.get_tenant_usage(uploads=True), TenantUsage)
    assert_type(await client.get_object("docs", "k"), bytes)
    assert_type(client.download_stream("docs", "k"), AsyncIterator[bytes])
    assert_type(await client.download_file("docs", "k", path, progress=told), ObjectMetadata)
    assert_type(await client.download_into("docs", "k", memoryview(bytearray(9))), int)
    assert_type(await client.open("docs", "k"), AsyncObjectReader)
    async with client.open("docs", "k") as reader:
        assert_type(reader, AsyncObjectReader)
        assert_type(await reader.read(), bytes)
        async for line in reader:
            assert_type(line, bytes)
    async with client.open("docs", "k", "xb", tags={"a": "b"}) as new:
        assert_type(new, AsyncObjectWriter)
    async with client.open("docs", "k", "wb") as writer:
        assert_type(writer, AsyncObjectWriter)
        assert_type(await writer.write(b"x"), int)
    assert_type(await client.get_object_metadata("docs", "k"), ObjectMetadata)
    assert_type(await client.list_objects("docs"), list[ObjectInfo])
    assert_type(await client.undelete_object("docs", "k"), UndeletedObject)
    assert_type(await client.undelete_objects("docs"), BulkResult)
    assert_type(await client.get_object("docs", "k", at="2026-01-01"), bytes)
    assert_type(await client.copy_object("docs", "k", "docs", "k2"), UploadResponse)
    assert_type(await client.set_object_metadata("docs", "k", {}), UploadResponse)
    assert_type(await client.compose_object("docs", "k", ["a", ("docs", "b")]), UploadResponse)
    assert_type(await client.append_object("docs", "k", b"a"), UploadResponse)
    assert_type(await client.fan_out("docs", b"a", ["a"]), BulkResult)
    assert_type(await client.list_archive("docs", "k.zip"), list[ArchiveEntry])
    assert_type(await client.prompt_object("docs", "k", "?"), PromptAnswer)
    await client.set_object_tags("docs", "k", {"a": "b"})
    assert_type(await client.get_object_tags("docs", "k"), dict[str, str])
    await client.delete_object_tags("docs", "k")
    assert_type(client.iter_objects("docs", concurrency=8), AsyncIterator[ObjectInfo])
    async for item in client.iter_objects("docs"):
        assert_type(item, ObjectInfo)
    assert_type(await client.get_presigned_url("docs", "k"), str)
    assert_type(await client.presigned_post("docs", "k", tags={"a": "b"}), PresignedPost)
    await client.set_bucket_versioning("docs")
    assert_type(await client.get_bucket_versioning("docs"), bool)
    assert_type(await client.get_bucket_tags("docs"), dict[str, str])
    assert_type(await client.get_bucket_policy("docs"), dict[str, Any])
    assert_type(await client.get_bucket_lifecycle("docs"), list[LifecycleRule])
    assert_type(await client.get_bucket_cors("docs"), list[CorsRule])
    assert_type(await client.upload_many([("docs", "k", b"x")], progress=True), BulkResult)
    assert_type(await client.upload_many([("docs", "k", b"x")], pack=True), BulkResult)
    assert_type(await client.download_many(client.iter_objects("docs"), bucket="docs"), BulkResult)
    assert_type(await client.delete_many(["k"], bucket="docs", executor=pool), BulkResult)
    assert_type(await client.mirror("minio://docs/p", path, exclude=["*.tmp"]), MirrorResult)
    assert_type(await client.copy_many([("a", "k", "b", "k")]), BulkResult)
    document = await client.export_bucket("docs", sections=("tags", "cors"))
    assert_type(document, BucketDocument)
    if document.cors is not LEFT_OUT:
        assert_type(document.cors, tuple[CorsRule, ...])
    plan = await client.plan_bucket("docs", BucketDocument(versioning=True, policy={}), create=True)
    assert_type(plan, BucketPlan)
    assert_type(await client.apply_bucket("docs", plan), BucketPlan)
    assert_type(await client.plan_buckets({"docs": {"tags": {}}}), dict[str, BucketPlan])
    assert_type(await client.apply_buckets({"docs": document, "more": plan}), BulkResult)
    assert_type((await client.get_capabilities("docs", probe="write")).cors, bool | None)
    BucketDocument(versioning="Enabled")  # type: ignore[arg-type]
    assert_type(await client.delete_many_concurrent([{"bucket": "docs", "key": "k"}]), list[Any])
    await client.close()

    len(client.download("k"))  # type: ignore[arg-type]
    for wrong in client.iter_objects("docs"):  # type: ignore[attr-defined]
        print(wrong)


def live(client: MinIOClient) -> None:
    """Answers that are read while they come."""
    with client.listen_bucket("docs", suffix=".jpg", events=["s3:ObjectCreated:*"]) as events:
        for event in events:
            assert_type(event, BucketEvent)
    assert_type(client.listen_bucket(None, on_reconnect=missed).last_gap, EventGap | None)
    found = client.select_object_content("docs", "a", "SELECT *", CsvInput(), CsvOutput())
    assert_type(found.read(), bytes)
    assert_type(next(found), bytes)
    assert_type(next(found.rows(["a"])), dict[str, Any])
    assert_type(found.stats, SelectStats | None)
    client.select_object_content("docs", "a", "SELECT *", {"JSON": {"Type": "LINES"}})
    client.select_object_content("docs", "a", "SELECT *", CsvOutput())  # type: ignore[arg-type]
    client.listen_bucket("docs", ping="2")  # type: ignore[arg-type]
    with client.admin.trace(["s3", "os"], errors_only=True, slower_than=0.5) as traced:
        for entry in traced:
            assert_type(entry, TraceEntry)
            assert_type(entry.status, int | None)
    with client.admin.console_log(level="error", last=5, on_reconnect=missed) as logged:
        assert_type(next(logged), LogEntry)
    assert_type(client.admin.speedtest(seconds=2).write.p99, float)
    assert_type(client.admin.drive_speedtest()[0].read, int)
    assert_type(client.admin.list_pools()[0].total, int)
    assert_type(client.admin.pool_status("/a").decommission, Decommission | None)
    assert_type(client.admin.start_decommission(["/a", "/b"]), None)
    assert_type(client.admin.cancel_decommission("/a"), None)
    assert_type(client.admin.start_rebalance(), str)
    assert_type(client.admin.rebalance_status().running, bool)
    assert_type(client.admin.stop_rebalance(), None)
    assert_type(next(iter(client.admin.replication_backlog("docs"))).replicated, datetime | None)
    assert_type(client.admin.metrics("node"), str)
    assert_type(client.admin.prometheus_config(public=True), str)
    assert_type(client.admin.start_site_resync("there").status, str)
    assert_type(client.admin.cancel_site_resync("there").id, str)
    assert_type(client.admin.site_resync_status("there"), SiteResyncStatus | None)
    measured = client.admin.realtime_metrics(["os", "cpu"], nodes="a", by_drive=True)
    assert_type(measured.by_node["a"].cpu, CPUMetrics | None)
    assert_type(measured.by_drive["/d"].last_minute["ReadAll"].average, float)
    assert_type(client.admin.scanner_status().active, tuple[str, ...])
    for sample in client.admin.watch_metrics("jobs", job="j", interval=5):
        assert_type(sample, RealtimeMetrics)
    assert_type(client.admin.network_speedtest(seconds=10)[0].sent, int)
    assert_type(client.admin.site_speedtest()[0].connections, int)
    assert_type(client.admin.list_kms_keys("acme-"), list[str])
    assert_type(client.admin.get_temporary_account("K").expires_at, datetime | None)
    assert_type(client.admin.inspect("docs", "a/xl.meta"), bytes)
    client.admin.console_log("error")  # type: ignore[call-arg]


async def live_awaited(client: AsyncMinIOClient) -> None:
    """The same with await."""
    async with client.listen_bucket("docs") as events:
        async for event in events:
            assert_type(event, BucketEvent)
    async with client.admin.trace("all") as traced:
        assert_type(await traced.__anext__(), TraceEntry)
    async for sample in client.admin.watch_metrics():
        assert_type(sample.total.scanner, ScannerMetrics | None)
    async for line in client.admin.console_log():
        assert_type(line, LogEntry)
    found = client.select_object_content("docs", "a", "SELECT *", JsonInput(), JsonOutput())
    assert_type(await found.read(), bytes)
    assert_type([row async for row in found.rows()], list[dict[str, Any]])
    await found.close()


def missed(gap: EventGap) -> None:
    """A function that is told of a time in which nobody listened."""
    assert_type(gap.since, datetime)


def audited(record: AuditRecord) -> None:
    """A function that is told of each operation."""
    assert_type(record.objects[0].code, str | None)


def told(progress: TransferProgress) -> None:
    """A function that is told how far a transfer is."""
    assert_type(progress.bytes_done, int)


async def blocks() -> AsyncIterator[bytes]:
    """A body made while it is sent."""
    yield b"data"


def provisioning(client: MinIOClient, other: AsyncMinIOClient) -> None:
    """Tenants with keys of their own."""
    provisioner = Provisioner(client, backend="aws", iam_url="https://iam.example.org")
    access = provisioner.add("acme", quota=10**9, read_only=True)
    assert_type(access, TenantAccess)
    assert_type(access.secret_key, str | None)
    assert_type(access.config(timeout=5), Config)
    assert_type(provisioner.rotate("acme", keep_old=True), TenantAccess)
    assert_type(provisioner.revoke("acme", access.access_key), bool)
    assert_type(provisioner.remove("acme", delete_data=True), bool)
    assert_type(provisioner.list(), list[Tenant])
    Provisioner(other)  # type: ignore[arg-type]
    AsyncProvisioner(client)  # type: ignore[arg-type]
    provisioner.add("acme", quota="10GiB")  # type: ignore[arg-type]


async def provisioning_awaited(client: AsyncMinIOClient) -> None:
    """The same with await."""
    provisioner = AsyncProvisioner(client)
    assert_type(await provisioner.add("acme"), TenantAccess)
    assert_type(await provisioner.rotate("acme"), TenantAccess)
    assert_type(await provisioner.revoke("acme", "AK"), bool)
    assert_type(await provisioner.remove("acme"), bool)
    assert_type(await provisioner.list(), list[Tenant])


def policies() -> None:
    """Policies as values."""
    policy = Policy(Statement(actions="GetObject", resources=["docs/*"], principals={"AWS": "*"}))
    assert_type(policy.statements, tuple[Statement, ...])
    assert_type(policy.check("GetObject", "docs/a", context={"aws:username": "ada"}), Decision)
    assert_type(policy["Statement"], Any)
    Statement(effect="allow")  # type: ignore[arg-type]


def encryption_of_each_call(client: MinIOClient, path: Path) -> None:
    key, dict_ = SseC(bytes(32)), {"algorithm": "aws:kms", "key_id": "k"}
    assert_type(client.get_object_metadata("docs", "k", encryption=key), ObjectMetadata)
    assert_type(client.object_exists("docs", "k", encryption=key), bool)
    assert_type(client.download_file("docs", "k", path, encryption=key), ObjectMetadata)
    assert_type(client.download_stream("docs", "k", encryption=key), Iterator[bytes])
    client.download_into("docs", "k", bytearray(1), encryption=key)
    client.open("docs", "k", encryption=key).close()
    client.open("docs", "k", "wb", encryption=SseS3()).close()
    client.upload_file("docs", "k", path, encryption=False)
    client.set_object_metadata("docs", "k", {}, encryption=key)
    client.get_object_attributes("docs", "k", encryption=key)
    client.get_presigned_url("docs", "k", encryption=key)
    client.get_presigned_put_url("docs", "k", encryption=dict_)
    client.presigned_post("docs", "k", encryption=SseS3())
    client.select_object_content("docs", "k", "?", CsvInput(), encryption=key)
    client.list_archive("docs", "k", encryption=key)
    client.read_archive("docs", "k", "a", encryption=key)
    client.prompt_object("docs", "k", "?", encryption=key)
    client.append_object("docs", "k", b"a", encryption=key)
    client.fan_out("docs", b"a", ["a"], encryption=dict_)
    client.undelete_object("docs", "k", encryption=key)
    client.undelete_objects("docs", encryption=key)
    client.download_many([], encryption=key)
    client.copy_many([], encryption=key, source_encryption=None)
    client.compose_object(
        "docs", "k", [ComposeSource(key="a", encryption=key), {"key": "b", "encryption": False}],
        encryption=SseKms(), source_encryption=key,
    )  # fmt: skip
    client.get_object("docs", "k", encryption=b"key")  # type: ignore[arg-type]
    client.put_object("docs", "k", b"", encryption=True)  # type: ignore[arg-type]
    ComposeSource(key="a", encryption="key")  # type: ignore[arg-type]


async def encryption_of_each_async_call(client: AsyncMinIOClient) -> None:
    key = SseC("text")
    assert_type(await client.get_object_metadata("docs", "k", encryption=key), ObjectMetadata)
    assert_type(await client.prompt_object("docs", "k", "?", encryption=key), PromptAnswer)
    source = ComposeSource(key="a", encryption=key)
    assert_type(
        await client.compose_object("docs", "k", [source], encryption=False), UploadResponse
    )
    await client.prompt_object("docs", "k", "?", encryption="key")  # type: ignore[arg-type]


def what_gives_nothing(client: MinIOClient) -> None:
    for call in (
        client.delete_bucket_cors, client.delete_bucket_encryption, client.delete_bucket_lifecycle,
        client.delete_bucket_notification, client.delete_bucket_object_lock,
        client.delete_bucket_policy, client.delete_bucket_replication, client.delete_bucket_tags,
    ):  # fmt: skip
        assert_type(call("docs"), None)
    for change in (client.enable_object_legal_hold, client.disable_object_legal_hold):
        assert_type(change("docs", "k", version_id="v"), None)
    assert_type(client.delete_snapshot("docs", "monday"), None)
    client.delete_bucket_cors("docs", "k")  # type: ignore[call-arg]
