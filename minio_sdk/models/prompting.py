"""What a language model says of an object."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswer(Record):
    """The answer to a `prompt_object`, as the service behind the server has written it.

    Attributes:
        body: its bytes.
        content_type: what the server says that they are.
    """

    body: bytes
    content_type: str | None = None

    @property
    def text(self) -> str:
        """The answer as text; what is no UTF-8 is shown as U+FFFD."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:
        """The answer, where it is JSON.

        Raises:
            ValueError: it isn't.
        """
        return json.loads(self.body)
