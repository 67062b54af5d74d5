"""fsspec's own tests of what a file system has to do."""

from __future__ import annotations

from typing import Any

import pytest
from fsspec.tests import abstract

from minio_sdk.fs import MinIOFileSystem


class _Fixtures(abstract.AbstractFixtures):  # type: ignore[misc]
    @pytest.fixture
    def fs(self, files: MinIOFileSystem) -> MinIOFileSystem:
        return files

    @pytest.fixture
    def fs_path(self) -> str:
        return "docs"

    @pytest.fixture
    def supports_empty_directories(self) -> bool:
        return False

    @pytest.fixture
    def local_path(self, tmp_path: Any) -> str:
        return str(tmp_path)


class TestCopy(abstract.AbstractCopyTests, _Fixtures):  # type: ignore[misc]
    pass


class TestGet(abstract.AbstractGetTests, _Fixtures):  # type: ignore[misc]
    pass


class TestPut(abstract.AbstractPutTests, _Fixtures):  # type: ignore[misc]
    pass


class TestOpen(abstract.AbstractOpenTests, _Fixtures):  # type: ignore[misc]
    pass


class TestPipe(abstract.AbstractPipeTests, _Fixtures):  # type: ignore[misc]
    pass
