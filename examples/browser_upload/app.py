"""Browsers upload straight into the store: this service only permits, for one file and five minutes.

    minio-sdk serve                              # in one terminal: the store
    python examples/browser_upload/app.py        # in another: says where its pages are

Two tenants have a page each, `acme.localhost` and `globex.localhost`, and see nothing of each other.
The page asks here for each file, and gets either a presigned URL to PUT it to, which fixes type and
size exactly, or a form to POST, within whose limits the store itself holds whoever has it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import re
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse

from minio_sdk import AsyncMinIOClient, Config, CorsRule, MinIOError, NotSupportedError

FOLDER = Path(__file__).resolve().parent
BUCKET = "inbox"
TENANTS = ("acme", "globex")
TYPES = "image/"  # what a type has to begin with
MAX_BYTES = 20_000_000
PERMITTED_SECONDS = 300
SHOWN = 100  # of a tenant's uploads, the newest ones

log = logging.getLogger(__name__)


# -- names -----------------------------------------------------------------------------------------


def safe_name(name: str) -> str:
    """The file's own name, as the last part of a key: for people to read, and never a path.

    It stays what it was, quotes, markup and all letters included: escaping belongs to where it is shown.
    """
    data = re.sub(r"[\x00-\x1f\x7f/\\]", "_", name).encode(errors="replace")
    name = data[:200].decode(errors="ignore").strip()  # systems have names of 255 bytes at most
    return name if name.strip(".") else "_"


def key_of(upload_id: str, name: str) -> str:
    """The key of an upload that a browser asks for again."""
    if not re.fullmatch(r"\d{10}-[0-9a-f]{16}", upload_id):
        raise HTTPException(404, "There is no such upload.")
    return f"{upload_id}/{safe_name(name)}"


def new_id() -> str:
    """What makes a key that nobody has or can guess; those of later seconds come first in listings."""
    return f"{9_999_999_999 - int(time.time()):010d}-{secrets.token_hex(8)}"


# -- who asks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wanted:
    """What the page says of a file. All of it may be a lie."""

    name: str
    size: int
    type: str
    way: str  # "put" or "post"


async def of_the_tenant(request: Request) -> AsyncMinIOClient:
    """The store as the tenant has it who asks.

    Here that is the host that the page comes from, one of a list. In your service it is who has
    logged in. It must never be a field that the page fills in at will.
    """
    tenant = request.app.state.sites.get(request.headers.get("host", ""))
    if tenant is None:
        raise HTTPException(404, "There is no such site.")
    return request.app.state.store.with_(tenant_id=tenant)  # type: ignore[no-any-return]


Store = Annotated[AsyncMinIOClient, Depends(of_the_tenant)]


# -- what it answers -------------------------------------------------------------------------------


async def page(store: Store) -> Response:
    """The page, which may talk to this service and to the store, and run no script but its own."""
    where = urlsplit(await store.get_presigned_put_url(BUCKET, "any"))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
        f"connect-src 'self' {where.scheme}://{where.netloc}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return FileResponse(FOLDER / "page.html", headers=headers)


async def page_part(part: str) -> Response:
    """Its script and its style."""
    if part not in ("page.js", "page.css"):
        raise HTTPException(404, "There is no such page.")
    return FileResponse(FOLDER / part, headers={"Cache-Control": "no-cache"})


async def uploads(store: Store) -> dict[str, Any]:
    """What the tenant has, and what may be uploaded."""
    found = await store.list_objects(BUCKET, limit=SHOWN)
    return {
        "tenant": store.config.tenant_id,
        "limits": {"bytes": MAX_BYTES, "types": TYPES},
        "uploads": [
            {"id": upload_id, "name": name, "size": item.size, "when": item.last_modified}
            for item in found
            for upload_id, _, name in [item.key.partition("/")]
        ],
    }


async def download(upload_id: str, name: str, store: Store) -> Response:
    """To the store, by a URL made now: a page may be open for longer than any URL should be good for."""
    # As an attachment: what a stranger uploaded, an SVG with a script for one, is never opened as
    # a page of the store's own origin.
    how = {"content-disposition": f"attachment; filename*=UTF-8''{quote(safe_name(name), safe='')}"}
    key = key_of(upload_id, name)
    url = await store.get_presigned_url(BUCKET, key, PERMITTED_SECONDS, response_headers=how)
    return RedirectResponse(url, 303, {"Cache-Control": "no-store"})


async def permit(wanted: Wanted, store: Store) -> dict[str, Any]:
    """Permission for one file, under a name that is chosen here."""
    upload_id, name = new_id(), safe_name(wanted.name)
    key = f"{upload_id}/{name}"
    answer = {"id": upload_id, "name": name}
    if wanted.way == "post":
        # Nothing that the page said is relied upon: the store holds it to these limits.
        post = await store.presigned_post(
            BUCKET,
            key,
            PERMITTED_SECONDS,
            content_length_range=(1, MAX_BYTES),
            content_type=f"{TYPES}*",
            success_action_status=201,
        )
        return {**answer, "method": "POST", "url": post.url, "fields": dict(post.fields)}
    if wanted.way != "put":
        raise HTTPException(400, "There are two ways to upload: put and post.")
    # A URL has no ranges: what the page said is looked at, and then it is what may be sent.
    if not wanted.type.startswith(TYPES) or re.search(r"[^!-~]", wanted.type):
        raise HTTPException(415, "Only images can be uploaded here.")
    if wanted.size > MAX_BYTES:
        raise HTTPException(413, f"The file is too large: at most {MAX_BYTES:,} bytes are taken.")
    if wanted.size < 1:
        raise HTTPException(400, "The file is empty.")
    headers = {"Content-Type": wanted.type}
    url = await store.get_presigned_put_url(
        BUCKET, key, PERMITTED_SECONDS, headers={**headers, "Content-Length": str(wanted.size)}
    )
    return {**answer, "method": "PUT", "url": url, "headers": headers}


async def remove(upload_id: str, name: str, store: Store) -> Response:
    """One upload is no longer there, if it was. Cancelling ends here too: the last byte may have
    arrived just before."""
    await store.delete_object(BUCKET, key_of(upload_id, name))
    return Response(status_code=204)


async def store_failed(_: Request, error: Exception) -> Response:
    """The page gets no details of the store, the log does; nothing secret is in them."""
    log.error("the store failed: %s", error)
    return JSONResponse({"detail": "The store can't be reached. Try again later."}, status_code=502)


# -- the service -----------------------------------------------------------------------------------


async def prepare(config: Config, sites: Mapping[str, str]) -> None:
    """Give each tenant its bucket, to which its own page may send from browsers, and no other page.

    Once for all, before the service runs, which need not have the right to do that.
    """
    async with AsyncMinIOClient(config) as every:
        for host, tenant in sites.items():
            store, origin = every.with_(tenant_id=tenant), f"http://{host}"
            if not await store.bucket_exists(BUCKET):
                await store.create_bucket(BUCKET)
            rule = CorsRule(
                allowed_origins=(origin,),
                allowed_methods=("PUT", "POST"),
                allowed_headers=("content-type",),
                max_age_seconds=600,
            )
            try:
                await store.set_bucket_cors(BUCKET, [rule])
            except NotSupportedError as error:  # MinIO, and buckets that tenants share
                print(f"{origin} must be allowed by the server itself: {error.message}")


def create_app(config: Config, sites: Mapping[str, str]) -> FastAPI:
    """The service.

    Args:
        config: of the store; ``public_url`` where browsers know it by another name.
        sites: the tenant whose page is at a host, by the host: ``{"acme.example.com": "acme"}``.
    """

    @contextlib.asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncMinIOClient(config) as store:
            app.state.store, app.state.sites = store, sites
            yield

    app = FastAPI(lifespan=running, title="Browser upload")
    app.add_api_route("/", page)
    app.add_api_route("/api/uploads", uploads)
    app.add_api_route("/api/permissions", permit, methods=["POST"])
    app.add_api_route("/api/uploads/{upload_id}/{name}", download)
    app.add_api_route("/api/uploads/{upload_id}/{name}", remove, methods=["DELETE"])
    app.add_api_route("/{part}", page_part)
    app.add_exception_handler(MinIOError, store_failed)
    return app


def main() -> None:
    """Serve on this machine, until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Uploads from browsers straight into the store.")
    parser.add_argument("--port", type=int, default=8000, help="0 takes any that is free")
    port = parser.parse_args().port
    config = Config.from_env(tenant_id=None)
    # The port has to be known first, since the store's rules name the pages' addresses.
    with socket.create_server(("127.0.0.1", port)) as listening:
        port = listening.getsockname()[1]
        sites = {f"{tenant}.localhost:{port}": tenant for tenant in TENANTS}
        try:
            asyncio.run(prepare(config, sites))
        except MinIOError as error:
            sys.exit(f"The store can't be used: {error}")
        for host, tenant in sites.items():
            print(f"{tenant}: http://{host}/", flush=True)
        server = uvicorn.Server(uvicorn.Config(create_app(config, sites), log_level="warning"))
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


if __name__ == "__main__":
    main()
