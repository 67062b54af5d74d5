"""Takes the samples anew, from the real servers that this machine has.

    python -m tests.samples.record [SERVER]...

Every case below is asked of a fresh bucket of each server; what was asked and answered is written down
with its ids replaced. Dates, ETags of multipart uploads and owners change with each recording: the tests
that name them say so.
"""

from __future__ import annotations

import http.client
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from minio_sdk import Config, ObjectLock
from minio_sdk.clock import SYSTEM_CLOCK
from minio_sdk.credentials import find_credentials
from minio_sdk.operation import WHOLE_SERVER, CopySource, Operation, Place
from minio_sdk.operations import admin as operator
from minio_sdk.operations import admin_accounts as accounts
from minio_sdk.operations import admin_policies as policies
from minio_sdk.operations import admin_quota as quotas
from minio_sdk.operations import admin_users as users
from minio_sdk.operations import buckets, iam, multipart, object_lock, object_tagging
from minio_sdk.operations.acl import GetBucketAcl, GetObjectAcl
from minio_sdk.operations.append_object import AppendObject
from minio_sdk.operations.bucket_cors import DeleteBucketCors, GetBucketCors, PutBucketCors
from minio_sdk.operations.bucket_encryption import (
    DeleteBucketEncryption,
    GetBucketEncryption,
    PutBucketEncryption,
)
from minio_sdk.operations.bucket_lifecycle import (
    DeleteBucketLifecycle,
    GetBucketLifecycle,
    PutBucketLifecycle,
)
from minio_sdk.operations.bucket_notification import (
    GetBucketNotification,
    PutBucketNotification,
)
from minio_sdk.operations.bucket_object_lock import GetBucketObjectLock, PutBucketObjectLock
from minio_sdk.operations.bucket_policy import DeleteBucketPolicy, GetBucketPolicy, PutBucketPolicy
from minio_sdk.operations.bucket_replication import (
    DeleteBucketReplication,
    GetBucketReplication,
    PutBucketReplication,
)
from minio_sdk.operations.bucket_tagging import (
    DeleteBucketTagging,
    GetBucketTagging,
    PutBucketTagging,
)
from minio_sdk.operations.bucket_versioning import GetBucketVersioning, PutBucketVersioning
from minio_sdk.operations.copy_object import CopyObject, UploadPartCopy
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.delete_objects import DeleteObjects
from minio_sdk.operations.get_object import GetObject, GetObjectPart
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.list_objects import ListObjectsV2, ListObjectVersions
from minio_sdk.operations.object_attributes import GetObjectAttributes
from minio_sdk.operations.prompt_object import PromptObject
from minio_sdk.operations.put_object import PutObject
from minio_sdk.operations.put_object_extract import PutObjectExtract
from minio_sdk.operations.restore_object import RestoreObject
from minio_sdk.signing import Signing, Skew
from minio_sdk.wire.crc import crc32
from minio_sdk.wire.listing import Beside
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.metadata import metadata_headers
from minio_sdk.wire.sealing import RANDOM, seal
from minio_sdk.wire.tar import END, entry_head, padded
from minio_sdk.wire.url import quote_value
from minio_sdk.wire.xml import escape
from tests.samples import (
    BELOW,
    FOLDER,
    KEY,
    OTHER,
    SAMPLES,
    SERVERS,
    Asked,
    admin,
    live,
    locks,
    settings,
)
from tests.samples.record_admin import record_more
from tests.samples.record_sites import record_sites
from tests.servers import Farm, Server, Unavailable

MISSING = Place("missing", "acme-missing", "", "/acme-missing")
COPIES = Place("copies", "acme-copies", "", "/acme-copies")
VERSIONED = Place("versioned", "acme-versioned", "", "/acme-versioned")
SHARED = Place("samples", "tenants", "", "/tenants")

# Headers and elements that hold nothing but an id.
_IDS = {"x-amz-request-id": "REQUEST-ID", "x-amz-id-2": "HOST-ID", "x-amzn-requestid": "REQUEST-ID"}
_TOLD = {
    r'"X-Amz-Request-Id":\["': "REQUEST-ID",
    r'"X-Amz-Id-2":\["': "HOST-ID",
    r'"requestID":"': "REQUEST-ID",
    r"Signature=": "SIGNATURE",
    r"127\.0\.0\.1:": "9000",
}
_ELEMENTS = {"RequestId": "REQUEST-ID", "HostId": "HOST-ID"}


