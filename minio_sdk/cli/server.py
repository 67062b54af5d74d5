"""`health`, `ping` and `info`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import click

from minio_sdk.cli.screen import plain
from minio_sdk.cli.session import Session, command
from minio_sdk.errors import MinIOError


@click.command()
@command
def health(session: Session) -> None:
    """Whether the server is well; exit 1 when it isn't."""
    with session.work("Asking the server"):
        found = session.client().health_check()
    session.screen.emit(found, found.status, f"{found.latency * 1000:.1f} ms")
    if not found.healthy:
        session.screen.fail(MinIOError(str(found.details.get("error") or found.status)))


@click.command()
@click.option("-c", "--count", type=click.IntRange(1), default=5, show_default=True)
@click.option(
    "-i", "--interval", type=click.FloatRange(0), default=1.0, help="Seconds between two."
)
@command
def ping(session: Session, count: int, interval: float) -> None:
    """How long the server takes to answer; exit 1 when it doesn't."""
    client = session.client()
    times: list[float] = []
    for number in range(1, count + 1):
        found = client.health_check()
        if found.healthy:
            times.append(found.latency * 1000)
        record = {"type": "answer", "number": number, "healthy": found.healthy}
        record |= {"milliseconds": found.latency * 1000, "status": found.status}
        session.screen.emit(record, number, f"{found.latency * 1000:.1f} ms", found.status)
        session.screen.flush()
        if number < count:
            time.sleep(interval)
    summary: dict[str, Any] = {"type": "summary", "sent": count, "answered": len(times)}
    if times:
        summary |= {"least": min(times), "median": statistics.median(times), "most": max(times)}
        text = "least {least:.1f} ms, median {median:.1f} ms, most {most:.1f} ms".format(**summary)
    else:
        text = "no answer"
    if session.screen.as_json:
        session.screen.emit(summary)
    else:
        session.screen.remark(f"{len(times)} of {count} answered: {text}")
    session.screen.failures += len(times) < count


@click.command()
@command
def info(session: Session) -> None:
    """What the server tells of itself, and with which settings it was asked."""
    client = session.client()
    with session.work("Asking the server"):
        found = client.get_server_info()
    config = session.config
    where = ", ".join(config.endpoints)
    settings = {
        "url": where,
        "tenant": config.tenant_id,
        "tenancy": config.tenancy if config.tenant_id is not None else None,
        "region": config.region,
    }
    facts: dict[str, object] = {
        "server": found.server, "version": found.version, "status": found.status, **settings,
    }  # fmt: skip
    if isinstance(found.performance, Mapping):
        latency = found.performance.get("latency")
        facts["latency"] = f"{latency * 1000:.1f} ms" if isinstance(latency, float) else None
    facts |= {name: plain(value) for name, value in found.details.items()}
    session.screen.facts({**found, **settings}, facts)
