"""What stops, restarts, updates and looks into MinIO's servers, and their KMS."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import ConflictError, NotSupportedError, ServerError, as_class, invalid
from minio_sdk.models.admin_access import KMSKeyStatus, KMSStatus
from minio_sdk.models.admin_config import ServiceResult
from minio_sdk.models.names import check_flag, check_key
from minio_sdk.operations.admin import AdminOperation, Change, OfBucket
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import has_dots, query_string
from minio_sdk.wire.xml import XmlError

MAX_FILE = 1024 * 1024 * 1024
"""The largest profile or export that is read."""
PROFILES = (
    "block", "cpu", "cpuio", "goroutines", "mem", "mutex", "runtime", "threads", "trace",
)  # fmt: skip
_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}", re.ASCII)


def check_seconds(value: object) -> float:
    """How long to look.

    Raises:
        ValidationError: too short, or longer than anybody waits.
    """
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value <= 3600:
        raise invalid("seconds", value, "must be above 0 and at most 3600 (seconds)")
    return float(value)


@dataclass(frozen=True, slots=True)
class _Signal(AdminOperation[tuple[ServiceResult, ...]]):
    action: ClassVar[str]

    dry_run: bool = False

    def request(self) -> Request:
        """POST it, once."""
        check_flag("dry_run", self.dry_run)
        query = {"action": self.action, "type": "2"}
        if self.dry_run:
            query["dry-run"] = "true"
        return self._once("POST", "service", **query)

    def parse(self, reply: Reply) -> tuple[ServiceResult, ...]:
        """What each server said."""
        return _results(Told.read(reply.body))


def _results(told: Told) -> tuple[ServiceResult, ...]:
    return tuple(
        ServiceResult(
            host=each.text("host"),
            error=each.text("err"),
            hanging_drives=tuple(each.told("waitingDrives")),
            current_version=each.text("currentVersion"),
            updated_version=each.text("updatedVersion"),
        )
        for each in told.each("results")
    )


@dataclass(frozen=True, slots=True)
class AdminRestart(_Signal):
    """POST service to restart all servers."""

    name: ClassVar[str] = "AdminRestart"
    action: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True)
class AdminStop(_Signal):
    """POST service to stop all servers."""

    name: ClassVar[str] = "AdminStop"
    action: ClassVar[str] = "stop"


@dataclass(frozen=True, slots=True)
class AdminFreeze(_Signal):
    """POST service to hold all calls of S3. MinIO freezes in a dry run too, so there is none."""

    name: ClassVar[str] = "AdminFreeze"
    action: ClassVar[str] = "freeze"


@dataclass(frozen=True, slots=True)
class AdminUnfreeze(_Signal):
    """POST service to let calls of S3 go on."""

    name: ClassVar[str] = "AdminUnfreeze"
    action: ClassVar[str] = "unfreeze"


@dataclass(frozen=True, slots=True)
class AdminUpdate(AdminOperation[tuple[ServiceResult, ...]]):
    """POST update: another release on all servers."""

    name: ClassVar[str] = "AdminUpdate"

    url: str = ""
    dry_run: bool = False

    def request(self) -> Request:
        """POST it, once."""
        check_flag("dry_run", self.dry_run)
        url = self.url
        if not isinstance(url, str) or (url and not url.startswith(("http://", "https://"))):
            raise invalid("url", url, "must be a URL, or empty for MinIO's own")
        query = {"updateURL": url, "type": "2", "dry-run": "true" if self.dry_run else "false"}
        return self._once("POST", "update", **query)

    def failure(self, reply: Reply) -> Exception:
        """The exception; MinIO doesn't always say why it can't be updated at all."""
        error = super(AdminUpdate, self).failure(reply)
        if isinstance(error, NotSupportedError):
            hint = "a release of MinIO can be updated, unless MINIO_UPDATE=off is set on the server"
            return as_class(error, NotSupportedError, error.message, hint)
        return error

    def parse(self, reply: Reply) -> tuple[ServiceResult, ...]:
        """What became of each server."""
        return _results(Told.read(reply.body))


def _zip(reply: Reply) -> bytes:
    if not reply.body.startswith(b"PK"):
        raise XmlError("it is no zip file")
    return bytes(reply.body)


@dataclass(frozen=True, slots=True)
class _File(OfBucket[bytes]):
    def parse(self, reply: Reply) -> bytes:
        """The zip file."""
        return _zip(reply)


@dataclass(frozen=True, slots=True)
class AdminProfile(_File):
    """POST profile: what the servers are busy with, as a zip file; takes as long as it looks."""

    name: ClassVar[str] = "AdminProfile"

    kinds: tuple[str, ...]
    seconds: float

    def request(self) -> Request:
        """POST it, once: each further one ends the one before."""
        if not self.kinds or not set(self.kinds) <= set(PROFILES):
            raise invalid("kinds", self.kinds, f"must be some of {', '.join(PROFILES)}")
        duration = f"{round(check_seconds(self.seconds) * 1000)}ms"
        query = {"duration": duration, "profilerType": ",".join(self.kinds)}
        request = self._once("POST", "profile", **query)
        request.max_body = MAX_FILE
        return request


@dataclass(frozen=True, slots=True)
class AdminExportBuckets(_File):
    """GET export-bucket-metadata: of one bucket, or of all, as a zip file."""

    name: ClassVar[str] = "AdminExportBuckets"

    def request(self) -> Request:
        """GET it."""
        bucket = {} if self.place.bucket is None else {"bucket": self.place.server_bucket}
        request = self._ask("GET", "export-bucket-metadata", **bucket)
        request.max_body = MAX_FILE
        return request


@dataclass(frozen=True, slots=True)
class AdminImportBuckets(OfBucket[dict[str, dict[str, str]]]):
    """PUT import-bucket-metadata: buckets and settings that a zip file has."""

    name: ClassVar[str] = "AdminImportBuckets"

    archive: bytes

    def request(self) -> Request:
        """PUT it."""
        bucket = {} if self.place.bucket is None else {"bucket": self.place.server_bucket}
        return self._ask("PUT", "import-bucket-metadata", self.archive, **bucket)

    def parse(self, reply: Reply) -> dict[str, dict[str, str]]:
        """What went wrong, by the server's name of the bucket and the setting."""
        buckets = Told.read(reply.body).by_name("buckets")
        return {name: found for name, each in buckets.items() if (found := _wrong(each))}


