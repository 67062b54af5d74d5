"""Each public method with good arguments, and what of its parameters can carry a name.

A new method goes into `CALLS`. A new parameter goes into `KINDS` when a name can be in it, and else into
`HARMLESS`; `tests/tenancy/test_matrix.py` fails until it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from tests.tenancy import attacks
from tests.tenancy.world import OWN, ZIP, Inline

Arguments = dict[str, Any]

_OBJECT: Arguments = {"bucket": "docs", "key": OWN}
_LIFECYCLE = [
    {"id": "a", "status": "Enabled", "expiration": {"days": 1}, "filter": {"prefix": "a/"}}
]
_CORS = [{"allowed_origins": ["*"], "allowed_methods": ["GET"]}]
_NOTIFICATIONS = [{"arn": "arn:minio:sqs::1:webhook", "events": ["s3:ObjectCreated:*"]}]
_RETENTION = {"mode": "GOVERNANCE", "retain_until_date": datetime(2050, 1, 1, tzinfo=timezone.utc)}
_AT = datetime(2050, 1, 1, tzinfo=timezone.utc)
_POLICY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::docs/*",
        }
    ]
}


def _file(folder: Path) -> Path:
    path = folder / "local.txt"
    path.write_bytes(b"0123456789")
    return path


def _folder(folder: Path) -> Path:
    path = folder / "local"
    path.mkdir(exist_ok=True)
    (path / "a.txt").write_bytes(b"0123456789")
    return path


_DOCUMENT = {
    "versioning": True, "tags": {"a": "b"}, "policy": _POLICY, "cors": _CORS, "lifecycle": _LIFECYCLE,
    "notification": _NOTIFICATIONS, "replication": {"rules": [{"destination": "more"}]},
    "encryption": {"algorithm": "aws:kms"},
}  # fmt: skip

CALLS: dict[str, Callable[[Path], Arguments]] = {
    "abort_incomplete_uploads": lambda _: {"bucket": "docs", "prefix": "of-"},
    "abort_multipart_upload": lambda _: {**_OBJECT, "upload_id": "begun"},
    "append_object": lambda _: {**_OBJECT, "data": b"1"},
    "apply_bucket": lambda _: {"bucket": "docs", "document": _DOCUMENT},
    "apply_buckets": lambda _: {"documents": {"docs": _DOCUMENT}},
    "bucket_exists": lambda _: {"bucket": "docs"},
    "compose_object": lambda _: {
        "bucket": "more",
        "key": "made",
        "sources": [("docs", OWN), {"bucket": "docs", "key": OWN, "length": 1}],
    },
    "complete_multipart_upload": lambda _: {**_OBJECT, "upload_id": "begun"},
    "copy_many": lambda _: {"items": [("more", "copy", "docs", OWN)]},
    "copy_object": lambda _: {
        "dest_bucket": "more",
        "dest_key": "copy",
        "source_bucket": "docs",
        "source_key": OWN,
    },
    "create_multipart_upload": lambda _: {**_OBJECT},
    "create_bucket": lambda _: {"bucket": "fresh"},
    "create_snapshot": lambda _: {"bucket": "docs", "name": "s1"},
    "delete": lambda _: {"key": OWN},
    "delete_bucket": lambda _: {"bucket": "docs", "force": True},
    "delete_bucket_cors": lambda _: {"bucket": "docs"},
    "delete_bucket_encryption": lambda _: {"bucket": "docs"},
    "delete_bucket_lifecycle": lambda _: {"bucket": "docs"},
    "delete_bucket_notification": lambda _: {"bucket": "docs"},
    "delete_bucket_object_lock": lambda _: {"bucket": "docs"},
    "delete_bucket_policy": lambda _: {"bucket": "docs"},
    "delete_bucket_replication": lambda _: {"bucket": "docs"},
    "delete_bucket_tags": lambda _: {"bucket": "docs"},
    "delete_many": lambda _: {"items": [_OBJECT]},
    "delete_many_concurrent": lambda _: {"deletes": [_OBJECT]},
    "delete_object": lambda _: {**_OBJECT},
    "delete_object_tags": lambda _: {**_OBJECT},
    "delete_objects": lambda _: {"bucket": "docs", "keys": [OWN, "other"]},
    "delete_snapshot": lambda _: {"bucket": "docs", "name": "s0"},
    "diff_snapshots": lambda _: {"bucket": "docs", "name": "s0"},
    "disable_object_legal_hold": lambda _: {**_OBJECT},
    "discard_transfer": lambda _: {"id": "0" * 24},
    "download": lambda _: {"key": OWN},
    "download_file": lambda folder: {**_OBJECT, "path": folder / "down.txt"},
    "download_into": lambda _: {**_OBJECT, "buffer": bytearray(8)},
    "download_many": lambda _: {"items": [_OBJECT]},
    "download_many_concurrent": lambda _: {"downloads": [_OBJECT]},
    "download_stream": lambda _: {**_OBJECT},
    "enable_object_legal_hold": lambda _: {**_OBJECT},
    "fan_out": lambda _: {"bucket": "docs", "data": b"1", "items": ["one", {"key": "two"}]},
    "export_bucket": lambda _: {"bucket": "docs"},
    "get_bucket_acl": lambda _: {"bucket": "docs"},
    "get_bucket_cors": lambda _: {"bucket": "docs"},
    "get_bucket_encryption": lambda _: {"bucket": "docs"},
    "get_bucket_info": lambda _: {"bucket": "docs"},
    "get_bucket_lifecycle": lambda _: {"bucket": "docs"},
    "get_bucket_notification": lambda _: {"bucket": "docs"},
    "get_bucket_object_lock": lambda _: {"bucket": "docs"},
    "get_bucket_policy": lambda _: {"bucket": "docs"},
    "get_bucket_replication": lambda _: {"bucket": "docs"},
    "get_bucket_tags": lambda _: {"bucket": "docs"},
    "get_bucket_versioning": lambda _: {"bucket": "docs"},
    "get_capabilities": lambda _: {"bucket": "docs"},
    "get_object": lambda _: {**_OBJECT},
    "get_object_acl": lambda _: {**_OBJECT},
    "get_object_attributes": lambda _: {**_OBJECT},
    "get_object_metadata": lambda _: {**_OBJECT},
    "get_object_retention": lambda _: {**_OBJECT},
    "get_object_tags": lambda _: {**_OBJECT},
    "get_presigned_part_url": lambda _: {**_OBJECT, "upload_id": "begun", "part_number": 1},
    "get_presigned_put_url": lambda _: {**_OBJECT},
    "get_presigned_url": lambda _: {**_OBJECT},
    "get_server_info": lambda _: {},
    "get_tenant_usage": lambda _: {"bucket": "docs", "prefix": "of-"},
    "health_check": lambda _: {},
    "is_object_legal_hold_enabled": lambda _: {**_OBJECT},
    "iter_objects": lambda _: {"bucket": "docs"},
    "list": lambda _: {},
    "list_archive": lambda _: {"bucket": "more", "key": ZIP},
    "listen_bucket": lambda _: {"bucket": "docs", "reconnect_for": 0},
    "list_buckets": lambda _: {},
    "list_multipart_uploads": lambda _: {"bucket": "docs"},
    "list_objects": lambda _: {"bucket": "docs"},
    "list_parts": lambda _: {**_OBJECT, "upload_id": "begun"},
    "list_snapshots": lambda _: {"bucket": "docs"},
    "list_transfers": lambda _: {},
    "mirror": lambda folder: {"source": _folder(folder), "target": ("docs", "mirrored")},
    "object_exists": lambda _: {**_OBJECT},
    "open": lambda _: {**_OBJECT},
    "plan_bucket": lambda _: {"bucket": "docs", "document": _DOCUMENT},
    "plan_buckets": lambda _: {"documents": {"docs": _DOCUMENT}},
    "presigned_post": lambda _: {**_OBJECT},
    "prompt_object": lambda _: {**_OBJECT, "prompt": "What is it?"},
    "put_object": lambda _: {**_OBJECT, "data": b"1"},
    "read_archive": lambda _: {"bucket": "more", "key": ZIP, "name": "a/b.txt"},
    "restore_object": lambda _: {**_OBJECT},
    "restore_snapshot": lambda _: {"bucket": "docs", "name": "s0"},
    "select_object_content": lambda _: {
        **_OBJECT,
        "sql": "SELECT * FROM S3Object",
        "input": {"CSV": {}},
    },
    "set_bucket_cors": lambda _: {"bucket": "docs", "rules": _CORS},
    "set_bucket_encryption": lambda _: {"bucket": "docs", "encryption": {"algorithm": "AES256"}},
    "set_bucket_lifecycle": lambda _: {"bucket": "docs", "rules": _LIFECYCLE},
    "set_bucket_notification": lambda _: {"bucket": "docs", "rules": _NOTIFICATIONS},
    "set_bucket_object_lock": lambda _: {
        "bucket": "docs",
        "lock": {"mode": "GOVERNANCE", "days": 1},
    },
    "set_bucket_policy": lambda _: {"bucket": "docs", "policy": _POLICY},
    "set_bucket_replication": lambda _: {
        "bucket": "docs",
        "replication": {"rules": [{"destination": "more"}]},
    },
    "set_bucket_tags": lambda _: {"bucket": "docs", "tags": {"a": "b"}},
    "set_bucket_versioning": lambda _: {"bucket": "docs"},
    "set_object_metadata": lambda _: {**_OBJECT, "metadata": {"a": "b"}},
    "set_object_retention": lambda _: {**_OBJECT, "retention": _RETENTION},
    "set_object_tags": lambda _: {**_OBJECT, "tags": {"a": "b"}},
    "undelete_object": lambda _: {**_OBJECT},
    "undelete_objects": lambda _: {"bucket": "docs", "prefix": "of-"},
    "upload": lambda _: {"key": OWN, "data": b"123456"},
    "upload_file": lambda folder: {**_OBJECT, "path": _file(folder)},
    "upload_many": lambda _: {"items": [{**_OBJECT, "data": b"1"}]},
    "upload_many_concurrent": lambda _: {"uploads": [{**_OBJECT, "data": b"1"}]},
    "upload_object": lambda _: {**_OBJECT, "data": b"123456"},
}
"""Methods with good arguments, given the folder that local files are in."""

VARIANTS: list[tuple[str, Callable[[Path], Arguments]]] = [
    ("open", lambda _: {**_OBJECT, "mode": "wb"}),
    ("open", lambda _: {"bucket": "docs", "key": "new", "mode": "xb", "tags": {"a": "b"}}),
    ("compose_object", lambda _: {"bucket": "more", "key": "c", "sources": [("docs", OWN)]}),
    ("append_object", lambda _: {"bucket": "docs", "key": "new", "data": b"123456"}),
    ("fan_out", lambda _: {"bucket": "docs", "data": b"1" * (2**20 + 1), "items": ["a", "b"]}),
    ("get_capabilities", lambda _: {"probe": "write"}),
    (
        "apply_bucket",
        lambda _: {"bucket": "fresh", "document": {"tags": {"a": "b"}}, "create": True},
    ),
    ("get_tenant_usage", lambda _: {"versions": True, "uploads": True, "snapshots": True}),
    ("list_objects", lambda _: {"bucket": "docs", "versions": True, "recursive": False}),
    ("list_objects", lambda _: {"bucket": "docs", "concurrency": 4}),
    ("list_objects", lambda _: {"bucket": "docs", "at": _AT, "recursive": False}),
    ("get_object", lambda _: {**_OBJECT, "at": _AT}),
    ("download_file", lambda folder: {**_OBJECT, "path": folder / "then.txt", "at": _AT}),
    ("object_exists", lambda _: {**_OBJECT, "at": _AT}),
    ("undelete_object", lambda _: {**_OBJECT, "copy": True}),
    ("upload_file", lambda folder: {**_OBJECT, "path": _file(folder), "resume": True}),
    ("download_file", lambda folder: {**_OBJECT, "path": folder / "down", "resume": True}),
    (
        "mirror",
        lambda folder: {"source": "s3://docs", "target": str(folder / "new"), "delete": True},
    ),
    ("mirror", lambda _: {"source": "minio://docs/", "target": ("more", "m"), "delete": True}),
    ("get_presigned_url", lambda _: {**_OBJECT, "method": "DELETE", "version_id": "v"}),
    ("presigned_post", lambda _: {"bucket": "docs", "key": "up/${filename}"}),
    ("upload_many", lambda _: {"items": [{**_OBJECT, "data": b"1"}], "executor": Inline()}),
    ("download_many", lambda _: {"items": [OWN], "bucket": "docs", "executor": Inline()}),
    ("delete_many", lambda _: {"items": [("docs", OWN, "v")], "executor": Inline()}),
    ("copy_many", lambda _: {"items": [("more", "c", "docs", OWN)], "executor": Inline()}),
]
"""Other ways to call some of them, where other code is reached."""

LOCAL = {"cache_stats", "clear_cache", "close", "with_", "with_extras"}
"""Methods that send nothing and take no names but as settings (`tests/tenancy/test_views.py`)."""

KINDS = {
    **dict.fromkeys(
        (
            "bucket", "dest_bucket", "source_bucket", "key", "dest_key", "source_key", "prefix",
            "start_after", "name", "other",
        ),
        "name",
    ),
    **dict.fromkeys(
        (
            "suffix", "id", "upload_id", "tier", "prompt", "lambda_arn", "sql",
            "version_id", "source_version_id", "region", "mode", "method", "content_type",
            "content_encoding", "content_disposition", "content_language", "cache_control", "expires",
            "storage_class", "if_match", "if_none_match", "success_action_redirect",
        ),
        "text",
    ),
    "keys": "keys",
    "sources": "sources",
    "parameters": "mapping",
    "items": "items", "uploads": "items", "downloads": "items", "deletes": "items",
    "source": "side", "target": "side", "to": "side",
    "policy": "policy",
    "document": "document", "documents": "documents",
    "sections": "texts", "probe": "text",
    "replication": "replication",
    "rules": "rules",
    "encryption": "mapping", "source_encryption": "mapping", "lock": "mapping", "retention": "mapping",
    "input": "mapping", "output": "mapping",
    "tags": "mapping", "metadata": "mapping", "headers": "mapping", "response_headers": "mapping",
    "include": "texts", "exclude": "texts", "events": "texts",
}  # fmt: skip
"""Parameters that can carry a name, or a text that a name could hide in, by how it is put there."""

HARMLESS = {
    "at", "buffer", "bypass_governance", "checkpoint", "checksum", "concurrency",
    "content_length_range", "copy", "create", "data", "days", "delete", "dry_run", "enabled",
    "executor", "exist_ok", "expiry_seconds", "fetch_owner", "follow_symlinks", "force",
    "if_modified_since", "if_unmodified_since", "include_user_meta", "legal_hold", "length", "limit",
    "max_size", "native", "object_lock", "older_than", "on_reconnect", "pack", "part_number", "parts",
    "path", "piece_size", "ping", "progress", "range", "reconnect_for", "recursive", "refresh",
    "request_date", "resume", "scan_range", "since", "size", "skip_missing", "snapshots",
    "success_action_status", "versions",
}  # fmt: skip
"""Numbers, flags, bytes, moments, and what is local."""

FLAGS = {("get_tenant_usage", "uploads")}
"""Parameters of one method that are flags, where others have something else by that name."""

ITEM = {
    "copy_many": ("dest_bucket", "dest_key", "source_bucket", "source_key", "source_version_id"),
    "delete_many": ("bucket", "key", "version_id"),
    "delete_many_concurrent": ("bucket", "key", "version_id"),
    "download_many": ("bucket", "key", "version_id"),
    "download_many_concurrent": ("bucket", "key", "version_id"),
    "fan_out": ("key", "content_type"),
    "upload_many": ("bucket", "key", "content_type"),
    "upload_many_concurrent": ("bucket", "key", "content_type"),
}
"""The members of a bulk job's items that can carry a name."""

