"""`python -m minio_sdk` is `minio-sdk`."""

from __future__ import annotations

import sys

from minio_sdk.cli import main

if __name__ == "__main__":
    sys.exit(main())
