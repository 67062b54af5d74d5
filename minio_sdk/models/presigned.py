"""What signing ahead gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from minio_sdk.models.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class PresignedPost(Record):
    """A form that lets a browser upload one object; `repr` shows no field, as they are the permission.

    Attributes:
        url: the form's ``action``.
        fields: its hidden fields, in order; the file's own field stands behind them and is called
            ``file``.
    """

    url: str
    fields: Mapping[str, str] = field(repr=False)
