"""URLs and browser forms that are signed ahead, for others to use. Nothing is sent.

Rule of this file: what is made here is good until the moment that its maker asked for, or isn't made.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import ConfigurationError, NotSupportedError, ValidationError, invalid
from minio_sdk.models.moments import Moment, moment_of
from minio_sdk.models.names import check_part_number, check_version_id
from minio_sdk.models.object_encryption import Encryption, GivenEncryption, SseC, encryption_of
from minio_sdk.models.presigned import PresignedPost
from minio_sdk.operation import Operation, Place
from minio_sdk.operations.delete_object import DeleteObject
from minio_sdk.operations.put_object import PutObject
from minio_sdk.wire import presigned as rules
from minio_sdk.wire.addressing import hosted, is_virtual
from minio_sdk.wire.describing import check_storage_class
from minio_sdk.wire.extras import OWNER
from minio_sdk.wire.quirks import not_kept
from minio_sdk.wire.sigv4 import Signer
from minio_sdk.wire.url import Endpoint, parse_endpoint

_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


async def url(
    engine: Engine,
    bucket: str,
    key: str,
    expires: int,
    method: str = "GET",
    *,
    version_id: str | None = None,
    response_headers: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    encryption: GivenEncryption = None,
    request_date: Moment | None = None,
) -> str:
    """A URL that is good for one method on one object, for some seconds."""
    rules.check_expiry(expires)
    begins = _begins(engine, request_date, expires)
    if not isinstance(method, str) or method not in _METHODS:
        raise invalid("method", method, f"must be one of {', '.join(sorted(_METHODS))}")
    place = engine.place(bucket)
    path = place.object_path(key)
    query = rules.override_query(response_headers)
    if query and method not in ("GET", "HEAD"):
        raise invalid("response_headers", response_headers, f"goes with GET and HEAD, not {method}")
    if version_id is not None:
        if method in ("PUT", "POST"):
            raise invalid("version_id", version_id, f"{method} makes a version, and names none")
        query.append(("versionId", check_version_id(version_id)))
    asked = rules.asked_headers(headers)
    said = _said(engine, method, encryption)
    if both := asked.keys() & said.keys():
        raise invalid("headers", min(both), "is said by encryption, too")
    asked.update(said)
    if method in ("PUT", "POST"):
        _refuse_what_is_not_kept(engine, place, key, PutObject(place, key, b""), empty=False)
    elif method == "DELETE":
        _refuse_what_is_not_kept(engine, place, key, DeleteObject(place, key), empty=True)
    made = await _signed(engine, place, method, path, query, asked, expires, begins)
    if engine.auditor is not None:
        name = f"Presign{method.title()}Object"
        engine.auditor.signed_ahead(name, method, place, key, version_id, expires, begins)
    return made


async def part_url(
    engine: Engine,
    bucket: str,
    key: str,
    upload_id: str,
    part_number: int,
    expires: int,
    *,
    headers: Mapping[str, str] | None = None,
    encryption: GivenEncryption = None,
    request_date: Moment | None = None,
) -> str:
    """A URL that is good for one part of an upload that was begun, for some seconds."""
    rules.check_expiry(expires)
    begins = _begins(engine, request_date, expires)
    check_part_number(part_number)
    place = engine.place(bucket)
    path = place.object_path(key)
    query = [
        ("partNumber", str(part_number)),
        ("uploadId", check_version_id(upload_id, "upload_id")),
    ]
    asked = rules.asked_headers(headers)
    # What the server encrypts with is said when an upload begins; a customer's key with every part.
    said = _said(engine, "GET", encryption)
    if both := asked.keys() & said.keys():
        raise invalid("headers", min(both), "is said by encryption, too")
    asked.update(said)
    _refuse_what_is_not_kept(engine, place, key, PutObject(place, key, b""), empty=False)
    made = await _signed(engine, place, "PUT", path, query, asked, expires, begins)
    if engine.auditor is not None:
        name = "PresignUploadPart"
        engine.auditor.signed_ahead(name, "PUT", place, key, None, expires, begins)
    return made


async def _signed(
    engine: Engine,
    place: Place,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    asked: Mapping[str, str],
    expires: int,
    begins: float | None,
) -> str:
    """The URL of a path in a bucket, signed."""
    # The parameters of what is added stand in the URL. Its user sends headers of their own.
    query = [*query, *(engine.config.extra_query_params or {}).items()]
    if engine.config.expected_bucket_owner is not None:
        query.append((OWNER, engine.config.expected_bucket_owner))
    signer = await _signer(engine, place, expires, begins)
    endpoint, whole = _address(engine, place, path)
    signed = {"host": endpoint.host_header, **asked}
    when = engine.transport.signing.now() if begins is None else begins
    signature = signer.presign(method, whole, query, signed, expires, when)
    return f"{endpoint.origin}{whole}?{signature}"


async def post(
    engine: Engine,
    bucket: str,
    key: str,
    expires: int,
    *,
    content_length_range: tuple[int, int] | None = None,
    content_type: str | None = None,
    metadata: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    success_action_status: int | None = None,
    success_action_redirect: str | None = None,
    storage_class: str | None = None,
    encryption: GivenEncryption = None,
) -> PresignedPost:
    """A form that uploads one object, for some seconds."""
    rules.check_expiry(expires)
    place = engine.place(bucket)
    form = rules.form_for(place.server_bucket, place.key_out(key), key)
    rules.limit_size(form, content_length_range)
    rules.limit_type(form, content_type)
    rules.describe(form, metadata, tags)
    if storage_class is not None:
        form.fixed["x-amz-storage-class"] = check_storage_class(storage_class)
    form.fixed.update(_in_form(engine, encryption))
    rules.answer_with(form, success_action_status, success_action_redirect)
    _refuse_what_is_not_kept(engine, place, key, PutObject(place, key, b""), empty=False)
    signer = await _signer(engine, place, expires)
    # With the slash: to a preflight of the path without one, SeaweedFS answers that any page may send there.
    endpoint, path = _address(engine, place, place.path + "/")
    signed = signer.post_policy(
        form.fixed, form.conditions, expires, engine.transport.signing.now()
    )
    if engine.auditor is not None:
        engine.auditor.signed_ahead("PresignPost", "POST", place, key, None, expires)
    # As plain text: what is put into a page has to be shown there.
    fields = {name: str.__str__(value) for name, value in {**form.free, **signed}.items()}
    return PresignedPost(url=endpoint.origin + path, fields=fields)


def _said(engine: Engine, method: str, given: GivenEncryption) -> dict[str, str]:
    """The headers of encryption that the user of a URL has to send."""
    wanted = _wanted(engine, given)
    if given and method == "DELETE":
        raise invalid("method", method, "goes without encryption: nothing is read or stored")
    if wanted is None or method == "DELETE":
        return {}
    said = method not in ("GET", "HEAD") or isinstance(wanted, SseC)
    if said or given is not None:
        url = engine.config.public_url or engine.config.endpoints[0]
        engine.config.check_secrecy(wanted, "encryption", url)
    return wanted.headers() if said else {}


def _wanted(engine: Engine, given: GivenEncryption) -> Encryption | None:
    """What is said of encryption; where it would go isn't known here."""
    return engine.encryption if given is None else encryption_of(given)


