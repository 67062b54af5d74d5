"""Zip archives that are objects, and questions about what an object holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.client.later import Later
from minio_sdk.models.archives import ArchiveEntry
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.prompting import PromptAnswer

if TYPE_CHECKING:
    from minio_sdk.flows import archives, prompting
else:
    archives = Later("minio_sdk.flows.archives")
    prompting = Later("minio_sdk.flows.prompting")


class Archives(AsyncBase):
    """Look into objects."""

    async def list_archive(
        self,
        bucket: str,
        key: str,
        prefix: str = "",
        *,
        version_id: str | None = None,
        encryption: GivenEncryption = None,
    ) -> list[ArchiveEntry]:
        """What is in a zip archive, of which only its table of contents is fetched.

        It works in the same way on every server, with ranges. MinIO's ``x-minio-extract`` isn't used.

        Args:
            bucket: its name.
            key: the archive's key; it may end as it likes.
            prefix: only entries whose names begin with it.
            version_id: a version of the archive; None for the current one.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Returns:
            A list of `ArchiveEntry` in the archive's order.

        Raises:
            IntegrityError: it is no zip archive, or one that is cut off or damaged.
            NotSupportedError: its table of contents has more than 32 MiB.
            ObjectChangedError: it was replaced meanwhile.
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: it isn't there.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> for entry in await client.list_archive("backups", "2026.zip", "docs/"):
            ...     print(entry.name, entry.size)
        """
        engine = self._engine.begin(encryption)
        return await self._run(archives.entries(engine, bucket, key, prefix, version_id))

    async def read_archive(
        self,
        bucket: str,
        key: str,
        name: str,
        *,
        version_id: str | None = None,
        max_size: int = 256 * 1024 * 1024,
        encryption: GivenEncryption = None,
    ) -> bytes:
        """The bytes of one entry of a zip archive, of which only that entry is fetched.

        Entries are stored or deflated, as nearly all are, and their checksums are compared. For large ones,
        and for all else that `zipfile` can do, ``zipfile.ZipFile(client.open(bucket, key))`` reads them as
        a stream with the blocking client.

        Args:
            bucket: its name.
            key: the archive's key.
            name: of the entry, as `list_archive` shows it.
            version_id: a version of the archive; None for the current one.
            max_size: bytes that the entry may have at most, packed and unpacked; more is refused before it
                is fetched, and no more than that is ever unpacked.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Raises:
            NotFoundError: the archive has no such entry.
            ConflictError: it has several of that name.
            NotSupportedError: the entry is encrypted, too large, or compressed in another way.
            IntegrityError: it is no zip archive, or one that is cut off or damaged.
            ObjectChangedError: it was replaced meanwhile.
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: the archive isn't there.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed after all retries.

        Example:
            >>> data = await client.read_archive("backups", "2026.zip", "docs/report.pdf")
        """
        engine = self._engine.begin(encryption)
        return await self._run(archives.read(engine, bucket, key, name, version_id, max_size))

    async def prompt_object(
        self,
        bucket: str,
        key: str,
        prompt: str,
        *,
        lambda_arn: str | None = None,
        version_id: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        encryption: GivenEncryption = None,
    ) -> PromptAnswer:
        """Ask a language model about an object; MinIO AIStor has it, and no other server.

        The server gives the object and the question to a service that its operator has set up. Only a
        server that says that it is MinIO is asked, once; MinIO's community edition refuses it by name.

        Args:
            bucket: its name.
            key: its key.
            prompt: the question.
            lambda_arn: which of the services; None for the server's choice.
            version_id: a version of the object; None for the current one.
            parameters: what else the service takes, such as ``{"model": "...", "stream": False}``.
            encryption: `SseC(key)` with the key that it was stored with; None takes `Config.encryption`.

        Returns:
            `PromptAnswer`: ``text``, ``json()`` and ``body``.

        Raises:
            NotSupportedError: the server has no such service.
            EncryptionKeyError: the object has another customer's key, or none.
            ObjectNotFoundError, VersionNotFoundError, BucketNotFoundError: it isn't there.
            ValidationError: a bad argument; nothing was sent.
            MinIOError: it failed.

        Example:
            >>> answer = await client.prompt_object("docs", "scan.png", "Which amounts are named?")
            >>> print(answer.text)

        https://docs.min.io/enterprise/aistor-object-store/developers/prompt-api/
        """
        engine = self._engine.begin(encryption)
        return await self._run(
            prompting.prompt(engine, bucket, key, prompt, lambda_arn, version_id, parameters)
        )
