"""One picture: bytes in, a small JPEG out.

Pictures come from strangers, and what reads them is C code with a history. So they are drawn in processes
of a `Studio`, which have no connection and limits of their own.
"""

from __future__ import annotations

import asyncio
import io
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
"""All that is tried, whatever a name says. Pillow knows many more, one of which runs Ghostscript."""

MAX_PIXELS = 50_000_000
"""A PNG of 40 KB may say that it is 20,000 by 20,000: 1.6 GB once it is unpacked."""

MEMORY = 1 << 30
CPU_SECONDS = 20

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


class BadPicture(Exception):
    """It will never have a thumbnail; the text says why."""


def thumbnail(data: bytes, side: int) -> bytes:
    """The picture within a square, upright, on white, without what the camera wrote into it.

    Raises:
        BadPicture: it is none, is damaged, or is too much.
    """
    try:
        with warnings.catch_warnings():
            # Above MAX_IMAGE_PIXELS Pillow warns, and refuses from twice as many on.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                image = opened.convert("RGBA") if opened.mode == "P" else opened
                image.thumbnail((side, side))  # a JPEG is decoded small to begin with
                small = ImageOps.exif_transpose(image).convert("RGBA")
        # On a new image: the old one's comments, and where it was taken, don't come along.
        flat = Image.new("RGB", small.size, "white")
        flat.paste(small, mask=small.getchannel("A"))
        out = io.BytesIO()
        flat.save(out, "JPEG", quality=82)
    except UnidentifiedImageError:
        raise BadPicture(f"is none of {', '.join(FORMATS)}") from None
    except Exception as error:  # Pillow's readers raise nearly anything on damaged bytes
        raise BadPicture(f"{type(error).__name__}: {error}") from None
    return out.getvalue()


def limited(data: bytes, side: int) -> bytes:
    """`thumbnail`, in a process that the system ends when one picture takes too long."""
    if sys.platform != "win32":
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
    return thumbnail(data, side)


def prepare() -> None:
    """Make this process one that draws."""
    # Ctrl-C is for the parent, which ends this in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_the_parent() -> None:
    """A parent that is killed tells nobody, and would leave this one waiting for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class Studio:
    """Processes that draw. A picture that brings one down is found out, and harms no other."""

    def __init__(self, processes: int, draw: Callable[[bytes, int], bytes] = limited) -> None:
        self._processes = processes
        self._draw = draw
        self._pool = self._new(processes)
        self._alone = asyncio.Lock()

    @staticmethod
    def _new(processes: int) -> ProcessPoolExecutor:
        # Forked children would have the sockets, the keys, and locks that nobody lets go of.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(processes, mp_context=context, initializer=prepare)

    async def draw(self, data: bytes, side: int) -> bytes:
        """The thumbnail.

        Raises:
            BadPicture: there is none.
        """
        loop = asyncio.get_running_loop()
        pool = self._pool
        try:
            return await loop.run_in_executor(pool, self._draw, data, side)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = self._new(self._processes)
                pool.shutdown(wait=False)
        # Every drawing that was under way fails with the pool. Alone, each shows whether it was the one.
        async with self._alone:
            pool = self._new(1)
            try:
                return await loop.run_in_executor(pool, self._draw, data, side)
            except BrokenProcessPool:
                raise BadPicture("ends the process that draws it") from None
            finally:
                pool.shutdown(wait=False)

    def close(self) -> None:
        """End the processes, each after its picture."""
        self._pool.shutdown(cancel_futures=True)
