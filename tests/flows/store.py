"""A small server of objects for scripted tests: what it knows of copies and tags is up to the test."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.scripted import Exchange, Reply, Request, Step, hang, reply, s3_error

DATE = "Sun, 22 Nov 2026 02:00:00 GMT"


@dataclass
class Stored:
    """One object."""

    data: bytes
    headers: dict[str, str] = field(default_factory=dict)
    tags: str = ""

    @property
    def etag(self) -> str:
        return hashlib.md5(self.data).hexdigest()


class Store:
    """Handler of a `ScriptedServer`.

    Attributes:
        objects: by path as it is sent, such as ``/acme-docs/a``.
        unfinished: multipart uploads, their parts by number.
        asked: each request as method and target, in order.
        copies: False takes a copy for an upload of what is in its body: nothing.
        tagging: False passes ``?tagging`` over, as if it were not there.
        conditional: False passes conditions over.
        ranges: False copies all of a source where some of it is asked for.
        fault: answers in place of the store unless it gives None; asked with each request.
    """

    def __init__(
        self,
        objects: dict[str, bytes] | None = None,
        *,
        name: str = "Gateway/1",
        copies: bool = True,
        tagging: bool = True,
        conditional: bool = True,
        ranges: bool = True,
        fault: Callable[[Request], Step | None] | None = None,
    ) -> None:
        self.objects = {path: Stored(data) for path, data in (objects or {}).items()}
        self.unfinished: dict[str, dict[int, bytes]] = {}
        self.begun: dict[str, Request] = {}
        self.asked: list[str] = []
        self.requests: list[Request] = []
        self.copies = copies
        self.tagging = tagging
        self.conditional = conditional
        self.ranges = ranges
        self.fault = fault
        self._name = name
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Step:
        with self._lock:
            self.asked.append(f"{request.method} {request.target}")
            self.requests.append(request)
            if self.fault is not None and (step := self.fault(request)) is not None:
                return step
            answer = self._answer(request)
        return self._marked(answer)

    def data(self) -> dict[str, bytes]:
        """The bytes of each object."""
        return {path: stored.data for path, stored in self.objects.items()}

    def count(self, start: str) -> int:
        """How many requests began so."""
        return sum(line.startswith(start) for line in self.asked)

    def _marked(self, answer: Reply) -> Reply:
        marks = (("Server", self._name), ("x-amz-request-id", "r1"))
        return reply(answer.status, answer.body, headers=[*answer.headers, *marks],
                     content_length=answer.content_length)  # fmt: skip

    def _answer(self, request: Request) -> Reply:
        query = parse_qs(request.query, keep_blank_values=True)
        path = request.path
        if path.count("/") == 1:
            return reply(200)  # every bucket is there
        if "tagging" in query and self.tagging:
            return self._tagged(request)
        if "uploads" in query or "uploadId" in query:
            return self._in_parts(request, query)
        if request.method == "PUT":
            return self._put(request)
        found = self.objects.get(path)
        if request.method == "DELETE":
            self.objects.pop(path, None)
            return reply(204)
        if found is None:
            return s3_error(404, "NoSuchKey")
        headers = {"ETag": f'"{found.etag}"', "Last-Modified": DATE, **found.headers}
        if request.method == "HEAD":
            return reply(200, headers=headers, content_length=len(found.data))
        return reply(200, found.data, headers=headers)

    def _refused(self, request: Request) -> Reply | None:
        """What is said where a condition of writing doesn't hold."""
        found = self.objects.get(request.path)
        wanted = request.header("if-match")
        there = request.header("if-none-match") == "*" and found is not None
        gone = wanted is not None and (found is None or wanted != f'"{found.etag}"')
        return s3_error(412, "PreconditionFailed") if self.conditional and (there or gone) else None

    def _put(self, request: Request) -> Reply:
        if (refused := self._refused(request)) is not None:
            return refused
        tags = request.header("x-amz-tagging") or ""
        stored: Stored | Reply = Stored(request.body, described(request), tags)
        if self.copies and request.header("x-amz-copy-source"):
            stored = self._source(request)
        if isinstance(stored, Reply):
            return stored
        self.objects[request.path] = stored
        if not self.copies or not request.header("x-amz-copy-source"):
            return reply(200, headers={"ETag": f'"{stored.etag}"'})
        return result("CopyObjectResult", stored.etag)

    def _source(self, request: Request) -> Stored | Reply:
        path = "/" + (request.header("x-amz-copy-source") or "").partition("?")[0]
        found = self.objects.get(path)
        if found is None:
            return s3_error(404, "NoSuchKey")
        expected = request.header("x-amz-copy-source-if-match")
        if self.conditional and expected not in (None, f'"{found.etag}"'):
            return s3_error(412, "PreconditionFailed")
        anew = request.header("x-amz-metadata-directive") == "REPLACE"
        tagged = request.header("x-amz-tagging-directive") == "REPLACE"
        tags = request.header("x-amz-tagging") or "" if tagged else found.tags
        return Stored(found.data, described(request) if anew else found.headers, tags)

    def _in_parts(self, request: Request, query: dict[str, list[str]]) -> Reply:
        if "uploads" in query:
            upload_id = f"u{len(self.begun) + 1}"
            self.begun[upload_id] = request
            self.unfinished[upload_id] = {}
            return document(f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId>"
                            "</InitiateMultipartUploadResult>")  # fmt: skip
        upload_id = query["uploadId"][0]
        parts = self.unfinished.get(upload_id)
        if parts is None:
            return s3_error(404, "NoSuchUpload")
        if "partNumber" in query:
            return self._part(request, parts, int(query["partNumber"][0]))
        if request.method == "GET":
            return document("<ListPartsResult>" + "".join(
                f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;e&quot;</ETag>"
                f"<Size>{len(data)}</Size></Part>" for number, data in parts.items()
            ) + "</ListPartsResult>")  # fmt: skip
        if request.method == "POST" and (refused := self._refused(request)) is not None:
            return refused
        del self.unfinished[upload_id]
        if request.method == "DELETE":
            return reply(204)
        begun = self.begun[upload_id]
        tags = begun.header("x-amz-tagging") or ""
        whole = b"".join(parts[number] for number in sorted(parts))
        self.objects[request.path] = Stored(whole, described(begun), tags)
        return result("CompleteMultipartUploadResult", "whole-2")

    def _part(self, request: Request, parts: dict[int, bytes], number: int) -> Reply:
        if not self.copies or not request.header("x-amz-copy-source"):
            parts[number] = request.body
            return reply(200, headers={"ETag": '"part"'})
        source = self._source(request)
        if isinstance(source, Reply):
            return source
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", request.header("x-amz-copy-source-range") or "")
        assert wanted
        parts[number] = source.data
        if self.ranges:
            parts[number] = source.data[int(wanted[1]) : int(wanted[2]) + 1]
        return result("CopyPartResult", hashlib.md5(parts[number]).hexdigest())

    def _tagged(self, request: Request) -> Reply:
        found = self.objects.get(request.path)
        if found is None:
            return s3_error(404, "NoSuchKey")
        if request.method == "GET":
            pairs = parse_qs(found.tags, keep_blank_values=True).items()
            tags = "".join(f"<Tag><Key>{k}</Key><Value>{v[0]}</Value></Tag>" for k, v in pairs)
            return document(f"<Tagging><TagSet>{tags}</TagSet></Tagging>")
        found.tags = ""
        if request.method == "PUT":
            told = re.findall(r"<Key>(.*?)</Key><Value>(.*?)</Value>", request.body.decode())
            found.tags = "&".join(f"{name}={value}" for name, value in told)
        return reply(200 if request.method == "PUT" else 204)


def described(request: Request) -> dict[str, str]:
    """The headers of a request that describe an object."""
    kept = ("content-type", "content-encoding", "content-disposition", "content-language",
            "cache-control", "expires", "x-amz-storage-class")  # fmt: skip
    return {
        name.lower(): value
        for name, value in request.headers
        if name.lower() in kept or name.lower().startswith("x-amz-meta-")
    }


def document(text: str) -> Reply:
    """A 200 with a document."""
    return reply(200, text.encode())


def result(tag: str, etag: str) -> Reply:
    """A 200 with a document that holds an ETag."""
    return document(f"<{tag}><ETag>&quot;{etag}&quot;</ETag></{tag}>")


class Halting:
    """Says when another handler has worked on a request of a kind, and answers when the test goes on."""

    def __init__(
        self, handler: Callable[[Request], Step], which: Callable[[Request], object]
    ) -> None:
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self._handler = handler
        self._which = which

    def __call__(self, request: Request) -> Step:
        step = self._handler(request)
        if not self._which(request):
            return step

        def later(exchange: Exchange) -> None:
            self.reached.set()
            hang(self.go_on, step)(exchange)

        return later
