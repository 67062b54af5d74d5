"""Our errors as those of files, which is what fsspec's users catch; ours is the cause of each."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from minio_sdk.errors import (
    AccessDeniedError,
    BucketAlreadyExistsError,
    BucketNotEmptyError,
    ConfigurationError,
    CredentialsError,
    IntegrityError,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    NotFoundError,
    NotSupportedError,
    ObjectChangedError,
    ObjectLockedError,
    PreconditionFailedError,
    QuotaExceededError,
    ValidationError,
)

# OSError itself makes FileNotFoundError, PermissionError and so on of the number.
_NUMBERS: tuple[tuple[type[MinIOError], int], ...] = (
    (NotFoundError, errno.ENOENT),
    (AccessDeniedError, errno.EACCES),
    (CredentialsError, errno.EACCES),
    (ObjectLockedError, errno.EPERM),
    (BucketAlreadyExistsError, errno.EEXIST),
    (PreconditionFailedError, errno.EEXIST),
    (BucketNotEmptyError, errno.ENOTEMPTY),
    (QuotaExceededError, errno.ENOSPC),
    (NotSupportedError, errno.EOPNOTSUPP),
    (MinIOTimeoutError, errno.ETIMEDOUT),
    (MinIOConnectionError, errno.ECONNABORTED),
    (ObjectChangedError, errno.ESTALE),
    (IntegrityError, errno.EIO),
)


def as_os_error(error: MinIOError, path: str) -> Exception:
    """The error of a file that it is; a bad argument or setting stays what it is."""
    if isinstance(error, (ValidationError, ConfigurationError)):
        return error
    number = next((n for cls, n in _NUMBERS if isinstance(error, cls)), errno.EIO)
    return OSError(number, str(error), path)


@contextmanager
def translated(path: str) -> Iterator[None]:
    """What goes wrong in here is said as fsspec's users expect it.

    Args:
        path: what the caller works on.
    """
    try:
        yield
    except MinIOError as error:
        told = as_os_error(error, path)
        if told is error:
            raise
        raise told from error


def missing(path: str, cause: MinIOError | None = None) -> FileNotFoundError:
    """There is no such file or directory."""
    error = FileNotFoundError(errno.ENOENT, "there is no such file or directory", path)
    error.__cause__ = cause
    return error


def is_directory(path: str) -> IsADirectoryError:
    """It is a directory, and has to be a file."""
    return IsADirectoryError(errno.EISDIR, "is a directory, or a bucket", path)


def exists(path: str) -> FileExistsError:
    """It is there already."""
    return FileExistsError(errno.EEXIST, "is there already", path)


def replaced(path: str) -> OSError:
    """It isn't the object any more that was opened."""
    return OSError(errno.ESTALE, "the object was replaced since", path)
