"""Bulk jobs with ``resume=True``: large files go on where an earlier run was interrupted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import MinIOClient, MinIOError, ValidationError
from tests.both import Connect, both
from tests.flows.test_resume import DATA, PIECE, Keeping
from tests.flows.test_uploads_faults import BODY, SETTINGS
from tests.scripted import ScriptedServer, drop_before_reply, s3_error
from tests.stored import Stored


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {"state_dir": str(tmp_path / "state"), "max_retries": 0, **SETTINGS}


def begun(client: MinIOClient, storage: Keeping, items: list[Any], **fields: Any) -> int:
    """Upload items, the third part of which fails; how many parts arrived."""
    storage.faults = {("part", 3): drop_before_reply()}
    done = client.upload_many(items, bucket="docs", concurrency=1, **fields)
    assert isinstance(done[0], MinIOError)
    storage.faults = {}
    storage.counts.clear()
    return sum(len(parts) for parts in storage.unfinished.values())


@both
@pytest.mark.parametrize("how", ["plain", "concurrent", "threads", "item"])
def test_an_upload_goes_on(
    connect: Connect, tmp_path: Path, settings: dict[str, Any], how: str
) -> None:
    (tmp_path / "file").write_bytes(BODY)
    item = {"bucket": "docs", "key": "a", "path": tmp_path / "file"}
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        there = begun(client, storage, [item], resume=True)
        assert there >= 1
        if how == "concurrent":
            (stored,) = client.upload_many_concurrent([item], resume=True)
        elif how == "threads":
            with ThreadPoolExecutor(2) as pool:
                (stored,) = client.upload_many([item], resume=True, executor=pool)
        elif how == "item":
            (stored,) = client.upload_many([{**item, "resume": True}])
        else:
            (stored,) = client.upload_many([item], resume=True)
        assert stored.size == len(BODY)
        assert client.list_transfers() == []
    assert storage.counts["part"] == 3 - there
    assert "create" not in storage.counts
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_what_has_no_file_begins_anew(connect: Connect, settings: dict[str, Any]) -> None:
    storage = Keeping()
    with ScriptedServer(handler=storage) as server, connect(server, **settings) as client:
        assert begun(client, storage, [("a", BODY)], resume=True) == 0
        assert client.list_transfers() == []
        assert client.upload_many([("a", BODY)], bucket="docs", resume=True).ok
    assert storage.objects == {"/acme-docs/a": BODY}


@both
def test_a_download_goes_on(
    connect: Connect, tmp_path: Path, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minio_sdk.flows.downloads.PIECE", PIECE)
    stored = Stored(DATA, '"e-2"')
    stored.instead = lambda _: s3_error(403, "No") if len(stored.asked) > 20 else None
    item = {"bucket": "docs", "key": "a", "path": tmp_path / "a"}
    with ScriptedServer(handler=stored) as server, connect(server, **settings) as client:
        assert not client.download_many([item], resume=True)
        assert len(client.list_transfers()) == 1
        stored.asked.clear()
        stored.instead = lambda _: None
        (found,) = client.download_many_concurrent([item], resume=True)
        assert (found.size, client.list_transfers()) == (len(DATA), [])
    assert len(stored.asked) <= 34 - 17 + 1
    assert (tmp_path / "a").read_bytes() == DATA


@both
def test_it_must_be_a_flag(connect: Connect) -> None:
    with ScriptedServer() as server, connect(server) as client:
        with pytest.raises(ValidationError, match="resume='yes'"):
            client.upload_many([], resume="yes")  # type: ignore[arg-type]
        done = client.download_many([{"bucket": "docs", "key": "a", "resume": "yes"}])
        assert "items[0].resume='yes'" in str(done[0])
