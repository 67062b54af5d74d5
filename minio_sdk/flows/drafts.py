"""What the user has written of an object and nobody has sent yet.

Rule of this file: nobody waits for memory here, since only the user knows when a draft is done with. What
the budget has no room for lies in a temporary file, which has no name and goes with its last handle.
"""

from __future__ import annotations

from mmap import mmap
from typing import Any

from minio_sdk.flows.blocks import block
from minio_sdk.flows.leases import UNCOUNTED, Lease
from minio_sdk.protocols import Transport

_HERE = 0
"""The number of a draft's own grant; those of parts begin with 1."""


class Draft:
    """Some bytes that are added to one by one.

    Args:
        transport: does what blocks.
        lease: what it may keep in memory.
        room: the most bytes there will be.
        eager: ask for all of that at once.

    Attributes:
        size: bytes so far.
    """

    __slots__ = ("_eager", "_file", "_lease", "_may", "_memory", "_room", "_transport", "size")

    def __init__(self, transport: Transport, lease: Lease, room: int, *, eager: bool) -> None:
        self.size = 0
        self._transport = transport
        self._lease = lease
        self._room = room
        self._eager = eager
        self._may = UNCOUNTED
        self._memory: mmap | None = None
        self._file: Any = None

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def aside(self) -> bool:
        """Whether it lies in a temporary file."""
        return self._file is not None

    def put(self, data: memoryview) -> bool:
        """Add bytes, if there is memory for them."""
        needed = self.size + len(data)
        if self._file is not None or (needed > self._may and not self._may_more(needed)):
            return False
        memory = self._memory
        if memory is None or len(memory) < needed:
            memory = block(max(needed, min(self._may, self._room)))
            if self._memory is not None:
                memory[: self.size] = memoryview(self._memory)[: self.size]
            self._memory = memory
        memory[self.size : needed] = data
        self.size = needed
        return True

    async def put_aside(self, data: memoryview) -> None:
        """Add bytes where there is no memory for them.

        Raises:
            OSError: there is no room for temporary files either.
        """
        if self._file is None:
            from tempfile import TemporaryFile

            self._file = TemporaryFile(buffering=0)  # noqa: SIM115
            if self._memory is not None:
                await self._transport.call(
                    _write, self._file, memoryview(self._memory)[: self.size]
                )
            self._memory = None
            self._lease.give(_HERE)
        await self._transport.call(_write, self._file, data)
        self.size += len(data)

    async def part(self, number: int, offset: int, size: int) -> memoryview:
        """Some of the bytes, to be sent; they are in memory under a grant with this number."""
        if self._file is not None:
            await self._lease.take_aside(number, size)
            body: memoryview = await self._transport.call(_read, self._file, offset, size)
            return body
        if self._memory is None:
            return memoryview(b"")
        self._lease.split(_HERE, number, size)
        self._lease.use(number)
        return memoryview(self._memory)[offset : offset + size]

    def drop(self) -> None:
        """Let go of what no part has taken."""
        self._memory = None
        self._lease.give(_HERE)
        if self._file is not None:
            self._file.close()

    def _may_more(self, needed: int) -> bool:
        more = max(needed, self._room if self._eager else min(2 * self._may, self._room))
        if not self._lease.ask(_HERE, more - self._may):
            return False
        self._may = more
        return True


def _write(file: Any, data: memoryview) -> None:
    """All of it, behind what is there; blocking."""
    while data:
        data = data[file.write(data) :]  # at most 2 GiB go at a time


def _read(file: Any, offset: int, size: int) -> memoryview:
    """Bytes of the file; blocking."""
    view = memoryview(block(size))
    file.seek(offset)
    count = 0
    while count < size and (more := file.readinto(view[count:])):
        count += more
    if count != size:
        raise OSError("a temporary file has lost some of its bytes")
    return view