class Recorder:
    """Asks one server and writes down what is said."""

    def __init__(self, server: Server) -> None:
        self.kind = server.kind
        self.server = server
        self.signing = self.signing_of(server.access_key, server.secret_key)
        self.known: dict[str, str] = {}  # real ids and what stands for them

    def signing_of(self, access_key: str, secret_key: str) -> Signing:
        """What signs for somebody."""
        config = Config(self.server.base_url, "acme", access_key=access_key, secret_key=secret_key)
        return Signing(config, find_credentials(config), SYSTEM_CLOCK, Skew())

    def ask(
        self,
        request: Request,
        signing: Signing | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> Reply:
        """One answer, nothing retried; with `meanwhile` the first line of one without end."""
        endpoint = self.signing.endpoint
        connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=30)
        body: Any = request.body
        try:
            connection.putrequest(request.method, request.target, True, True)
            for name, value in (signing or self.signing).headers(request).items():
                connection.putheader(name, value)
            if body or request.method in ("PUT", "POST"):
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(bytes(body) or None)
            got = connection.getresponse()
            headers = {name.lower(): value for name, value in got.getheaders()}
            if meanwhile is None:
                return Reply(got.status, headers, got.read())
            meanwhile()
            return Reply(got.status, headers, got.readline())
        finally:
            connection.close()

    def take(
        self,
        case: str,
        operation: Operation[Any],
        *,
        denied: bool = False,
        signing: Signing | None = None,
        meanwhile: Callable[[], object] | None = None,
    ) -> Reply:
        """Ask, and write it down."""
        request = operation.request()
        if denied:
            signing = self.signing_of(self.server.access_key, "wrong-secret")
        reply = self.ask(request, signing, meanwhile)
        folder = FOLDER / case
        folder.mkdir(exist_ok=True)
        asked = Asked.of(request)
        self._write(
            folder / "request.http", f"{asked.method} {asked.target}", asked.headers, asked.body
        )
        headers = {name: _IDS.get(name, value) for name, value in reply.headers.items()}
        body = reply.body
        for real, word in self.known.items():  # before addresses become one and the same
            body = body.replace(real.encode(), word.encode())
        for tag, word in _ELEMENTS.items():
            body = re.sub(rf"(<{tag}>)[^<]*(</{tag}>)".encode(), rf"\1{word}\2".encode(), body)
            body = re.sub(rf'("{tag}":")[^"]*'.encode(), rf"\g<1>{word}".encode(), body)
        for pattern, word in _TOLD.items():
            body = re.sub(rf"({pattern})[^\",]*".encode(), rf"\g<1>{word}".encode(), body)
        self._write(folder / f"{self.kind}.http", f"HTTP {reply.status}", headers, body)
        print(f"{self.kind:10} {case:36} {reply.status}")
        return reply

    def _write(self, path: Path, first: str, headers: dict[str, str], body: bytes) -> None:
        head = "\n".join([first, *(f"{name}: {value}" for name, value in headers.items())])
        data = head.encode() + b"\n\n" + body
        for real, word in self.known.items():
            data = data.replace(real.encode(), word.encode())
        path.write_bytes(data)

    def learn(self, real: str | None, word: str) -> str:
        """Write `word` from now on where an id stands."""
        if real and real != "null":
            self.known[real] = word
        return real or ""


def record(server: Server) -> None:
    """Every case, on one server."""
    recorder = Recorder(server)
    # MinIO says that it is ready and answers 503 for some moments more.
    while recorder.ask(buckets.ListBuckets(WHOLE_SERVER).request()).status == 503:
        time.sleep(0.1)
    scenes = (
        _buckets, _objects, _listings, _versions, _folded_versions, _parts, _uploads, _deletes,
        _settings, _copies, _admin, _iam, _packs, _locks, _details, _appended, _services,
        _live,
    )  # fmt: skip
    for scene in scenes:
        scene(recorder, recorder.take)


Take = Callable[..., Reply]


def _buckets(recorder: Recorder, take: Take) -> None:
    take("CreateBucket", buckets.CreateBucket(SAMPLES))
    take("CreateBucket-again", buckets.CreateBucket(SAMPLES))
    take("HeadBucket", buckets.HeadBucket(SAMPLES))
    take("HeadBucket-missing", buckets.HeadBucket(MISSING))
    take("ListBuckets", buckets.ListBuckets(WHOLE_SERVER, "acme-"))
    recorder.ask(buckets.CreateBucket(SHARED).request())


