"""One tree of errors; each prints as one line, tells all it knows, and travels."""

from __future__ import annotations

import copy
import pickle
import re
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minio_sdk import errors
from minio_sdk.errors import (
    ConfigurationError,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    ObjectNotFoundError,
    ValidationError,
    invalid,
    one_line,
    shown,
)
from tests.strategies import MODERATE

CLASSES = [getattr(errors, name) for name in errors.__all__]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=errors.__all__)

# The tree of API.md, section 6: each class below its parent.
TREE = {
    "MinIOConnectionError": "MinIOError",
    "MinIOTimeoutError": "MinIOConnectionError",
    "ServerError": "MinIOError",
    "AccessDeniedError": "MinIOError",
    "CredentialsError": "MinIOError",
    "NotFoundError": "MinIOError",
    "BucketNotFoundError": "NotFoundError",
    "ObjectNotFoundError": "NotFoundError",
    "VersionNotFoundError": "NotFoundError",
    "UploadNotFoundError": "NotFoundError",
    "ConflictError": "MinIOError",
    "BucketAlreadyExistsError": "ConflictError",
    "BucketNotEmptyError": "ConflictError",
    "ObjectLockedError": "ConflictError",
    "PlanOutdatedError": "ConflictError",
    "PreconditionFailedError": "MinIOError",
    "RateLimitError": "MinIOError",
    "QuotaExceededError": "MinIOError",
    "IntegrityError": "MinIOError",
    "ObjectChangedError": "IntegrityError",
    "EncryptionError": "MinIOError",
    "EncryptionKeyError": "EncryptionError",
    "NotEncryptedError": "EncryptionError",
    "PartlyAppliedError": "MinIOError",
    "NotSupportedError": "MinIOError",
    "ValidationError": "MinIOError",
    "ConfigurationError": "MinIOError",
}
KNOWN: dict[str, Any] = {
    "code": "NoSuchKey",
    "status": 404,
    "operation": "GetObject",
    "bucket": "docs",
    "key": "a/b.txt",
    "tenant_id": "acme",
    "request_id": "17A4",
    "attempts": 4,
    "endpoint": "http://localhost:9000",
    "hint": "list_objects() shows the keys there are",
    "retry_after": 1.5,
}


# -- the tree --------------------------------------------------------------------------------------


def test_the_tree_is_the_one_that_is_documented() -> None:
    made = {cls.__name__: cls.__mro__[1].__name__ for cls in CLASSES if cls is not MinIOError}
    assert made == TREE
    defined = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, Exception)
    ]
    assert set(defined) == set(CLASSES)