_NAMING = {"name", "keys", "items", "side", "sources"}
_BASE = {
    "bucket": "docs", "key": OWN, "dest_bucket": "more", "dest_key": "copy", "source_bucket": "docs",
    "source_key": OWN,
}  # fmt: skip


def _documents() -> Iterator[Any]:
    """Documents of a bucket with a hostile section."""
    yield from ({"policy": policy} for policy in attacks.POLICIES)
    yield from ({name: "beta-docs"} for name in (*attacks.HEADER_NAMES, "bucket", "name"))
    for arn in attacks.DESTINATIONS:
        yield from ({"replication": found} for found in attacks.replications(arn))
    for text in [*attacks.FEW_TEXTS, *attacks.OTHERS]:
        yield from ({"lifecycle": found, "cors": found} for found in attacks.rules(text))
        yield from ({"tags": found} for found in attacks.mappings(text))
        yield text


def hostile(method: str, parameter: str, texts: list[str]) -> Iterator[Any]:
    """What an attacker gives for a parameter."""
    kind = KINDS[parameter]
    if kind == "document":
        yield from _documents()
        return
    if kind == "documents":
        yield from ({"docs": found} for found in _documents())
        yield from ({text: {"tags": {}}} for text in texts)
        return
    if kind == "policy":
        yield from attacks.POLICIES
    if kind == "replication":
        for arn in attacks.DESTINATIONS:
            yield from attacks.replications(arn)
    if kind == "mapping":
        yield from ({name: "beta-docs"} for name in attacks.HEADER_NAMES)
    if kind not in _NAMING:
        texts = attacks.FEW_TEXTS
    for text in [*texts, *attacks.OTHERS]:
        yield from _placed(method, kind, text)


def _placed(method: str, kind: str, text: Any) -> Iterator[Any]:
    if kind in ("name", "text", "policy"):
        yield text
    elif kind == "keys":
        yield [text, OWN]
        yield [(OWN, text), (text, "v")]
    elif kind == "sources":
        yield [text]
        yield [("docs", text), (text, OWN)]
        yield [{"bucket": text, "key": text, "version_id": text}, ("docs", OWN, text)]
        yield [{"key": OWN, "if_match": text}]
    elif kind == "side":
        yield text if isinstance(text, str) and "://" in text else (text, "")
        yield ("docs", text)
        if text in attacks.FEW_TEXTS:
            yield f"minio://{text}"
            yield f"s3://docs/{text}"
    elif kind == "rules":
        yield from attacks.rules(text)
    elif kind == "mapping":
        yield from attacks.mappings(text)
    elif kind == "replication":
        yield from attacks.replications(text)
    elif kind == "texts":
        yield [text]
    else:
        yield [text]
        members = ITEM[method]
        base = {name: value for name, value in _BASE.items() if name in members}
        more = {"data": b"1"} if method.startswith("upload") else {}
        if method == "fan_out":
            base = {"key": "fan"}
        yield from ([{**base, **more, member: text}] for member in members)
