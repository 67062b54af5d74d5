"""Installs the wheel into clean environments, once with each extra, and uses there what the extra is for.

    python scripts/check_extras.py FOLDER

`tox -e dist` runs it on the wheel that would be published. Nothing but the wheel and what it asks for is in
such an environment, not even pip; `pip check` looks at what came. tests/test_extras.py asks the same of the
environment that the tests run in, within a second.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

PARTS = {
    "": "minio_sdk.MinIOClient(minio_sdk.Config('http://localhost', None)).close()",
    "async": "minio_sdk.AsyncMinIOClient(minio_sdk.Config('http://localhost', None))",
    "server": "from minio_sdk.local_server.seaweedfs import find_program; find_program()",
    "cli": "from minio_sdk.cli import main; assert main(['--help']) == 0",
    "fsspec": "import minio_sdk.fs",
    "otel": "import minio_sdk.telemetry",
    "admin": "import minio_sdk.wire.sealing; from argon2 import low_level; import cryptography",
    "fast": "import zlib_ng; import sys; sys.platform == 'win32' or __import__('uvloop')",
}
"""By extra, what works with it and with nothing else."""

USES = {
    **PARTS,
    "": f"{PARTS['']}; from minio_sdk.cli import main; assert main(['ls']) != 0",
    "server": (
        "server = minio_sdk.LocalServer().start(); client = server.client('acme'); "
        "client.upload('a', b'1'); assert client.download('a') == b'1'; client.close(); server.stop()"
    ),
    "fsspec": "import fsspec; assert fsspec.get_filesystem_class('minio').protocol == 'minio'",
    "otel": "minio_sdk.Telemetry()",
    "all": "; ".join(PARTS.values()),
}
"""The same where it is really installed, and so may take longer."""


def check(wheel: Path, extra: str, code: str) -> None:
    """Install one extra, and nothing else, and use it."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=False)
        python = Path(
            folder, *(("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python"))
        )
        pip = [sys.executable, "-m", "pip", "--quiet", "--python", str(python)]
        wanted = f"{wheel.resolve()}[{extra}]" if extra else str(wheel.resolve())
        subprocess.run([*pip, "install", "--no-compile", wanted], check=True)
        subprocess.run([*pip, "check"], check=True)
        done = subprocess.run(
            [str(python), "-I", "-B", "-W", "error", "-c", f"import minio_sdk; {code}"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(
                f"{wheel.name}[{extra}] doesn't do what it is for:\n{done.stdout}{done.stderr}"
            )
        if not extra and "minio-enterprise-sdk[cli]" not in done.stderr:
            sys.exit(f"without its extra, minio-sdk doesn't say how to get it:\n{done.stderr}")


def main(folder: str) -> None:
    """Check all of them."""
    (wheel,) = Path(folder).glob("*.whl")
    for extra, code in USES.items():
        check(wheel, extra, code)
        print(f"{wheel.name}[{extra}] works in an environment of its own")


if __name__ == "__main__":
    main(*sys.argv[1:])
