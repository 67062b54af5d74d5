"""Questions about objects, asked of no server that could take them for something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, NotSupportedError, ValidationError, as_class, invalid
from minio_sdk.flows import objects
from minio_sdk.models.prompting import PromptAnswer
from minio_sdk.operations.head_object import HeadObject
from minio_sdk.operations.prompt_object import PromptObject
from minio_sdk.wire.quirks import is_minio

_LACKING = "the server has no language models for objects; MinIO AIStor has"
_REFUSALS = ("BadRequest", "NotImplemented", "MethodNotAllowed")


async def prompt(
    engine: Engine,
    bucket: str,
    key: str,
    question: str,
    lambda_arn: str | None,
    version_id: str | None,
    parameters: Mapping[str, Any] | None,
) -> PromptAnswer:
    """The answer to a question about an object that is there."""
    if not isinstance(question, str) or not question.strip():
        raise invalid("prompt", question, "must be text, and not blank")
    if lambda_arn is not None and not (isinstance(lambda_arn, str) and lambda_arn.isprintable()):
        raise invalid("lambda_arn", lambda_arn, "must be printable text")
    if parameters is not None and not isinstance(parameters, Mapping):
        raise invalid("parameters", parameters, "must be a mapping")
    given = dict(parameters or {})
    if "prompt" in given:
        raise invalid("parameters", "prompt", "is the question, which is an argument of its own")
    place = engine.place(bucket)
    operation = PromptObject(place, key, question, lambda_arn, version_id, given)
    try:
        operation.request()
    except ValidationError:  # which is a ValueError as well
        raise
    except (TypeError, ValueError, RecursionError) as reason:
        raise invalid("parameters", given, f"can't be written as JSON: {reason}") from None
    try:
        await objects.read(engine, HeadObject(place, key, version_id))
    except MinIOError as error:
        error.operation = operation.name
        raise
    if not is_minio(engine.api.server):
        # To others a POST may be anything.
        refused = NotSupportedError(f"{_LACKING}, and this server doesn't say that it is MinIO")
        raise engine.named(refused, operation)
    try:
        return await engine.send(operation)
    except MinIOError as error:
        if error.code in _REFUSALS or error.status in (405, 501):
            raise as_class(error, NotSupportedError, f"{_LACKING}: {error.message}") from None
        raise
