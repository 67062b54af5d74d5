"""What an attacker may write in place of a name, by the kind of name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

SECRET = "vault.txt"
"""The key of an object of beta, in its bucket docs."""

_NAMES = [
    "beta", "beta-docs", "beta/docs", "beta/..", "acme-b", "acme/../beta", "acme-docs", "tenants", ".buckets",
    ".snapshots", ".bucket-tags", "--snapshots", "-snapshots", "acme--snapshots", "*", "beta*", "?",
    "${filename}",
    "arn:aws:s3:::beta-docs", "s3://beta-docs/vault.txt", "//beta-docs", "http://beta-docs/vault.txt",
]  # fmt: skip
_ODD = [
    "", " ", "docs ", " docs", ".", "..", "...", "DOCS", "docs\0", "docs\r\nX-Tenant-ID: beta", "docs\n",
    "d\u043ecs", "\uff44ocs", "doc\u017f", "docs\u200b", "e\u0301", "\u00e9", "\u2024\u2024",
    "\uff0e\uff0e/beta",
    "\u202edocs", "\ud800", "docs?versionId=1", "docs#", "docs&prefix=beta/", "docs%00", "x" * 64, "x" * 1024,
    "\u00fc" * 600, "x" * 5000, "1.2.3.4", "xn--docs", "a..b",
]  # fmt: skip


def _spellings(path: str) -> Iterator[str]:
    yield path
    yield f"x/../{path}"
    yield f"./{path}"
    yield f"/{path}"
    yield f"//{path}"
    yield path.replace("/", "//")
    yield path.replace("/", "\\")
    yield path.replace("/", "%2f")
    yield path.replace("..", "%2e%2e")
    yield path.replace("..", "%252e%252e")
    yield path.replace("/", "%5c")
    yield path.replace("..", "..\0")
    yield path.replace("..", "..;")
    yield path.replace("..", "\uff0e\uff0e")
    yield path.replace("/", "\u2215")


TEXTS = [
    *_NAMES,
    *_ODD,
    *_spellings(f"../beta-docs/{SECRET}"),
    *_spellings(f"../../beta/docs/{SECRET}"),
    f"../../../beta-docs/{SECRET}",
    "../../.buckets/docs",
    f"beta/docs/{SECRET}",
]
"""Hostile texts, for every argument that takes a text."""

FEW_TEXTS = [
    "beta-docs", "", "..", f"../../beta/docs/{SECRET}", f"..\\beta-docs\\{SECRET}",
    "docs\r\nX-Tenant-ID: beta",
    "\ud800", "%2e%2e%2fbeta-docs", "x" * 5000, "beta/docs/" + SECRET,
]  # fmt: skip
"""The gist of them, where the code that looks at them is the same again."""

OTHERS: list[Any] = [
    None,
    5,
    1.5,
    True,
    b"beta-docs",
    ["beta-docs"],
    ("beta-docs",),
    {"beta": 1},
    object(),
]
"""What is no text at all."""

_ARN = "arn:aws:s3:::"


def _statement(**changes: Any) -> dict[str, Any]:
    own = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"{_ARN}docs/*",
    }
    merged = {**own, **changes}
    return {"Statement": [{name: value for name, value in merged.items() if value is not None}]}


POLICIES: list[Any] = [
    *(
        _statement(**{part: text, **({} if part == "Resource" else {"Resource": None})})
        for part in ("Resource", "NotResource")
        for text in (
            f"{_ARN}beta-docs/*", f"{_ARN}acme-docs/*", f"{_ARN}*", "*", f"{_ARN}docs*",
            f"{_ARN}d?cs/x", f"{_ARN}",
            f"{_ARN}docs/../beta-docs/*", "ARN:AWS:S3:::beta-docs", "arn:aws-cn:s3:::beta-docs",
            "arn:*:*:*:*:*",
            "arn:aws:s3:eu-west-1:1:accesspoint/beta", f"{_ARN}${{aws:username}}/*", f" {_ARN}docs/*",
            "docs/*",
            f"{_ARN}docs\0/*", f"{_ARN}DOCS/*", f"{_ARN}docs/*\r\n", [f"{_ARN}docs/*",
            f"{_ARN}beta-docs/*"], 5, None,
        )
    ),
    *(
        _statement(Condition={operator: {key: value}})
        for operator, key, value in (
            ("StringLike", "s3:prefix", ["../beta-docs/*", "beta/docs/"]),
            ("ArnLike", "aws:SourceArn", f"{_ARN}beta-docs"),
            ("ArnLike", "aws:SourceArn", ["arn:aws:s3:*:*:beta-*"]),
            ("StringEquals", "s3:ExistingObjectTag/x", "beta"),
            ("ForAnyValue:ArnEquals", "x", {"y": f"{_ARN}beta-docs"}),
        )
    ),
    _statement(Principal={"AWS": ["arn:aws:iam::1:user/beta"]}),
    _statement(resource=f"{_ARN}beta-docs/*"),
    {"Statement": {"Effect": "Allow", "Action": "*", "Resource": f"{_ARN}beta-docs"}},
    '{"Statement": [], "Statement": [{"Resource": "arn:aws:s3:::beta-docs"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "\\u0061rn:aws:s3:::beta-docs"}]}',
    b'\xff\xfe{}', "null", "[]", "{", {"Statement": [None]}, {"Statement": "x"},
]  # fmt: skip


def rules(text: Any) -> Iterator[Any]:
    """Lifecycle and CORS rules with a text in each place."""
    yield text
    yield [{"id": "a", "status": "Enabled", "expiration": {"days": 1}, "filter": {"prefix": text}}]
    yield [
        {
            "id": text,
            "status": "Enabled",
            "expiration": {"days": 1},
            "filter": {"tags": {"a": text}},
        }
    ]
    yield [{"prefix": text, "status": "Enabled", "expiration": {"days": 1}}]
    yield [{"allowed_origins": [text], "allowed_methods": ["GET"], "allowed_headers": [text]}]


DESTINATIONS = [
    f"{start}{name}"
    for start in (
        "", _ARN, "ARN:AWS:S3:::", "arn:*:s3:::", "arn:aws:s3:us-east-1:1:", "arn:minio:replication::id:",
        "arn:minio:replication:::", "arn:aws:iam::123456789012:role/",
    )
    for name in (
        "beta-docs", "../beta-docs", "beta/docs", "docs:beta-docs", "*", "acme/docs", "docs/../x", "",
    )
]  # fmt: skip
"""Whereto an attacker would have a bucket copied."""


def replications(text: Any) -> Iterator[Any]:
    """Replications with a text in each place."""
    yield text
    yield {"rules": [{"destination": text}]}
    yield {"rules": [{"destination": "more"}, {"destination": text}]}
    yield {"rules": [{"destination": "more"}], "role": text}
    yield {"rules": [{"destination": "more", "prefix": text, "id": text, "storage_class": text}]}


def mappings(text: Any) -> Iterator[Any]:
    """Headers, tags and metadata with a text in each place."""
    yield text
    yield {"a": text}
    yield {text: "a"} if isinstance(text, (str, int, float, bytes)) else {}


HEADER_NAMES = [
    "x-tenant-id", "X-Tenant-ID", "host", "x-amz-copy-source", "X-Amz-Copy-Source-Range", "authorization",
    "x-amz-rename-source", "content-length", "transfer-encoding", "x-amz-security-token", "a\r\nx-tenant-id",
]  # fmt: skip
