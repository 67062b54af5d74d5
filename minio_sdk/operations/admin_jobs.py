"""Batch jobs of MinIO, healing and locks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from minio_sdk.errors import NotFoundError, ServerError, as_class, invalid
from minio_sdk.models.admin_jobs import (
    AdminLock,
    BackgroundHealing,
    BatchJob,
    BatchJobStatus,
    HealStatus,
)
from minio_sdk.models.names import check_flag
from minio_sdk.models.secret import Secret, SecretBytes
from minio_sdk.operation import Place
from minio_sdk.operations.admin import AdminOperation, Change, OfBucket
from minio_sdk.operations.admin_users import check_name, utf_8
from minio_sdk.wire.admin_figures import job_status
from minio_sdk.wire.healed import healed_item
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.told import Told
from minio_sdk.wire.url import has_dots, quote_path, quote_value
from minio_sdk.wire.xml import XmlError

MAX_JOB = 4 * 1024 * 1024
"""Bytes that MinIO reads of a job's document."""
KINDS = ("replicate", "expire", "keyrotate")


def job_document(document: object) -> SecretBytes:
    """A job as MinIO reads it: YAML, which JSON is as well. It may hold keys of another server.

    Raises:
        ValidationError: no such document, or a kind of job that there isn't.
    """
    rule = f"must be YAML text, or a dict with one of {', '.join(KINDS)}"
    if isinstance(document, Mapping):
        if len(document) != 1 or not set(document) <= set(KINDS):
            raise invalid("document", "***", rule)
        try:
            text = json.dumps(document)
        except (TypeError, ValueError, RecursionError):
            raise invalid("document", "***", "has what JSON can't say") from None
        data = text.encode()
    else:
        found = utf_8("document", document) if isinstance(document, str) else document
        if not isinstance(found, bytes) or not found.strip():
            raise invalid("document", "***", rule)
        data = found
    if len(data) > MAX_JOB:
        raise invalid("document", "***", f"must be at most {MAX_JOB} bytes")
    return SecretBytes(data)


_JOB = re.compile(r"[a-z]+-.+", re.DOTALL)


def check_job(id: object) -> str:
    """The id of a job.

    Raises:
        ValidationError: it can't be one.
    """
    return check_name(id, "id")


@dataclass(frozen=True, slots=True)
class AdminStartBatchJob(AdminOperation[BatchJob]):
    """POST start-job."""

    name: ClassVar[str] = "AdminStartBatchJob"

    document: bytes

    def request(self) -> Request:
        """POST it, once: a second one would start a second job."""
        return self._once("POST", "start-job", self.document)

    def parse(self, reply: Reply) -> BatchJob:
        """The job."""
        job = _job(Told.read(reply.body))
        if not job.id:
            raise XmlError("there is no id in it")
        return job


def _job(told: Told) -> BatchJob:
    return BatchJob(
        id=told.text("id"),
        kind=told.text("type"),
        user=told.text("user"),
        started_at=told.moment("started"),
        elapsed=told.seconds("elapsed"),
    )


@dataclass(frozen=True, slots=True)
class AdminListBatchJobs(AdminOperation[list[BatchJob]]):
    """GET list-jobs: those that are not at their end."""

    name: ClassVar[str] = "AdminListBatchJobs"

    kind: str | None = None

    def request(self) -> Request:
        """GET them."""
        if self.kind is None:
            return self._ask("GET", "list-jobs")
        if self.kind not in KINDS:
            raise invalid("kind", self.kind, f"must be one of {', '.join(KINDS)}")
        return self._ask("GET", "list-jobs", jobType=self.kind)

    def parse(self, reply: Reply) -> list[BatchJob]:
        """The jobs."""
        return [_job(told) for told in Told.read(reply.body).each("jobs")]


