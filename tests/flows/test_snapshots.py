"""Snapshots of many objects, of objects that change meanwhile, and of calls that end half-way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from minio_sdk import ObjectChangedError, ObjectNotFoundError, ServerError, ValidationError
from minio_sdk.blocking import run
from minio_sdk.engine import Engine
from minio_sdk.errors import ConflictError, NotFoundError
from minio_sdk.flows import restoring, snapshots
from minio_sdk.flows.restoring import Wish
from minio_sdk.wire.message import Request
from tests.flows.memory import Bucket, Killed, Memory

DOCS, HOME = "acme-docs", "acme--snapshots"
DELETE = Wish(delete=True)
each_kind = pytest.mark.parametrize("versioned", [False, True], ids=["copies", "versions"])


def filled(count: int, *, versioned: bool = False) -> tuple[Memory, Engine]:
    memory = Memory()
    memory.buckets[DOCS] = Bucket(versioned)
    for number in range(count):
        headers = {"content-type": "text/plain", "x-amz-meta-n": str(number)}
        memory.store(DOCS, f"k/{number:05}", b"%d" % number, headers, {"n": str(number)})
    return memory, memory.engine()


def state(memory: Memory) -> dict[str, tuple[bytes | None, dict[str, str], dict[str, str]]]:
    """What readers of the bucket see: bytes, description, tags."""
    current = ((key, versions[0]) for key, versions in memory.buckets[DOCS].keys.items())
    return {key: (v.data, v.headers, v.tags) for key, v in current if v.data is not None}


def change(memory: Memory, count: int) -> None:
    """Every third object is replaced, every third removed, and others come."""
    for number in range(count):
        key = f"k/{number:05}"
        if number % 3 == 0:
            memory.store(DOCS, key, b"changed", {}, {})
        elif number % 3 == 1:
            memory.store(DOCS, key, None)
    memory.store(DOCS, "late", b"1")


@each_kind
def test_ten_thousand_objects(versioned: bool) -> None:
    memory, engine = filled(10_000, versioned=versioned)
    before = state(memory)
    info = run(snapshots.create(engine, "docs", "s"))
    assert (info.objects, info.size, info.versioned) == (10_000, 38_890, versioned)
    change(memory, 10_000)
    diff = run(snapshots.diff(engine, "docs", "s"))
    assert (len(diff.added), len(diff.removed), len(diff.changed)) == (1, 3333, 3334)
    result = run(restoring.restore(engine, "docs", "s", DELETE))
    assert (len(result.restored), result.unchanged, result.deleted) == (6667, 3333, ("late",))
    assert state(memory) == before
    run(snapshots.delete(engine, "docs", "s"))
    assert memory.buckets[HOME].keys == {}


@each_kind
def test_a_process_killed_at_any_request_leaves_all_of_a_snapshot_or_none(versioned: bool) -> None:
    memory, engine = filled(4, versioned=versioned)
    run(snapshots.create(engine, "docs", "whole"))
    requests = memory.asked
    for last in range(1, requests + 1):
        memory, engine = filled(4, versioned=versioned)
        memory.before = _kill_after(memory, last)
        with pytest.raises(Killed):
            run(snapshots.create(engine, "docs", "s"))
        memory.before = lambda _: None
        assert run(snapshots.list_all(engine, "docs")) == []
        with pytest.raises(NotFoundError):
            run(restoring.restore(engine, "docs", "s"))
        run(snapshots.create(engine, "docs", "s"))
        before = state(memory)
        change(memory, 4)
        run(restoring.restore(engine, "docs", "s", DELETE))
        assert state(memory) == before
        run(snapshots.delete(engine, "docs", "s"))
        assert memory.buckets[HOME].keys == {}, "what the killed one left goes as well"


def _kill_after(memory: Memory, last: int) -> Callable[[Request], None]:
    def kill(_: Request) -> None:
        if memory.asked >= last:
            raise Killed

    return kill


@each_kind
def test_a_restore_killed_at_any_request_is_finished_by_the_next(versioned: bool) -> None:
    memory, engine = filled(6, versioned=versioned)
    run(snapshots.create(engine, "docs", "s"))
    change(memory, 6)
    start = memory.asked
    run(restoring.restore(engine, "docs", "s", DELETE))
    requests = memory.asked - start
    for last in range(1, requests + 1):
        memory, engine = filled(6, versioned=versioned)
        before = state(memory)
        run(snapshots.create(engine, "docs", "s"))
        change(memory, 6)
        memory.before = _kill_after(memory, memory.asked + last)
        with pytest.raises(Killed):
            run(restoring.restore(engine, "docs", "s", DELETE))
        memory.before = lambda _: None
        run(restoring.restore(engine, "docs", "s", DELETE))
        assert state(memory) == before
        again = run(restoring.restore(engine, "docs", "s", DELETE))
        assert (again.restored, again.unchanged, again.deleted) == ((), 6, ())


def test_a_failure_that_is_no_death_cleans_up_and_says_how_to_go_on() -> None:
    memory, engine = filled(4)
    change_at = memory.asked + 12

    def fail(_: Request) -> None:
        if memory.asked == change_at:
            raise ServerError("it failed", hint="ask its operator")

    memory.before = fail
    with pytest.raises(ServerError) as caught:
        run(snapshots.create(engine, "docs", "s"))
    assert (caught.value.operation, caught.value.bucket) is not None
    assert memory.buckets[HOME].keys == {}
    memory.before = lambda _: None
    run(snapshots.create(engine, "docs", "s"))
    change(memory, 4)
    change_at = memory.asked + 8
    memory.before = fail
    with pytest.raises(ServerError, match=r"Try: ask its operator; what was restored stays"):
        run(restoring.restore(engine, "docs", "s"))


def test_an_object_that_is_replaced_while_it_is_copied_is_copied_again() -> None:
    memory, engine = filled(3)
    changes = iter([b"first", b"second"])

    def interfere(request: Request) -> None:
        of_it = "00001" in request.headers.get("x-amz-copy-source", "")
        if of_it and (data := next(changes, None)) is not None:
            memory.store(DOCS, "k/00001", data, {}, {"t": data.decode()})

    memory.before = interfere
    run(snapshots.create(engine, "docs", "s"))
    memory.before = lambda _: None
    before = state(memory)
    change(memory, 3)
    run(restoring.restore(engine, "docs", "s", DELETE))
    assert state(memory) == before
    assert before["k/00001"] == (b"second", {}, {"t": "second"})


def test_an_object_that_never_rests_is_an_error_in_the_end() -> None:
    memory, engine = filled(3)
    count = 0

    def interfere(request: Request) -> None:
        nonlocal count
        if "x-amz-copy-source" in request.headers:
            count += 1
            memory.store(DOCS, "k/00000", b"%d" % count)

    memory.before = interfere
    with pytest.raises(ObjectChangedError):
        run(snapshots.create(engine, "docs", "s"))
    assert count == snapshots.TRIES
    memory.before = lambda _: None
    assert run(snapshots.list_all(engine, "docs")) == []
    assert memory.buckets[HOME].keys == {}


def test_an_object_that_goes_while_it_is_copied_is_left_out() -> None:
    memory, engine = filled(3)

    def interfere(request: Request) -> None:
        if "x-amz-copy-source" in request.headers:
            memory.buckets[DOCS].keys.pop("k/00002", None)

    memory.before = interfere
    info = run(snapshots.create(engine, "docs", "s"))
    assert (info.objects, info.size) == (2, 2)


def test_two_of_one_name_at_the_same_moment_are_one_and_a_conflict() -> None:
    memory, engine = filled(2)
    done = False

    def interfere(request: Request) -> None:
        nonlocal done
        if not done and request.path.endswith("/objects.ndjson"):
            done = True
            run(snapshots.create(engine, "docs", "s"))

    memory.before = interfere
    with pytest.raises(ConflictError, match="snapshot called 's' already"):
        run(snapshots.create(engine, "docs", "s"))
    memory.before = lambda _: None
    assert [info.name for info in run(snapshots.list_all(engine, "docs"))] == ["s"]
    assert run(restoring.restore(engine, "docs", "s")).unchanged == 2
    assert len(memory.buckets[HOME].keys) == 4, "one manifest, one list, two copies"


@pytest.mark.parametrize(
    "damage, message",
    [
        (b"", "manifest of snapshot 's' can't be read"),
        (b"[]", "manifest of snapshot 's' can't be read"),
        (b'{"format": 2}', "of a kind that this version doesn't know"),
    ],
)
def test_a_manifest_that_is_damaged(damage: bytes, message: str) -> None:
    memory, engine = filled(1)
    run(snapshots.create(engine, "docs", "s"))
    memory.store(HOME, "docs/s/manifest.json", damage)
    with pytest.raises(Exception, match=message):
        run(restoring.restore(engine, "docs", "s"))


@pytest.mark.parametrize("damage", [b"", b"{}\n", b'{"key": "k/00000"'])
def test_a_list_that_is_damaged(damage: bytes) -> None:
    memory, engine = filled(2)
    run(snapshots.create(engine, "docs", "s"))
    (key,) = [key for key in memory.buckets[HOME].keys if key.endswith("objects.ndjson")]
    memory.store(HOME, key, damage)
    with pytest.raises(ServerError, match="list of snapshot 's' is damaged"):
        run(restoring.restore(engine, "docs", "s"))


def test_without_tags_there_are_fewer_requests_and_the_tags_of_copies_come_back() -> None:
    memory, engine = filled(3)
    before = state(memory)
    start = memory.asked
    run(snapshots.create(engine, "docs", "with"))
    with_tags = memory.asked - start
    start = memory.asked
    run(snapshots.create(engine, "docs", "without", tags=False))
    assert memory.asked - start == with_tags - 3 - 1, "one for each, and the bucket is there by now"
    change(memory, 3)
    run(restoring.restore(engine, "docs", "without", DELETE))
    assert state(memory) == before


def test_only_tags_that_changed_are_set_back() -> None:
    memory, engine = filled(3, versioned=True)
    run(snapshots.create(engine, "docs", "s"))
    memory.buckets[DOCS].keys["k/00000"][0].tags = {"other": "1"}
    memory.buckets[DOCS].keys["k/00001"][0].tags = {}
    result = run(restoring.restore(engine, "docs", "s"))
    assert (result.restored, result.unchanged) == (("k/00000", "k/00001"), 1)
    assert [len(memory.buckets[DOCS].keys[f"k/0000{n}"]) for n in range(3)] == [1, 1, 1]
    assert memory.buckets[DOCS].keys["k/00000"][0].tags == {"n": "0"}


def test_the_same_bytes_written_anew_with_other_metadata_are_restored() -> None:
    memory, engine = filled(2)
    before = state(memory)
    run(snapshots.create(engine, "docs", "s"))
    memory.store(DOCS, "k/00000", b"0", {"content-type": "text/other"}, {"n": "0"})
    memory.store(DOCS, "k/00001", b"1", dict(before["k/00001"][1]), {"n": "1"})
    diff = run(snapshots.diff(engine, "docs", "s"))
    assert (diff.changed, diff.rewritten) == ((), ("k/00000", "k/00001"))
    result = run(restoring.restore(engine, "docs", "s"))
    assert (result.restored, result.unchanged) == (("k/00000",), 1)
    assert state(memory) == before


def test_a_restore_lists_all_versions_once() -> None:
    """A thousand of them are a request, and it takes as long as most others together."""
    memory, engine = filled(30, versioned=True)
    run(snapshots.create(engine, "docs", "s"))
    before = state(memory)
    change(memory, 30)
    listings: list[str] = []

    def note(request: Request) -> None:
        if request.path == f"/{DOCS}" and request.method == "GET":
            listings.append(request.query)

    memory.before = note
    result = run(restoring.restore(engine, "docs", "s", DELETE))
    assert (len(result.restored), result.deleted) == (20, ("late",))
    assert state(memory) == before
    assert [query for query in listings if "list-type" in query] == []
    assert len([query for query in listings if "versions" in query]) == 1


def test_a_version_that_stands_for_other_bytes_by_now_is_lost() -> None:
    """Such as "null", which is overwritten once versioning is suspended."""
    memory, engine = filled(2, versioned=True)
    run(snapshots.create(engine, "docs", "s"))
    memory.buckets[DOCS].keys["k/00000"][0].data = b"other"
    with pytest.raises(NotFoundError, match="lost 1 of its 2 versions"):
        run(restoring.restore(engine, "docs", "s"))


def test_a_server_whose_listings_of_versions_leave_keys_out() -> None:
    memory, engine = filled(4, versioned=True)
    memory.name = "SeaweedFS 4.48"
    memory.unlisted = {"k/00001", "k/00003"}
    before = state(memory)
    info = run(snapshots.create(engine, "docs", "s"))
    assert (info.objects, info.versioned) == (4, True)
    assert not run(snapshots.diff(engine, "docs", "s"))
    change(memory, 4)
    memory.unlisted.add("late")
    diff = run(snapshots.diff(engine, "docs", "s"))
    assert (diff.added, diff.removed) == (("late",), ("k/00001",))
    result = run(restoring.restore(engine, "docs", "s", DELETE))
    assert (result.unchanged, result.deleted) == (1, ("late",))
    assert state(memory) == before
    memory.buckets[DOCS].keys["k/00003"].clear()
    memory.store(DOCS, "k/00003", b"only this")
    with pytest.raises(NotFoundError, match="lost 1 of its 4 versions, that of 'k/00003'"):
        run(restoring.restore(engine, "docs", "s"))


def wish(prefix: str = "", keys: list[str] | None = None, to: object = None, **flags: bool) -> Wish:
    return Wish.of(
        prefix, keys, to, **{"dry_run": False, "delete": False, "skip_missing": False} | flags
    )


@each_kind
def test_a_part_of_a_snapshot(versioned: bool) -> None:
    memory, engine = filled(6, versioned=versioned)
    before = state(memory)
    run(snapshots.create(engine, "docs", "s"))
    change(memory, 6)  # 0 and 3 replaced, 1 and 4 removed
    memory.store(DOCS, "k/00001/late", b"1")
    result = run(restoring.restore(engine, "docs", "s", wish(keys=["k/00003", "k/00002"])))
    assert (result.restored, result.unchanged) == (("k/00003",), 1)
    result = run(restoring.restore(engine, "docs", "s", wish("k/00001", delete=True)))
    assert (result.restored, result.deleted) == (("k/00001",), ("k/00001/late",))
    assert state(memory)["k/00000"][0] == b"changed"
    assert "k/00004" not in state(memory)
    assert {key: state(memory)[key] for key in ("k/00001", "k/00003")} == {
        key: before[key] for key in ("k/00001", "k/00003")
    }
    with pytest.raises(ObjectNotFoundError, match=r"has no object 'late'; nothing was changed"):
        run(restoring.restore(engine, "docs", "s", wish(keys=["k/00000", "late"])))
    assert state(memory)["k/00000"][0] == b"changed"


@each_kind
def test_to_another_place(versioned: bool) -> None:
    memory, engine = filled(4, versioned=versioned)
    before = state(memory)
    run(snapshots.create(engine, "docs", "s"))
    change(memory, 4)
    changed = state(memory)
    memory.buckets["acme-other"] = Bucket()
    for unchanged in (0, 4):  # the second finds what the first has done
        result = run(restoring.restore(engine, "docs", "s", wish(to="minio://other/back")))
        assert (len(result.restored), result.unchanged) == (4 - unchanged, unchanged)
        assert state(memory) == changed
        other = memory.buckets["acme-other"].keys
        assert {key: (v[0].data, v[0].headers, v[0].tags) for key, v in other.items()} == {
            f"back/{key}": stored for key, stored in before.items()
        }
    result = run(restoring.restore(engine, "docs", "s", wish("k/00001", to=("docs", "r"))))
    assert result.restored == ("k/00001",)
    assert state(memory)["r/k/00001"] == before["k/00001"]


@each_kind
def test_a_plan_changes_nothing_and_is_what_is_done(versioned: bool) -> None:
    memory, engine = filled(6, versioned=versioned)
    run(snapshots.create(engine, "docs", "s"))
    change(memory, 6)
    memory.buckets[DOCS].keys["k/00005"][0].tags = {"n": "other"}
    changed = state(memory)
    plan = run(restoring.restore(engine, "docs", "s", wish(delete=True, dry_run=True)))
    assert state(memory) == changed
    done = run(restoring.restore(engine, "docs", "s", wish(delete=True)))
    assert plan == replace(done, dry_run=True)
    assert (len(done.restored), done.unchanged, done.deleted) == (5, 1, ("late",))
    plan = run(restoring.restore(engine, "docs", "s", wish(to=("other", ""), dry_run=True)))
    assert len(plan.restored) == 6
    assert "acme-other" not in memory.buckets


@each_kind
def test_a_plan_finds_what_is_lost(versioned: bool) -> None:
    memory, engine = filled(3, versioned=versioned)
    run(snapshots.create(engine, "docs", "s"))
    if versioned:
        del memory.buckets[DOCS].keys["k/00001"]
    else:  # somebody has been there
        (copy,) = (key for key in memory.buckets[HOME].keys if key.endswith("data/1"))
        memory.store(HOME, copy, b"not as long")
    with pytest.raises(NotFoundError, match=r"has lost 1 of its 3"):
        run(restoring.restore(engine, "docs", "s", wish(dry_run=True)))
    plan = run(restoring.restore(engine, "docs", "s", wish(dry_run=True, skip_missing=True)))
    assert plan.missing == ("k/00001",)
    plan = run(restoring.restore(engine, "docs", "s", wish("k/00002", dry_run=True)))
    assert (plan.missing, plan.unchanged) == ((), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keys": "k"}, "keys='k': must be a list"),
        ({"keys": [""]}, r"keys\[0\]='': must not be empty"),
        ({"keys": ["k/1"], "prefix": "k/"}, "together with prefix"),
        ({"to": "folder"}, "to='folder': must be 'minio://bucket/prefix'"),
        ({"to": ("docs", "r"), "delete": True}, "delete=True: goes with all of a bucket"),
        ({"keys": ["k"], "delete": True}, "delete=True: goes with all of a bucket"),
        ({"prefix": 3}, "prefix=3: must be text"),
    ],
)
def test_what_makes_no_sense(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        wish(**arguments)
