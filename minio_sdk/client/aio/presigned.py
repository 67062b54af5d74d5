"""Addresses and browser forms signed ahead."""

from __future__ import annotations

from collections.abc import Mapping

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import presigned
from minio_sdk.models.moments import Moment
from minio_sdk.models.object_encryption import GivenEncryption
from minio_sdk.models.presigned import PresignedPost


class Presigned(AsyncBase):
    """URLs and forms that others can use for some time."""

    async def get_presigned_url(
        self,
        bucket: str,
        key: str,
        expiry_seconds: int = 3600,
        *,
        method: str = "GET",
        version_id: str | None = None,
        response_headers: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        encryption: GivenEncryption = None,
        request_date: Moment | None = None,
    ) -> str:
        """A URL that anyone can use for one method on one object, for some time.

        Nothing is sent, so that neither bucket nor object need exist yet. The URL names the server
        as `Config.public_url` does. Whoever has it has the permission: it is as secret as what it opens.

        Args:
            bucket: its name.
            key: the key.
            expiry_seconds: 1 to 604,800 (7 days); default 3,600 (1 hour).
            method: ``"GET"``, ``"PUT"``, ``"HEAD"``, ``"DELETE"`` or ``"POST"``.
            version_id: one version of the object, for GET, HEAD and DELETE; default the latest.
            response_headers: what the server is to answer GET and HEAD with in place of what is
                stored, such as ``{"content-disposition": "attachment; filename=a.pdf"}``; also content-type,
                content-encoding, content-language, cache-control and expires.
            headers: headers that the URL's user then has to send exactly so, such as ``content-type``,
                ``content-md5`` or ``x-amz-meta-author``.
            encryption: `SseS3()`, `SseKms(...)` or `SseC(key)`, for GET and HEAD `SseC(key)`; None takes
                `Config.encryption`. The URL's user has to send what its `headers()` says; no key is in
                the URL.
            request_date: the moment from which it is good, and `expiry_seconds` are counted, to the second: a
                `datetime` with a time zone, a `date`, or text as ISO 8601 has it. What is signed for one
                moment is one URL, so that what it opens stays in the caches of browsers where, say, each
                hour has one. None is now.

        Returns:
            The URL. Its user sends no header but `headers`, and in particular no ``X-Tenant-ID``.

        Raises:
            ValidationError: a bad argument, or more seconds than temporary credentials have left.
            NotSupportedError: to write a key that this server is known to keep under another name;
                what the server is, is known after any other call.
            ConfigurationError: there are no credentials to sign with.

        Example:
            >>> await client.get_presigned_url("docs", "report.pdf", expiry_seconds=600)
            'http://localhost:9000/acme-docs/report.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256&...'

        https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        engine = self._engine.begin()
        flow = presigned.url(
            engine,
            bucket,
            key,
            expiry_seconds,
            method,
            version_id=version_id,
            response_headers=response_headers,
            headers=headers,
            encryption=encryption,
            request_date=request_date,
        )
        return await self._run(flow)

    async def get_presigned_put_url(
        self,
        bucket: str,
        key: str,
        expiry_seconds: int = 3600,
        *,
        headers: Mapping[str, str] | None = None,
        encryption: GivenEncryption = None,
        request_date: Moment | None = None,
    ) -> str:
        """A URL that anyone can upload one object to, for some time.

        Args:
            bucket: its name.
            key: the key.
            expiry_seconds: 1 to 604,800 (7 days); default 3,600 (1 hour).
            headers: as for `get_presigned_url`; ``content-length`` among them fixes the size.
            encryption: as for `get_presigned_url`.
            request_date: as for `get_presigned_url`.

        Returns:
            The URL, for PUT with the bytes as the body.

        Raises:
            ValidationError, NotSupportedError, ConfigurationError: as for `get_presigned_url`.

        Example:
            >>> url = await client.get_presigned_put_url("docs", "in.bin", 300)
            >>> requests.put(url, data=b"...").raise_for_status()

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
        """
        engine = self._engine.begin()
        flow = presigned.url(
            engine,
            bucket,
            key,
            expiry_seconds,
            "PUT",
            headers=headers,
            encryption=encryption,
            request_date=request_date,
        )
        return await self._run(flow)

    async def get_presigned_part_url(
        self,
        bucket: str,
        key: str,
        upload_id: str,
        part_number: int,
        expiry_seconds: int = 3600,
        *,
        headers: Mapping[str, str] | None = None,
        encryption: GivenEncryption = None,
        request_date: Moment | None = None,
    ) -> str:
        """A URL that anyone can send one part of an upload to, for some time; nothing is sent here.

        Args:
            bucket: its name.
            key: the key.
            upload_id: the upload's, from `create_multipart_upload`.
            part_number: 1 to 10,000. The object has its parts in this order; each but the last needs 5 MiB.
            expiry_seconds: 1 to 604,800 (7 days); default 3,600 (1 hour).
            headers: as for `get_presigned_url`; ``content-length`` among them fixes the size.
            encryption: `SseC(key)` where the upload was begun with it; the URL's user has to send what its
                `headers()` says. Of other kinds nothing is said with a part. None takes `Config.encryption`.
            request_date: as for `get_presigned_url`.

        Returns:
            The URL, for PUT with the part as the body. Its answer has the part's ``ETag``.

        Raises:
            ValidationError, NotSupportedError, ConfigurationError: as for `get_presigned_url`.

        Example:
            >>> url = await client.get_presigned_part_url("films", "in/1.mp4", upload_id, 1, 900)
            >>> requests.put(url, data=first).raise_for_status()

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html
        """
        engine = self._engine.begin()
        flow = presigned.part_url(
            engine,
            bucket,
            key,
            upload_id,
            part_number,
            expiry_seconds,
            headers=headers,
            encryption=encryption,
            request_date=request_date,
        )
        return await self._run(flow)

    async def presigned_post(
        self,
        bucket: str,
        key: str,
        expiry_seconds: int = 3600,
        *,
        content_length_range: tuple[int, int] | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        success_action_status: int | None = None,
        success_action_redirect: str | None = None,
        storage_class: str | None = None,
        encryption: GivenEncryption = None,
    ) -> PresignedPost:
        """A form with which a browser uploads one object, within limits that the server enforces.

        The form's fields come first, in order, and the file last, in a field called ``file``. The
        bucket must exist when the form is used; nothing is sent here.

        Args:
            bucket: its name.
            key: the key; ``${filename}`` at its end lets the file's own name take its place.
            expiry_seconds: 1 to 604,800 (7 days); default 3,600 (1 hour).
            content_length_range: the fewest and the most bytes, both included; default 0 to 5 GiB.
            content_type: the object's type; with ``*`` at its end (``"image/*"``) any that begins so, and
                the page itself adds the field ``Content-Type``. Default: the server's.
            metadata: names and values.
            tags: names and values, at most 10; SeaweedFS refuses a form that has them.
            success_action_status: 200, 201 (answers with XML) or 204; default the server's, 204.
            success_action_redirect: where the browser goes afterwards, with the server's names of bucket
                and key behind it.
            storage_class: such as ``"STANDARD_IA"``; None takes the bucket's own.
            encryption: `SseS3()` or `SseKms(...)` without a context; None takes `Config.encryption`. With a
                customer's key there are no forms, since it would be shown in them.

        Returns:
            `PresignedPost`: ``url`` and ``fields``.

        Raises:
            ValidationError, NotSupportedError, ConfigurationError: as for `get_presigned_url`.

        Example:
            >>> post = await client.presigned_post("docs", "in/${filename}", 600)
            >>> requests.post(post.url, data=post.fields, files={"file": open("a.txt", "rb")})

        https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
        """
        engine = self._engine.begin()
        flow = presigned.post(
            engine,
            bucket,
            key,
            expiry_seconds,
            content_length_range=content_length_range,
            content_type=content_type,
            metadata=metadata,
            tags=tags,
            success_action_status=success_action_status,
            success_action_redirect=success_action_redirect,
            storage_class=storage_class,
            encryption=encryption,
        )
        return await self._run(flow)