def _in_form(engine: Engine, given: GivenEncryption) -> dict[str, str]:
    """The fields of encryption in a form, which whoever has the form can read."""
    wanted = _wanted(engine, given)
    if wanted is not None and wanted.is_secret:
        raise ValidationError(
            "encryption: a form would show a customer's key, or the context, to all who have it",
            hint="get_presigned_put_url(..., encryption=), or encryption=SseS3() or SseKms(key_id)",
        )
    return {} if wanted is None else wanted.headers()


def _address(engine: Engine, place: Place, path: str) -> tuple[Endpoint, str]:
    """The server, or the bucket's host, as those see it who will use what is made; and the path there."""
    config = engine.config
    url = config.public_url or config.endpoints[0]
    endpoint = parse_endpoint(url)
    if is_virtual(config.addressing, url):
        own = hosted(endpoint, place.server_bucket, config.addressing)
        if own is not None:
            return own, own.path + (path[len(place.path) :] or "/")
    return endpoint, endpoint.path + path


def _begins(engine: Engine, request_date: Moment | None, expires: int) -> float | None:
    """The second from which a URL is to be good, in seconds since 1970; None for now.

    Raises:
        ValidationError: no moment, or one so long ago that the URL would be good for nothing, or so late that
            no calendar has its end.
    """
    if request_date is None:
        return None
    moment = moment_of(request_date, "request_date").replace(microsecond=0)
    try:
        ends = moment + timedelta(seconds=expires)
    except OverflowError:
        raise invalid(
            "request_date", request_date, "what begins then ends beyond the calendar"
        ) from None
    if ends.timestamp() <= engine.transport.signing.now():
        raise invalid(
            "request_date", request_date, f"a URL for {expires} seconds from then on has ended"
        )
    return moment.timestamp()


async def _signer(
    engine: Engine, place: Place, expires: int, begins: float | None = None
) -> Signer:
    """The signer, when its keys are good for so many seconds, from now or from `begins` on."""
    if engine.api.name == "enterprise":
        raise NotSupportedError(
            "only S3 has URLs and forms that are signed ahead, and this server is spoken to with "
            "api='enterprise'",
            hint="Config(api='s3')",
        )
    signing = engine.transport.signing
    keys = await engine.keys()
    if keys is None:
        raise ConfigurationError(
            "a presigned URL needs credentials, and none were found",
            hint="access_key and secret_key, or MINIO_ACCESS_KEY and MINIO_SECRET_KEY",
        )
    ends = keys.expires_at
    if ends is not None:
        now = signing.now()
        left = ends.timestamp() - now
        if left < 1:
            raise ConfigurationError(f"the credentials to sign with ended at {ends.isoformat()}")
        if left < expires + (0 if begins is None else begins - now):
            # The URL would say that it is good, and servers would refuse it: a fault nobody finds.
            raise invalid(
                "expiry_seconds",
                expires,
                f"the temporary credentials that sign end in {int(left)} seconds, and what they signed "
                "with them; ask for an earlier end, or sign with lasting credentials",
            )
    own = hosted(signing.endpoint, place.server_bucket, engine.config.addressing)
    bucket = place.server_bucket if signing.virtual and own is not None else ""
    return signing.signer_of(keys, region=signing.region_of(bucket))


def _refuse_what_is_not_kept(
    engine: Engine, place: Place, key: str, operation: Operation[Any], *, empty: bool
) -> None:
    """Refuse a key that the server, as far as it is known already, would take for another one.

    Raises:
        NotSupportedError: it would.
    """
    why = not_kept(engine.api.server or "", place.key_out(key), empty)
    if why is not None:
        raise engine.named(NotSupportedError(why, hint="another key"), operation)
