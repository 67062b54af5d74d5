"""PromptObject, MinIO AIStor's own: a question about an object, for a language model.

https://docs.min.io/enterprise/aistor-object-store/developers/prompt-api/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from minio_sdk.models.names import check_version_id
from minio_sdk.models.prompting import PromptAnswer
from minio_sdk.operation import Encrypts, ObjectOperation
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import query_string


@dataclass(frozen=True, slots=True)
class PromptObject(ObjectOperation[PromptAnswer]):
    """Ask.

    Attributes:
        prompt: the question.
        lambda_arn: which service; None for the server's choice.
        version_id: a version; None for the current one.
        parameters: what else the service takes.
    """

    name: ClassVar[str] = "PromptObject"
    encrypts: ClassVar[Encrypts] = "needs the key"

    prompt: str
    lambda_arn: str | None = None
    version_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[str, ...]:
        """Nothing: it reads the object."""
        return ()

    def request(self) -> Request:
        """POST the question; it is asked once, since each answer costs something."""
        pairs = [("lambdaArn", self.lambda_arn or "")]
        if self.version_id is not None:
            pairs.append(("versionId", check_version_id(self.version_id)))
        body = json.dumps({**self.parameters, "prompt": self.prompt}, allow_nan=False).encode()
        path = self.place.object_path(self.key)
        headers = {"content-type": "application/json"}
        return Request("POST", path, query_string(pairs), headers, body, retry=False)

    def parse(self, reply: Reply) -> PromptAnswer:
        """What came."""
        return PromptAnswer(body=reply.body, content_type=reply.headers.get("content-type"))