def _objects(recorder: Recorder, take: Take) -> None:
    headers = {
        "content-type": "text/plain",
        **metadata_headers({"author": "Ada", "title": "Grüße"}),
    }
    take("PutObject", PutObject(SAMPLES, KEY, b"Hello!", headers))
    take("PutObject-prefix", PutObject(BELOW, KEY, b"Hello!", {}))
    take("PutObject-missing-bucket", PutObject(MISSING, KEY, b"Hello!", {}))
    take("GetObject", GetObject(SAMPLES, KEY))
    take("GetObject-missing", GetObject(SAMPLES, "nothing"))
    take("GetObject-missing-bucket", GetObject(MISSING, KEY))
    if recorder.kind != "moto":  # which checks no signature
        take("GetObject-denied", GetObject(SAMPLES, KEY), denied=True)
    take("HeadObject", HeadObject(SAMPLES, KEY))
    take("HeadObject-missing", HeadObject(SAMPLES, "nothing"))
    recorder.ask(PutObject(SAMPLES, OTHER, b"", {}).request())


def _listings(recorder: Recorder, take: Take) -> None:
    operation = ListObjectsV2(SAMPLES, max_keys=1)
    token = operation.parse(recorder.ask(operation.request())).token or ""
    # SeaweedFS's token is the key itself, written as each place wants it.
    forms = {token, escape(token), quote_value(token)}
    for form in forms:
        recorder.learn(form, "TOKEN")
    take("ListObjectsV2", operation)
    take("ListObjectsV2-next", ListObjectsV2(SAMPLES, token=token))
    for form in forms:
        del recorder.known[form]
    take("ListObjectsV2-folders", ListObjectsV2(SAMPLES, delimiter="/"))
    take("ListObjectsV2-prefix", ListObjectsV2(BELOW, "a ", start_after="a "))
    take("ListObjectsV2-nothing", ListObjectsV2(SAMPLES, "no such/"))
    take("ListObjectsV2-missing-bucket", ListObjectsV2(MISSING))
    _told_listings(recorder, take)


def _told_listings(recorder: Recorder, take: Take) -> None:
    """Owners, and what MinIO lists of each object."""
    headers = {
        "content-type": "text/plain",
        **metadata_headers({"title": "Grüße", "a.b": "<&>"}),
        "x-amz-tagging": "a=b+c&d=%2B",
    }
    recorder.ask(PutObject(SAMPLES, "told/a", b"Hello!", headers).request())
    recorder.ask(PutObject(SAMPLES, "told/b", b"", {}).request())
    whole = Beside(owner=True, metadata=True)
    take("ListObjectsV2-told", ListObjectsV2(SAMPLES, "told/", beside=whole))
    take("ListObjectVersions-told", ListObjectVersions(SAMPLES, "told/", beside=whole))
    for key in ("told/a", "told/b"):
        recorder.ask(DeleteObject(SAMPLES, key).request())


def _versions(recorder: Recorder, take: Take) -> None:
    recorder.ask(buckets.CreateBucket(VERSIONED).request())
    switch = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    recorder.ask(Request("PUT", VERSIONED.path, "versioning=", {}, switch))
    real = ""
    for number, body in enumerate((b"one", b"three"), 1):
        reply = recorder.ask(PutObject(VERSIONED, KEY, body, {}).request())
        real = recorder.learn(reply.headers.get("x-amz-version-id"), f"VERSION-{number}")
    reply = recorder.ask(DeleteObject(VERSIONED, KEY).request())
    recorder.learn(reply.headers.get("x-amz-version-id"), "VERSION-3")
    take("ListObjectVersions", ListObjectVersions(VERSIONED))
    operation = ListObjectVersions(VERSIONED, max_keys=2)
    take("ListObjectVersions-first", operation)
    take("DeleteObject-version", DeleteObject(VERSIONED, KEY, real))


def _folded_versions(recorder: Recorder, take: Take) -> None:
    reply = recorder.ask(PutObject(VERSIONED, OTHER, b"two", {}).request())
    recorder.learn(reply.headers.get("x-amz-version-id"), "VERSION-4")
    operation = ListObjectVersions(VERSIONED, key_marker="a", max_keys=100, delimiter="/")
    take("ListObjectVersions-folders", operation)


