"""The engine: what every flow is given. Read this first.

A call goes

    client method -> flow -> engine.send(operation) -> transport -> server

A flow asks the engine for seven things: `send` an operation, `map` a function over items with a limit,
`spread` items over workers of the user's, a `crew` that works on between two calls, a `feed` that reads an
answer while it comes, `sleep`, and `call` a blocking function. A transport answers them, blocking or
async; the engine itself knows neither. It makes sure that an operation is one that the server's API has,
turns a reply into the operation's result, and
gives every error its names: operation, bucket, key, tenant, endpoint.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from logging import DEBUG
from typing import Any, TypeVar

from minio_sdk.additions import additions_of
from minio_sdk.api import Api
from minio_sdk.auditing import Auditor
from minio_sdk.cache import Caches, Change, Store
from minio_sdk.config import Config
from minio_sdk.credentials.refreshing import settled
from minio_sdk.encrypted_calls import EncryptedCalls
from minio_sdk.encrypting import Duty, duty_of
from minio_sdk.errors import (
    AccessDeniedError,
    BucketNotFoundError,
    ConfigurationError,
    MinIOError,
    NotSupportedError,
    ObjectNotFoundError,
    ValidationError,
    as_class,
    reword,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.object_encryption import Encryption, GivenEncryption, SseC, encryption_of
from minio_sdk.operation import Operation, Place
from minio_sdk.protocols import Feed, Transport
from minio_sdk.retry import deadline_over
from minio_sdk.tenancy import Scope, scope_of
from minio_sdk.watching import Watcher, is_logged, watcher_of
from minio_sdk.wire.failure import UNSIGNED_HINT, missing_bucket, not_s3
from minio_sdk.wire.headers import retry_after
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.quirks import CLIMBING_HINT, is_climbing
from minio_sdk.wire.xml import XmlError

T = TypeVar("T")
E = TypeVar("E", bound=MinIOError)


class Engine(EncryptedCalls):
    """Sends operations for one configuration.

    Attributes:
        config: the settings.
        transport: what sends.
        scope: where this tenant's names lie.
        api: what the server speaks; its name is None until the first call has asked.
        deadline: the end of this call on the monotonic clock, or None.
        auditor: tells the user's function of each operation; None where there is none.
        watcher: those who look on at each operation, the auditor among them; None where nobody does.
        caches: what this client and its views keep of what they read.
        store: that of these settings; None where nothing is kept.
        encryption: of what is stored; a customer's key also opens what is read. None for none.
        source_encryption: what opens the sources of copies.
    """

    api: Api

    __slots__ = (
        "_additions",
        "_find_api",
        "_shares",
        "api",
        "auditor",
        "caches",
        "config",
        "deadline",
        "encryption",
        "known_buckets",
        "scope",
        "source_encryption",
        "store",
        "transport",
        "watcher",
    )

    def __init__(
        self,
        config: Config,
        transport: Transport,
        api: Api,
        find_api: Callable[[Engine], Awaitable[str]],
        caches: Caches | None = None,
    ) -> None:
        self.config = config
        self.transport = transport
        self.scope: Scope = scope_of(config)
        self.api = api
        self.deadline: float | None = None
        audit = config.audit
        self.auditor = None if audit is None else Auditor(audit, config, transport.clock)
        self.watcher = watcher_of(config, transport.clock, self.auditor)
        # Buckets that were seen to exist, with the moment; see `minio_sdk.flows.buckets`.
        self.known_buckets: dict[str, float] = {}
        self._additions = added = additions_of(config)
        self._find_api = find_api
        self.caches = caches or Caches()
        # What is read with something added may be another answer.
        kept = None if added is not None and added.extras is not None else config.cache
        self.store: Store | None = self.caches.store(kept)
        self._shares: dict[int, Config] = {}
        default = config.encryption or None
        self.encryption: Encryption | None = default
        self.source_encryption: Encryption | None = default

    def begin(
        self, encryption: GivenEncryption = None, source_encryption: GivenEncryption = None
    ) -> Engine:
        """The engine for one call of the user: with `Config.deadline`, one that ends.

        Args:
            encryption: the caller's; None leaves it as it is.
            source_encryption: that of the source of a copy.

        Raises:
            ValidationError: no encryption, or a secret that would go over a connection that anybody can read.
        """
        seconds = self.config.deadline
        if seconds is None and encryption is None and source_encryption is None:
            return self
        call = self._copy()
        if seconds is not None:
            call.deadline = self.transport.clock.monotonic() + seconds
        if encryption is not None:
            call.encryption = self.checked(encryption, "encryption")
        if source_encryption is not None:
            call.source_encryption = self.checked(source_encryption, "source_encryption")
        return call

    def checked(self, given: GivenEncryption, argument: str) -> Encryption | None:
        """What a caller gives, with False for none, as it may be sent.

        Raises:
            ValidationError: no encryption, or a secret that would go over a connection that anybody can read.
        """
        found = encryption_of(given, argument)
        if found is not None:
            self.config.check_secrecy(found, argument)
        return found

    @property
    def customer_key(self) -> SseC | None:
        """The customer's key that opens what is read."""
        return self.encryption if isinstance(self.encryption, SseC) else None

    def encrypted(self, encryption: Encryption | None) -> Engine:
        """This engine with another encryption, which was checked before."""
        if encryption == self.encryption:
            return self
        other = self._copy()
        other.encryption = encryption
        return other

    def opening(self, encryption: Encryption | None) -> Engine:
        """This engine with something else that opens the sources of copies, which was checked before."""
        if encryption == self.source_encryption:
            return self
        other = self._copy()
        other.source_encryption = encryption
        return other

    def share(self, at_once: int) -> Engine:
        """This engine for one of several that work side by side: each does at most so much at once."""
        other = self._copy()
        size = min(at_once, self.config.pool_size)
        config = self._shares.get(size)
        if config is None:  # checking a configuration anew takes longer than a small request
            config = self._shares[size] = self.config.with_(pool_size=size)
        other.config, other._shares = config, {}
        return other

    def by(self, transport: Transport) -> Engine:
        """This engine, sending by another transport of the same store."""
        other = self._copy()
        other.transport = transport
        return other

    def lane(self) -> Engine:
        """This engine for much work that asks little, which `map` of its transport is to do."""
        other = self._copy()
        other.transport = self.transport.lane()
        return other

    def _copy(self) -> Engine:
        other = object.__new__(Engine)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    def place(self, bucket: str, argument: str = "bucket") -> Place:
        """Where a bucket of the tenant lies on the server.

        Args:
            bucket: its name.
            argument: what the caller calls it.
        """
        try:
            return self.scope.place(bucket)
        except ValidationError as error:
            if argument != "bucket" and error.message.startswith("bucket="):
                reword(error, error.message.replace("bucket", argument, 1))
            raise

    async def speaks(self) -> str:
        """``"s3"`` or ``"enterprise"``."""
        name = self.api.name
        if name is None:
            try:
                name = self.api.name = await self._find_api(self)
            except MinIOError as error:
                error.operation = error.operation or "GetServerInfo"
                error.tenant_id = self.config.tenant_id
                error.endpoint = error.endpoint or self.transport.signing.endpoint.origin
                raise
        return name

    def send(self, operation: Operation[T]) -> Coroutine[Any, Any, T]:
        """The result of one operation.

        Raises:
            ValidationError: before anything is sent.
            MinIOError: what went wrong, with all that is known about it.
        """
        if self.caches.stores and operation.changes != ():
            return self._changing(operation)
        return self._send(operation)

    async def _send(self, operation: Operation[T]) -> T:
        try:
            speaks = self.api.name or await self.speaks()
            if operation.api != speaks:
                raise _other_api(operation, speaks)
            request = operation.request()
            if self._additions is not None:
                self._additions.add_to(request, operation)
            if operation.encrypts and (self.encryption or self.source_encryption):
                return await self._send_sealed(request, operation)
            watcher = self._looking()
            if watcher is None:
                return self._result(operation, await self._exchange(request), request)
            with watcher.watch(request, operation) as watch:
                watch.reply = await self._exchange(request)
                watch.result = result = self._result(operation, watch.reply, request)
                return result
        except MinIOError as error:
            found = await self._told(error, operation, None)
            if found is error:
                raise
            raise found from None

    async def _changing(self, operation: Operation[T]) -> T:
        """The result of an operation that changes objects: no cache has them from now on."""
        place, keys = operation.place, operation.changes
        try:
            names = None if keys is None else tuple(map(place.key_out, keys))
        except ValidationError:
            return await self._send(operation)  # which says so
        origin = self.transport.signing.endpoint.url
        change = Change(origin, place.server_bucket, place.prefix, names)
        with self.caches.changing([change]):
            for disk in self.caches.disks():
                await self.transport.call(disk.remove, change.names)
            return await self._send(operation)

    async def open(self, operation: Operation[None], feed: Feed, patience: float) -> Reply:
        """Ask for an answer that `feed` then gives piece by piece; its head.

        Args:
            operation: the question; what it parses is the head.
            feed: what asks.
            patience: seconds of silence after which the connection counts as lost.

        Raises:
            ValidationError: before anything is sent.
            MinIOError: what went wrong, with all that is known about it.
        """
        duty: Duty | None = None
        try:
            speaks = await self.speaks()
            if operation.api != speaks:
                raise _other_api(operation, speaks)
            request = operation.request()
            self.address(request, operation)
            duty = duty_of(operation, self.encryption, None)
            if duty is not None:
                duty.seal(request)
            watcher = self._looking()
            if watcher is None:
                reply = await feed.open(request, self.deadline, patience)
            else:
                with watcher.watch(request, operation) as watch:
                    watch.streams = True
                    watch.reply = reply = await feed.open(request, self.deadline, patience)
            self.api.server = self.api.server or reply.headers.get("server", "")
            self._result(operation, reply, request)
            return reply
        except MinIOError as error:
            found = await self._told(error, operation, duty)
            if found is error:
                raise
            raise found from None

    async def _told(
        self, error: MinIOError, operation: Operation[Any], duty: Duty | None
    ) -> MinIOError:
        """A failure as what it is, with its names."""
        if operation.encrypts:
            error = await self._understood(error, operation, duty)
        return self.named(error, operation)

    async def understood(self, error: MinIOError, operation: Operation[Any]) -> MinIOError:
        """A refusal that has come within an answer, as what it is where encryption is the reason."""
        return await self._understood(error, operation, duty_of(operation, self.encryption, None))

    def address(self, request: Request, operation: Operation[Any]) -> Request:
        """Say in a request of `operation` what the configuration has to say."""
        if self._additions is not None:
            self._additions.add_to(request, operation)
        return request

    async def keys(self) -> Credentials | None:
        """The credentials in force, None for unsigned requests.

        Raises:
            CredentialsError: there are none to be had.
        """
        found = self.transport.signing.provider.ask()
        if isinstance(found, Future):
            found = settled(await self.transport.call(found.result))
        return found

    async def exchange(self, request: Request, name: str) -> Reply:
        """The answer to a question that is none of S3's operations, within the deadline of this call.

        Args:
            request: the question.
            name: what an audit calls it.
        """
        if self._additions is not None:
            self._additions.add_to_question(request, name)
        watcher = self._looking()
        if watcher is None:
            return await self._exchange(request)
        with watcher.watch(request, None, name) as watch:
            watch.reply = reply = await self._exchange(request)
            return reply

    def job(self, name: str) -> AbstractContextManager[Callable[[Any], None]]:
        """Around a job of many operations; what it gives is told the job's result."""
        watcher = self._looking()
        if watcher is None:
            return nullcontext(_unheard)
        return watcher.job(name)

    def _looking(self) -> Watcher | None:
        """Who looks on now: the log, too, where it is to have a line of each operation."""
        watcher = self.watcher
        if watcher is None and is_logged(DEBUG):
            watcher = Watcher(self.config, self.transport.clock, None)
        return watcher

    def _exchange(self, request: Request) -> Awaitable[Reply]:
        deadline = self.deadline
        if deadline is not None and self.transport.clock.monotonic() >= deadline:
            raise deadline_over(self.config.deadline)
        if self.api.server is None:
            return self._first(request)
        return self.transport.send(request, deadline)

    async def _first(self, request: Request) -> Reply:
        """The first answer of a server says which one it is."""
        reply = await self.transport.send(request, self.deadline)
        self.api.server = reply.headers.get("server", "")
        return reply

    def _result(self, operation: Operation[T], reply: Reply, request: Request | None = None) -> T:
        if reply.status not in operation.ok:
            raise self._failure(operation, reply, request)
        try:
            return operation.parse(reply)
        except XmlError as error:
            why = operation.place.text_back(str(error))
            raise not_s3(reply, f"the answer is not S3: {why}") from None

    def _failure(
        self, operation: Operation[Any], reply: Reply, request: Request | None
    ) -> Exception:
        error = operation.failure(reply)
        if isinstance(error, MinIOError):
            reword(error, operation.place.text_back(error.message))
            error.attempts = reply.attempts
            if reply.via is not None:
                error.endpoint = reply.via.origin
            error.retry_after = retry_after(reply.headers, self.transport.clock.time())
            path = self.transport.signing.endpoint.path
            if path and _is_misplaced(path, operation, error, reply):
                why = f"base_url has the path {path!r}, which the server takes for a bucket"
                error = as_class(error, ConfigurationError, why, "base_url without a bucket in it")
            elif isinstance(error, BucketNotFoundError) and path:
                error.hint = f"base_url has the path {path!r}, which stands before each bucket"
            elif (
                isinstance(error, AccessDeniedError)
                and request is not None
                and request.signed
                and not request.keys
            ):
                error.hint = UNSIGNED_HINT
            elif (
                isinstance(error, AccessDeniedError)
                and self._additions is not None
                and self._additions.owners(operation)
            ):
                error.hint = "the bucket may belong to another account than expected_bucket_owner"
        return error

    def named(self, error: E, operation: Operation[Any]) -> E:
        """`error`, with the names that it doesn't have yet."""
        if error.operation is None:
            error.operation = operation.name
            error.bucket = operation.place.bucket
            key = operation.subject
            error.key = key if isinstance(key, str) else None
            if error.hint is None and error.status == 400 and is_climbing(error.key):
                error.hint = CLIMBING_HINT
            error.tenant_id = self.config.tenant_id
            if error.endpoint is None:
                error.endpoint = self.transport.signing.endpoint.origin
        return error


def _is_misplaced(path: str, operation: Operation[Any], error: MinIOError, reply: Reply) -> bool:
    """Whether the server has found a bucket in the path of the address, and the real one in the key."""
    if isinstance(error, BucketNotFoundError):
        bucket = path.strip("/").partition("/")[0]
        return missing_bucket(reply) == bucket != operation.place.server_bucket
    return isinstance(error, ObjectNotFoundError) and operation.subject is None


def _unheard(_: object) -> None:
    """Nobody listens."""


def _other_api(operation: Operation[Any], speaks: str) -> NotSupportedError:
    return NotSupportedError(
        f"{operation.name} needs api={operation.api!r}, and this server is spoken to "
        f"with api={speaks!r}",
        hint=f"Config(api={operation.api!r})",
    )
