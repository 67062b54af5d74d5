"""A document service for many tenants, with FastAPI.

One `AsyncMinIOClient` lives as long as the process; each request works on a view of it for the tenant that
has logged in. Bodies go through in both directions without ever being in memory as a whole.

    minio-sdk serve
    DOCUMENT_TOKENS="acme=its-secret,globex=its-own" uvicorn documents_api:app

Besides MINIO_ENDPOINT and its like, which `Config` knows, there are:

* `DOCUMENT_TOKENS`: who may come in, as `tenant=token` with commas between. Required.
* `DOCUMENT_LIMIT`: bytes of the largest document; default 1 GiB.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email.utils import format_datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from minio_sdk import (
    AsyncMinIOClient,
    BucketAlreadyExistsError,
    BucketNotFoundError,
    Config,
    ConflictError,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotFoundError,
    NotSupportedError,
    ObjectMetadata,
    PreconditionFailedError,
    QuotaExceededError,
    RateLimitError,
    ValidationError,
)

BUCKET = "documents"
PIECE = 1024 * 1024  # bytes of each download that are in memory while a slow reader takes its time
# What browsers might run (HTML, SVG, XML) is not among them, since all documents come from one origin.
TYPES = {
    "application/octet-stream", "application/pdf", "application/zip", "image/jpeg", "image/png",
    "text/csv", "text/plain",
}  # fmt: skip
# The first that fits. What isn't here is our fault or the store's, and none of the caller's business.
STATUS: tuple[tuple[type[MinIOError], int, str], ...] = (
    (NotFoundError, 404, "there is no such document"),
    (PreconditionFailedError, 412, "the document is not what it was"),
    (ConflictError, 409, "the document is not in a state for that"),
    (ValidationError, 400, "the store takes no such name or version"),
    (NotSupportedError, 400, "the store can't keep that"),
    (QuotaExceededError, 507, "there is no room left"),
    (RateLimitError, 503, "try again later"),
    (MinIOTimeoutError, 504, "the store doesn't answer in time"),
    (MinIOConnectionError, 503, "the store can't be reached"),
)
log = logging.getLogger("documents")


class Document(BaseModel):
    """A document, or one version of it."""

    name: str
    size: int
    etag: str | None
    modified: datetime | None = None
    version: str | None = None
    deleted: bool = False


class Page(BaseModel):
    """Some documents; `next` is the `after` of the page behind it."""

    documents: list[Document]
    next: str | None = None


def tokens(setting: str) -> dict[bytes, str]:
    """The tenant of each token, by the token's hash: no secret stays in memory, or in a traceback.

    Raises:
        ValueError: there are none, or what stands there is something else.
    """
    if not setting.strip():
        raise ValueError("DOCUMENT_TOKENS: without it nobody could come in")
    found: dict[bytes, str] = {}
    for number, pair in enumerate(setting.split(","), 1):
        tenant, mark, token = pair.strip().partition("=")
        if not (tenant and mark and token):  # the text itself is not shown: it is secret
            raise ValueError(f"DOCUMENT_TOKENS: number {number} is not tenant=token")
        found[hashlib.sha256(token.encode()).digest()] = tenant
    return found


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    """One client for the process. uvicorn lets requests end before it comes back here to close it."""
    tenants = tokens(os.environ.get("DOCUMENT_TOKENS", ""))
    limit = int(os.environ.get("DOCUMENT_LIMIT", 1 << 30))
    # A user waits at the other end: better an error soon than a success too late.
    config = Config.from_env(
        tenant_id=None, timeout=10, max_retries=2, base_delay=0.2, user_agent="documents/1.0"
    )
    async with AsyncMinIOClient(config) as storage:
        yield {"storage": storage, "tenants": tenants, "limit": limit, "ready": set()}


app = FastAPI(title="Documents", lifespan=lifespan)
bearer = HTTPBearer(auto_error=False)


async def tenant_storage(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> AsyncMinIOClient:
    """A view of the client for the tenant whose token this is: the only way that routes get at the store.

    With an identity provider, this is where its token is checked, and the tenant a claim in it. What must
    not happen is that the tenant comes from the address, a header or a field that the caller fills in.
    """
    token = given.credentials.encode() if given else b""
    tenant = request.state.tenants.get(hashlib.sha256(token).digest())
    if tenant is None:
        raise HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    storage: AsyncMinIOClient = request.state.storage
    return storage.with_(tenant_id=tenant)  # on the same connections; costs nothing


def checked(name: str) -> str:
    """A name that is one to everybody: to this service, to each store, and on the user's disk.

    Keys are no paths, and `../` leads nowhere in them. But a store, a proxy or whoever unpacks an archive may
    think otherwise, so that such names are refused once and for all.
    """
    parts = name.split("/")
    odd = not name.isprintable() or "\\" in name or "\ufffd" in name  # the last was no UTF-8
    if odd or {"", ".", ".."}.intersection(parts):
        raise HTTPException(400, "a name is made of visible characters, with single slashes inside")
    if len(name.encode()) > 900:
        raise HTTPException(400, "the name is too long")
    return name


Storage = Annotated[AsyncMinIOClient, Depends(tenant_storage)]
Name = Annotated[str, Depends(checked)]


# --- documents -----------------------------------------------------------------------------------


@app.get("/documents")
async def documents(
    storage: Storage,
    prefix: str = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Page:
    """The tenant's documents by name, page by page."""
    try:
        found = await storage.list_objects(BUCKET, prefix, limit=limit + 1, start_after=after)
    except BucketNotFoundError:  # has stored nothing yet
        return Page(documents=[])
    items = [
        Document(name=item.key, size=item.size, etag=item.etag, modified=item.last_modified)
        for item in found[:limit]
    ]
    return Page(documents=items, next=items[-1].name if len(found) > limit else None)