def _parts(recorder: Recorder, take: Take) -> None:
    whole = recorder.ask(GetObject(SAMPLES, KEY).request())
    etag = whole.headers["etag"]
    take("GetObject-range", GetObjectPart(SAMPLES, KEY, 2, 3))
    take("GetObject-range-to-the-end", GetObjectPart(SAMPLES, KEY, 4, None))
    take("GetObject-range-behind-the-end", GetObjectPart(SAMPLES, KEY, 6, 9))
    take("GetObject-range-of-nothing", GetObjectPart(SAMPLES, OTHER, 0, 9))
    take("GetObject-range-at-the-end", GetObjectPart(SAMPLES, KEY, -2, None))
    take("GetObject-end-of-nothing", GetObjectPart(SAMPLES, OTHER, -9, None))
    take("GetObject-not-modified", GetObjectPart(SAMPLES, KEY, headers={"if-none-match": etag}))
    take("GetObject-other-etag", GetObjectPart(SAMPLES, KEY, 0, 1, headers={"if-match": '"e"'}))
    reply = recorder.ask(PutObject(VERSIONED, OTHER, b"Hello!", {}).request())
    version = recorder.learn(reply.headers.get("x-amz-version-id"), "VERSION-4")
    recorder.ask(PutObject(VERSIONED, OTHER, b"newer", {}).request())
    take("GetObject-version", GetObjectPart(VERSIONED, OTHER, version_id=version))
    take("GetObject-version-range", GetObjectPart(VERSIONED, OTHER, 1, 2, version))


def _uploads(recorder: Recorder, take: Take) -> None:
    start = multipart.CreateMultipartUpload(SAMPLES, KEY, {"content-type": "text/plain"})
    upload_id = start.parse(recorder.ask(start.request())).upload_id
    recorder.ask(multipart.AbortMultipartUpload(SAMPLES, KEY, upload_id).request())
    reply = recorder.ask(start.request())
    upload_id = recorder.learn(start.parse(reply).upload_id, "UPLOAD-ID")
    part = multipart.UploadPart(SAMPLES, KEY, upload_id, 1, b"part")
    etag = part.parse(take("UploadPart", part))
    take("ListMultipartUploads", multipart.ListMultipartUploads(SAMPLES, "a b"))
    take("ListParts", multipart.ListParts(SAMPLES, KEY, upload_id))
    wrong = '"00000000000000000000000000000000"'
    take(
        "CompleteMultipartUpload-wrong-part",
        multipart.CompleteMultipartUpload(SAMPLES, KEY, upload_id, [wrong], 4),
    )
    take(
        "CompleteMultipartUpload",
        multipart.CompleteMultipartUpload(SAMPLES, KEY, upload_id, [etag], 4),
    )
    gone = "0123456789abcdef0123456789abcdef"
    recorder.learn(gone, "UPLOAD-ID")
    take("ListParts-missing", multipart.ListParts(SAMPLES, KEY, gone))
    take("AbortMultipartUpload-missing", multipart.AbortMultipartUpload(SAMPLES, KEY, gone))
    # Last, as only now is its id known before it is asked for.
    reply = recorder.ask(start.request())
    again = recorder.learn(start.parse(reply).upload_id, "UPLOAD-ID")
    take("AbortMultipartUpload", multipart.AbortMultipartUpload(SAMPLES, KEY, again))
    reply = take("CreateMultipartUpload", start)
    begun = recorder.learn(start.parse(reply).upload_id, "UPLOAD-ID")
    answer = FOLDER / "CreateMultipartUpload" / f"{recorder.kind}.http"
    answer.write_bytes(answer.read_bytes().replace(begun.encode(), b"UPLOAD-ID"))
    recorder.ask(multipart.AbortMultipartUpload(SAMPLES, KEY, begun).request())


def _deletes(recorder: Recorder, take: Take) -> None:
    take("DeleteBucket-not-empty", buckets.DeleteBucket(SAMPLES))
    no_version = "00000000-0000-0000-0000-000000000000"
    wanted = [(KEY, None), ("never was", None), (OTHER, no_version)]
    take("DeleteObjects", DeleteObjects(SAMPLES, wanted))
    take("DeleteObjects-prefix", DeleteObjects(BELOW, [(KEY, None)]))
    take("DeleteObject", DeleteObject(SAMPLES, OTHER))
    take("DeleteBucket", buckets.DeleteBucket(SAMPLES))
    take("DeleteBucket-missing", buckets.DeleteBucket(SAMPLES))


