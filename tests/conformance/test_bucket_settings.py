"""What is set on a bucket: versioning, tags, policy, lifecycle, CORS; boto3 sees what is really there."""

from __future__ import annotations

import http.client
import json
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import pytest

from minio_sdk import (
    AbortIncompleteMultipartUpload,
    AsyncMinIOClient,
    BucketEncryption,
    BucketNotFoundError,
    CorsRule,
    DelMarkerExpiration,
    Expiration,
    LifecycleFilter,
    LifecycleRule,
    MinIOError,
    NoncurrentVersionExpiration,
    NotificationRule,
    NotSupportedError,
    Replication,
    ReplicationRule,
    Transition,
)
from minio_sdk.wire.policy import essence
from tests.conformance.setting import Setting, errors_of

pytestmark = [pytest.mark.conformance, pytest.mark.asyncio]
about_versioning = pytest.mark.feature("Versioning of buckets")
about_tags = pytest.mark.feature("Tags of buckets")
about_policies = pytest.mark.feature("Policies of buckets")
about_lifecycle = pytest.mark.feature("Lifecycle rules")
about_replication = pytest.mark.feature("Replication of buckets")
about_notifications = pytest.mark.feature("Notifications of buckets")
by_bucket = pytest.mark.parametrize("tenancy", ["bucket"])
about_encryption = pytest.mark.feature("Encryption of buckets")
about_cors = pytest.mark.feature("CORS rules")
unscoped = pytest.mark.parametrize("tenancy", ["plain", "bucket"])

# As the predecessors' guides have them.
RULES = [
    {
        "id": "delete-temp-files",
        "status": "Enabled",
        "expiration": {"days": 7},
        "filter": {"prefix": "temp/"},
    },
    {
        "id": "archive-old-docs",
        "status": "Enabled",
        "expiration": {"days": 365},
        "filter": {"prefix": "archive/"},
    },
]


