"""Ports for a server that needs ten of them, also when many servers start at the same time.

A port that the system hands out as free is not reserved: between closing the trial socket and the
server's own `bind`, somebody else may be given it. So ports are taken in blocks of 16. The first port
of a block is bound for as long as its server lives, never listened on, and means "this block is taken";
`bind` is atomic, so two servers never share a block, whatever process started them.

The blocks lie below the ranges from which Linux, macOS and Windows take ports for outgoing connections
and for `bind` to port 0, so only a program with fixed ports can be in the way; trial binds see that.
"""

from __future__ import annotations

import contextlib
import errno
import os
import random
import socket
import sys
from dataclasses import dataclass

FIRST = 12_000
BLOCK = 16
BLOCKS = 500  # 12000 to 19999, and their gRPC ports of the admin part up to 29999
ADMIN_GRPC_OFFSET = 10_000  # SeaweedFS's worker looks for the admin part's gRPC port there

_IN_USE = {errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEACCES", errno.EACCES)}
_MEMBERS = (
    "s3",
    "s3_grpc",
    "master",
    "master_grpc",
    "volume",
    "volume_grpc",
    "filer",
    "filer_grpc",
    "admin",
)


@dataclass(frozen=True)
class Ports:
    """The ports of one server, and the socket that keeps them from others."""

    number: dict[str, int]
    base: int
    anchor: socket.socket

    def release(self) -> None:
        """Let others have the block."""
        self.anchor.close()


def take(*, s3_port: int = 0, preferred: int | None = None) -> Ports:
    """Reserve a block of ports on 127.0.0.1.

    Args:
        s3_port: the port that the S3 server shall have, from outside of the block; 0 for one of it.
        preferred: the `base` to try first.

    Raises:
        OSError: no block is free.
    """
    bases = [FIRST + BLOCK * number for number in range(BLOCKS)]
    random.shuffle(bases)
    if preferred is not None:
        bases.insert(0, preferred)
    for base in bases:
        number = {name: base + 1 + place for place, name in enumerate(_MEMBERS)}
        number["admin_grpc"] = number["admin"] + ADMIN_GRPC_OFFSET
        if s3_port in (base, *number.values()):
            continue
        if s3_port:
            del number["s3"]
        anchor = _anchored(base)
        if anchor is None:
            continue
        if all(why_taken(port) is None for port in number.values()):
            return Ports({"s3": s3_port, **number}, base, anchor)
        anchor.close()
    raise OSError(errno.EADDRINUSE, f"no {BLOCK} free ports together from {FIRST} on")


def why_taken(port: int) -> str | None:
    """None when a server could listen on this port of 127.0.0.1; else what is in the way."""
    # SeaweedFS insists on all addresses being free, also those that it will not use.
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::")):
        try:
            with _trial(family) as trial:
                trial.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET6 and error.errno not in _IN_USE:
                continue  # this machine has no IPv6
            if error.errno == errno.EACCES and os.name == "posix":
                return "may only be used by an administrator"
            return "is in use by another program"
    return None


def _trial(family: int) -> socket.socket:
    trial = socket.socket(family, socket.SOCK_STREAM)
    with contextlib.suppress(OSError):
        if family == socket.AF_INET6:
            trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        if sys.platform == "win32":
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # As the server will do it: connections of an earlier server that still linger are fine.
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return trial


def _anchored(base: int) -> socket.socket | None:
    anchor = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            anchor.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        anchor.bind(("127.0.0.1", base))
    except OSError:
        anchor.close()
        return None
    return anchor
