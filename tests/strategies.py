"""What Hypothesis makes up for the property tests, and how much of it."""

from __future__ import annotations

import string
import uuid
from datetime import datetime, timezone

from hypothesis import settings
from hypothesis import strategies as st

# The rest is as the profile says that `conftest.py` loads.
FEW = settings(max_examples=30)
MODERATE = settings(max_examples=100)
MANY = settings(max_examples=200)

HOSTILE = "/.%+ &=#?~\\\"'<>:;*()!@$,^`|{}[]-_\r\n\t\x00\x7f\x85\xa0éß日\u2028\ufffd😀１٣"
"""Characters that somebody's encoding gets wrong."""

anything = st.characters(exclude_categories=["Cs"])
"""Every character that UTF-8 can carry."""

keys = (
    st.text(st.sampled_from(HOSTILE) | anything, min_size=1, max_size=40)
    | st.lists(
        st.sampled_from(["", ".", "..", "a", "%2e", "a b", "+"]), min_size=2, max_size=5
    ).map("/".join)
).filter(lambda key: 0 < len(key.encode()) <= 1024)

_in_xml = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[chr(c) for c in range(32) if chr(c) not in "\t\n\r"] + ["\ufffe", "\uffff"],
)
xml_text = st.text(st.sampled_from("<>&'\"\r\n\t ]") | _in_xml, max_size=30)
"""Text that XML 1.0 can carry."""

_tenant_characters = st.sampled_from("abz09-_.AZ /%~") | st.sampled_from(
    [c for c in string.printable if c.isprintable()]
)
tenants = st.one_of(
    st.text("ab0", min_size=1, max_size=21),
    st.text(_tenant_characters, min_size=1, max_size=40),
    st.uuids().map(str),
    st.uuids().map(lambda value: str(value).upper()),
    st.uuids().map(lambda value: value.hex),
    st.just(str(uuid.UUID(int=0))),
).filter(lambda tenant: tenant == tenant.strip() and 0 < len(tenant) <= 256)

bucket_parts = st.one_of(
    st.from_regex(r"[a-c0](?:[a-c0.-]{0,12}[a-c0])?", fullmatch=True),
    st.from_regex(r"[a-z0-9](?:[a-z0-9.-]{0,25}[a-z0-9])?", fullmatch=True),
)
"""A tenant's own names of buckets; some are refused with the tenant in front of them."""

moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(timezone.utc))
"""Aware datetimes in UTC, any year, to the microsecond."""

seconds = st.one_of(
    st.floats(0, 4_102_444_800, allow_nan=False),
    # Around midnight, where the key of the day changes.
    st.builds(lambda day, off: day * 86400 + off, st.integers(1, 40_000), st.floats(-2, 2)),
)
"""Seconds since the epoch, up to the year 2100."""
