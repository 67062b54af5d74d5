"""What the user has written of an object and nobody has sent yet.

Rule of this file: nobody waits long for memory here, since only the user knows when a draft is done with.
What the budget has no room for lies in a temporary file, which has no name and goes with its last handle.
"""

from __future__ import annotations

from collections.abc import Callable
from mmap import mmap
from typing import Any, TypeVar, cast

from minio_sdk.flows.blocks import block
from minio_sdk.flows.leases import UNCOUNTED, Lease
from minio_sdk.protocols import Transport

T = TypeVar("T")

_HERE = 0
"""The number of a draft's own grant; those of parts begin with 1."""


class _Aside:
    """A temporary file, which is closed with its last holder if not before.

    Raises:
        OSError: there is no room for it.
    """

    def __init__(self) -> None:
        from tempfile import TemporaryFile

        self.raw: Any = TemporaryFile(buffering=0)  # noqa: SIM115

    def __del__(self) -> None:
        if hasattr(self, "raw"):
            self.raw.close()


class Draft:
    """Some bytes that are added to one by one.

    Args:
        transport: does what blocks.
        lease: what it may keep in memory.
        room: the most bytes there will be.
        eager: ask for all of that at once, but for the first bytes.
        patient: what comes back from the file waits for memory in order, as the other transfers do.

    Attributes:
        size: bytes so far.
    """

    __slots__ = (
        "_eager",
        "_file",
        "_lease",
        "_may",
        "_memory",
        "_patient",
        "_room",
        "_transport",
        "_used",
        "size",
    )

    def __init__(
        self,
        transport: Transport,
        lease: Lease,
        room: int,
        *,
        eager: bool,
        patient: bool = False,
    ) -> None:
        self.size = 0
        self._transport = transport
        self._lease = lease
        self._room = room
        self._eager = eager
        self._patient = patient
        self._may = UNCOUNTED
        self._memory: mmap | None = None
        self._file: _Aside | None = None
        self._used = False

    @property
    def aside(self) -> bool:
        """Whether it lies in a temporary file."""
        return self._file is not None

    @property
    def spare(self) -> int:
        """Bytes for which there is memory already."""
        return 0 if self._file is not None else self._may - self.size

    def put(self, data: memoryview) -> bool:
        """Add bytes, if there is memory for them."""
        needed = self.size + len(data)
        if self._file is not None or (needed > self._may and not self._may_more(needed)):
            return False
        self._put(data, needed)
        return True

    async def put_patiently(self, data: memoryview, patience: float) -> bool:
        """Add bytes, if there is memory for them within so many seconds."""
        needed = self.size + len(data)
        more = self._step(needed)
        if self._file is not None or not await self._lease.keep(_HERE, more - self._may, patience):
            return False
        self._may = more
        self._put(data, needed)
        return True

    def _put(self, data: memoryview, needed: int) -> None:
        memory = self._memory
        if memory is None or len(memory) < needed:
            memory = block(max(needed, min(self._may, self._room)))
            if self._memory is not None:
                memory[: self.size] = memoryview(self._memory)[: self.size]
            self._memory = memory
        memory[self.size : needed] = data
        self.size = needed

    async def put_aside(self, data: memoryview) -> None:
        """Add bytes where there is no memory for them.

        Raises:
            OSError: there is no room for temporary files either.
        """
        if self._file is None:
            self._file = _Aside()
            if self._memory is not None:
                saved = memoryview(self._memory)[: self.size]
                try:
                    await self._use(_write, saved)
                except OSError:
                    self._close()
                    raise
            self._memory = None
            self._lease.give(_HERE)
        await self._use(_write, data)
        self.size += len(data)

    async def put_in_turn(self, data: memoryview) -> None:
        """Add bytes that temporary files have no room for, once it is this one's turn to have memory.

        Not for who may be left alone meanwhile, or already has some.
        """
        needed = self.size + len(data)
        more = self._step(needed)
        await self._lease.take(_HERE, more - self._may)
        if self._file is not None:
            saved = await self._use(_read, 0, self.size)
            self._memory = cast("mmap", saved.obj)
            self._close()
        self._may = more
        self._put(data, needed)

    async def part(self, number: int, offset: int, size: int) -> memoryview:
        """Some of the bytes, to be sent; they are in memory under a grant with this number."""
        if self._file is not None:
            if self._patient:
                await self._lease.take(number, size)
            else:
                await self._lease.take_aside(number, size)
            return await self._use(_read, offset, size)
        if self._memory is None:
            return memoryview(b"")
        self._lease.split(_HERE, number, size)
        self._lease.use(number)
        return memoryview(self._memory)[offset : offset + size]

    def drop(self) -> None:
        """Let go of what no part has taken."""
        self._memory = None
        self._lease.give(_HERE)
        self._close()

    async def _use(self, function: Callable[..., T], *arguments: Any) -> T:
        """The result of what a blocking function does with the file."""
        assert self._file is not None  # there is one
        self._used = True
        try:
            result = await self._transport.call(function, self._file, *arguments)
        except Exception:
            self._used = False
            raise
        self._used = False
        return result

    def _close(self) -> None:
        """Let go of the file.

        A task that was cancelled has left a thread behind, which may use the file still: the number that
        the system knows it by would be another file's or a socket's by then. So that thread closes it.
        """
        file, self._file = self._file, None
        if file is not None and not self._used:
            file.raw.close()

    def _may_more(self, needed: int) -> bool:
        more = self._step(needed)
        if not self._lease.ask(_HERE, more - self._may):
            return False
        self._may = more
        return True

    def _step(self, needed: int) -> int:
        return max(needed, self._room if self._eager else min(2 * self._may, self._room))


def _write(file: _Aside, data: memoryview) -> None:
    """All of it, behind what is there; blocking."""
    while data:
        data = data[file.raw.write(data) :]  # at most 2 GiB go at a time


def _read(file: _Aside, offset: int, size: int) -> memoryview:
    """Bytes of the file; blocking."""
    view = memoryview(block(size))
    file.raw.seek(offset)
    count = 0
    while count < size and (more := file.raw.readinto(view[count:])):
        count += more
    if count != size:
        raise OSError("a temporary file has lost some of its bytes")
    return view
