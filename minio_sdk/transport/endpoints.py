"""What is known of several endpoints of one store beside the connections to each, for both transports."""

from __future__ import annotations

from typing import Any

from minio_sdk.config import Config
from minio_sdk.forks import forget_after_fork
from minio_sdk.retry_budget import TokenBudget
from minio_sdk.transport.hedging import Hedger
from minio_sdk.transport.routes import Routes


class Endpoints:
    """The connections to all endpoints, and what is known of these; shared by all views of a client.

    Args:
        config: the settings.
        each: the connections to each endpoint, in their order.
        memory: the budget of bytes.
    """

    def __init__(self, config: Config, each: tuple[Any, ...], memory: Any) -> None:
        self.routes = Routes([one.endpoint.origin for one in each])
        self.hedger = None if config.hedge is None else Hedger(config.hedge)
        self.budget = TokenBudget()
        self.memory = memory
        first = each[0]
        for one in each:
            one.skew.regions = first.skew.regions
        self.endpoint, self.proxy, self.skew = first.endpoint, first.proxy, first.skew
        forget_after_fork(self)

    def forget(self) -> None:
        """In a forked child: renew what is shared; the connections forget by themselves."""
        self.budget.renew_lock()
        self.memory.renew()
        self.routes.renew_lock()
        if self.hedger is not None:
            self.hedger.renew_lock()