def test_the_drawing_at_the_top_of_the_file_is_the_tree() -> None:
    lines = re.findall(r"^ {4}([│├└─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE)
    path: list[str] = []
    drawn = {}
    for branches, name in lines:
        path = [*path[: len(branches) // 4], name]
        if len(path) > 1:
            drawn[name] = path[-2]
    assert drawn == TREE


@every_class
def test_an_error_can_be_caught_as_python_s_own_kind(cls: type[MinIOError]) -> None:
    error = cls("no")
    assert isinstance(error, ValueError) is (cls in (ValidationError, ConfigurationError))
    assert isinstance(error, TimeoutError) is (cls is MinIOTimeoutError)
    assert isinstance(error, MinIOConnectionError) is issubclass(cls, MinIOConnectionError)
    assert cls.__doc__


# -- the line --------------------------------------------------------------------------------------


def test_an_error_says_what_failed_where_why_and_what_to_try() -> None:
    assert str(ObjectNotFoundError("The specified key does not exist.", **KNOWN)) == (
        "GetObject 'docs/a/b.txt' failed at http://localhost:9000: The specified key does not exist. "
        "[NoSuchKey, HTTP 404, tenant 'acme', 4 attempts, request id 17A4]"
        ". Try: list_objects() shows the keys there are"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert str(MinIOError("no")) == "no"
    assert str(MinIOError("no", hint="yes")) == "no. Try: yes"
    assert str(MinIOError("A server's no.", hint="yes")) == "A server's no. Try: yes"
    assert str(MinIOError("A server's no.", operation="X", hint="yes")) == (
        "X failed: A server's no. Try: yes"
    )
    assert str(MinIOError()) == ""
    assert str(MinIOError("no", operation="ListBuckets")) == "ListBuckets failed: no"
    assert str(MinIOError("no", endpoint="http://h")) == "request failed at http://h: no"
    assert str(MinIOError("no", operation="HeadBucket", bucket="docs")) == (
        "HeadBucket 'docs' failed: no"
    )
    assert str(MinIOError("no", operation="X", attempts=1, status=500)) == "X failed: no [HTTP 500]"


def test_what_was_refused_before_anything_was_sent_has_not_failed_anywhere() -> None:
    facts: dict[str, Any] = {
        "operation": "PutObject",
        "bucket": "docs",
        "endpoint": "http://h",
        "hint": "a key",
    }
    assert str(ValidationError("key='': must not be empty", **facts)) == (
        "key='': must not be empty. Try: a key"
    )
    assert str(ValidationError("no", **facts, attempts=1)).startswith("PutObject 'docs' failed at")


strange = st.text(st.sampled_from("\r\n\t\0\x1b\x7f\x85\u2028\u202e\ud800 ab") | st.characters())


@MODERATE
@given(
    fields=st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("code", "operation", "bucket", "key", "tenant_id", "request_id", "endpoint", "hint"),
            strange,
        ),
    ),
    message=strange,
)
def test_an_error_is_one_line_whatever_a_server_or_caller_wrote(
    fields: dict[str, Any], message: str
) -> None:
    line = str(MinIOError(message, **fields))
    assert len(line.splitlines()) <= 1
    assert line.isprintable()


def test_an_error_is_of_bounded_length() -> None:
    flood: dict[str, Any] = {
        name: "x" * 100_000 for name, value in KNOWN.items() if isinstance(value, str)
    }
    line = str(MinIOError("y" * 100_000, **flood))
    assert len(line) < 4000


@pytest.mark.parametrize(
    "text, line",
    [
        ("a\r\n  b\tc", "a b c"),
        ("\x1b[31mred", "\ufffd[31mred"),
        ("\u202eabc", "\ufffdabc"),
        ("x" * 501, "x" * 499 + "…"),
        (5, "5"),
    ],
)
def test_text_is_made_one_line(text: object, line: str) -> None:
    assert one_line(text) == line


def test_a_value_is_shown_by_its_repr_cut_when_it_is_long() -> None:
    assert shown("a\n'b'") == "\"a\\n'b'\""
    assert shown("x" * 1000) == "'" + "x" * 99 + "… (1002 characters)"
    assert shown(None) == "None"


def test_a_value_whose_repr_fails_is_shown_by_its_class() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Broken()) == "<Broken>"
    assert shown(10**5000) == "<int>"  # Python refuses to write that many digits


def test_a_tuple_of_errors_shows_all_that_they_say() -> None:
    error = MinIOError("no", operation="GetObject", bucket="docs", key="a", hint="look")
    assert str((error,)) == f"(MinIOError({str(error)!r}),)"


def test_a_bad_argument_is_named_with_its_value_and_the_rule() -> None:
    error = invalid("limit", -1, "must be a whole number")
    assert type(error) is ValidationError
    assert str(error) == "limit=-1: must be a whole number"


# -- travelling ------------------------------------------------------------------------------------


@every_class
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_travels_with_all_it_knows(cls: type[MinIOError], protocol: int) -> None:
    error = cls("gone", **KNOWN)
    error.more = {"a": 1}  # type: ignore[attr-defined]
    error.message = "gone for good"
    for twin in (pickle.loads(pickle.dumps(error, protocol)), copy.copy(error)):
        assert type(twin) is cls
        assert twin.__dict__ == error.__dict__
        assert str(twin) == str(error)
        assert twin.message == "gone for good"


def test_an_error_of_a_user_s_own_class_travels_too() -> None:
    twin = pickle.loads(pickle.dumps(Own("text", status=500)))
    assert (type(twin), twin.status, twin.extra) == (Own, 500, "mine")


class Own(MinIOError):
    """What somebody derives."""

    def __init__(self, message: str = "", **fields: Any) -> None:
        super().__init__(message, **fields)
        self.extra = "mine"


@every_class
def test_every_fact_is_an_attribute_and_none_when_unknown(cls: type[MinIOError]) -> None:
    error = cls("no")
    assert {name: getattr(error, name) for name in KNOWN} == dict.fromkeys(KNOWN) | {"attempts": 0}
    known = cls("no", **KNOWN)
    assert {name: getattr(known, name) for name in KNOWN} == KNOWN


def test_facts_are_named_never_placed() -> None:
    with pytest.raises(TypeError):
        MinIOError("no", "NoSuchKey")  # type: ignore[call-arg]


def test_a_timeout_is_no_operating_system_error_in_print() -> None:
    error = MinIOTimeoutError("no answer in time", operation="GetObject", endpoint="http://h")
    assert str(error) == "GetObject failed at http://h: no answer in time"
    assert "".join(traceback.format_exception_only(error)).count("\n") == 1
    assert error.permanent is False