@app.put("/documents/{name:path}", status_code=201)
async def store(request: Request, storage: Storage, name: Name) -> Document:
    """Store the body as a document; what was there under that name remains as an older version."""
    kind = request.headers.get("content-type", "application/octet-stream")
    if kind.partition(";")[0].strip().lower() not in TYPES:
        raise HTTPException(415, f"a document is one of {', '.join(sorted(TYPES))}")
    limit: int = request.state.limit
    # uvicorn has seen to its being a number.
    if int(request.headers.get("content-length", 0)) > limit:
        raise HTTPException(413, f"a document has at most {limit} bytes")
    await prepare(storage, request.state.ready)
    try:
        # A file, and not `upload_object(..., request.stream())`: an upload that reads holds its share of the
        # memory budget while it waits for its sender, so that a few slow senders could stop all others. An
        # open file never does; what there is no room for is kept on disk. Whatever leaves this block (the
        # limit, a sender that is gone, a shutdown) leaves nothing in the store.
        async with storage.open(BUCKET, name, "wb", content_type=kind) as file:
            size = 0
            async for block in request.stream():
                size += len(block)
                if size > limit:  # of a body that doesn't tell its length
                    raise HTTPException(413, f"a document has at most {limit} bytes")
                await file.write(block)
    except ClientDisconnect:
        raise HTTPException(400, "the body has ended early") from None  # nobody reads that any more
    stored = file.response
    assert stored is not None  # the block was left without an exception
    return Document(name=name, size=stored.size, etag=stored.etag, version=stored.version_id)


