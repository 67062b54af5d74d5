"""Uploads of what others send: an iterator, a pipe, the body of a request that a service has been asked.

Rule of this file: whoever sends may stop at any time and never say so. Where nothing has come yet, no memory
is taken; what has come, and is less than a part, is kept as a handle keeps its bytes: within half of the
budget, so that nobody has to wait for it. Where there is no room for it soon, it goes into a temporary file;
where files have no room either, it waits for memory in order, as all other transfers do.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from minio_sdk.engine import Engine
from minio_sdk.flows.drafts import Draft
from minio_sdk.flows.leases import UNCOUNTED, Lease, users_code
from minio_sdk.flows.sources import Source
from minio_sdk.protocols import Transport

STEP = 1024 * 1024
"""The most bytes that are asked of a source at once."""

SOON, LATE = 0.05, 0.5
"""Seconds: a source that gives what it is asked for so soon is asked for more next time, or for less."""

PATIENCE = 1.0
"""Seconds for which bytes that have come wait for memory; then those who have it seem to stand still."""


class Feeding:
    """Collects what a source brings, a part at a time.

    Args:
        transport: does what blocks.
        source: brings it.
        lease: what may be kept in memory.

    Attributes:
        source: brings it.
        ended: whether it has brought all.
    """

    __slots__ = ("_draft", "_lease", "_patience", "_step", "_transport", "ended", "source")

    def __init__(self, transport: Transport, source: Source, lease: Lease) -> None:
        self.source = source
        self.ended = False
        self._transport = transport
        self._lease = lease
        self._patience = PATIENCE
        self._step = UNCOUNTED
        self._draft: Draft | None = None

    async def fill(self, size: int) -> int:
        """Wait until so many bytes have come, or all; how many have. For the first `fill` of a draft."""
        if self._draft is not None:
            return self._draft.size
        draft = self._draft = Draft(self._transport, self._lease, size, eager=True, patient=True)
        while draft.size < size and not self.ended:
            # What is on its way into memory is in it twice: an eighth of what the draft has may be.
            step = max(UNCOUNTED, min(self._step, size // 8, draft.spare))
            block = await self._read(min(step, size - draft.size))
            self.ended = not block
            if block and not draft.put(view := memoryview(block)):
                await self._find_room(draft, view)
        return draft.size

    async def _read(self, size: int) -> bytes | memoryview:
        """Some bytes; more next time, where they came soon, and fewer where somebody waits for them."""
        clock = self._transport.clock
        at_hand = self.source.held
        began = clock.monotonic()
        with users_code():
            block = await self.source.read(self._transport, size)
        took = clock.monotonic() - began
        if took >= LATE:
            self._step = UNCOUNTED
        elif took <= SOON and at_hand < size >= self._step:
            self._step = min(2 * self._step, STEP)
        return block

    async def _find_room(self, draft: Draft, data: memoryview) -> None:
        if not draft.aside and await draft.put_patiently(data, self._patience):
            self._patience = PATIENCE
            return
        # Those who keep the memory stand still, so that there is no use in waiting for them once more.
        self._patience = 0
        try:
            await draft.put_aside(data)
        except OSError:
            await draft.put_in_turn(data)

    async def more(self) -> bool:
        """Whether there is more than what has come; waits for it."""
        if not self.ended:
            with users_code():
                byte = await self.source.read(self._transport, 1)
            self.ended = not byte
            self.source.unread(byte)
        return not self.ended

    async def whole(self) -> memoryview:
        """All that has come, to be sent in one request."""
        assert self._draft is not None  # it was filled
        return await self._draft.part(1, 0, self._draft.size)

    async def parts(self, number: int, size: int) -> AsyncGenerator[memoryview, None]:
        """What has come, and is filled, in parts of a size, to be sent under numbers from this one."""
        await self.fill(size)
        draft, self._draft = self._draft, None
        assert draft is not None  # as it was filled
        try:
            for offset in range(0, draft.size, size):
                here = min(size, draft.size - offset)
                yield await draft.part(number, offset, here)
                number += 1
        finally:
            draft.drop()

    def close(self) -> None:
        """Let go of what has come, also while an error that leads here is kept."""
        draft, self._draft = self._draft, None
        if draft is not None:
            draft.drop()


def first_fill(engine: Engine, source: Source, part: int) -> int:
    """How much of a source to wait for before it is known whether it goes in parts: whole parts, if so."""
    most = engine.config.multipart_threshold
    if source.length is not None:
        return min(source.length, most)
    return max(1, -(-most // part)) * part
