"""Ranges of objects: which to ask for together, and whether what came is of one generation."""

from __future__ import annotations

from typing import Any

from minio_sdk.errors import ObjectChangedError
from minio_sdk.flows.reading import Reader
from minio_sdk.fs.errors import as_os_error

Range = tuple[str, int | None, int | None]
"""A path, and the bytes that are wanted of it as a slice would name them."""


def generation(reader: Reader) -> tuple[Any, ...]:
    """What tells one generation of an object from another; nothing where none of it was asked for."""
    if reader.size is None:
        return ()
    headers = reader.headers
    return reader.size, headers.get("etag") or headers.get("last-modified")


def merged(wanted: list[Range], gap: int | None) -> list[Range]:
    """For each range the one to ask for, which has its neighbours up to so many bytes away as well."""
    if gap is None:
        return wanted
    plain = sorted(
        {(path, start or 0, end) for path, start, end in wanted if _is_plain(start, end)}
    )
    homes: dict[Range, Range] = {}
    run: list[Range] = []

    def settle() -> None:
        if run:
            ends = [end for _, _, end in run if end is not None]
            homes.update(dict.fromkeys(run, (run[0][0], run[0][1], max(ends))))
            run.clear()

    reach = 0
    for each in plain:
        path, start, end = each
        if run and (path != run[0][0] or (start or 0) > reach + gap):
            settle()
        reach = max(reach, end or 0) if run else end or 0
        run.append(each)
    settle()
    return [homes.get((path, start or 0, end), (path, start, end)) for path, start, end in wanted]


def _is_plain(start: int | None, end: int | None) -> bool:
    return end is not None and 0 <= (start or 0) < end


def cut(wanted: Range, whole: Range, came: Any) -> Any:
    """The bytes of a range, from those of the one that it was asked for with; or what went wrong."""
    if isinstance(came, BaseException):
        return came
    data: bytes = came[0]
    if wanted == whole:
        return data
    begin = (wanted[1] or 0) - (whole[1] or 0)
    return data[begin : begin + (wanted[2] or 0) - (wanted[1] or 0)]


def of_one_generation(asked: list[Range], came: list[Any]) -> list[Any]:
    """What came; the error where ranges of one object are of two of its generations."""
    met: dict[str, set[Any]] = {}
    for (path, _, _), each in zip(asked, came, strict=True):
        if not isinstance(each, BaseException) and each[1]:
            met.setdefault(path, set()).add(each[1])
    torn = {path for path, generations in met.items() if len(generations) > 1}
    return [
        _torn(path) if path in torn else each
        for (path, _, _), each in zip(asked, came, strict=True)
    ]


def _torn(path: str) -> Exception:
    error = ObjectChangedError("the object was replaced while its ranges were read")
    told = as_os_error(error, path)
    told.__cause__ = error
    return told