@dataclass(frozen=True, slots=True)
class AdminBatchJobStatus(AdminOperation[BatchJobStatus]):
    """GET status-job."""

    name: ClassVar[str] = "AdminBatchJobStatus"

    id: str

    def request(self) -> Request:
        """GET it. Of an id without a kind that it knows MinIO says that it is broken itself."""
        if not _JOB.fullmatch(check_job(self.id)):
            raise invalid("id", self.id, "is no id of a job, such as 'expire-...'")
        request = self._ask("GET", "status-job", jobId=self.id)
        request.retry = self.id.partition("-")[0] in KINDS
        return request

    def failure(self, reply: Reply) -> Exception:
        """The exception; a kind of job that MinIO doesn't know is none that it has."""
        error = super(AdminBatchJobStatus, self).failure(reply)
        if isinstance(error, ServerError) and "job ID format unrecognized" in error.message:
            return as_class(error, NotFoundError, "the server has no jobs of this kind")
        return error

    def parse(self, reply: Reply) -> BatchJobStatus:
        """How far it is."""
        return job_status(Told.read(reply.body).told("LastMetric"))


@dataclass(frozen=True, slots=True)
class AdminDescribeBatchJob(AdminOperation[str]):
    """GET describe-job: its document, with all that MinIO has filled in."""

    name: ClassVar[str] = "AdminDescribeBatchJob"

    id: str

    def request(self) -> Request:
        """GET it."""
        return self._ask("GET", "describe-job", jobId=check_job(self.id))

    def parse(self, reply: Reply) -> str:
        """YAML."""
        try:
            return Secret(reply.body.decode())
        except UnicodeDecodeError:
            raise XmlError("it is not text") from None


@dataclass(frozen=True, slots=True)
class AdminCancelBatchJob(Change):
    """DELETE cancel-job; MinIO answers 204 also where there is none."""

    name: ClassVar[str] = "AdminCancelBatchJob"
    ok: ClassVar[frozenset[int]] = frozenset({200, 204})

    id: str

    def request(self) -> Request:
        """DELETE it."""
        return self._ask("DELETE", "cancel-job", id=check_job(self.id))


def heal_request(
    *, recursive: bool, dry_run: bool, remove_dangling: bool, deep: bool, update_parity: bool
) -> bytes:
    """What `AdminStartHeal` says.

    Raises:
        ValidationError: what is no flag.
    """
    flags = {
        "recursive": recursive,
        "dry_run": dry_run,
        "remove_dangling": remove_dangling,
        "deep": deep,
        "update_parity": update_parity,
    }
    for name, value in flags.items():
        check_flag(name, value)
    document: dict[str, Any] = {
        "recursive": recursive,
        "dryRun": dry_run,
        "remove": remove_dangling,
        "recreate": False,
        "scanMode": 2 if deep else 1,
        "updateParity": update_parity,
        "nolock": False,
    }
    return json.dumps(document).encode()


def heal_path(place: Place, prefix: str) -> str:
    """Where a healing run is: the whole server, or a bucket and what is below a prefix of it.

    Raises:
        ValidationError: a bad prefix.
    """
    if place.bucket is None:
        if prefix != "":
            # It would be passed over, and all of the server be healed in place of it.
            raise invalid("prefix", prefix, "goes with a bucket")
        return "heal/"
    path = f"heal/{quote_value(place.server_bucket)}"
    below = quote_path(place.prefix_out(prefix))
    if has_dots(f"/{below}") or below.startswith("/") or "//" in below:
        # On its way it may become a path of another call.
        raise invalid("prefix", prefix, "must have no '.', '..' or nothing between slashes")
    return f"{path}/{below}" if below else path


@dataclass(frozen=True, slots=True)
class AdminStartHeal(OfBucket[str]):
    """POST heal: begin a run."""

    name: ClassVar[str] = "AdminStartHeal"

    prefix: str
    document: bytes
    force: bool = False

    def request(self) -> Request:
        """POST it, once."""
        path = heal_path(self.place, self.prefix)
        query = {"forceStart": "true"} if self.force else {}
        return self._once("POST", path, self.document, **query)

    def parse(self, reply: Reply) -> str:
        """The run's token."""
        told = Told.read(reply.body.strip())
        token = told.text("clientToken")
        if not token:
            # When it takes long MinIO has said 200 before it knows that it can't.
            raise XmlError(told.text("Message") or "there is no token in it")
        return token


