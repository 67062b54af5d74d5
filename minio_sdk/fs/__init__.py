"""``minio://bucket/key`` for everything that reads and writes through fsspec.

    import pandas as pd

    pd.read_csv("minio://docs/table.csv", storage_options={"base_url": "http://localhost:9000"})

fsspec finds `MinIOFileSystem` by its entry point. pandas, dask, pyarrow, xarray and zarr know fsspec.
"""

from __future__ import annotations

from typing import Any

try:
    import fsspec  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "fsspec":
        raise
    raise ImportError(
        'fsspec is not installed: pip install "minio-enterprise-sdk[fsspec]"'
    ) from None

from fsspec.compression import compr
from fsspec.core import get_compression

from minio_sdk.fs.contents import Sink, Source
from minio_sdk.fs.files import Compressed, MinIOFile, MinIOStreamedFile, Text
from minio_sdk.fs.moving import Moving

__all__ = ["MinIOFile", "MinIOFileSystem", "MinIOStreamedFile"]

_TEXT = ("encoding", "errors", "newline")


class MinIOFileSystem(Moving):
    """A tenant's buckets and objects as fsspec's files.

    `fsspec.filesystem("minio", ...)` makes it, ``fsspec.open("minio://bucket/key")`` and the
    ``storage_options`` of pandas and its like lead to it. It is async underneath: all work is done by an
    `AsyncMinIOClient` on fsspec's event loop, and with ``asynchronous=True`` on yours.

    Args:
        config: a `Config` to begin with; without it the environment is, as for `MinIOClient`.
        version_aware: whether ``?versionId=`` behind a key names a version of it.
        anon: don't sign requests.
        default_block_size: bytes that files ask for ahead; None takes 5 MiB.
        default_cache_type: which of fsspec's caches files read through.
        use_listings_cache: whether listings are remembered.
        listings_expiry_time: for how many seconds; None for as long as nothing is written through here.
        max_paths: how many of them; None for all.
        asynchronous: whether its coroutines are awaited on an event loop of yours.
        loop: an event loop that runs in another thread, in place of fsspec's.
        batch_size: how many requests of one call are under way at once; None leaves it to fsspec.
        **fields: any field of `Config`, such as ``base_url`` and ``tenant_id``. ``endpoint_url``, ``key``,
            ``secret`` and ``token`` are other names for ``base_url``, ``access_key``, ``secret_key`` and
            ``session_token``.

    Raises:
        ConfigurationError: a setting is not right.

    Example:
        >>> fs = fsspec.filesystem("minio", base_url="http://localhost:9000", tenant_id="acme")
        >>> fs.pipe_file("docs/hello.txt", b"Hello!")
    """

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: dict[str, Any] | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """Open an object as a file.

        Args:
            path: the object.
            mode: ``r``, ``w``, ``x`` (which refuses to replace an object) or ``a`` (which makes it anew, with
                more bytes at its end), each with ``b`` for bytes, or as text.
            block_size: bytes that are asked for ahead.
            cache_options: arguments of the cache.
            compression: ``"gzip"`` or another that fsspec knows; ``"infer"`` guesses from the name.
            **options: `version_id`, `at`, `cache_type` for reading; `content_type`, `metadata` for writing;
                `encoding`, `errors`, `newline` for text.

        Raises:
            FileNotFoundError: there is no such object or bucket.
            FileExistsError: there is one, with ``x``.
            IsADirectoryError: the path is a bucket, or a directory.
        """
        path = self._strip_protocol(path)
        if "b" not in mode:
            text = {name: options.pop(name) for name in _TEXT if name in options}
            mode = mode.replace("t", "") + "b"
            inner = self.open(path, mode, block_size, cache_options, compression, **options)
            return Text(inner, **text)
        found = super().open(path, mode, block_size, cache_options, None, **options)
        name = get_compression(path, compression)
        return found if name is None else Compressed(compr[name](found, mode=mode[0]), found)

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        cache_type: str | None = None,
        **options: Any,
    ) -> MinIOFile:
        return MinIOFile(
            self,
            path,
            mode,
            block_size or self.default_block_size,
            autocommit,
            cache_type or self.default_cache_type,
            cache_options,
            **options,
        )

    async def open_async(self, path: str, mode: str = "rb", **options: Any) -> MinIOStreamedFile:
        """Open an object as a file whose methods are awaited.

        Args:
            path: the object.
            mode: ``"rb"``, ``"wb"``, ``"xb"`` or ``"ab"``.
            **options: as for `open`, but for text and compression.
        """
        path = self._strip_protocol(path)
        if mode not in ("rb", "wb", "xb", "ab") or options.pop("compression", None):
            raise ValueError(f"mode={mode!r}: must be 'rb', 'wb', 'xb' or 'ab', uncompressed")
        block_size = options.pop("block_size", None) or self.default_block_size
        if mode == "rb":
            which = [options.pop(name, None) for name in ("version_id", "at", "etag")]
            if options:
                raise TypeError(f"{', '.join(options)}: not for reading")
            source = Source(self, path, *which)
            return MinIOStreamedFile(self, path, mode, block_size, (source, await source.open()))
        sink = Sink(self, path, mode, options)
        await sink.open()
        return MinIOStreamedFile(self, path, mode, block_size, (sink, None))