def _wrong(told: Told) -> dict[str, str]:
    found = {"": told.text("error")} if "error" in told and told.text("error") else {}
    for name in told:
        if name not in ("error", "errors") and told.told(name).text("error"):
            found[name] = told.told(name).text("error")
    return found


@dataclass(frozen=True, slots=True)
class AdminInspect(OfBucket[bytes]):
    """GET inspect-data: files of a bucket as they are on the drives, as a sealed zip file.

    Attributes:
        path: of an object, or of files in its folder; with ``*`` for several.
    """

    name: ClassVar[str] = "AdminInspect"

    path: str

    def request(self) -> Request:
        """GET it."""
        path = check_key(self.path, "path")
        if has_dots(path) or "\\" in path or "\x00" in path:
            raise invalid(
                "path", path, "must have no '.' or '..' between slashes, and no backslash"
            )
        request = self._ask("GET", "inspect-data", volume=self.place.server_bucket, file=path)
        request.max_body = MAX_FILE
        return request

    def parse(self, reply: Reply) -> bytes:
        """The sealed file, with its key."""
        if not reply.body.startswith(b"\x01"):
            raise XmlError("it is no file of MinIO's drives")
        return bytes(reply.body)


@dataclass(frozen=True, slots=True)
class AdminExportIAM(AdminOperation[bytes]):
    """GET export-iam: users, groups, policies and their secrets, as a zip file."""

    name: ClassVar[str] = "AdminExportIAM"

    def request(self) -> Request:
        """GET it."""
        request = self._ask("GET", "export-iam")
        request.max_body = MAX_FILE
        return request

    def parse(self, reply: Reply) -> bytes:
        """The zip file."""
        return _zip(reply)


