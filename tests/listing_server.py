"""A small S3 in memory that lists, in small pages, for `ScriptedServer(handler=...)`.

It does what S3's documents say: byte order, folding by a delimiter, markers and tokens, URL encoding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from tests.scripted import Reply, Request, reply, s3_error


@dataclass(frozen=True)
class Version:
    """One version of a key; without `size` it is a delete marker."""

    key: str
    version: str
    size: int | None


@dataclass
class Listed:
    """What the server has, and how it lists.

    Attributes:
        versions: in the order of the listing: by key, the newest first.
        page: the most entries of a page, whatever is asked for.
        by_folder: keys in the order of their segments, as SeaweedFS has them; says so in ``Server``.
    """

    versions: list[Version] = field(default_factory=list)
    page: int = 1000
    by_folder: bool = False

    @classmethod
    def of(cls, keys: dict[str, int], page: int = 1000, *, by_folder: bool = False) -> Listed:
        """A server that has so many versions of each key; of 0, a delete marker on top of one."""
        made = []
        for key in sorted(keys, key=lambda k: k.split("/") if by_folder else [k]):
            if keys[key] == 0:
                made.append(Version(key, "9", None))
            made += [Version(key, str(n), n) for n in range(max(1, keys[key]), 0, -1)]
        return cls(made, page, by_folder)

    def current(self) -> list[Version]:
        """The latest version of each key that is not deleted."""
        seen: dict[str, Version] = {}
        for version in self.versions:
            seen.setdefault(version.key, version)
        return [version for version in seen.values() if version.size is not None]

    def __call__(self, request: Request) -> Reply:
        """The answer to a listing; 404 to anything else."""
        query = {n: v[0] for n, v in parse_qs(request.query, keep_blank_values=True).items()}
        headers = {"Server": "SeaweedFS 4" if self.by_folder else "FakeS3"}
        if request.method != "GET" or not ("list-type" in query or "versions" in query):
            return s3_error(404, "NoSuchKey", headers=headers)
        bucket_prefix = query.get("prefix", "")
        versions = "versions" in query
        size = min(self.page, int(query["max-keys"]))
        entries = list(self._entries(versions, bucket_prefix, query.get("delimiter", "")))
        begin = _begin(entries, query, self._order)
        page, rest = entries[begin : begin + size], entries[begin + size :]
        root = "ListVersionsResult" if versions else "ListBucketResult"
        parts = ["<EncodingType>url</EncodingType>"]
        parts.append(f"<IsTruncated>{'true' if rest else 'false'}</IsTruncated>")
        if rest and versions:
            key, version = page[-1]
            parts.append(f"<NextKeyMarker>{quote(key)}</NextKeyMarker>")
            if version is not None:
                parts.append(f"<NextVersionIdMarker>{version.version}</NextVersionIdMarker>")
        elif rest:
            parts.append(
                f"<NextContinuationToken>t{quote(page[-1][0], safe='')}</NextContinuationToken>"
            )
        parts += [self._xml(versions, *entry) for entry in page]
        return reply(200, f"<{root}>{''.join(parts)}</{root}>".encode(), headers=headers)

    def _order(self, key: str) -> list[str]:
        return key.split("/") if self.by_folder else [key]

    def _entries(
        self, versions: bool, prefix: str, delimiter: str
    ) -> Iterator[tuple[str, Version | None]]:
        """Names and versions; folders have none."""
        last = None
        for version in self.versions if versions else self.current():
            if not version.key.startswith(prefix):
                continue
            rest = version.key[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest.split(delimiter)[0] + delimiter
                if folder != last:
                    last = folder
                    yield folder, None
            else:
                yield version.key, version

    def _xml(self, versions: bool, key: str, version: Version | None) -> str:
        if version is None:
            return f"<CommonPrefixes><Prefix>{quote(key)}</Prefix></CommonPrefixes>"
        inside = f"<Key>{quote(key)}</Key>"
        tag = "Contents"
        if versions:
            tag = "Version" if version.size is not None else "DeleteMarker"
            latest = next(v for v in self.versions if v.key == key) == version
            inside += f"<VersionId>{escape(version.version)}</VersionId>"
            inside += f"<IsLatest>{'true' if latest else 'false'}</IsLatest>"
        if version.size is not None:
            inside += f"<Size>{version.size}</Size>"
        return f"<{tag}>{inside}</{tag}>"


def _begin(
    entries: list[tuple[str, Version | None]],
    query: dict[str, str],
    order: Callable[[str], list[str]],
) -> int:
    """Where the page begins."""
    token, key = query.get("continuation-token"), query.get("key-marker")
    if token is not None:
        after = unquote(token[1:])
        return 1 + max(i for i, (name, _) in enumerate(entries) if name == after)
    if key is not None and (marker := query.get("version-id-marker")):
        names = [(name, version.version if version else None) for name, version in entries]
        return 1 + names.index((key, marker))
    start = query.get("start-after") if key is None else key
    if start is None:
        return 0
    return sum(order(name) <= order(start) for name, _ in entries)
