"""Bulk jobs on an executor of the user's: threads here, processes, or machines far away.

What goes to another process is a client's `Config` and some items, pickled; there, one client for each
configuration stays and keeps its connections. The rule: whatever becomes of an executor, each item that
was handed to it gets an outcome.
"""

from __future__ import annotations

import pickle
import uuid
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import lru_cache
from typing import Any

from minio_sdk.blocking import run
from minio_sdk.config import Config
from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError, ValidationError, invalid
from minio_sdk.flows.bulk_items import Done, Package, do, failed
from minio_sdk.transport.stopping import Team
from minio_sdk.transport.threads import work as in_team

AT_ONCE = 8
"""Items of one package that a worker process has under way side by side."""

_PACKAGES = 32
_WHY = "can't be pickled for another process; bytes or a path can, open files and generators can't"


def elsewhere(executor: object, config: Config, engine: Engine | None) -> Away | None:
    """What hands items to `executor`; None where there is none.

    Args:
        executor: the user's.
        config: the settings of the client.
        engine: the client's, if it is the blocking one.

    Raises:
        ValidationError: it is no executor, or the configuration can't be sent to it.
    """
    if executor is None:
        return None
    if not callable(getattr(executor, "submit", None)):
        raise invalid("executor", executor, "must have submit(), as those of concurrent.futures do")
    given: Any = executor
    if isinstance(executor, ThreadPoolExecutor):
        return Threads(given, config, engine)
    try:
        pickle.dumps(config)
    except Exception as error:
        raise ValidationError(
            f"executor: the client's configuration can't be sent to it: {error}",
            hint="credentials and an audit that pickle, such as functions of a module, or a "
            "ThreadPoolExecutor",
        ) from None
    return Away(given, config)


class Away:
    """Hands packages to an executor of other processes.

    Attributes:
        engine: None: it works there.
        limit: packages to hand over at once.
        together: items are better handed over several together.
    """

    engine: Engine | None = None
    limit = _PACKAGES
    together = True

    def __init__(self, executor: Executor, config: Config) -> None:
        self._executor = executor
        self._config = config

    def submit(self, engine: Engine | None, verb: str, package: Package) -> Future[Done]:
        """Have a package done there."""
        sent: list[tuple[int, bytes]] = []
        refused: Done = []
        for index, item in package:
            try:
                sent.append((index, pickle.dumps(_plain(item))))
            except Exception as error:
                why = ValidationError(f"{_WHY} ({error})")
                why.message = f"data: {why.message}"
                refused.append((index, failed(why, index, item)))
        outer: Future[Done] = Future()
        if not sent:
            outer.set_result(refused)
            return outer
        try:
            # The last argument makes each call another one: some executors know equal calls again.
            inner = self._executor.submit(work, self._config, verb, sent, uuid.uuid4().hex)
        except Exception as error:
            outer.set_result(refused + _lost(error, package, sent))
            return outer
        return _followed(inner, outer, refused, package, sent)

    def close(self, failed: bool) -> None:
        """What was begun there goes on to its end."""


class Threads(Away):
    """Hands items to a pool of threads of this process.

    Attributes:
        engine: the client's, or one for this job where the client isn't the blocking one.
    """

    together = False

    def __init__(self, executor: Executor, config: Config, engine: Engine | None) -> None:
        super().__init__(executor, config)
        from minio_sdk.client.sync.client import MinIOClient

        self._client: MinIOClient | None = None
        if engine is None:
            self._client = MinIOClient(config)
            engine = self._client._engine
        self.engine = engine
        self.limit = getattr(executor, "_max_workers", _PACKAGES)
        self._running: set[Future[Done]] = set()
        self._team = Team()

    def submit(self, engine: Engine | None, verb: str, package: Package) -> Future[Done]:
        """Have a package done on a thread."""
        assert engine is not None  # that of this object
        outer: Future[Done] = Future()
        sent = [(index, b"") for index, _ in package]

        async def here(items: Package) -> Done:
            return await do(engine, verb, items)

        try:
            inner = self._executor.submit(copy_context().run, in_team, self._team, here, package)
        except Exception as error:
            outer.set_result(_lost(error, package, sent))
            return outer
        self._running.add(inner)
        inner.add_done_callback(self._running.discard)
        return _followed(inner, outer, [], package, sent)

    def close(self, failed: bool) -> None:
        """Wait for what still runs, since it uses the client's connections; after a failure, stop it."""
        if failed:
            self._team.stop()
        wait(list(self._running))
        self._team.end(failed=failed)
        if self._client is not None:
            self._client.close()


def work(config: Config, verb: str, sent: list[tuple[int, bytes]], job: str) -> Done:
    """What a worker process does with a package."""
    # Our own bytes, from the process that sends us the code to run as well.
    package = [(index, pickle.loads(item)) for index, item in sent]  # noqa: S301
    return run(do(_client(config)._engine, verb, package, AT_ONCE))


@lru_cache(maxsize=8)
def _client(config: Config) -> Any:
    from minio_sdk.client.sync.client import MinIOClient

    return MinIOClient(config)


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """Views of memory don't pickle, and their bytes do."""
    data = item.get("data")
    return {**item, "data": bytes(data)} if isinstance(data, memoryview) else item


def _followed(
    inner: Future[Done],
    outer: Future[Done],
    refused: Done,
    package: Package,
    sent: list[tuple[int, bytes]],
) -> Future[Done]:
    """`outer`, which ends when `inner` does, with an outcome for each item whatever that raises."""

    def settle(_: Future[Done]) -> None:
        if not outer.set_running_or_notify_cancel():
            return
        try:
            done = inner.result()
        except BaseException as error:  # a killed worker, a cancelled task: it must not hang
            done = _lost(error, package, sent)
        outer.set_result(refused + done)

    def pass_on(future: Future[Done]) -> None:
        if future.cancelled():
            inner.cancel()

    outer.add_done_callback(pass_on)
    inner.add_done_callback(settle)
    return outer


def _lost(error: BaseException, package: Package, sent: list[tuple[int, bytes]]) -> Done:
    items = dict(package)
    done: Done = []
    for index, _ in sent:
        lost = MinIOError(
            f"the executor lost it: {type(error).__name__}: {error}",
            hint="look at the workers; what they had begun may have been done",
        )
        done.append((index, failed(lost, index, items[index])))
    return done