@dataclass(frozen=True, slots=True)
class AdminImportIAM(AdminOperation[dict[str, Any]]):
    """PUT import-iam-v2: what a zip file has, in place of what is there."""

    name: ClassVar[str] = "AdminImportIAM"

    archive: bytes

    def request(self) -> Request:
        """PUT it, once."""
        return self._once("PUT", "import-iam-v2", self.archive)

    def parse(self, reply: Reply) -> dict[str, Any]:
        """What was added, removed, skipped, and could not be."""
        told = Told.read(reply.body)
        return {name: told.told(name).plain for name in ("added", "removed", "skipped", "failed")}


# -- the KMS ---------------------------------------------------------------------------------------


def check_kms_key(key: object, argument: str = "key") -> str:
    """The name of a key of the KMS, or how some begin.

    Raises:
        ValidationError: it can't be one.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise invalid(argument, key, "must be 1 to 80 letters, digits, '-' and '_'")
    return key


@dataclass(frozen=True, slots=True)
class AdminKMSStatus(AdminOperation[KMSStatus]):
    """POST kms/status."""

    name: ClassVar[str] = "AdminKMSStatus"

    def request(self) -> Request:
        """POST it."""
        return self._ask("POST", "kms/status")

    def parse(self, reply: Reply) -> KMSStatus:
        """What it is."""
        told = Told.read(reply.body)
        endpoints = told.told("endpoints")
        return KMSStatus(
            name=told.text("name"),
            default_key=told.text("default-key-id"),
            endpoints={name: endpoints.text(name) for name in endpoints},
        )


@dataclass(frozen=True, slots=True)
class AdminCreateKMSKey(Change):
    """POST kms/key/create."""

    name: ClassVar[str] = "AdminCreateKMSKey"

    key: str

    def request(self) -> Request:
        """POST it, once: a KMS that makes no keys says so with a 500."""
        return self._once("POST", "kms/key/create", **{"key-id": check_kms_key(self.key)})

    def failure(self, reply: Reply) -> Exception:
        """The exception; that there is such a key MinIO calls an error of its own."""
        error = super(AdminCreateKMSKey, self).failure(reply)
        if isinstance(error, ServerError) and "key ID already ex" in error.message:
            return as_class(error, ConflictError, error.message)
        return error


@dataclass(frozen=True, slots=True)
class AdminKMSKeyStatus(AdminOperation[KMSKeyStatus]):
    """GET kms/key/status: of one key, or of the default one."""

    name: ClassVar[str] = "AdminKMSKeyStatus"

    key: str | None = None

    def request(self) -> Request:
        """GET it."""
        key = "" if self.key is None else check_kms_key(self.key)
        return self._ask("GET", "kms/key/status", **{"key-id": key})

    def parse(self, reply: Reply) -> KMSKeyStatus:
        """Whether it works."""
        told = Told.read(reply.body)
        return KMSKeyStatus(
            key=told.text("key-id"),
            encryption_error=told.text("encryption-error"),
            decryption_error=told.text("decryption-error"),
        )


@dataclass(frozen=True, slots=True)
class AdminListKMSKeys(AdminOperation[list[str]]):
    """GET key/list of MinIO's API for its KMS, which is beside the one for all else."""

    name: ClassVar[str] = "AdminListKMSKeys"

    prefix: str = ""

    def request(self) -> Request:
        """GET it."""
        prefix = "" if self.prefix == "" else check_kms_key(self.prefix, "prefix")
        # MinIO calls it a pattern, and takes it for a prefix.
        return Request("GET", "/minio/kms/v1/key/list", query_string({"pattern": prefix}.items()))

    def parse(self, reply: Reply) -> list[str]:
        """Their names, in order."""
        return sorted(told.text("name") for told in Told.all(reply.body))
