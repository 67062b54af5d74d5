"""A server for `ScriptedServer(handler=...)` that has one object, and knows ranges as well as it is told to.

    stored = Stored(b"0123456789", etag='"e"')
    with ScriptedServer(handler=stored) as server: ...

Each attribute may be changed between two requests, by the test or by `then`, which is called with the
number of each request once that was answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.scripted import Reply, Request, Step, reply, s3_error

BEYOND = b"<Error><Code>InvalidRange</Code><Message>No.</Message></Error>"


@dataclass
class Stored:
    """See above.

    Attributes:
        data: the object.
        etag: as the header has it; None sends none.
        version: the version id; None on a bucket without.
        headers: more headers.
        ranges: whether it honours them.
        ends: whether it knows those that say how many bytes at the end; else it says 416 to them.
        conditions: whether it honours If-Match.
        most: the most bytes it gives of a range.
        then: called with the number of the request, from 1, once its answer is made.
        instead: answers in place of this one when it gives one.
        asked: the Range of each request.
    """

    data: bytes
    etag: str | None = '"e1"'
    version: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True
    ends: bool = True
    conditions: bool = True
    most: int | None = None
    then: Callable[[int], object] = lambda _: None
    instead: Callable[[Request], Step | None] = lambda _: None
    asked: list[str | None] = field(default_factory=list)

    def __call__(self, request: Request) -> Step:
        self.asked.append(request.header("Range"))
        answer = self.instead(request) or self._answer(request)
        self.then(len(self.asked))
        return answer

    def _answer(self, request: Request) -> Reply:
        headers = {"x-amz-request-id": "1", **self.headers}
        if self.etag is not None:
            headers["ETag"] = self.etag
        if self.version is not None:
            headers["x-amz-version-id"] = self.version
        wanted = request.header("If-Match")
        if self.conditions and wanted not in (None, self.etag):
            return s3_error(412, "PreconditionFailed")
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("Range") or "")
        if asked is None or not self.ranges:
            return reply(200, self.data, headers=headers)
        if asked[1]:
            first, last = int(asked[1]), int(asked[2] or len(self.data))
        else:
            first, last = max(0, len(self.data) - int(asked[2])), len(self.data)
        if first >= len(self.data) or not (asked[1] or self.ends):
            said = {"Content-Range": f"bytes */{len(self.data)}"}
            return reply(416, BEYOND, headers=said)
        if self.most is not None:
            last = min(last, first + self.most - 1)
        body = self.data[first : last + 1]
        headers["Content-Range"] = f"bytes {first}-{first + len(body) - 1}/{len(self.data)}"
        return reply(206, body, headers=headers)
