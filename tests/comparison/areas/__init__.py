"""The rows, in the order of the page; a file for each area."""

from __future__ import annotations

from tests.comparison.areas import (
    ecosystem,
    faults,
    jobs,
    keys,
    more,
    objects,
    reliability,
    shape,
    tenancy,
)
from tests.comparison.model import Feature

FEATURES: tuple[Feature, ...] = (
    *tenancy.FEATURES,
    *faults.FEATURES,
    *keys.FEATURES,
    *reliability.FEATURES,
    *shape.FEATURES,
    *objects.FEATURES,
    *more.FEATURES,
    *jobs.FEATURES,
    *ecosystem.FEATURES,
)
