"""The sections of a bucket's document: how each is read, set and compared.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-config-options-intro.html
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import NotSupportedError, reword
from minio_sdk.flows import admin, bucket_services, bucket_settings, object_lock
from minio_sdk.flows.admin_calls import has_admin
from minio_sdk.flows.bucket_services import replication_out
from minio_sdk.flows.settings import lost_rules, own_place
from minio_sdk.models import cors as cors_models
from minio_sdk.models import lifecycle as lifecycle_models
from minio_sdk.models import notification as notification_models
from minio_sdk.models import replication as replication_models
from minio_sdk.models.bucket_document import BucketDocument, lines_of, plain
from minio_sdk.models.encryption import BucketEncryption
from minio_sdk.models.replication import Replication
from minio_sdk.operation import Operation, Place
from minio_sdk.operations.admin_quota import AdminGetBucketQuota, AdminSetBucketQuota
from minio_sdk.operations.bucket_cors import PutBucketCors
from minio_sdk.operations.bucket_encryption import PutBucketEncryption
from minio_sdk.operations.bucket_lifecycle import PutBucketLifecycle
from minio_sdk.operations.bucket_notification import PutBucketNotification
from minio_sdk.operations.bucket_policy import PutBucketPolicy
from minio_sdk.operations.bucket_replication import PutBucketReplication
from minio_sdk.operations.bucket_tagging import PutBucketTagging
from minio_sdk.wire import policy as policies
from minio_sdk.wire.quirks import is_aws
from minio_sdk.wire.tags import MAX_BUCKET_TAGS, check_tags

Lines = tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Section:
    """One section.

    Attributes:
        read: what is set.
        write: sets it.
        remove: removes what is set.
        nothing: what it is where nothing is set.
        same: whether two values say the same.
        shown: two values as lines that differ where they do.
        scoped: whether a bucket has it with prefix tenancy too.
    """

    read: Callable[[Engine, str], Awaitable[Any]]
    write: Callable[[Engine, str, Any], Awaitable[None]]
    remove: Callable[[Engine, str], Awaitable[None]]
    nothing: Any
    same: Callable[[Any, Any], bool]
    shown: Callable[[Any, Any], Lines]
    scoped: bool = False


def _equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def _lines(name: str) -> Callable[[Any, Any], Lines]:
    def lines(before: Any, after: Any) -> Lines:
        return lines_of(plain(name, before)), lines_of(plain(name, after))

    return lines


def _sorted_lines(before: Mapping[str, str], after: Mapping[str, str]) -> Lines:
    return lines_of(dict(sorted(before.items()))), lines_of(dict(sorted(after.items())))


def _aligned(
    before: Sequence[Any], after: Sequence[Any], key: Callable[[Any], Any]
) -> tuple[list[Any], list[Any]]:
    """Both as they are, but that what says the same is written the same."""
    left = [(key(item), item) for item in before]
    second = []
    for item in after:
        mine = key(item)
        at = next((number for number, (other, _) in enumerate(left) if other == mine), None)
        second.append(item if at is None else left.pop(at)[1])
    return list(before), second


def _by_name(rules: Sequence[Any]) -> list[Any]:
    found = [plain("", rule) for rule in rules]
    return sorted(found, key=lambda rule: (str(rule.get("id", "")), json.dumps(rule)))


def _rule_lines(essence: Callable[[Any], Any]) -> Callable[[Any, Any], Lines]:
    def lines(before: Sequence[Any], after: Sequence[Any]) -> Lines:
        first, second = _aligned(before, after, essence)
        return lines_of(_by_name(first)), lines_of(_by_name(second))

    return lines


def _same_rules(essence: Callable[[Any], Any]) -> Callable[[Any, Any], bool]:
    return lambda one, other: lost_rules(one, other, essence) is None


def _same_policy(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    versions = {one.get("Version"), other.get("Version")} - {None}
    return policies.meaning(one) == policies.meaning(other) and len(versions) < 2


def _policy_lines(before: Mapping[str, Any], after: Mapping[str, Any]) -> Lines:
    def written(policy: Mapping[str, Any]) -> Any:
        if not policy:
            return None
        parts = [
            {**({"Sid": s["Sid"]} if "Sid" in s else {}), **policies.plainly(s)}
            for s in policies.statements(policy)
        ]
        return {"Version": policy.get("Version"), "Statement": parts}

    def one(statement: Any) -> Any:
        return policies.meaning({"Statement": [statement]})

    first, second = written(before), written(after)
    if first and second:
        parts = _aligned(first["Statement"], second["Statement"], one)
        for policy, statements in zip((first, second), parts, strict=True):
            policy["Statement"] = sorted(statements, key=lambda s: json.dumps(s, sort_keys=True))
        second["Version"] = second["Version"] or first["Version"]
    return lines_of(first), lines_of(second)


def _same_encryption(one: BucketEncryption | None, other: BucketEncryption | None) -> bool:
    def key(found: BucketEncryption | None) -> Any:
        name = found.kms_key_id if found else None
        # MinIO takes a key with this in front, and leaves it off.
        return found and replace(found, kms_key_id=name and name.removeprefix("arn:aws:kms:"))

    return bool(key(one) == key(other))


def _same_replication(one: Replication | None, other: Replication | None) -> bool:
    if one is None or other is None:
        return one is other
    roles = {one.role, other.role} - {None}  # MinIO has none, and AWS no rule without
    return len(roles) < 2 and _same_rules(replication_models.essence)(one.rules, other.rules)


def _replication_lines(before: Replication | None, after: Replication | None) -> Lines:
    rules = _rule_lines(replication_models.essence)(
        before.rules if before else (), after.rules if after else ()
    )
    roles = [lines_of({"role": r.role}) if r and r.role else () for r in (before, after)]
    return rules[0] + roles[0], rules[1] + roles[1]


async def _quota(engine: Engine, bucket: str) -> int | None:
    if not await has_admin(engine):
        error = NotSupportedError(
            "quotas are set with MinIO's admin API, and this server isn't MinIO"
        )
        place = own_place(engine, bucket, AdminGetBucketQuota.name)
        raise engine.named(error, AdminGetBucketQuota(place))
    return await admin.get_bucket_quota(engine, bucket)


async def _get_policy(engine: Engine, bucket: str) -> Mapping[str, Any]:
    return await bucket_settings.get_policy(engine, bucket)


async def _stays(engine: Engine, bucket: str) -> None:
    raise AssertionError("refused before: a bucket never loses its lock")


SECTIONS: dict[str, Section] = {
    "encryption": Section(
        bucket_services.get_encryption, bucket_services.set_encryption,
        bucket_services.delete_encryption, None, _same_encryption, _lines("encryption"),
    ),
    "cors": Section(
        bucket_settings.get_cors, bucket_settings.set_cors, bucket_settings.delete_cors,
        (), _same_rules(cors_models.essence), _rule_lines(cors_models.essence),
    ),
    "versioning": Section(
        bucket_settings.get_versioning, bucket_settings.set_versioning,
        lambda engine, bucket: bucket_settings.set_versioning(engine, bucket, False),
        False, _equal, _lines("versioning"),
    ),
    "object_lock": Section(
        object_lock.get_lock, object_lock.set_lock, _stays, None, _equal, _lines("object_lock"),
    ),
    "tags": Section(
        bucket_settings.get_tags, bucket_settings.set_tags, bucket_settings.delete_tags,
        {}, _equal, _sorted_lines, scoped=True,
    ),
    "notification": Section(
        bucket_services.get_notification, bucket_services.set_notification,
        bucket_services.delete_notification, (),
        _same_rules(notification_models.essence), _rule_lines(notification_models.essence),
    ),
    "replication": Section(
        bucket_services.get_replication, bucket_services.set_replication,
        bucket_services.delete_replication, None, _same_replication, _replication_lines,
    ),
    "quota": Section(
        _quota, admin.set_bucket_quota,
        lambda engine, bucket: admin.set_bucket_quota(engine, bucket, None),
        None, _equal, _lines("quota"),
    ),
    "lifecycle": Section(
        bucket_settings.get_lifecycle, bucket_settings.set_lifecycle,
        bucket_settings.delete_lifecycle, (),
        _same_rules(lifecycle_models.essence), _rule_lines(lifecycle_models.essence),
    ),
    "policy": Section(
        _get_policy, bucket_settings.set_policy, bucket_settings.delete_policy,
        {}, _same_policy, _policy_lines,
    ),
}  # fmt: skip
"""In the order in which they are changed.

