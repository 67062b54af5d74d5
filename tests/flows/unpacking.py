"""A server that unpacks tars, as MinIO does, or says that it did."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from tests.flows.store import DATE, Store, Stored, document
from tests.scripted import Reply, Request, Step, reply, s3_error

UNPACK = "x-amz-meta-snowball-auto-extract"
Member = tuple[str, bytes, dict[str, str]]
"""Name, bytes, and the pax records of an entry."""


class Unpacking(Store):
    """Handler of a `ScriptedServer`.

    Attributes:
        tars: the entries of each tar that came.
        unpack: gets the entries of a tar, and gives those to store; None stores the tar itself.
        answer: what it says to a tar; None for 200.
        page: entries of a page of a listing.
        listed: whether it lists.
        dated: says the time in its answers.
    """

    def __init__(self, objects: dict[str, bytes] | None = None, *, name: str = "MinIO") -> None:
        super().__init__(objects, name=name)
        self.tars: list[list[Member]] = []
        self.unpack: Callable[[list[Member]], list[Member]] | None = lambda members: members
        self.answer: Reply | None = None
        self.page = 1000
        self.listed = True
        self.dated = True
        self.dates: dict[str, str] = {}

    def _marked(self, answer: Reply) -> Reply:
        marked = super()._marked(answer)
        date = [("Date", DATE)] if self.dated else []
        return reply(marked.status, marked.body, headers=[*marked.headers, *date],
                     content_length=marked.content_length)  # fmt: skip

    def _answer(self, request: Request) -> Reply:
        if request.method == "PUT" and request.header(UNPACK) == "true":
            members = entries(request.body)
            self.tars.append(members)
            if self.unpack is None:
                return super()._answer(request)
            bucket = request.path.split("/")[1]
            for name, data, records in self.unpack(members):
                headers = {k.removeprefix("minio.metadata."): v for k, v in records.items()}
                tags = headers.pop("x-amz-tagging", "")
                headers.pop("path", None)
                self.objects[f"/{bucket}/{quote(name)}"] = Stored(data, headers, tags)
            return self.answer or reply(200, headers={"ETag": '"tar"'})
        if request.method == "GET" and "list-type=2" in request.query:
            return self._list(request)
        answer = super()._answer(request)
        if request.method == "HEAD" and request.path in self.objects:
            date = self.dates.get(request.path, DATE)
            tags = self.objects[request.path].tags
            count = [("x-amz-tagging-count", str(tags.count("=")))] if tags else []
            kept = [(k, v) for k, v in answer.headers if k != "Last-Modified"]
            return reply(200, headers=[*kept, ("Last-Modified", date), *count],
                         content_length=answer.content_length)  # fmt: skip
        return answer

    def _list(self, request: Request) -> Reply:
        if not self.listed:
            return s3_error(403, "AccessDenied")
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        start = f"{request.path}/"
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = sorted(unquote(p[len(start) :]) for p in self.objects if p.startswith(start))
        keys = [k for k in keys if k > after and k.startswith(query.get("prefix", ""))]
        lines = []
        for key in keys[: self.page]:
            found = self.objects[start + quote(key)]
            when = "2026-11-22T02:00:00.000Z"
            if start + quote(key) in self.dates:
                when = "2020-01-01T00:00:00.000Z"
            lines.append(
                f"<Contents><Key>{quote(key)}</Key><Size>{len(found.data)}</Size>"
                f"<ETag>&quot;{found.etag}&quot;</ETag><LastModified>{when}</LastModified></Contents>"
            )
        more = len(keys) > self.page
        token = escape(keys[self.page - 1]) if more else ""
        return document(
            f"<ListBucketResult><EncodingType>url</EncodingType>{''.join(lines)}"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>"
            f"<NextContinuationToken>{token}</NextContinuationToken></ListBucketResult>"
        )


def entries(body: bytes) -> list[Member]:
    """What is in a tar, as Python reads it."""
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:") as tar:
        found = []
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            assert member.mtime == 0
            found.append((member.name, file.read(), dict(member.pax_headers)))
        return found


def fails(request: Request, step: Step) -> Step | None:
    """`step` for a tar."""
    return step if request.header(UNPACK) else None
