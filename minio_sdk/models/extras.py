"""Headers and parameters that a user adds to all requests of a client or a view.

Rule of this file: what a request means is said by the call and the settings alone. So nothing is taken that
names a bucket, a key, a tenant or an operation, that signs, that frames the request, or that a call has an
argument for, in any spelling that a server or a proxy on the way could take for it. Values may be secret, and
are never shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from minio_sdk.errors import ConfigurationError, ValidationError, invalid, shown
from minio_sdk.models.secret import FrozenDict, Secret

LONGEST = 4096
"""Characters of one value."""

UNSIGNED = frozenset({"baggage", "traceparent", "tracestate"})
"""Headers that proxies and instrumentation make anew, so that a signature of them would break."""

_ALLOWED = frozenset(
    {
        "x-amz-mfa",
        "x-amz-optional-object-attributes",
        "x-amz-request-payer",
        "x-amz-website-redirect-location",
        "x-forwarded-for",
    }
)
"""What begins as others do that are refused."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_SEPARATORS = re.compile("[._-]")

# Behind a gateway that speaks CGI, X_Tenant_ID is X-Tenant-ID, and to MinIO's policies a header Prefix is the
# parameter: so all names are compared without case and separators, and refused as both.
_STARTS = (
    "annotation", "awsaccesskey", "content", "forwarded", "if", "metadata", "proxy",
    "response", "seaweed", "xamz", "xcontainer", "xforwarded", "xhttpmethod",
    "xmethodoverride", "xminio", "xoriginalur", "xrewriteur", "xrgw", "xseaweed", "xtenant",
)  # fmt: skip
_NAMES = frozenset(
    _SEPARATORS.sub("", name)
    for name in (
        # of the connection, the message and its signature
        "accept-encoding", "authorization", "cache-control", "connection", "date", "expect",
        "expires", "host", "keep-alive", "range", "signature", "te", "trailer",
        "transfer-encoding", "upgrade", "user-agent",
        # what a request is about, and what is listed or done
        "action", "bucket", "bucket-region", "continuation-token", "delimiter", "encoding-type",
        "events", "fetch-owner", "file", "force", "id", "key", "key-marker", "lambdaarn", "limit",
        "list-type", "marker", "max-annotation-results", "max-buckets", "max-directory-buckets",
        "max-keys", "max-parts", "max-uploads", "name", "object", "part-number-marker",
        "partnumber", "path", "ping", "prefix", "select-type", "start-after", "suffix", "tenant",
        "tenant-id", "upload-id-marker", "uploadid", "user-id", "version", "version-id-marker",
        "versionid",
        # sub-resources
        "abac", "accelerate", "acl", "analytics", "append", "attributes", "cors", "delete",
        "encryption", "intelligent-tiering", "inventory", "legal-hold", "lifecycle", "location",
        "logging", "metrics", "notification", "object-lock", "ownershipcontrols", "policy",
        "policystatus", "publicaccessblock", "renameobject", "replication", "replication-check",
        "replication-metrics", "replication-reset", "replication-reset-status", "requestpayment",
        "restore", "retention", "select", "session", "tagging", "torrent", "uploads", "versioning",
        "versions", "website", "x-id",
    )
)  # fmt: skip


def extra_headers(given: object, argument: str = "extra_headers") -> FrozenDict[str]:
    """Headers to be added, names in lower case.

    Raises:
        ValidationError: one that can't be added, or that a header can't carry.
    """
    found: dict[str, str] = {}
    for name, value in _texts(given, argument):
        lower = name.lower()
        if lower in found:
            raise invalid(argument, name, "stands there twice (case doesn't count)")
        if not value.isascii() or not value.isprintable() or not value or value != value.strip():
            # Not its value, which may be secret.
            raise ValidationError(
                f"{argument}[{shown(name)}]: must be printable ASCII without a blank at either end, and "
                "not empty"
            )
        found[lower] = Secret(value)
    return FrozenDict(found)


def extra_query(given: object, argument: str = "extra_query_params") -> FrozenDict[str]:
    """Parameters to be added to the query.

    Raises:
        ValidationError: one that can't be added, or that has a character which no text has.
    """
    found: dict[str, str] = {}
    for name, value in _texts(given, argument):
        if any(character < " " or "\ud800" <= character <= "\udfff" for character in value):
            raise ValidationError(
                f"{argument}[{shown(name)}]: has a control character, or half of a surrogate pair"
            )
        found[name] = Secret(value)
    return FrozenDict(found)


def _texts(given: object, argument: str) -> list[tuple[str, str]]:
    if not isinstance(given, Mapping):
        raise ValidationError(
            f'{argument}: must be a mapping such as {{"x-request-id": "1"}}, not a {type(given).__name__}'
        )
    pairs = []
    for name, value in given.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid(
                argument, name, "a name must be 1 to 128 letters, digits and '-', '_' or '.'"
            )
        _refuse(name, argument)
        if not isinstance(value, str):
            raise ValidationError(
                f"{argument}[{shown(name)}]: must be text, not {type(value).__name__}"
            )
        if len(value) > LONGEST:
            raise ValidationError(
                f"{argument}[{shown(name)}]: must have at most {LONGEST} characters"
            )
        pairs.append((name, str.__str__(value)))
    return pairs


def _refuse(name: str, argument: str) -> None:
    bare = _SEPARATORS.sub("", name.lower())
    if name.lower() in _ALLOWED or not (bare in _NAMES or bare.startswith(_STARTS)):
        return
    rule = "is the SDK's own to say: of the call, its signature, or the connection"
    raise ValidationError(
        f"{argument}={shown(name)}: {rule}", hint="the method's argument for it, or Config"
    )


def checked(name: str, given: object) -> FrozenDict[str] | None:
    """The setting of this name; empty is None.

    Raises:
        ConfigurationError: it can't be used.
    """
    try:
        made = extra_headers if name == "extra_headers" else extra_query
        return made(given, name) or None
    except ValidationError as error:
        raise ConfigurationError(error.message, hint=error.hint) from None


def beside(before: Mapping[str, str] | None, added: Mapping[str, str]) -> FrozenDict[str] | None:
    """Those of a view: its own win over those of what it is made from."""
    return FrozenDict({**(before or {}), **added}) or None
