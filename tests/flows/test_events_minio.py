"""A real MinIO that is killed while somebody listens, and comes back."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minio_sdk import Config, MinIOClient, MinIOError
from tests.servers import Unavailable, answers, clean_environment, find_minio, free_port


@pytest.fixture
def program() -> str:
    try:
        return find_minio()
    except Unavailable as reason:
        pytest.skip(str(reason))


@contextlib.contextmanager
def uploading(config: Config) -> Iterator[None]:
    """Uploads in the background, to a server that may be gone; enough that no buffer holds them back."""
    done = threading.Event()

    def upload() -> None:
        number = 0
        with MinIOClient(config.with_(max_retries=0)) as client:
            while not done.wait(0.02):
                number += 1
                with contextlib.suppress(MinIOError):
                    name = f"{time.time():.3f}"
                    client.put_object("docs", name, b"x", metadata={"long": "x" * 1500})

    thread = threading.Thread(target=upload)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_after_a_kill_it_goes_on(program: str, tmp_path: Path) -> None:
    """And tells between which moments nobody listened."""
    port = free_port()
    command = [program, "server", str(tmp_path / "data"), "--address", f"127.0.0.1:{port}"]
    command += ["--console-address", f"127.0.0.1:{free_port()}"]
    environment = clean_environment(
        MINIO_ROOT_USER="killed-user", MINIO_ROOT_PASSWORD="killed-password", MINIO_UPDATE="off"
    )

    def start() -> subprocess.Popen[bytes]:
        found = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not answers(port, "/minio/health/ready"):
            assert found.poll() is None
            time.sleep(0.05)
        return found

    keys: dict[str, Any] = {"access_key": "killed-user", "secret_key": "killed-password"}
    config = Config(f"http://127.0.0.1:{port}", "acme", base_delay=0.1, **keys)
    server = start()
    try:
        with MinIOClient(config) as client:
            client.create_bucket("docs")
            with uploading(config), client.listen_bucket("docs", ping=1) as events:
                assert next(events).bucket == "docs"
                server.kill()
                server.wait()
                killed = time.time()
                server = start()
                again = next(event for event in events if float(event.key) > killed)
                assert again.name == "s3:ObjectCreated:Put"
                assert events.reconnects >= 1
                assert events.last_gap is not None
                assert events.last_gap.since.timestamp() < killed
                assert killed < events.last_gap.until.timestamp() < time.time()
    finally:
        server.kill()
        server.wait()
