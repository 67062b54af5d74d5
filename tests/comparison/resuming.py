"""A process that uploads a file, and may be killed: URL KEY SECRET BUCKET KEY PATH STATE."""

from __future__ import annotations

import sys

from minio_sdk import Config, MinIOClient


def main() -> None:
    url, access_key, secret_key, bucket, key, path, state = sys.argv[1:]
    config = Config(
        url, None, access_key=access_key, secret_key=secret_key, api="s3",
        part_size=8 << 20, state_dir=state,
    )  # fmt: skip
    with MinIOClient(config) as client:
        client.upload_file(bucket, key, path, resume=True)


if __name__ == "__main__":
    main()