def _settings(recorder: Recorder, take: Take) -> None:
    place = settings.SETTINGS
    recorder.ask(buckets.CreateBucket(place).request())
    take("GetBucketVersioning-never", GetBucketVersioning(place))
    take("PutBucketVersioning", PutBucketVersioning(place, True))
    take("GetBucketVersioning", GetBucketVersioning(place))
    recorder.ask(PutBucketVersioning(place, False).request())
    take("GetBucketVersioning-suspended", GetBucketVersioning(place))
    documents: list[tuple[str, Any, Any, Any, Any]] = [
        ("Tagging", GetBucketTagging, PutBucketTagging, DeleteBucketTagging, settings.TAGS),
        ("Policy", GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy, settings.POLICY),
        ("Cors", GetBucketCors, PutBucketCors, DeleteBucketCors, settings.CORS),
        (
            "LifecycleConfiguration",
            GetBucketLifecycle,
            PutBucketLifecycle,
            DeleteBucketLifecycle,
            settings.LIFECYCLE,
        ),
        (
            "Encryption",
            GetBucketEncryption,
            PutBucketEncryption,
            DeleteBucketEncryption,
            settings.ENCRYPTION,
        ),
    ]
    for name, get, put, delete, value in documents:
        take(f"GetBucket{name}-none", get(place))
        take(f"GetBucket{name}-missing-bucket", get(MISSING))
        take(f"PutBucket{name}", put(place, value))
        take(f"GetBucket{name}", get(place))
        take(delete.name, delete(place))


def _copies(recorder: Recorder, take: Take) -> None:
    recorder.ask(buckets.CreateBucket(COPIES).request())
    put = PutObject(COPIES, KEY, b"Hello!", {})
    source = CopySource(COPIES, KEY, None, put.parse(recorder.ask(put.request())).etag)
    take(
        "CopyObject", CopyObject(COPIES, OTHER, source, 6, {"x-amz-metadata-directive": "REPLACE"})
    )
    take("CopyObject-missing", CopyObject(COPIES, OTHER, CopySource(COPIES, "nothing"), 6))
    take("CopyObject-itself", CopyObject(COPIES, KEY, CopySource(COPIES, KEY), 6))
    changed = CopySource(COPIES, KEY, None, "0" * 32)
    take("CopyObject-changed", CopyObject(COPIES, OTHER, changed, 6))
    start = multipart.CreateMultipartUpload(COPIES, OTHER)
    upload_id = recorder.learn(start.parse(recorder.ask(start.request())).upload_id, "UPLOAD-ID")
    take("UploadPartCopy", UploadPartCopy(COPIES, OTHER, source, upload_id, 1, 1, 4))
    recorder.ask(multipart.AbortMultipartUpload(COPIES, OTHER, upload_id).request())
    take("GetObjectTagging-none", object_tagging.GetObjectTagging(COPIES, KEY))
    tags = {"status": "draft + final", "of": "a=b/c:d"}
    take("PutObjectTagging", object_tagging.PutObjectTagging(COPIES, KEY, tags))
    take("GetObjectTagging", object_tagging.GetObjectTagging(COPIES, KEY))
    take("GetObjectTagging-missing", object_tagging.GetObjectTagging(COPIES, "nothing"))
    take("DeleteObjectTagging", object_tagging.DeleteObjectTagging(COPIES, KEY))


