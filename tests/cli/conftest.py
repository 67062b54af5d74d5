"""`minio-sdk` in this process, against the embedded server, for a tenant of each test's own."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest
from click.testing import CliRunner

from minio_sdk import Config, MinIOClient
from minio_sdk.cli import main, screen, streams
from tests.servers import Server


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output."""
        return self.out.decode()

    @property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    @property
    def json(self) -> list[Any]:
        """Its lines as JSON."""
        return [json.loads(line) for line in self.lines]


class Cli:
    """Runs commands for a tenant.

    Attributes:
        env: the environment of the commands.
        client: a client of the same tenant.
        tenant: its id.
    """

    def __init__(self, server: Server) -> None:
        self.tenant = f"t{uuid.uuid4().hex[:12]}"
        self.env = {
            "MINIO_ENDPOINT": server.base_url, "MINIO_TENANT_ID": self.tenant,
            "MINIO_ACCESS_KEY": server.access_key, "MINIO_SECRET_KEY": server.secret_key,
            "MINIO_MAX_RETRIES": "0",
        }  # fmt: skip
        self.secret = server.secret_key
        keys = {"access_key": server.access_key, "secret_key": server.secret_key}
        self.client = MinIOClient(Config(server.base_url, self.tenant, **keys))  # type: ignore[arg-type]

    def run(self, *words: str, said: bytes | str = b"", terminal: bool = False, **env: str) -> Done:
        """What came of it; with `terminal` its output is one, and somebody answers on it."""
        with pytest.MonkeyPatch.context() as patch:
            if terminal:
                patch.setenv("TERM", "xterm")

                def looks(stream: TextIO) -> bool:
                    return stream is not sys.stderr

                for module in (screen, streams):
                    patch.setattr(module, "is_terminal", looks)
            runner = CliRunner()
            with runner.isolation(said, {**self.env, **env}) as (out, err, _):
                try:
                    code = main(list(words))
                except SystemExit as end:  # as click ends a question for completions
                    code = int(end.code or 0)
                sys.stdout.flush()
                sys.stderr.flush()
                done = Done(code, out.getvalue(), err.getvalue().decode())
        assert "Traceback" not in done.err
        return done

    def done(self, *words: str, said: bytes | str = b"", **more: Any) -> Done:
        """The same, of a command that must succeed."""
        result = self.run(*words, said=said, **more)
        assert result.code == 0, (result.text, result.err)
        return result

    def failed(self, *words: str, code: int = 1, **more: Any) -> str:
        """What a command that must fail says about it."""
        result = self.run(*words, **more)
        assert result.code == code, (result.text, result.err)
        return result.err

    def keys(self, bucket: str = "docs") -> list[str]:
        """The keys of a bucket, as the client sees them."""
        return [each.key for each in self.client.list_objects(bucket)]

    def store(self, *keys: str, bucket: str = "docs", data: bytes = b"data") -> None:
        """Objects to begin with."""
        for key in keys:
            self.client.upload_object(bucket, key, data)


@contextmanager
def commands(server: Server) -> Iterator[Cli]:
    """Commands for a new tenant of a server, of whom nothing is left."""
    made = Cli(server)
    with made.client:
        yield made
        for bucket in made.client.list_buckets():
            made.client.delete_bucket(bucket.name, force=True, bypass_governance=True)


@pytest.fixture
def cli(seaweedfs: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    """Commands, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with commands(seaweedfs) as made:
        yield made


def write(root: Path, **files: bytes | str) -> None:
    """Files; ``__`` in a name is a slash, and ``_`` a dot."""
    for name, data in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
