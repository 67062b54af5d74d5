"""What one request has to say of encryption, and whether its answer says that it was done.

A customer's key is no part of an operation, which is a value that may be shown, compared and kept: it is put
into the request at the last moment (`Duty.seal`). A server that doesn't know encryption ignores what it is
told and answers 200, so the answer has to say it in its turn (`Duty.wrong`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minio_sdk.errors import (
    AccessDeniedError,
    EncryptionError,
    EncryptionKeyError,
    MinIOError,
    NotEncryptedError,
    as_class,
    reword,
)
from minio_sdk.models.object_encryption import (
    SERVER,
    Encryption,
    ObjectEncryption,
    SseC,
    SseKms,
)
from minio_sdk.operation import Operation
from minio_sdk.tenancy import REGISTRY, TAGS
from minio_sdk.wire.encryption import CUSTOMER_KEY, told
from minio_sdk.wire.message import Reply, Request

_STORING = frozenset({"stores", "begins", "copies"})
_COPYING = frozenset({"copies", "copies a part"})
_ECHOED = frozenset({"stores", "stores a part", "reads"})
"""What every server answers with what it did, where it did it: not so copies, nor the beginning of parts."""

_SHELVES = (f"/{REGISTRY}/", f"/{TAGS}/")

_MISSING = (
    "stored using a form of server side encryption",
    "must provide the customer",
    "must provide an appropriate secret key",
    "must include the appropriate encryption parameters",
)
_NOT_APPLICABLE = "not applicable to this object"
_OTHER_KEY = ("did not match the ones used originally", "did not match the hash")


@dataclass(frozen=True, slots=True)
class Duty:
    """What an operation has to say and to hear.

    Attributes:
        operation: the operation.
        encryption: of the object that it stores or reads; None for nothing to say of that.
        source: the key of what it copies.
    """

    operation: Operation[Any]
    encryption: Encryption | None
    source: SseC | None

    def seal(self, request: Request) -> None:
        """Put into the request what it has to say."""
        headers = dict(request.headers)  # those of the operation, which is a value
        if self.encryption is not None:
            headers.update(self.encryption.headers())
        if self.source is not None:
            headers.update(self.source.source_headers())
        request.headers = headers

    def mask(self, error: MinIOError) -> None:
        """Let no message of a server's show a key that it was sent."""
        for key in (self.encryption, self.source):
            if isinstance(key, SseC):
                text = str.__str__(key.headers()[CUSTOMER_KEY])
                if text in error.message:
                    reword(error, error.message.replace(text, "***"))

    @staticmethod
    def is_told(reply: Reply) -> bool:
        """Whether the answer says anything of encryption."""
        return told(reply.headers) is not None

    def wrong(self, reply: Reply, *, lenient: bool) -> EncryptionError | None:
        """What an answer says that was not as it should be.

        Args:
            reply: a success.
            lenient: whether the server has said it already of the upload that this is a part of.
        """
        wanted, does = self.encryption, self.operation.encrypts
        if wanted is None or reply.status not in (200, 206) or does == "needs the key":
            return None
        found = told(reply.headers)
        if found is None and (does not in _ECHOED or lenient):
            return None
        error = self.found_wrong(found)
        if error is not None:
            error.status, error.attempts = reply.status, reply.attempts
        return error

    def found_wrong(self, found: ObjectEncryption | None) -> EncryptionError | None:
        """What is wrong with how the object is encrypted, by what the server tells of it."""
        wanted = self.encryption
        if isinstance(wanted, SseC):
            if found is None or found.kind != "SSE-C":
                return self._without()
            if found.customer_key_md5 in (None, wanted.key_md5):
                return None
            return EncryptionKeyError("the server says that it used another key than was sent")
        if found is None:
            return self._without()
        if wanted is not None and found.algorithm != wanted.headers()[SERVER]:
            why = f"the server encrypted it in another way than was asked for: {found.kind}"
            return EncryptionError(why)
        if isinstance(wanted, SseKms) and not _same_key(wanted.key_id, found.kms_key_id):
            why = f"the server encrypted it with another key than was asked for: {found.kms_key_id}"
            return EncryptionError(why)
        return None

    def _without(self) -> EncryptionError:
        if self.operation.encrypts == "reads":
            why = "the object isn't encrypted with a customer's key"
            return EncryptionKeyError(why, hint=_NO_KEY)
        what = "part" if self.operation.encrypts == "stores a part" else "object"
        return NotEncryptedError(
            f"the server has stored the {what} UNENCRYPTED: it ignored what it was told of encryption",
            hint="remove it, and store it elsewhere",
        )


