"""`minio-sdk demo`, as a person's first minute with this SDK."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

from minio_sdk import create_client
from tests.cli.test_serve import Run, ended, ready, run
from tests.processes import eventually, is_open, posix_only, python, temp

__all__ = ["run", "temp"]  # fixtures


def file_of(folder: Path, size: int) -> Path:
    """A file that is quick to upload; one part and a bit is enough to go in parts."""
    path = folder / "report.bin"
    path.write_bytes(os.urandom(1024) * (size // 1024))
    return path


def test_the_tour_ends_well_and_leaves_nothing(run: Run, temp: Path, tmp_path: Path) -> None:
    process = run("demo", "--file", str(file_of(tmp_path, 17 * 1024 * 1024)), COLUMNS="100")
    text, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    for said in (
        "two tenants",
        "report.bin, 17.0 MiB",
        "200 small objects",
        "201 keys",
        "201 of 201 the same",
        "200 with the signature, 403 without it",
        "nothing of acme's by any name",
        "no bucket is left",
        "every byte compared",
    ):
        assert said in text, text
    port = int(re.search(r"127\.0\.0\.1:(\d+)", text)[1])  # type: ignore[index]
    assert not is_open(port)
    assert eventually(lambda: not list(temp.iterdir()))


@posix_only
def test_keep_leaves_the_server_and_its_objects_until_it_is_interrupted(
    run: Run, tmp_path: Path
) -> None:
    process = run("demo", "--keep", "--file", str(file_of(tmp_path, 1024)))
    url, text = ready(process)
    assert f"create_client('{url}', 'acme')" in text
    with create_client(url, "acme") as client:
        assert client.download("hello.txt").startswith(b"Hello")
        assert len(client.list_objects("documents")) == 201
    process.send_signal(signal.SIGINT)
    code, errors = ended(process)
    assert (code, errors.strip()) == (130, "")


def test_a_file_that_is_not_there_is_wrong_usage(run: Run) -> None:
    code, errors = ended(run("demo", "--file", "no-such-file"))
    assert code == 2
    assert "no-such-file" in errors


def test_the_first_thing_that_is_wrong_ends_it(temp: Path) -> None:
    """Another tenant's client in the place of the second one's would be found out."""
    code = """
import sys
from minio_sdk.cli import demo, main
true = demo.other_tenant
def leaky(tour):
    tour.globex = tour.acme
    true(tour)
demo.other_tenant = leaky
sys.exit(main(["demo", "--file", sys.executable]))
"""
    process = python("-c", code, temp=temp)
    _, errors = process.communicate()
    assert process.returncode == 1
    assert "globex sees keys of acme" in errors
    assert "Traceback" not in errors
