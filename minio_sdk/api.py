"""What is known of a server, and who is at its buckets: shared by all views of a client."""

from __future__ import annotations

from minio_sdk.models.capabilities import ServerCapabilities


class Arrivals:
    """Who is at a bucket that may have to be made; see `minio_sdk.flows.first_writes`.

    Lists, since these grow and shrink in one step, whatever the thread.

    Attributes:
        writers: one item for each write on its way.
        makers: one for each that makes the bucket.
    """

    __slots__ = ("makers", "writers")

    def __init__(self) -> None:
        self.writers: list[None] = []
        self.makers: list[None] = []


class Api:
    """What the server is; found once, shared by all views of one server.

    Attributes:
        name: the API that it speaks; None until it was asked.
        server: its ``Server`` header; None until the first answer.
        copies: whether it knows CopyObject; None until it was asked (`minio_sdk.flows.copies`).
        checksums: False when it has refused checksums.
        admin: whether it has MinIO's admin API; None until it was asked (`minio_sdk.flows.admin_calls`).
        encrypts: the kinds of encryption that it has proven to know (`minio_sdk.flows.encrypted`).
        echoes: those of which it has said at an upload's beginning that all of it will be encrypted so.
        unpacks: whether it makes objects of a tar; None until one was sent (`minio_sdk.flows.packing`).
        appends: whether it appends to objects; None until it was asked (`minio_sdk.flows.native`).
        capabilities: what was found of it; None until it was asked for (`minio_sdk.flows.capabilities`).
        written: buckets that were written to, by the server's names, and so are there most likely.
        arrivals: who is at others.
    """

    __slots__ = (
        "admin",
        "appends",
        "arrivals",
        "capabilities",
        "checksums",
        "copies",
        "echoes",
        "encrypts",
        "name",
        "server",
        "unpacks",
        "written",
    )

    def __init__(self, name: str) -> None:
        self.name: str | None = None if name == "auto" else name
        self.server: str | None = None
        self.copies: bool | None = None
        self.checksums = True
        self.admin: bool | None = None
        self.unpacks: bool | None = None
        self.appends: bool | None = None
        self.encrypts: set[str] = set()
        self.echoes: set[str] = set()
        self.capabilities: ServerCapabilities | None = None
        self.written: set[str] = set()
        self.arrivals: dict[str, Arrivals] = {}