What servers refuse most often comes first, when nothing has been changed yet. Versions are kept before
anything is locked, copied or ended by a rule. The policy comes last, as it may forbid all the rest.
"""


def order(section: str, after: Any) -> int:
    """When a section is changed. Versions are kept until nothing needs them any more."""
    names = list(SECTIONS)
    if section == "versioning" and after is False:
        return names.index("policy") * 2 - 1
    return names.index(section) * 2


def is_nothing(engine: Engine, section: str, value: Any) -> bool:
    """Whether nothing is set."""
    if section == "encryption" and value == BucketEncryption() and is_aws(engine.api.server):
        return True  # AWS has no bucket without
    nothing = SECTIONS[section].nothing
    return bool(value == nothing)


def same(engine: Engine, section: str, one: Any, other: Any) -> bool:
    """Whether two values of a section say the same."""
    if is_nothing(engine, section, one) or is_nothing(engine, section, other):
        return is_nothing(engine, section, one) and is_nothing(engine, section, other)
    return SECTIONS[section].same(one, other)


def check(engine: Engine, bucket: str, document: BucketDocument) -> None:
    """Refuse a document that can't be set on this bucket, whatever the server.

    Raises:
        ValidationError: S3 would not take a section.
        NotSupportedError: with prefix tenancy, a section of a whole bucket of the server.
    """
    place = engine.place(bucket)
    for name in document.sections:
        if place.prefix and not SECTIONS[name].scoped:
            try:
                own_place(engine, bucket, "PlanBucket")
            except NotSupportedError as error:
                reword(error, f"{name}: {error.message}")
                raise
        value = document[name]
        if not is_nothing(engine, name, value):
            _request(engine, place, name, value)


def _request(engine: Engine, place: Place, name: str, value: Any) -> None:
    """Have the request made that would set a section; that finds what is wrong with it."""
    bucket = place.bucket or ""
    if name == "tags":
        PutBucketTagging(place, check_tags(value, MAX_BUCKET_TAGS)).request()
    elif name == "policy":
        policy = policies.to_server(policies.read_policy(value), bucket, place.server_bucket)
        PutBucketPolicy(place, policy).request()
    elif name == "replication":
        PutBucketReplication(place, replication_out(engine, value)).request()
    elif name == "quota":
        AdminSetBucketQuota(place, value).request()
    elif name in _PUT:
        _PUT[name](place, value).request()


_PUT: dict[str, Callable[[Place, Any], Operation[None]]] = {
    "cors": PutBucketCors,
    "encryption": PutBucketEncryption,
    "lifecycle": PutBucketLifecycle,
    "notification": PutBucketNotification,
}
