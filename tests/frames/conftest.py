"""A file system on the embedded server, of a tenant of its own."""

from __future__ import annotations

from tests.fs.fixtures import files, options

__all__ = ["files", "options"]