_NO_KEY = "read it without a key (encryption=False where the settings have one)"


def duty_of(
    operation: Operation[Any], encryption: Encryption | None, source: Encryption | None
) -> Duty | None:
    """What an operation has to say and to hear; None for nothing."""
    does = operation.encrypts
    # What stands for a bucket and its tags is for all of the tenant's clients, whatever key they have.
    if not does or operation.place.prefix.endswith(_SHELVES):
        return None
    of_object = encryption if does in _STORING or isinstance(encryption, SseC) else None
    if does == "stores a part":
        of_object = encryption
    of_source = source if does in _COPYING and isinstance(source, SseC) else None
    if of_object is None and of_source is None:
        return None
    return Duty(operation, of_object, of_source)


def _same_key(wanted: str | None, found: str | None) -> bool:
    """Whether a key is the one that was asked for, as far as can be known: an alias is any key's."""
    if wanted is None or found is None or "alias/" in wanted:
        return True
    return wanted == found or found.endswith((f"/{wanted}", f":{wanted}")) or wanted.endswith(found)


# --- what a refusal means ---------------------------------------------------------------------------

_WRONG = "the object is encrypted with another customer's key than was given"
_NEEDED = "the object is encrypted with a customer's key, and none was given"
_NO_SERVICE = (
    "does the server have a key management service, and this key? SseS3() does without; some servers "
    "without one fail like this"
)
_GIVE = (
    "encryption=SseC(key) with the key that it was stored with; with_(encryption=...) for calls that "
    "have no such argument"
)


def explained(error: MinIOError, operation: Operation[Any], duty: Duty | None) -> MinIOError:
    """A refusal as what it is, where the server says that encryption is the reason."""
    if isinstance(error, EncryptionError):
        return error
    if duty is not None and isinstance(duty.encryption, SseKms) and (error.status or 0) >= 500:
        error.hint = error.hint or _NO_SERVICE
    text = error.message.lower()
    copies = operation.encrypts in _COPYING
    keyed = duty is not None and (
        duty.source is not None if copies else isinstance(duty.encryption, SseC)
    )
    give = "source_encryption=SseC(key) with the key of the source" if copies else _GIVE
    if any(words in text for words in _MISSING):
        why = _WRONG if keyed else _NEEDED
        return as_class(error, EncryptionKeyError, f"{why}: {error.message}", give)
    if _NOT_APPLICABLE in text and keyed:
        why = f"the object isn't encrypted with a customer's key: {error.message}"
        return as_class(error, EncryptionKeyError, why, _NO_KEY)
    if any(words in text for words in _OTHER_KEY):
        return as_class(error, EncryptionKeyError, f"{_WRONG}: {error.message}", give)
    return error


def is_silent(error: MinIOError, operation: Operation[Any]) -> bool:
    """Whether a refusal has no words, as answers to HEAD have none on most servers."""
    return error.status == 400 and error.code is None and operation.name == "HeadObject"


def is_doubtful(error: MinIOError, duty: Duty | None) -> bool:
    """Whether a refusal may come from a key that isn't the object's: it is the same as of missing rights."""
    if duty is None or not isinstance(duty.encryption, SseC):
        return False
    if duty.operation.encrypts not in ("reads", "needs the key"):
        return False
    silent = error.status == 400 and error.code is None
    return silent or (isinstance(error, AccessDeniedError) and error.code in (None, "AccessDenied"))


def cleared(error: MinIOError, without: Reply) -> MinIOError:
    """A doubtful refusal, by what the server says to somebody who brings no key."""
    if without.status == 200:
        found = told(without.headers)
        if found is None or found.kind != "SSE-C":
            why = "the object isn't encrypted with a customer's key"
            return as_class(error, EncryptionKeyError, why, _NO_KEY)
    if without.status == 400:  # it wants a key, and so may be read; but not with this one
        return as_class(error, EncryptionKeyError, _WRONG, _GIVE)
    return error