def public(bucket: str, **changes: Any) -> dict[str, Any]:
    """Anybody may read what is below ``public/``."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"],
        "Resource": [f"arn:aws:s3:::{bucket}/public/*"],
    }
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def anonymous(setting: Setting, bucket: str, key: str) -> int:
    """The status of GET without any credentials."""
    url = urlsplit(setting.server.base_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=30)
    try:
        connection.request("GET", f"/{setting.place(bucket)[0]}/{key}")
        return connection.getresponse().status
    finally:
        connection.close()


# -- versioning ------------------------------------------------------------------------------------


@about_versioning
@unscoped
async def test_versioning(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """It is off, comes on, and is suspended; while it is on, what is replaced is kept."""
    assert await client.get_bucket_versioning(bucket) is False
    assert (await client.get_bucket_info(bucket)).versioning is None
    await client.set_bucket_versioning(bucket, enabled=True)
    assert await client.get_bucket_versioning(bucket) is True
    assert (await client.get_bucket_info(bucket)).versioning == "Enabled"
    for data in (b"1", b"2"):
        await client.put_object(bucket, "a", data)
    server_bucket, _ = setting.place(bucket)
    assert len(setting.s3.list_object_versions(Bucket=server_bucket)["Versions"]) == 2
    await client.set_bucket_versioning(bucket, enabled=False)
    assert await client.get_bucket_versioning(bucket) is False
    assert (await client.get_bucket_info(bucket)).versioning == "Suspended"


@about_versioning
@unscoped
async def test_suspending_what_was_never_on(client: AsyncMinIOClient, bucket: str) -> None:
    """It is no error, and it is off."""
    await client.set_bucket_versioning(bucket, enabled=False)
    assert await client.get_bucket_versioning(bucket) is False


# -- tags ------------------------------------------------------------------------------------------


@about_tags
async def test_tags(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """They are set, replaced as a whole, and removed; with any tenancy."""
    assert await client.get_bucket_tags(bucket) == {}
    await client.delete_bucket_tags(bucket)
    first = {"last_backup": "2026-11-22 02:11:20.123456", "backup_user": setting.token}
    await client.set_bucket_tags(bucket, first)
    assert await client.get_bucket_tags(bucket) == first
    await client.set_bucket_tags(bucket, {"a b": "1 + 2 = x:/@-._", "empty": ""})
    assert await client.get_bucket_tags(bucket) == {"a b": "1 + 2 = x:/@-._", "empty": ""}
    server_bucket, prefix = setting.place(bucket)
    if not prefix:
        told = setting.s3.get_bucket_tagging(Bucket=server_bucket)["TagSet"]
        assert {"Key": "a b", "Value": "1 + 2 = x:/@-._"} in told
    assert await client.list_objects(bucket) == []
    assert [b.name for b in await client.list_buckets()].count(bucket) == 1
    await client.delete_bucket_tags(bucket)
    assert await client.get_bucket_tags(bucket) == {}
    await client.set_bucket_tags(bucket, first)
    await client.set_bucket_tags(bucket, {})
    assert await client.get_bucket_tags(bucket) == {}


@about_tags
@pytest.mark.needs("tags that go with their bucket")
async def test_tags_go_with_their_bucket(setting: Setting, client: AsyncMinIOClient) -> None:
    """A bucket of the same name has none of them."""
    name = setting.bucket("again")
    for force in (False, True):
        await client.create_bucket(name)
        assert await client.get_bucket_tags(name) == {}
        await client.set_bucket_tags(name, {"mark": setting.token})
        await client.delete_bucket(name, force=force)
        with pytest.raises(BucketNotFoundError):
            await client.get_bucket_tags(name)
    assert setting.stored(setting.token) == {}


@about_tags
@pytest.mark.parametrize("tenancy", ["bucket", "prefix"])
async def test_tags_are_the_tenant_s(setting: Setting, client: AsyncMinIOClient) -> None:
    """Another tenant's bucket of the same name has its own, or isn't there."""
    other = setting.connect(tenant_id=setting.new_tenant(1))
    await client.create_bucket("docs")
    await client.set_bucket_tags("docs", {"mine": "1"})
    for call in (other.get_bucket_tags, other.delete_bucket_tags):
        with pytest.raises(BucketNotFoundError):
            await call("docs")
    await other.create_bucket("docs")
    assert await other.get_bucket_tags("docs") == {}
    await other.delete_bucket_tags("docs")
    await other.set_bucket_tags("docs", {"theirs": "2"})
    assert await client.get_bucket_tags("docs") == {"mine": "1"}
    assert await other.list_objects("docs") == []


@about_tags
@pytest.mark.needs("fifty tags on a bucket")
async def test_fifty_tags(client: AsyncMinIOClient, bucket: str) -> None:
    """As many as S3 allows, each as long as it may be."""
    tags = {f"{n:0128}": "v" * 256 for n in range(50)}
    await client.set_bucket_tags(bucket, tags)
    assert await client.get_bucket_tags(bucket) == tags


@about_tags
@pytest.mark.needs("tags beyond ASCII on a bucket")
async def test_tags_beyond_ascii(client: AsyncMinIOClient, bucket: str) -> None:
    """Letters of any script."""
    await client.set_bucket_tags(bucket, {"größe": "日本"})
    assert await client.get_bucket_tags(bucket) == {"größe": "日本"}


@about_tags
@pytest.mark.needs("blanks around tags of a bucket")
async def test_tags_with_blanks_around_them(client: AsyncMinIOClient, bucket: str) -> None:
    """They are part of the tag."""
    await client.set_bucket_tags(bucket, {" a ": " b "})
    assert await client.get_bucket_tags(bucket) == {" a ": " b "}


# -- policies --------------------------------------------------------------------------------------


@about_policies
@unscoped
async def test_policy(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """It is written and read with the tenant's names, and stands on the server with the server's."""
    assert await client.get_bucket_policy(bucket) == {}
    await client.delete_bucket_policy(bucket)
    await client.set_bucket_policy(bucket, json.dumps(public(bucket)))
    server_bucket, _ = setting.place(bucket)
    for _ in range(2):
        told = json.loads(setting.s3.get_bucket_policy(Bucket=server_bucket)["Policy"])
        assert f"arn:aws:s3:::{server_bucket}/public/*" in told["Statement"][0]["Resource"]
        found = await client.get_bucket_policy(bucket)
        (statement,) = found["Statement"]
        assert statement["Effect"] == "Allow"
        assert statement["Resource"] in (f"arn:aws:s3:::{bucket}/public/*",
                                         [f"arn:aws:s3:::{bucket}/public/*"])  # fmt: skip
        await client.set_bucket_policy(bucket, found)
    await client.delete_bucket_policy(bucket)
    assert await client.get_bucket_policy(bucket) == {}


@about_policies
@unscoped
async def test_policies_of_many_forms(client: AsyncMinIOClient, bucket: str) -> None:
    """Conditions, denials and all that is not a resource come back, and can be given back."""
    arn = f"arn:aws:s3:::{bucket}"
    statements: list[dict[str, Any]] = [
        {"Action": "s3:ListBucket", "Resource": arn,
         "Condition": {"StringLike": {"s3:prefix": ["public/*", f"{bucket}/"]}}},
        {"Principal": "*", "Resource": [f"{arn}/a/*", f"{arn}/b/*"],
         "Condition": {"IpAddress": {"aws:SourceIp": "10.1.2.3"}}},
        {"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": f"{arn}/*", "Sid": "keep it"},
    ]  # fmt: skip
    policy = public(bucket)
    (plain,) = policy["Statement"]
    policy["Statement"] = [plain | changes for changes in statements]
    await client.set_bucket_policy(bucket, policy)
    found = await client.get_bucket_policy(bucket)
    assert len(found["Statement"]) == 3
    assert f"{bucket}/" in found["Statement"][0]["Condition"]["StringLike"]["s3:prefix"]
    await client.set_bucket_policy(bucket, found)
    again = await client.get_bucket_policy(bucket)
    # MinIO's lists are in no order.
    for before, after in zip(found["Statement"], again["Statement"], strict=True):
        assert essence(before) == essence(after)
        assert before.get("Sid") == after.get("Sid")


@about_policies
@unscoped
async def test_a_policy_for_all_but_some(client: AsyncMinIOClient, bucket: str) -> None:
    """NotResource, in a statement that stands alone."""
    policy = public(bucket)
    (statement,) = policy["Statement"]
    del statement["Resource"]
    statement |= {"Effect": "Deny", "NotResource": f"arn:aws:s3:::{bucket}/public/*"}
    await client.set_bucket_policy(bucket, {**policy, "Statement": statement})
    found = await client.get_bucket_policy(bucket)
    assert "Resource" not in found["Statement"][0]
    await client.set_bucket_policy(bucket, found)
    assert await client.get_bucket_policy(bucket) == found


@about_policies
@unscoped
@pytest.mark.needs("policies with conditions on ARNs")
async def test_a_policy_with_an_arn_among_its_conditions(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """It is the tenant's name, too."""
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}}
    await client.set_bucket_policy(bucket, public(bucket, Condition=condition))
    assert (await client.get_bucket_policy(bucket))["Statement"][0]["Condition"] == condition
    server_bucket, _ = setting.place(bucket)
    told = setting.s3.get_bucket_policy(Bucket=server_bucket)["Policy"]
    assert f'"arn:aws:s3:::{server_bucket}"' in told


