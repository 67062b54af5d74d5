"""What events are called. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html

Servers learn new ones, so none is refused for not being known: only what hardly can be anything but a known
one written wrongly.
"""

from __future__ import annotations

import re
from difflib import get_close_matches

from minio_sdk.errors import invalid

KNOWN = {
    "BucketCreated": ("*",),
    "BucketRemoved": ("*",),
    "IntelligentTiering": (),
    "LifecycleDelMarkerExpiration": ("Delete",),
    "LifecycleExpiration": ("*", "Delete", "DeleteMarkerCreated"),
    "LifecycleTransition": (),
    "ObjectAccessed": ("*", "Attributes", "Get", "GetLegalHold", "GetRetention", "Head"),
    "ObjectAcl": ("Put",),
    "ObjectCreated": (
        "*", "CompleteMultipartUpload", "Copy", "DeleteTagging", "Post", "Put", "PutLegalHold",
        "PutRetention", "PutTagging",
    ),
    "ObjectRemoved": ("*", "Delete", "DeleteAllVersions", "DeleteMarkerCreated", "NoOP"),
    "ObjectRestore": ("*", "Completed", "Delete", "Post"),
    "ObjectTagging": ("*", "Delete", "Put"),
    "ObjectTransition": ("*", "Complete", "Failed"),
    "ReducedRedundancyLostObject": (),
    "Replication": (
        "*", "OperationCompletedReplication", "OperationFailedReplication", "OperationMissedThreshold",
        "OperationNotTracked", "OperationReplicatedAfterThreshold",
    ),
    "Scanner": ("*", "BigPrefix", "LargeVersions", "ManyVersions"),
}  # fmt: skip
"""The events of AWS and MinIO by their families; a family without any is an event itself."""

_EVENT = re.compile(r"s3:[A-Za-z*]+(?::[A-Za-z*]+)*", re.ASCII)
_ALIKE = 0.8


def check_event(event: object, argument: str) -> str:
    """The name of an event, or of several that end in a star.

    Raises:
        ValidationError: it is none, or a known one with a mistake in it.
    """
    if not isinstance(event, str) or not _EVENT.fullmatch(event):
        error = invalid(argument, event, "must be like 's3:ObjectCreated:*'")
        error.hint = _hint(event)
        raise error
    meant = _meant(event.removeprefix("s3:"))
    if meant is not None:
        error = invalid(argument, event, f"is no event, but {meant!r} is")
        error.hint = _hint(event)
        raise error
    return event


def _hint(event: object) -> str:
    family = str(event).removeprefix("s3:").partition(":")[0]
    if KNOWN.get(family):
        return "known are " + ", ".join(f"s3:{family}:{each}" for each in KNOWN[family])
    return "known are " + ", ".join(_name(each, KNOWN[each][:1]) for each in KNOWN)


def _name(family: str, ends: tuple[str, ...]) -> str:
    return ":".join(("s3", family, *ends))


def _meant(name: str) -> str | None:
    """The known event that somebody has hardly not meant; None for a known one, and for a new one."""
    family, colon, end = name.partition(":")
    if "*" in family or ":" in end:
        return None
    ends = KNOWN.get(family)
    if ends is None:
        near = _nearest(family, tuple(KNOWN))
        if near is None:
            return None
        family, ends = near, KNOWN[near]
        known = end if end in ends else _nearest(end, ends)
        return _name(family, ends[:1] if known is None else (known,))
    if not colon:
        return _name(family, ends[:1]) if ends else None
    if end in ends:
        return None
    known = _nearest(end, ends)
    return None if known is None else _name(family, (known,))


def _nearest(word: str, words: tuple[str, ...]) -> str | None:
    """The one of some words that a word is nearly."""
    folded = {each.lower(): each for each in words}
    near = get_close_matches(word.lower(), folded, 1, _ALIKE)
    return folded[near[0]] if near else None
