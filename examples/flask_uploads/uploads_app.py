"""Uploads of many tenants, with Flask.

One `MinIOClient` for each process, and a view of it for the tenant of each request. Files get names of our
own, so that what users call theirs is never part of an address, a key or a path.

    minio-sdk serve
    UPLOADS_TOKENS='{"its-secret": "acme"}' gunicorn --preload --workers 4 "uploads_app:create_app()"

The client may be made before gunicorn forks, as `--preload` does: each child forgets the connections and
renews the locks that it has from its parent, and opens connections of its own when it needs them
(`minio_sdk/forks.py`). So nothing has to be done in `post_fork`.

Settings, in the environment with UPLOADS_ in front: TOKENS (JSON, the tenant of each token) and
MAX_CONTENT_LENGTH (bytes). Where the store is, MINIO_ENDPOINT and its like say.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import Unauthorized
from werkzeug.wrappers import Response
from werkzeug.wsgi import FileWrapper

from minio_sdk import (
    BucketAlreadyExistsError,
    BucketNotFoundError,
    Config,
    IntegrityError,
    MinIOClient,
    MinIOConnectionError,
    MinIOError,
    NotFoundError,
    ObjectMetadata,
    QuotaExceededError,
    RateLimitError,
    ValidationError,
)

MiB = 1024 * 1024
BUCKET = "uploads"
PIECE = 256 * 1024  # bytes that are handed to the server at a time
THREADS = 8  # of each worker, at most: gunicorn's --threads

pages = Blueprint("uploads", __name__)


def create_app(storage: MinIOClient | None = None, **settings: Any) -> Flask:
    """The application, with one client for as long as the process lives.

    Args:
        storage: the client; default one for the server that the environment tells of.
        settings: in place of those in the environment.
    """
    app = Flask(__name__)
    app.config.update(TOKENS={}, MAX_CONTENT_LENGTH=1024 * MiB)
    app.config.from_prefixed_env("UPLOADS")
    app.config.update(settings)
    if not app.config["TOKENS"]:
        raise RuntimeError("UPLOADS_TOKENS: without it nobody could come in")
    if storage is None:
        storage = MinIOClient(
            Config.from_env(
                tenant_id=None,
                timeout=10,
                max_retries=2,
                base_delay=0.2,
                # What an upload has read stays in memory until all of a part is there, so a sender that
                # takes its time must not hold up the others: there is a share for each thread.
                multipart_threshold=8 * MiB,
                memory_budget=THREADS * 16 * MiB,
            )
        )
    app.extensions["uploads"] = {
        "storage": storage,
        "tenants": {_hash(token): tenant for token, tenant in app.config["TOKENS"].items()},
        "ready": set(),
    }
    app.register_blueprint(pages)
    return app


def _hash(token: str) -> bytes:
    """What tokens are looked up by: how long that takes says nothing about how much of one was right."""
    return hashlib.sha256(token.encode()).digest()


@pages.before_request
def log_in() -> None:
    """`g.storage` is the tenant's view of the client, and all that a page gets at.

    The tenant is a matter of who has logged in (here by a token, elsewhere by Flask-Login or a proxy), never
    of what stands in the address or a form.
    """
    known = current_app.extensions["uploads"]
    given = request.authorization
    token = given.token if given is not None and given.type == "bearer" else None
    tenant = known["tenants"].get(_hash(token or ""))
    if tenant is None:
        raise Unauthorized(response=Response("who are you?", 401, {"WWW-Authenticate": "Bearer"}))
    g.storage = known["storage"].with_(tenant_id=tenant)  # on the same connections; costs nothing


# --- pages ---------------------------------------------------------------------------------------


@pages.post("/uploads")
def upload() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Store the body as it comes, or the field `file` of a form. `?name=` is what the user calls it."""
    if request.mimetype == "multipart/form-data":
        file = request.files["file"]  # is on disk by now, and whole: else there is no such field
        source, length, name, kind = file.stream, None, file.filename, file.mimetype
    else:
        # `stream` is cut off at MAX_CONTENT_LENGTH with a 413. Without a length, and with a server that can't
        # tell where the body ends, it would be empty rather than wrong.
        source, length, kind = request.stream, request.content_length, request.mimetype
        if length is None and not request.environ.get("wsgi.input_terminated"):
            abort(411)
        name = request.args.get("name")
    key = str(uuid.uuid4())
    prepare(g.storage)
    try:
        # With `length`, since servers such as gunicorn say that they end the stream themselves; Werkzeug
        # then takes a sender that has gone for the end of the body. The SDK counts, and stores nothing
        # that is short.
        stored = g.storage.put_object(
            BUCKET,
            key,
            source,
            length,
            content_type=kind or "application/octet-stream",
            metadata={"name": visible(name or "unnamed")},  # any language; it is encoded on the way
        )
    except IntegrityError:
        abort(400, "the body isn't as long as it was said to be")
    where = url_for("uploads.download", upload=key)
    return {"id": key, "size": stored.size}, 201, {"Location": where}