def _iam(recorder: Recorder, take: Take) -> None:
    if recorder.kind == "minio":  # it has an API of its own for this
        return
    user, policy = "minio-sdk-acme", settings.USER_POLICY
    take("GetUser-missing", iam.GetUser(user))
    take("CreateUser", iam.CreateUser(user, "/minio-sdk/acme/"))
    take("CreateUser-again", iam.CreateUser(user, "/minio-sdk/acme/"))
    take("GetUser", iam.GetUser(user))
    take("PutUserPolicy", iam.PutUserPolicy(user, "minio-sdk", policy))
    take("GetUserPolicy", iam.GetUserPolicy(user, "minio-sdk"))
    take("DeleteUserPolicy", iam.DeleteUserPolicy(user, "minio-sdk"))
    if recorder.kind == "seaweedfs":  # elsewhere the account is in the ARN
        arn = "arn:aws:iam:::policy/minio-sdk-acme"
        take("CreatePolicy", iam.CreatePolicy(user, policy))
        take("AttachUserPolicy", iam.AttachUserPolicy(user, arn))
        take("GetPolicyVersion", iam.GetPolicyVersion(arn))
        take("DetachUserPolicy", iam.DetachUserPolicy(user, arn))
        take("DeletePolicy", iam.DeletePolicy(arn))
    key = iam.CreateAccessKey(user)
    made = key.parse(take("CreateAccessKey", key))
    recorder.learn(made.access_key, "ACCESS-KEY")
    recorder.learn(made.secret_key, "SECRET-KEY")
    answer = FOLDER / "CreateAccessKey" / f"{recorder.kind}.http"
    told = answer.read_bytes().replace(made.access_key.encode(), b"ACCESS-KEY")
    answer.write_bytes(told.replace(made.secret_key.encode(), b"SECRET-KEY"))
    take("ListAccessKeys", iam.ListAccessKeys(user))
    take("ListUsers", iam.ListUsers("/"))
    take("DeleteAccessKey", iam.DeleteAccessKey(user, made.access_key))
    take("DeleteUser", iam.DeleteUser(user))


def _admin(recorder: Recorder, take: Take) -> None:
    """Asked of MinIO only: other servers would take it for uploads to bucket ``minio``."""
    if recorder.kind != "minio":
        return
    _operator(recorder)
    take = partial(take, signing=recorder.signing_of(admin.OPERATOR, admin.OPERATOR_SECRET))
    recorder.ask(buckets.CreateBucket(admin.QUOTED).request())
    _admin_users(take)
    take("AdminGetBucketQuota-none", quotas.AdminGetBucketQuota(admin.QUOTED))
    take("AdminSetBucketQuota", quotas.AdminSetBucketQuota(admin.QUOTED, admin.QUOTA))
    take("AdminGetBucketQuota", quotas.AdminGetBucketQuota(admin.QUOTED))
    take("AdminSetBucketQuota-missing-bucket", quotas.AdminSetBucketQuota(MISSING, admin.QUOTA))
    take("AdminInfo", operator.AdminInfo())
    take("AdminDataUsage", operator.AdminDataUsage())
    record_more(recorder, take, partial(recorder.ask, signing=take.keywords["signing"]))
    record_sites(recorder)


def _operator(recorder: Recorder) -> None:
    """Somebody with all rights and a secret that isn't new each time, as answers are sealed with it."""

    def sealed(plain: bytes) -> bytes:
        return seal(recorder.server.secret_key, plain, bytes(RANDOM))

    add = users.AdminAddUser(
        admin.OPERATOR, sealed(users.user_request(admin.OPERATOR_SECRET, True))
    )
    all_rights = policies.association_request(["consoleAdmin"], admin.OPERATOR, None)
    recorder.ask(add.request())
    recorder.ask(policies.AdminAttachPolicy(sealed(all_rights)).request())


