"""The version's one home: read by the build, by `minio_sdk.__version__` and by the User-Agent."""

__version__ = "0.1.0"
