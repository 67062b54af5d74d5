"""Hedged reads: their settings."""

from __future__ import annotations

from dataclasses import dataclass

from minio_sdk.errors import bad_setting


@dataclass(frozen=True, kw_only=True)
class Hedge:
    """When a read is asked a second time, for ``Config(hedge=...)``.

    Where the answer to a small read hasn't begun in time (an object, a range of one, its metadata, a page of
    a listing), the same is asked on another connection, of another endpoint where there are several. The
    first good answer counts, and the other request is dropped.

    Args:
        after: seconds after which an answer is late. None, the default, learns it: twice the time that nine
            of ten recent reads of the kind took, at least 5 ms.
        budget: the most additional requests, as a share of all reads, above 0 and at most 1. Default 0.05.

    Raises:
        ConfigurationError: a field is not right.

    Example:
        >>> config = Config("http://localhost:9000", "acme", hedge=Hedge())
    """

    after: float | None = None
    budget: float = 0.05

    def __post_init__(self) -> None:
        after = self.after
        if after is not None and (
            isinstance(after, bool) or not isinstance(after, (int, float)) or not 0 < after < 1e6
        ):
            raise bad_setting("hedge.after", after, "must be seconds above 0, or None to learn it")
        share = self.budget
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share <= 1:
            raise bad_setting("hedge.budget", share, "must be a share above 0 and at most 1")