@pages.get("/uploads")
def listing() -> dict[str, Any]:
    """What the tenant has stored, page by page: `next` is the `after` of the next one."""
    limit = min(max(request.args.get("limit", 100, int), 1), 1000)
    try:
        found = g.storage.list_objects(
            BUCKET, limit=limit + 1, start_after=request.args.get("after")
        )
    except BucketNotFoundError:  # nothing yet
        found = []
    items = [
        {"id": item.key, "size": item.size, "stored": item.last_modified.isoformat()}
        for item in found[:limit]
    ]
    return {"uploads": items, "next": items[-1]["id"] if len(found) > limit else None}


@pages.get("/uploads/<uuid:upload>")
def download(upload: uuid.UUID) -> Response:
    """The file through this process: like `send_file`, with ranges, and 304 for who has it already."""
    file = g.storage.open(BUCKET, str(upload))  # of one generation, whatever happens meanwhile
    found = file.metadata
    # Werkzeug's own wrapper, and not `wrap_file`, which takes the server's: gunicorn's has no `seek`, so that
    # for a range all before it would be read. The response closes it, and that the file.
    response = Response(
        FileWrapper(file, PIECE), content_type=found.content_type, direct_passthrough=True
    )
    response.content_length = file.size
    response.last_modified = found.last_modified
    response.set_etag(found.etag or "")
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.headers["Content-Disposition"] = attachment(found)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response.make_conditional(request, accept_ranges=True, complete_length=file.size)


@pages.get("/uploads/<uuid:upload>/link")
def link(upload: uuid.UUID) -> Response:
    """The file from the store itself, so that its bytes don't pass through here: a redirection for 5 minutes.

    The store must be reachable for browsers, under MINIO_PUBLIC_URL where that is another address.
    """
    found = g.storage.get_object_metadata(BUCKET, str(upload))  # a 404 should be ours
    url = g.storage.get_presigned_url(
        BUCKET,
        str(upload),
        expiry_seconds=300,
        response_headers={"content-disposition": attachment(found)},
    )
    response = redirect(url, 303)
    response.headers["Cache-Control"] = "no-store"  # whoever has the address has the file
    return response


@pages.delete("/uploads/<uuid:upload>")
def remove(upload: uuid.UUID) -> tuple[str, int]:
    """Remove a file; one that isn't there is no error."""
    try:
        g.storage.delete_object(BUCKET, str(upload))
    except BucketNotFoundError:
        pass
    return "", 204


# --- between HTTP and the store ------------------------------------------------------------------


@pages.errorhandler(MinIOError)
def failed(error: MinIOError) -> tuple[dict[str, str], int]:
    """Words of our own; the log has the server's, and shows no secrets."""
    if isinstance(error, NotFoundError):
        return {"error": "there is no such upload"}, 404
    if isinstance(error, ValidationError):
        return {"error": "that can't be asked for"}, 400
    if isinstance(error, QuotaExceededError):
        return {"error": "there is no room left"}, 507
    current_app.logger.error("%s %s: %s", request.method, request.path, error)
    if isinstance(error, (MinIOConnectionError, RateLimitError)):
        return {"error": "the store can't be reached; try again later"}, 503
    return {"error": "it didn't work"}, 500


def visible(name: str) -> str:
    """What can be seen of the last part of a name, which may be a whole path; it is for showing alone."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in last if each.isprintable())[:200] or "unnamed"


def attachment(found: ObjectMetadata) -> str:
    """The header that gives a download its name.

    And that keeps it from being shown in place: what users upload may be a page with a script in it, and
    this is our origin.
    """
    # RFC 8187: any letters, no way out.
    name = quote(visible(found.metadata.get("name", "")), safe="")
    return f"attachment; filename*=UTF-8''{name}"


def prepare(storage: MinIOClient) -> None:
    """Make the tenant's bucket when this process first writes to it: a stream can't be sent twice."""
    ready = current_app.extensions["uploads"]["ready"]
    tenant = storage.config.tenant_id
    if tenant not in ready:
        try:
            if not storage.bucket_exists(BUCKET):
                storage.create_bucket(BUCKET)
        except BucketAlreadyExistsError:  # another worker
            pass
        ready.add(tenant)