@dataclass(frozen=True, slots=True)
class AdminHealStatus(OfBucket[HealStatus]):
    """POST heal with a token: what the run has done since the last question."""

    name: ClassVar[str] = "AdminHealStatus"

    prefix: str
    token: str

    def request(self) -> Request:
        """POST it."""
        token = check_name(self.token, "token")
        return self._ask("POST", heal_path(self.place, self.prefix), b"{}", clientToken=token)

    def parse(self, reply: Reply) -> HealStatus:
        """What it has done. Names are the server's."""
        told = Told.read(reply.body)
        summary = told.text("Summary")
        return HealStatus(
            # A run that is asked about at once has not started; who waits for its end must not stop.
            summary="running" if summary == "not started" else summary,
            detail=told.text("Detail"),
            started_at=told.moment("StartTime"),
            found=tuple(healed_item(item) for item in told.each("Items")),
        )


@dataclass(frozen=True, slots=True)
class AdminStopHeal(OfBucket[None]):
    """POST heal to stop the run there."""

    name: ClassVar[str] = "AdminStopHeal"

    prefix: str

    def request(self) -> Request:
        """POST it."""
        return self._ask("POST", heal_path(self.place, self.prefix), b"{}", forceStop="true")

    def parse(self, reply: Reply) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class AdminBackgroundHealing(AdminOperation[BackgroundHealing]):
    """POST background-heal/status."""

    name: ClassVar[str] = "AdminBackgroundHealing"

    def request(self) -> Request:
        """POST it."""
        return self._ask("POST", "background-heal/status")

    def parse(self, reply: Reply) -> BackgroundHealing:
        """What it is at."""
        told = Told.read(reply.body)
        drives = [drive for each in told.each("sets") for drive in each.each("disks")]
        fine = sum(drive.text("state") == "ok" for drive in drives)
        return BackgroundHealing(
            scanned=told.count("ScannedItemsCount"),
            healing_drives=told.texts("HealDisks"),
            offline_nodes=told.texts("offline_nodes"),
            drives_ok=fine,
            drives_bad=len(drives) - fine,
        )


@dataclass(frozen=True, slots=True)
class AdminTopLocks(AdminOperation[list[AdminLock]]):
    """GET top/locks: the oldest locks."""

    name: ClassVar[str] = "AdminTopLocks"

    limit: int = 10
    stale: bool = False

    def request(self) -> Request:
        """GET them."""
        limit = self.limit
        if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 100_000:
            raise invalid("limit", limit, "must be a whole number from 1 to 100000")
        stale = "true" if self.stale else "false"
        return self._ask("GET", "top/locks", count=str(limit), stale=stale)

    def parse(self, reply: Reply) -> list[AdminLock]:
        """The locks."""
        return [
            AdminLock(
                resource=told.text("resource"),
                kind=told.text("type"),
                since=told.moment("time"),
                elapsed=told.seconds("elapsed"),
                source=told.text("source"),
                owner=told.text("owner"),
                id=told.text("id"),
                servers=told.texts("serverlist"),
                quorum=told.count("quorum"),
            )
            for told in Told.all(reply.body)
        ]


@dataclass(frozen=True, slots=True)
class AdminForceUnlock(Change):
    """POST force-unlock: take locks away from whoever holds them."""

    name: ClassVar[str] = "AdminForceUnlock"

    resources: tuple[str, ...]

    def request(self) -> Request:
        """POST it, once: a second one could take the lock of the next request."""
        for each in self.resources:
            if "," in check_name(each, "resources"):
                raise invalid("resources", each, "must have no comma, which MinIO splits at")
        if not self.resources:
            raise invalid("resources", [], "must be one or several")
        return self._once("POST", "force-unlock", paths=",".join(self.resources))
