"""What the servers can't do: the one table of it.

Every entry is checked both ways. A test that meets a gap which isn't here fails, and so does an entry
that is no longer true: then the server has learned something, and the entry goes.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.conformance.setting import Tenancy

UNSCOPED: tuple[Tenancy, ...] = ("plain", "bucket")
EVERYWHERE: tuple[Tenancy, ...] = ("plain", "bucket", "prefix")


@dataclass(frozen=True)
class KeyGap:
    """Keys that a server doesn't keep as they are.

    Attributes:
        outcome: "refused", or what the server does where it should refuse. No user comes to see that:
            `minio_sdk.wire.quirks` knows these keys too, and the client doesn't send them.
        keys: these.
        reason: why.
        tenancies: where it shows: behind a tenant's prefix a key no longer begins what is stored.
    """

    outcome: str
    keys: tuple[str, ...]
    reason: str
    tenancies: tuple[Tenancy, ...] = EVERYWHERE


DOTS = (".", "..", "./a", "a/.", "a/..", "a/./b", "a/../b", "../a", "..\\a")

KEYS: dict[str, tuple[KeyGap, ...]] = {
    "seaweedfs": (
        KeyGap("refused", DOTS, "segments of dots are taken for folders, and refused"),
        KeyGap("refused", ("a\0b",), "refuses NUL"),
        KeyGap("refused", ("s" * 256,), "a segment is a file's name, of at most 255 bytes"),
        KeyGap("stored as a/b", ("a//b", "a\\b"), "cleans keys as paths, backslashes too"),
        KeyGap("stored as a", ("//a",), "cleans keys as paths"),
        KeyGap("stored as a/", ("a//",), "cleans keys as paths"),
        KeyGap("stored as lead", ("/lead",), "cleans keys as paths"),
        KeyGap(
            "its bytes are lost", ("trail/",), "a slash at the end makes a folder, which is empty"
        ),
    ),
    "moto": (
        KeyGap("refused", ("a\nb",), "its router's patterns end at a line's end"),
        KeyGap(
            "reported by another name when deleted with others",
            ("a\rb",),
            "writes a carriage return into XML as it is, where it reads as a newline",
        ),
    ),
    "minio": (
        KeyGap("refused", DOTS, "segments of dots are refused"),
        KeyGap("refused", ("a\0b",), "refuses NUL"),
        KeyGap("refused", ("s" * 256,), "a segment is a folder's name, of at most 255 bytes"),
        KeyGap("refused", ("a//b", "a//"), "refuses empty segments"),
        KeyGap("refused", ("//a", "/lead"), "refuses empty segments", ("prefix",)),
        KeyGap("stored as a", ("//a",), "drops slashes in front of a whole key", UNSCOPED),
        KeyGap("stored as lead", ("/lead",), "drops slashes in front of a whole key", UNSCOPED),
    ),
}


@dataclass(frozen=True)
class Gap:
    """What a server lacks, and with which tenancy that shows."""

    reason: str
    tenancies: tuple[Tenancy, ...] = EVERYWHERE


# A test says @pytest.mark.needs("..."); on a server that has an entry here it must fail.
FEATURES: dict[str, dict[str, Gap]] = {
    "signatures": {"moto": Gap("checks no signature and knows no keys")},
    "URLs of later refused until then": {
        "seaweedfs": Gap("takes them before, too"),
        "moto": Gap("checks no signature and knows no keys"),
    },
    "session policies": {"moto": Gap("gives out keys, and checks none")},
    "listings held to a prefix": {
        "minio": Gap(
            "takes a header or parameter called Prefix for the prefix, and lists another",
            ("prefix",),
        ),
        "moto": Gap("gives out keys, and checks none", ("prefix",)),
    },
    "response headers of HEAD": {"moto": Gap("answers with what is stored")},
    "limits of forms": {"moto": Gap("takes every form, whatever its policy says")},
    "tags of forms": {
        "moto": Gap("drops them"),
        "seaweedfs": Gap("doesn't know the field, and refuses the form"),
    },
    "the newest version first": {"moto": Gap("lists delete markers behind all versions")},
    "versions behind a key that isn't there": {
        "moto": Gap("leaves out the first entry behind such a key-marker")
    },
    "delete markers while versions are suspended": {
        "moto": Gap("fails to write one", UNSCOPED),
        "seaweedfs": Gap("says that it has removed one, and shows it still", UNSCOPED),
    },
    "small pages of versions": {
        "moto": Gap("lists delete markers behind the versions of each page"),
        "seaweedfs": Gap("leaves out a! where a page ends in the folder a/, which it lists before"),
    },
    "odd characters in listings of versions": {
        "moto": Gap("writes them into XML as they are"),
        "seaweedfs": Gap("doesn't know encoding-type there, and writes U+FFFD"),
    },
    "metadata in listings": {
        "moto": Gap("lists objects without it"),
        "seaweedfs": Gap("lists objects without it"),
    },
    "a key below a key": {"minio": Gap("once there is an object dir, it lists dir/x no more")},
    "empty metadata values": {"seaweedfs": Gap("drops them")},
    "conditions on the source of a copy": {"moto": Gap("copies it whatever its ETag")},
    "letters beyond ASCII in tags": {"minio": Gap("allows the letters of ASCII only")},
    "application/octet-stream": {"seaweedfs": Gap("takes it for no type, and guesses one")},
    "refusing to make a bucket twice": {
        "moto": Gap("answers 200, as S3 itself does in us-east-1", UNSCOPED)
    },
    "fifty tags on a bucket": {"seaweedfs": Gap("takes ten", UNSCOPED)},
    "tags beyond ASCII on a bucket": {"minio": Gap("refuses them", UNSCOPED)},
    "blanks around tags of a bucket": {"moto": Gap("cuts them off", UNSCOPED)},
    "tags that go with their bucket": {
        "moto": Gap("gives them to the next bucket of that name", UNSCOPED)
    },
    "policies with conditions on ARNs": {"minio": Gap("knows no such condition")},
    "lifecycle rules by size": {"moto": Gap("answers 200, and drops the condition")},
    "keeping the newest of replaced versions": {"moto": Gap("answers 200, and drops the number")},
    "ending unfinished uploads by rule": {
        "minio": Gap("answers 200 and drops that part; it ends them by itself after a day")
    },
    "moving to another storage class": {
        "seaweedfs": Gap("has one"),
        "minio": Gap("knows only those that its operator has added"),
    },
    "MinIO's own lifecycle rules": {"moto": Gap("answers 200, and drops them")},
    "checksums that are compared": {
        "moto": Gap("stores what doesn't fit its checksum, so that it is sent none", UNSCOPED)
    },
    "CORS of a bucket": {"minio": Gap("has one setting for the whole server")},
    "if_match of anything": {"moto": Gap("takes the star for an ETag")},
    "keys of customers": {"moto": Gap("ignores them, and stores the object as it is")},
    "copies in parts with keys of customers": {
        "seaweedfs": Gap("has not built it"),
        "moto": Gap("ignores keys of customers"),
    },
    "a key management service": {"seaweedfs": Gap("answers 500: the tests have none for it")},
    "encryption in forms": {"moto": Gap("ignores these fields of a form")},
    "encryption of a bucket": {"minio": Gap("has it with a key management service only", UNSCOPED)},
    "archived objects": {
        "seaweedfs": Gap("has none", UNSCOPED),
        "minio": Gap("has those only for which its operator has added a place", UNSCOPED),
    },
    "parts of objects": {"moto": Gap("doesn't tell them", UNSCOPED)},
    "replication of a bucket": {
        "seaweedfs": Gap("doesn't know it, and takes it for CreateBucket", UNSCOPED),
        "minio": Gap("copies to remote targets only that its operator has added", UNSCOPED),
    },
    "replication of some objects": {
        "seaweedfs": Gap("doesn't know it, and takes it for CreateBucket", UNSCOPED),
        "minio": Gap("copies to remote targets only that its operator has added", UNSCOPED),
        "moto": Gap("answers 200, and drops the conditions", UNSCOPED),
    },
    "notifications of a bucket": {
        "seaweedfs": Gap("doesn't know them, and takes them for CreateBucket", UNSCOPED),
        "minio": Gap("tells only whom its operator has set up", UNSCOPED),
    },
    "retention of objects": {
        "moto": Gap(
            "sends the object when it is asked for its retention, and is set none", UNSCOPED
        )
    },
    "removing a retention": {
        "moto": Gap(
            "sends the object when it is asked for its retention, and is set none", UNSCOPED
        ),
        "seaweedfs": Gap("refuses an empty document", UNSCOPED),
    },
    "locks of uploads in parts": {"moto": Gap("answers 200, and drops them", UNSCOPED)},
    "quotas of buckets": {
        "seaweedfs": Gap(
            "makes a bucket that is over it read-only, which it tells as a failure of its own"
        ),
        "moto": Gap("has none"),
    },
    "MinIO's admin API": {
        "moto": Gap("is not MinIO, and is sent none of it"),
        "seaweedfs": Gap("is not MinIO, and is sent none of it"),
    },
    "the moment at which uploads began": {
        "moto": Gap("says the same moment of all"),
    },
    "keys for one tenant": {"moto": Gap("checks no permission, and doesn't say what it is")},
    "quotas of tenants": {
        "moto": Gap("has none"),
        "seaweedfs": Gap("has none that can be set from outside"),
    },
    "S3 Select": {"seaweedfs": Gap("has none")},
    "S3 Select of what customers' keys encrypt": {
        "seaweedfs": Gap("has no S3 Select"),
        "moto": Gap("ignores keys of customers"),
    },
    "live events": {
        "moto": Gap("has none, and lists the bucket"),
        "seaweedfs": Gap("has none"),
    },
    "unfinished uploads by prefix": {
        "minio": Gap(
            "lists them by whole key only; it drops them by itself after a day", ("prefix",)
        )
    },
}


def key_gaps(kind: str, tenancy: Tenancy) -> dict[str, str]:
    """What becomes of the keys that a server doesn't keep."""
    return {
        key: gap.outcome
        for gap in KEYS.get(kind, ())
        if tenancy in gap.tenancies
        for key in gap.keys
    }