@app.api_route("/documents/{name:path}", methods=["GET", "HEAD"])
async def fetch(
    request: Request, storage: Storage, name: Name, version: str | None = None
) -> Response:
    """The document, a range of it, or the word that the caller has it already."""
    found = await storage.get_object_metadata(BUCKET, name, version_id=version)
    headers = headers_of(found, name)
    if is_known(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    wanted, status = None, 200
    if request.headers.get("if-range", headers["ETag"]) == headers["ETag"]:
        wanted = range_of(request.headers.get("range"), found.size)
    if wanted is not None:
        status = 206
        headers["Content-Range"] = f"bytes {wanted[0]}-{wanted[1]}/{found.size}"
    length = found.size if wanted is None else wanted[1] - wanted[0] + 1
    headers["Content-Length"] = str(length)
    if request.method == "HEAD" or not length:
        return Response(status_code=status, headers=headers)
    pieces = storage.download_stream(
        BUCKET, name, range=wanted, version_id=version, if_match=found.etag, piece_size=PIECE
    )
    try:
        first = await anext(pieces)  # before the status goes out: until then, failures have one
    except PreconditionFailedError:
        raise HTTPException(503, "it has just been replaced", {"Retry-After": "0"}) from None
    return StreamingResponse(led_by(first, pieces), status, headers)


@app.delete("/documents/{name:path}", status_code=204)
async def remove(storage: Storage, name: Name) -> None:
    """Remove a document; `undelete` brings it back. One that isn't there is no error."""
    try:
        await storage.delete_object(BUCKET, name)
    except BucketNotFoundError:
        pass


# --- versions ------------------------------------------------------------------------------------
# Under addresses of their own: behind a document's, they would be names of documents.


@app.get("/versions/{name:path}")
async def versions(
    storage: Storage, name: Name, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[Document]:
    """What the document was, the newest first; at most `limit`."""
    found = []
    async for item in storage.iter_objects(BUCKET, name, versions=True, limit=limit):
        if item.key != name:  # all versions of `a` come before the first of `a.txt`
            break
        found.append(
            Document(
                name=name,
                size=item.size,
                etag=item.etag,
                modified=item.last_modified,
                version=item.version_id,
                deleted=item.is_delete_marker,
            )
        )
    if not found:
        raise HTTPException(404, "there is no such document")
    return found


@app.post("/undelete/{name:path}")
async def undelete(storage: Storage, name: Name) -> Document:
    """Bring back a document that was removed."""
    found = await storage.undelete_object(BUCKET, name)
    return Document(name=name, size=found.size, etag=found.etag, version=found.version_id)


# --- health --------------------------------------------------------------------------------------


@app.get("/live")
async def live() -> dict[str, str]:
    """The process works. It must not ask the store: a store that is down is no reason to restart this."""
    return {"status": "alive"}


@app.get("/ready")
async def ready(request: Request) -> Response:
    """Whether requests can be served; a balancer sends none here while they can't."""
    storage: AsyncMinIOClient = request.state.storage
    health = await storage.health_check()  # asks once; a store that is down is a result, no error
    return JSONResponse({"status": health.status}, 200 if health else 503)


# --- between HTTP and the store ------------------------------------------------------------------


@app.exception_handler(MinIOError)
async def failed(request: Request, error: MinIOError) -> Response:
    """Words of our own for the caller; the log gets the server's, with the id of the request there."""
    found = ((status, text) for kind, status, text in STATUS if isinstance(error, kind))
    status, text = next(found, (500, "it didn't work"))
    if status >= 500:
        log.error("%s %s: %s", request.method, request.url.path, error)  # shows no secrets
    headers = {"Retry-After": str(int(error.retry_after or 1))} if status == 503 else None
    return JSONResponse({"detail": text}, status, headers)


async def prepare(storage: AsyncMinIOClient, known: set[str | None]) -> None:
    """Make a tenant's bucket, and have it keep versions, when the process first writes to it."""
    tenant = storage.config.tenant_id
    if tenant in known:
        return
    if not await storage.bucket_exists(BUCKET):
        try:
            await storage.create_bucket(BUCKET)
        except BucketAlreadyExistsError:  # another request, or another process
            pass
    await storage.set_bucket_versioning(BUCKET)
    known.add(tenant)


def headers_of(found: ObjectMetadata, name: str) -> dict[str, str]:
    """What browsers and caches shall know of a document."""
    # RFC 8187, and the last part of the name only: nothing in it can end the header or lead out of a folder.
    file = quote(name.rpartition("/")[2], safe="")
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",  # may be kept by the user's browser, and asked for each time
        "Content-Disposition": f"attachment; filename*=UTF-8''{file}",
        "Content-Type": found.content_type or "application/octet-stream",
        "ETag": f'"{found.etag}"',
        "X-Content-Type-Options": "nosniff",
    }
    if found.last_modified is not None:
        headers["Last-Modified"] = format_datetime(found.last_modified, usegmt=True)
    return headers


def is_known(if_none_match: str | None, etag: str | None) -> bool:
    """Whether the caller has this very document (RFC 9110, 13.1.2)."""
    given = [part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")]
    return "*" in given or f'"{etag}"' in given


def range_of(header: str | None, size: int) -> tuple[int, int] | None:
    """The first and the last byte; None for all of them, as with several ranges (RFC 9110, 14.2).

    Raises:
        HTTPException: 416, it begins behind the end.
    """
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header or "", re.ASCII)
    if match is None or not size or match.groups() == ("", ""):
        return None
    start, end = match.groups()
    if not start:  # so many bytes at the end
        first, last = max(0, size - int(end)), size - 1
    else:
        first, last = int(start), min(int(end or size), size - 1)
        if end and int(end) < int(start):
            return None
    if first >= size:
        raise HTTPException(416, f"it has {size} bytes", {"Content-Range": f"bytes */{size}"})
    return first, last


async def led_by(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The piece that is there, then the others. An error among them breaks the connection off."""
    yield first
    async for piece in rest:
        yield piece
