"""Questions about objects: asked of MinIO only, and once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minio_sdk import (
    NotSupportedError,
    ObjectNotFoundError,
    PromptAnswer,
    ServerError,
    ValidationError,
)
from minio_sdk.operations.prompt_object import PromptObject
from tests.both import Connect, both, stored
from tests.samples import KEY, refused
from tests.samples.settings import DETAILS
from tests.scripted import ScriptedServer, reply, s3_error

HEAD = stored(headers={"Server": "MinIO AIStor"})


@both
def test_an_answer(connect: Connect) -> None:
    said = reply(200, b'{"choices": ["\xc3\xbc"]}', headers={"Content-Type": "application/json"})
    with ScriptedServer([HEAD, said]) as server, connect(server) as client:
        answer = client.prompt_object(
            "docs", "a b", "What?", lambda_arn="arn:x", parameters={"stream": False}
        )
        assert isinstance(answer, PromptAnswer)
        assert answer.json() == {"choices": ["ü"]}
        assert (answer.text, answer.content_type) == ('{"choices": ["ü"]}', "application/json")
        asked = server.requests[1]
        assert (asked.method, asked.target) == ("POST", "/acme-docs/a%20b?lambdaArn=arn%3Ax")
        assert json.loads(asked.body) == {"stream": False, "prompt": "What?"}
        assert asked.header("content-type") == "application/json"


@both
def test_it_is_asked_once(connect: Connect) -> None:
    with ScriptedServer([HEAD, reply(503)]) as server, connect(server) as client:
        with pytest.raises(ServerError):
            client.prompt_object("docs", "a", "What?")
        assert server.requests[1].target == "/acme-docs/a?lambdaArn="


@both
@pytest.mark.parametrize("name", ["SeaweedFS 4.48", "nginx", "AmazonS3", ""])
def test_no_other_server_is_sent_anything_but_a_head(connect: Connect, name: str) -> None:
    with ScriptedServer([stored(headers={"Server": name})]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="doesn't say that it is MinIO") as caught:
            client.prompt_object("docs", "a", "What?")
        assert caught.value.operation == "PromptObject"


@both
def test_an_object_that_is_not_there(connect: Connect) -> None:
    missing = reply(404, headers={"x-amz-request-id": "1", "Server": "MinIO"})
    with ScriptedServer([missing, stored()]) as server, connect(server) as client:
        with pytest.raises(ObjectNotFoundError):
            client.prompt_object("docs", "a", "What?")


@both
@pytest.mark.parametrize(
    "no", [s3_error(400, "BadRequest"), s3_error(501, "NotImplemented"), s3_error(405, "x")]
)
def test_a_minio_without(connect: Connect, no: Any) -> None:
    with ScriptedServer([HEAD, no]) as server, connect(server) as client:
        with pytest.raises(NotSupportedError, match="AIStor has: Because the script says so"):
            client.prompt_object("docs", "a", "What?")


@both
@pytest.mark.parametrize(
    "given",
    [{"prompt": " "}, {"prompt": 5}, {"lambda_arn": "a\n"}, {"parameters": []}, {"key": ""},
     {"parameters": {"prompt": "x"}}, {"parameters": {"a": object()}}, {"version_id": ""}],
)  # fmt: skip
def test_bad_arguments_are_named_and_nothing_is_sent(
    connect: Connect, given: dict[str, Any]
) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match=next(iter(given))):
            client.prompt_object(**{"bucket": "docs", "key": "a", "prompt": "b", **given})


@pytest.mark.parametrize("origin", ["minio", "seaweedfs"])
def test_the_request_is_as_recorded(origin: str) -> None:
    arn = "arn:minio:s3-object-lambda::a:webhook"
    operation = PromptObject(DETAILS, KEY, "What is it?", arn, "v1", {"model": "m"})
    assert refused("PromptObject", origin, operation).status in (400, 405)