@about_policies
@unscoped
async def test_a_policy_is_in_force(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """What it shows is shown to anybody, and nothing else is."""
    for key in ("public/a", "private/a"):
        await client.put_object(bucket, key, b"1")
    assert anonymous(setting, bucket, "public/a") == 403
    await client.set_bucket_policy(bucket, public(bucket))
    assert anonymous(setting, bucket, "public/a") == 200
    assert anonymous(setting, bucket, "private/a") == 403
    await client.delete_bucket_policy(bucket)
    assert anonymous(setting, bucket, "public/a") == 403


# -- encryption ------------------------------------------------------------------------------------


@about_encryption
@unscoped
@pytest.mark.needs("encryption of a bucket")
async def test_encryption(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """It is set, replaced and removed, with the server's own keys or those of a service."""
    assert await client.get_bucket_encryption(bucket) is None
    await client.delete_bucket_encryption(bucket)
    place, _ = setting.place(bucket)
    for encryption in (
        BucketEncryption(algorithm="aws:kms", kms_key_id="my-key", bucket_key_enabled=True),
        BucketEncryption(),
    ):
        await client.set_bucket_encryption(bucket, encryption)
        assert await client.get_bucket_encryption(bucket) == encryption
        told = setting.s3.get_bucket_encryption(Bucket=place)["ServerSideEncryptionConfiguration"]
        await client.set_bucket_encryption(bucket, told)
        assert await client.get_bucket_encryption(bucket) == encryption
    await client.delete_bucket_encryption(bucket)
    assert await client.get_bucket_encryption(bucket) is None


@about_encryption
@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_encryption_by_prefix(client: AsyncMinIOClient, bucket: str) -> None:
    """It belongs to all tenants, and is refused by name."""
    found = await errors_of(
        client.set_bucket_encryption(bucket, BucketEncryption()),
        client.get_bucket_encryption(bucket),
        client.delete_bucket_encryption(bucket),
    )
    assert [type(error) for error in found] == [NotSupportedError] * 3


# -- replication and notifications -----------------------------------------------------------------

ROLE = "arn:aws:iam::123456789012:role/copies"


async def versioned(client: AsyncMinIOClient, *buckets: str) -> None:
    """Buckets that keep versions, as replication wants them."""
    for bucket in buckets:
        if not await client.bucket_exists(bucket):
            await client.create_bucket(bucket)
        await client.set_bucket_versioning(bucket)


@about_replication
@unscoped
@pytest.mark.needs("replication of a bucket")
async def test_replication(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """It goes to a bucket of the tenant's, by the tenant's name of it; and can be given back."""
    backup = setting.bucket("backup")
    await versioned(client, bucket, backup)
    assert await client.get_bucket_replication(bucket) is None
    await client.delete_bucket_replication(bucket)
    rule = ReplicationRule(id="all", destination=backup)
    await client.set_bucket_replication(bucket, Replication(role=ROLE, rules=(rule,)))
    place, _ = setting.place(bucket)
    for _ in range(2):
        told = setting.s3.get_bucket_replication(Bucket=place)["ReplicationConfiguration"]
        assert (
            told["Rules"][0]["Destination"]["Bucket"] == f"arn:aws:s3:::{setting.place(backup)[0]}"
        )
        found = await client.get_bucket_replication(bucket)
        assert found is not None
        assert (found.role, found.rules[0].destination) == (ROLE, backup)
        await client.set_bucket_replication(bucket, found)
    await client.delete_bucket_replication(bucket)
    assert await client.get_bucket_replication(bucket) is None


@about_replication
@by_bucket
@pytest.mark.needs("replication of some objects")
async def test_replication_of_some_objects(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    """A prefix is not lost."""
    await versioned(client, bucket, "backup")
    rule = ReplicationRule(destination="backup", prefix="a/", delete_markers=True)
    await client.set_bucket_replication(bucket, Replication(role=ROLE, rules=(rule,)))


@about_notifications
@unscoped
@pytest.mark.needs("notifications of a bucket")
async def test_notifications(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """They are set, replaced and removed; what is read can be given back."""
    assert await client.get_bucket_notification(bucket) == []
    await client.delete_bucket_notification(bucket)
    arn = "arn:aws:sqs:us-east-1:123456789012:queue"
    rule = NotificationRule(id="made", arn=arn, events=("s3:ObjectCreated:*",), prefix="in/")
    await client.set_bucket_notification(bucket, [rule])
    place, _ = setting.place(bucket)
    for _ in range(2):
        told = setting.s3.get_bucket_notification_configuration(Bucket=place)
        assert [queue["QueueArn"] for queue in told["QueueConfigurations"]] == [arn]
        found = await client.get_bucket_notification(bucket)
        assert found == [rule]
        await client.set_bucket_notification(bucket, found)
    await client.delete_bucket_notification(bucket)
    assert await client.get_bucket_notification(bucket) == []


@about_replication
@by_bucket
async def test_a_bucket_that_is_not_there_is_not_made(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """By none of the requests that SeaweedFS takes for CreateBucket."""
    rule = NotificationRule(arn="arn:minio:sqs::1:webhook", events=("s3:ObjectCreated:*",))
    replication = Replication(rules=(ReplicationRule(destination="backup"),))
    found = await errors_of(
        client.set_bucket_replication("nowhere", replication),
        client.set_bucket_notification("nowhere", [rule]),
        client.delete_bucket_replication("nowhere"),
        client.delete_bucket_notification("nowhere"),
    )
    assert [type(error) for error in found] == [BucketNotFoundError] * 4
    assert await client.list_buckets() == []


@about_notifications
@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_services_by_prefix(client: AsyncMinIOClient, bucket: str) -> None:
    """They belong to all tenants, and are refused by name."""
    found = await errors_of(
        client.set_bucket_replication(bucket, {"rules": [{"destination": "backup"}]}),
        client.get_bucket_replication(bucket),
        client.delete_bucket_replication(bucket),
        client.set_bucket_notification(bucket, []),
        client.get_bucket_notification(bucket),
        client.delete_bucket_notification(bucket),
    )
    assert [type(error) for error in found] == [NotSupportedError] * 6


# -- lifecycle -------------------------------------------------------------------------------------


@about_lifecycle
@unscoped
async def test_lifecycle(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """The rules of the guides, as given; what is read can be given back."""
    assert await client.get_bucket_lifecycle(bucket) == []
    await client.delete_bucket_lifecycle(bucket)
    await client.set_bucket_lifecycle(bucket, RULES)
    server_bucket, _ = setting.place(bucket)
    for _ in range(2):
        told = setting.s3.get_bucket_lifecycle_configuration(Bucket=server_bucket)["Rules"]
        assert sorted((r["ID"], r["Filter"], r["Expiration"]) for r in told) == [
            ("archive-old-docs", {"Prefix": "archive/"}, {"Days": 365}),
            ("delete-temp-files", {"Prefix": "temp/"}, {"Days": 7}),
        ]
        found = await client.get_bucket_lifecycle(bucket)
        assert sorted(rule.filter.prefix or "" for rule in found) == ["archive/", "temp/"]
        await client.set_bucket_lifecycle(bucket, found)
    await client.delete_bucket_lifecycle(bucket)
    assert await client.get_bucket_lifecycle(bucket) == []


@about_lifecycle
@unscoped
async def test_lifecycle_rules_of_many_kinds(client: AsyncMinIOClient, bucket: str) -> None:
    """What every server keeps: days, dates, markers, versions; by prefix and by tags."""
    rules = [
        LifecycleRule(id="all", status="Disabled", expiration=Expiration(days=7)),
        LifecycleRule(
            id="tag", expiration=Expiration(days=1), filter=LifecycleFilter(tags={"k": "v 1"})
        ),
        LifecycleRule(
            id="tags",
            expiration=Expiration(expired_object_delete_marker=True),
            filter=LifecycleFilter(prefix="ü & <1>/"),
        ),
        LifecycleRule(
            id="versions",
            noncurrent_version_expiration=NoncurrentVersionExpiration(noncurrent_days=3),
            filter=LifecycleFilter(prefix="p/", tags={"k": "v", "l": "w"}),
        ),
    ]
    dated = {"ID": "date", "Expiration": {"Date": "2031-01-31"}, "Filter": {"Prefix": "d/"}}
    await client.set_bucket_lifecycle(bucket, [*rules, dated])
    found = {rule.id: rule for rule in await client.get_bucket_lifecycle(bucket)}
    assert [found[rule.id] for rule in rules] == rules
    assert str(found["date"]["expiration"]["date"]) == "2031-01-31 00:00:00+00:00"
    await client.set_bucket_lifecycle(bucket, list(found.values()))
    assert {rule.id: rule for rule in await client.get_bucket_lifecycle(bucket)} == found


BY_SIZE = LifecycleRule(
    id="a",
    expiration=Expiration(days=1),
    filter=LifecycleFilter(prefix="p/", object_size_greater_than=5, object_size_less_than=500),
)
NEWEST = LifecycleRule(
    id="a",
    noncurrent_version_expiration=NoncurrentVersionExpiration(
        noncurrent_days=3, newer_noncurrent_versions=2
    ),
)
# Beside an expiration, where a server could keep half of the rule.
UNFINISHED = LifecycleRule(
    id="a",
    expiration=Expiration(days=9),
    abort_incomplete_multipart_upload=AbortIncompleteMultipartUpload(days_after_initiation=3),
)
COLDER = LifecycleRule(id="a", transitions=(Transition(days=30, storage_class="GLACIER"),))
OF_MINIO = LifecycleRule(
    id="a",
    expiration=Expiration(days=9, expired_object_all_versions=True),
    del_marker_expiration=DelMarkerExpiration(days=2),
)


@about_lifecycle
@unscoped
async def test_a_rule_is_kept_as_a_whole_or_not_at_all(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """What a server can't keep is refused, and the rules of before are in force."""
    before = [LifecycleRule(id="before", expiration=Expiration(days=999))]
    await client.set_bucket_lifecycle(bucket, before)
    for rule in (BY_SIZE, NEWEST, UNFINISHED, COLDER, OF_MINIO):
        try:
            await client.set_bucket_lifecycle(bucket, [rule])
        except MinIOError:
            assert await client.get_bucket_lifecycle(bucket) == before
        else:
            assert await client.get_bucket_lifecycle(bucket) == [rule]
            await client.set_bucket_lifecycle(bucket, before)


@about_lifecycle
@unscoped
@pytest.mark.needs("lifecycle rules by size")
async def test_lifecycle_by_size(client: AsyncMinIOClient, bucket: str) -> None:
    """Without its filter such a rule would delete everything."""
    await client.set_bucket_lifecycle(bucket, [BY_SIZE])


@about_lifecycle
@unscoped
@pytest.mark.needs("keeping the newest of replaced versions")
async def test_lifecycle_of_all_but_the_newest_versions(
    client: AsyncMinIOClient, bucket: str
) -> None:
    """The newest two stay."""
    await client.set_bucket_lifecycle(bucket, [NEWEST])


@about_lifecycle
@unscoped
@pytest.mark.needs("ending unfinished uploads by rule")
async def test_lifecycle_of_unfinished_uploads(client: AsyncMinIOClient, bucket: str) -> None:
    """They end after some days."""
    await client.set_bucket_lifecycle(bucket, [UNFINISHED])


@about_lifecycle
@unscoped
@pytest.mark.needs("moving to another storage class")
async def test_lifecycle_to_another_storage_class(client: AsyncMinIOClient, bucket: str) -> None:
    """After some days."""
    await client.set_bucket_lifecycle(bucket, [COLDER])


@about_lifecycle
@unscoped
@pytest.mark.needs("MinIO's own lifecycle rules")
async def test_lifecycle_of_minio(client: AsyncMinIOClient, bucket: str) -> None:
    """All versions at once, and what only a delete marker is left of."""
    await client.set_bucket_lifecycle(bucket, [OF_MINIO])


# -- CORS ------------------------------------------------------------------------------------------


@about_cors
@unscoped
async def test_no_cors(client: AsyncMinIOClient, bucket: str) -> None:
    """Every server says so, and has nothing against removing nothing."""
    assert await client.get_bucket_cors(bucket) == []
    await client.delete_bucket_cors(bucket)


@about_cors
@unscoped
@pytest.mark.needs("CORS of a bucket")
async def test_cors(setting: Setting, client: AsyncMinIOClient, bucket: str) -> None:
    """Rules are set, read, given back and removed."""
    rules = [
        CorsRule(
            id="pages",
            allowed_origins=("https://example.com", "https://*.example.org"),
            allowed_methods=("GET", "PUT"),
            allowed_headers=("*",),
            expose_headers=("ETag",),
            max_age_seconds=600,
        ),
        CorsRule(allowed_origins=("*",), allowed_methods=("GET",), max_age_seconds=1),
    ]
    await client.set_bucket_cors(bucket, rules)
    assert await client.get_bucket_cors(bucket) == rules
    server_bucket, _ = setting.place(bucket)
    told = setting.s3.get_bucket_cors(Bucket=server_bucket)["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in told] == [
        ["https://example.com", "https://*.example.org"],
        ["*"],
    ]
    await client.set_bucket_cors(bucket, told)
    assert await client.get_bucket_cors(bucket) == rules
    await client.set_bucket_cors(bucket, [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}])
    await client.delete_bucket_cors(bucket)
    assert await client.get_bucket_cors(bucket) == []


# -- no bucket, no such thing ----------------------------------------------------------------------


async def test_a_bucket_that_is_missing(setting: Setting, client: AsyncMinIOClient) -> None:
    """Every call says so, none makes it."""
    name = setting.bucket("missing")
    calls: list[Awaitable[object]] = [
        client.get_bucket_tags(name),
        client.set_bucket_tags(name, {"a": "b"}),
        client.set_bucket_tags(name, {}),
        client.delete_bucket_tags(name),
    ]
    if setting.tenancy != "prefix":
        calls += [
            client.set_bucket_versioning(name),
            client.get_bucket_versioning(name),
            client.set_bucket_policy(name, public(name)),
            client.get_bucket_policy(name),
            client.delete_bucket_policy(name),
            client.set_bucket_lifecycle(name, RULES),
            client.get_bucket_lifecycle(name),
            client.delete_bucket_lifecycle(name),
            client.set_bucket_cors(
                name, [CorsRule(allowed_origins=("*",), allowed_methods=("GET",))]
            ),
            client.get_bucket_cors(name),
            client.delete_bucket_cors(name),
        ]
    for number, error in enumerate(await errors_of(*calls)):
        assert isinstance(error, BucketNotFoundError), number
        assert (error.code, error.bucket, error.key) == ("NoSuchBucket", name, None)
        assert "Tagging" in str(error.operation) or number >= 4
        assert error.tenant_id == setting.tenant_id
    assert not await client.bucket_exists(name)


@pytest.mark.parametrize("tenancy", ["prefix"])
async def test_what_belongs_to_a_whole_bucket(client: AsyncMinIOClient, bucket: str) -> None:
    """Where tenants share one, it is refused by name; the rest of what is known of a bucket is told."""
    errors = await errors_of(
        client.set_bucket_versioning(bucket),
        client.get_bucket_versioning(bucket),
        client.set_bucket_policy(bucket, public(bucket)),
        client.get_bucket_policy(bucket),
        client.delete_bucket_policy(bucket),
        client.set_bucket_lifecycle(bucket, RULES),
        client.get_bucket_lifecycle(bucket),
        client.delete_bucket_lifecycle(bucket),
        client.set_bucket_cors(bucket, []),
        client.get_bucket_cors(bucket),
        client.delete_bucket_cors(bucket),
    )
    for error in errors:
        assert isinstance(error, NotSupportedError)
        assert "tenancy='prefix'" in str(error)
    assert (await client.get_bucket_info(bucket)).versioning is None