def _admin_users(take: Take) -> None:
    user, account = admin.USER, admin.ACCOUNT.access_key
    take("AdminUserInfo-missing", users.AdminUserInfo(user))
    take("AdminRemoveUser-missing", users.AdminRemoveUser(user))
    take("AdminAddUser", users.AdminAddUser(user, admin.sealed(admin.ADD_USER)))
    take("AdminAddUser-not-sealed", users.AdminAddUser(user, bytes(99)))
    take("AdminInfo-denied", operator.AdminInfo(), signing=None, denied=True)
    take("AdminPolicyInfo-missing", policies.AdminPolicyInfo(admin.POLICY))
    take("AdminAddPolicy", policies.AdminAddPolicy(admin.POLICY, admin.DOCUMENT))
    take("AdminPolicyInfo", policies.AdminPolicyInfo(admin.POLICY))
    take("AdminListPolicies", policies.AdminListPolicies())
    attach = policies.AdminAttachPolicy(admin.sealed(admin.ATTACH))
    take("AdminAttachPolicy", attach)
    take("AdminAttachPolicy-again", attach)
    take("AdminRemovePolicy-in-use", policies.AdminRemovePolicy(admin.POLICY))
    take("AdminUpdateGroup", users.AdminUpdateGroup(admin.GROUP, [user]))
    take("AdminSetGroupStatus", users.AdminSetGroupStatus(admin.GROUP, False))
    take("AdminGroupInfo", users.AdminGroupInfo(admin.GROUP))
    take("AdminListGroups", users.AdminListGroups())
    take("AdminUserInfo", users.AdminUserInfo(user))
    add = accounts.AdminAddServiceAccount(admin.sealed(admin.ADD_ACCOUNT))
    take("AdminAddServiceAccount", add)
    take("AdminAddServiceAccount-taken", add)
    take("AdminListServiceAccounts", accounts.AdminListServiceAccounts(user))
    take("AdminServiceAccountInfo", accounts.AdminServiceAccountInfo(account))
    change = admin.sealed(admin.CHANGE_ACCOUNT)
    take("AdminUpdateServiceAccount", accounts.AdminUpdateServiceAccount(account, change))
    take("AdminRemoveServiceAccount", accounts.AdminRemoveServiceAccount(account))
    take("AdminRemoveServiceAccount-missing", accounts.AdminRemoveServiceAccount(account))
    take("AdminDetachPolicy", policies.AdminDetachPolicy(admin.sealed(admin.ATTACH)))
    take("AdminRemovePolicy", policies.AdminRemovePolicy(admin.POLICY))
    take("AdminSetUserStatus", users.AdminSetUserStatus(user, False))
    take("AdminListUsers", users.AdminListUsers())
    take("AdminRemoveUser", users.AdminRemoveUser(user))


def _packs(recorder: Recorder, take: Take) -> None:
    if recorder.kind != "minio":  # the others would store it
        return
    records = {"minio.metadata.content-type": "text/plain"}
    tar = entry_head(OTHER, 6, records) + padded(b"Hello!") + END
    take("PutObjectExtract", PutObjectExtract(COPIES, "pack.tar", tar))
    take("PutObjectExtract-missing-bucket", PutObjectExtract(MISSING, "pack.tar", tar))


def _locks(recorder: Recorder, take: Take) -> None:
    place = locks.LOCKED
    recorder.ask(buckets.CreateBucket(place, object_lock=True).request())
    take("GetObjectLockConfiguration-missing", GetBucketObjectLock(COPIES))
    take("GetObjectLockConfiguration-empty", GetBucketObjectLock(place))
    take("PutObjectLockConfiguration", PutBucketObjectLock(place, locks.LOCK))
    take("PutObjectLockConfiguration-no-lock", PutBucketObjectLock(COPIES, locks.LOCK))
    take("GetObjectLockConfiguration", GetBucketObjectLock(place))
    take("PutObjectLockConfiguration-none", PutBucketObjectLock(place, ObjectLock()))
    reply = recorder.ask(PutObject(place, KEY, b"Hello!", {}).request())
    version = recorder.learn(reply.headers.get("x-amz-version-id"), "VERSION-1")
    take("GetObjectRetention-none", object_lock.GetObjectRetention(place, KEY))
    take("GetObjectLegalHold-none", object_lock.GetObjectLegalHold(place, KEY))
    put = object_lock.PutObjectRetention(place, KEY, locks.RETENTION, version)
    take("PutObjectRetention", put)
    take("GetObjectRetention", object_lock.GetObjectRetention(place, KEY))
    take("PutObjectLegalHold", object_lock.PutObjectLegalHold(place, KEY, True))
    take("GetObjectLegalHold", object_lock.GetObjectLegalHold(place, KEY))
    take("HeadObject-locked", HeadObject(place, KEY))
    take("DeleteObject-locked", DeleteObject(place, KEY, version))
    take("DeleteObject-bypass", DeleteObject(place, KEY, version, bypass=True))
    recorder.ask(object_lock.PutObjectLegalHold(place, KEY, False).request())
    shorter = object_lock.PutObjectRetention(place, KEY, locks.SHORTER, version)
    take("PutObjectRetention-shorter", shorter)
    gone = object_lock.PutObjectRetention(place, KEY, None, version, bypass=True)
    take("PutObjectRetention-removed", gone)
    take("DeleteObjects-bypass", DeleteObjects(place, [(KEY, version)], bypass=True))
    take("PutObject-locked", PutObject(place, OTHER, b"Hello!", locks.HEADERS))
    take("PutObject-no-lock", PutObject(COPIES, OTHER, b"Hello!", locks.HEADERS))


