# Made by scripts/make_sync.py from client/aio/transfers.py: change that one.
"""Transfers with ``resume=True`` that were interrupted."""

from __future__ import annotations

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import transfers
from minio_sdk.models.transfers import Transfer


class Transfers(Base):
    """What `upload_file` and `download_file` have begun and not ended."""

    def list_transfers(self) -> list[Transfer]:
        """The unfinished transfers of this tenant on this server, from the journals of this computer.

        To go on with one, make the call again that has begun it.

        Returns:
            A list of `Transfer`, the oldest first.

        Raises:
            OSError: the journals in `Config.state_dir` can't be read.

        Example:
            >>> for transfer in client.list_transfers():
            ...     print(transfer.kind, transfer.bucket, transfer.key, transfer.path)

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
        """
        return self._run(transfers.listed(self._engine.begin()))

    def discard_transfer(self, id: str) -> None:
        """Give up a transfer: end its upload on the server, or remove the part of the file that is there.

        Args:
            id: as `list_transfers` tells it.

        Raises:
            ConflictError: a process is at it right now; or the server has an upload of its key without parts
                that may be another client's: what it is can be told an hour after it began.
            NotFoundError: there is no such transfer.
            ValidationError: no id of a transfer.
            MinIOError: the upload could not be ended; the transfer stays in the list.

        Example:
            >>> for transfer in client.list_transfers():
            ...     client.discard_transfer(transfer.id)

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_AbortMultipartUpload.html
        """
        return self._run(transfers.discard(self._engine.begin(), id))
