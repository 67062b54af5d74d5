"""Peers that are programs of their own, measured with the whole of their life: one run, one operation."""

from __future__ import annotations

import hashlib
import mmap
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.clients import BUCKET, REGION
from tests.servers import Server

CURL, S5CMD = "curl", "s5cmd"
_VERSION = {CURL: ["--version"], S5CMD: ["version"]}


def version(program: str) -> str | None:
    """Of a program on PATH, None if it isn't there."""
    if program not in _VERSION or shutil.which(program) is None:
        return None
    told = subprocess.run([program, *_VERSION[program]], stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", told)
    return found[0] if found else "?"


def curl_upload(server: Server, path: Path) -> Callable[[], object]:
    """`curl -T` of a file whose SHA-256 was taken before, which goes into the signature."""

    def upload() -> None:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            digest = hashlib.sha256(data).hexdigest()
        options = ["--silent", "--show-error", "--fail", "--output", os.devnull, "--config", "-"]
        options += ["--aws-sigv4", f"aws:amz:{REGION}:s3"]
        options += ["--header", f"x-amz-content-sha256: {digest}"]
        subprocess.run(
            [CURL, *options, "--upload-file", path, f"{server.base_url}/{BUCKET}/{path.name}"],
            input=f"user = {server.access_key}:{server.secret_key}\n",
            text=True,
            check=True,
        )

    return upload


def s5cmd_put(server: Server, folder: Path, prefix: str) -> Callable[[], object]:
    """`s5cmd cp` of every file in a folder, by as many workers as it has by itself."""
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": server.access_key,
        "AWS_SECRET_ACCESS_KEY": server.secret_key,
        "AWS_REGION": REGION,
    }
    command = [S5CMD, "--endpoint-url", server.base_url, "--log", "error"]
    command += ["cp", f"{folder}/*", f"s3://{BUCKET}/{prefix}"]

    def put() -> None:
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)

    return put