def _details(recorder: Recorder, take: Take) -> None:
    place, archive = settings.DETAILS, {"x-amz-storage-class": "GLACIER"}
    recorder.ask(buckets.CreateBucket(place).request())
    recorder.ask(PutObject(place, KEY, b"Hello!", {}, crc32=crc32(b"Hello!")).request())
    recorder.ask(PutObject(place, OTHER, b"Hello!", archive).request())
    take("GetObjectAttributes", GetObjectAttributes(place, KEY))
    take("GetObjectAttributes-missing", GetObjectAttributes(place, "nothing"))
    take("GetBucketAcl", GetBucketAcl(place))
    take("GetObjectAcl", GetObjectAcl(place, KEY))
    take("GetObjectAcl-missing", GetObjectAcl(place, "nothing"))
    take("RestoreObject", RestoreObject(place, OTHER, 2, "Bulk"))
    take("RestoreObject-not-archived", RestoreObject(place, KEY, 1))
    begun = multipart.CreateMultipartUpload(place, KEY, {"x-amz-checksum-algorithm": "CRC32"})
    upload_id = begun.parse(recorder.ask(begun.request())).upload_id
    part = multipart.UploadPart(place, KEY, upload_id, 1, b"part", crc32(b"part"))
    etag = part.parse(recorder.ask(part.request()))
    done = multipart.CompleteMultipartUpload(
        place, KEY, upload_id, [etag], 4, crc32s=[crc32(b"part")]
    )
    recorder.learn(upload_id, "UPLOAD-ID")
    recorder.ask(done.request())
    take("GetObjectAttributes-parts", GetObjectAttributes(place, KEY))


def _appended(recorder: Recorder, take: Take) -> None:
    place = settings.DETAILS  # where `_details` has left an object
    take("AppendObject", AppendObject(place, "nothing", 1, b"?"))
    recorder.ask(DeleteObject(place, "nothing").request())
    arn = "arn:minio:s3-object-lambda::a:webhook"
    take("PromptObject", PromptObject(place, KEY, "What is it?", arn, "v1", {"model": "m"}))


def _live(recorder: Recorder, take: Take) -> None:
    place = live.LIVE
    recorder.ask(buckets.CreateBucket(place).request())
    recorder.ask(PutObject(place, KEY, live.PEOPLE, {}).request())
    take("SelectObjectContent", live.SELECT)
    take("SelectObjectContent-missing", replace(live.SELECT, key="nothing"))
    if recorder.kind != "moto":  # which fails, with a web page
        take("SelectObjectContent-wrong", replace(live.SELECT, sql="SELEKT"))
    if recorder.kind != "minio":  # whose answer has no end
        take("ListenBucketNotification", live.LISTEN)


def _services(recorder: Recorder, take: Take) -> None:
    place = settings.SERVICES
    for made in (place, COPIES):
        recorder.ask(buckets.CreateBucket(made).request())
        recorder.ask(PutBucketVersioning(made, True).request())
    take("GetBucketReplication-none", GetBucketReplication(place))
    take("GetBucketReplication-missing-bucket", GetBucketReplication(MISSING))
    take("PutBucketReplication", PutBucketReplication(place, settings.REPLICATION))
    take("GetBucketReplication", GetBucketReplication(place))
    if recorder.kind != "seaweedfs":  # which takes it for DeleteBucket
        take("DeleteBucketReplication", DeleteBucketReplication(place))
    take("GetBucketNotificationConfiguration-none", GetBucketNotification(place))
    take("GetBucketNotificationConfiguration-missing-bucket", GetBucketNotification(MISSING))
    put = PutBucketNotification(place, settings.NOTIFICATION)
    take("PutBucketNotificationConfiguration", put)
    take("GetBucketNotificationConfiguration", GetBucketNotification(place))
    take("PutBucketNotificationConfiguration-none", PutBucketNotification(place, ()))


def main(kinds: list[str]) -> int:
    """Record from those servers that are there."""
    farm = Farm()
    try:
        for kind in kinds or SERVERS:
            try:
                record(farm.get(kind))
            except Unavailable as reason:
                print(f"{kind:10} not recorded: {reason}")
    finally:
        farm.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
