"""`Config`: every setting of a client, checked once, then never changed.

Rule of this file: a bad field is a `ConfigurationError` that names the field, the value and what
would be right; a secret's value is never in a message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from minio_sdk.errors import ConfigurationError, ValidationError, bad_setting, shown
from minio_sdk.models import extras, settings
from minio_sdk.models.addresses import check_addressing, check_url, check_urls, without_userinfo
from minio_sdk.models.audit import AuditRecord
from minio_sdk.models.cache import Cache
from minio_sdk.models.credentials import Credentials, CredentialsProvider
from minio_sdk.models.hedge import Hedge
from minio_sdk.models.hooks import Hook, Instrument
from minio_sdk.models.names import (
    canonical_tenant,
    check_account,
    check_bucket_part,
    check_region,
    check_tenant_id,
    check_user_agent,
    check_whole_bucket,
)
from minio_sdk.models.object_encryption import Encryption, SseC, SseKms, encryption_of
from minio_sdk.models.secret import FrozenDict
from minio_sdk.models.variables import settings_in, url_from_env

KiB = 1024
MiB = 1024 * KiB
GiB = 1024 * MiB

DEFAULT_URL = "http://localhost:9000"
MIN_PART = 5 * MiB
MAX_PART = 5 * GiB
# What other clients call our settings.
_ELSEWHERE = {
    "aws_access_key_id": "access_key",
    "aws_secret_access_key": "secret_key",
    "aws_session_token": "session_token",
    "cert_check": "verify",
    "endpoint": "base_url",
    "endpoint_url": "base_url",
    "region_name": "region",
    "tenant": "tenant_id",
    "url": "base_url",
}
LONGEST_WAIT = 2_000_000  # seconds, 23 days: sockets refuse more than 2**31 milliseconds

Api = Literal["auto", "s3", "enterprise"]
Tenancy = Literal["bucket", "prefix"]
Addressing = Literal["auto", "path", "virtual"]


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of a client. Frozen, hashable, picklable; its `repr` hides secrets.

    Args:
        base_url: the server, such as ``"http://localhost:9000"``; http or https, a path is allowed. Several
            (a list, a tuple, or with commas between them) are endpoints of one store, the one to be preferred
            first: when one fails, the next try goes to another. The first is what the store is known by.
        tenant_id: on whose behalf all calls are: 1 to 256 printable ASCII characters without a blank
            at either end. None means no tenancy: names go to the server as they are.
        timeout: seconds to wait for the server between two pieces of an answer. Default 30.
        max_retries: tries after the first one. Default 3.
        base_delay: seconds before the first retry; each later one waits twice as long. Default 1.0.
        access_key, secret_key, session_token: the keys to sign with. Without them: the environment, AWS's
            profile files, `mc`'s aliases, then what a container or an instance has; on a loopback server
            MinIO's development pair in place of that; else unsigned requests.
        credentials: instead of the three above: `Credentials`, a provider such as `AssumeRoleProvider`, any
            other object with a `credentials()` method that answers from memory, or a function like it. Where
            its keys are one tenant's, it says so in an attribute `tenant_id`, and is refused for any other.
        region: the region in signatures. Default ``"us-east-1"``.
        bucket: the bucket behind `upload`, `download`, `list` and `delete`. Default ``"default"``.
        api: ``"s3"``; ``"enterprise"`` for the Enterprise gateway's own REST calls; ``"auto"``, the
            default: S3 where credentials were configured or found, else one question to the server.
        tenancy: ``"bucket"``: each tenant has buckets of its own; ``"prefix"``: all share
            `shared_bucket`, each below a prefix of its own.
        shared_bucket: that bucket; made when it is missing. Default ``"tenants"``.
        addressing: where a bucket stands: ``"path"``, as in ``http://host/bucket/key``; ``"virtual"``, as in
            ``http://bucket.host/key``, but for names that no host or certificate can have; ``"auto"``, the
            default, is ``"virtual"`` on ``amazonaws.com`` and ``"path"`` elsewhere.
        public_url: the server as browsers see it, for presigned URLs. Default: the first `base_url`.
        max_delay: the longest wait between two tries, in seconds; a busy server that asks for more by
            ``Retry-After`` gets up to 120. Default 20.
        jitter: the share of each wait, 0 to 1, that chance may take off. Default 0.5.
        deadline: seconds for a whole call with all its tries; None for no limit.
        connect_timeout: seconds to wait for a connection. Default 5.
        pool_size: connections kept open for reuse. Default 100.
        verify: True to check the server's TLS certificate, False not to, or the path of a CA bundle.
        cert: the path of a client certificate, or a pair of paths (certificate, key).
        proxies: proxy URL by scheme, such as ``{"https": "http://proxy:3128"}``; ``{}`` for none;
            None, the default, takes them from the environment, and never for a loopback server.
        part_size: bytes of each part of a multipart upload, 5 MiB to 5 GiB; None chooses it.
        multipart_threshold: uploads above this many bytes go in parts. Default 16 MiB.
        memory_budget: bytes that all uploads and downloads of a client, and of its views on the same
            connections, hold in memory at once, besides what is the caller's own; at least 1 MiB. A part
            larger than all of it goes alone. Default 64 MiB.
        state_dir: the folder for the journals of transfers with ``resume=True``; None takes
            ``~/.local/state/minio-sdk``, or what ``XDG_STATE_HOME`` or Windows has in its place.
        audit: a function that gets an `AuditRecord` of each operation when it has ended, on the thread or
            in the task of the call; None for none. What it raises is logged, and changes nothing else.
        cache: `Cache` keeps whole objects that `download` and `get_object` have read, for this client and its
            views; None, the default, keeps nothing.
        hedge: `Hedge` asks a second time where the answer to a small read is late, and takes what comes
            first; None, the default, waits.
        low_speed_limit: bytes per second; a body that comes or goes more slowly than this for
            `low_speed_time` is given up, and that try counts as a timeout. None, the default, lets it take
            as long as it brings something within `timeout`.
        low_speed_time: the seconds over which that speed is measured. Default 30.
        encryption: how all that is stored is encrypted by the server: `SseS3()`, `SseKms(...)`, or
            `SseC(key)`, which all that is read is opened with, too. Methods have an argument of the same name
            that wins, with False for none. Default None: as the server and the bucket have it.
        allow_sse_c_over_http: let keys of `SseC` and contexts of `SseKms` go over plain HTTP, where anybody
            on the way can read them. Default False; for tests.
        user_agent: what stands behind the SDK's own name in ``User-Agent``, such as ``"backup/1.2"``: 1 to
            256 printable ASCII characters without a blank at either end.
        telemetry: `Telemetry` makes spans and metrics for OpenTelemetry, in the extra ``otel``; None, the
            default, makes none.
        hooks: a function, or a tuple of them, that gets a `SentRequest` before each attempt of a request and
            a `ReceivedReply` after it, on the thread or in the task of the call, such as `TraceRequests`;
            None for none. What it raises is logged, and changes nothing else.
        expected_bucket_owner: the AWS account, 12 digits, that all buckets have to be of: AWS refuses every
            call on another's. None, the default, says nothing; other servers don't look at it.
        extra_headers, extra_query_params: names and values that are added to every request but those of the
            operator's APIs, such as a gateway's key; see `MinIOClient.with_extras`. Default None.

    Raises:
        ConfigurationError: a field is not right (also a `ValueError`).
    """

    base_url: str | Sequence[str] = field(kw_only=False)
    tenant_id: str | None = field(kw_only=False)
    timeout: float = 30
    max_retries: int = 3
    base_delay: float = 1.0
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    credentials: Credentials | CredentialsProvider | Callable[[], Credentials | None] | None = None
    region: str = "us-east-1"
    bucket: str = "default"
    api: Api = "auto"
    tenancy: Tenancy = "bucket"
    shared_bucket: str = "tenants"
    addressing: Addressing = "auto"
    public_url: str | None = None
    max_delay: float = 20.0
    jitter: float = 0.5
    deadline: float | None = None
    connect_timeout: float = 5.0
    pool_size: int = 100
    verify: bool | str = True
    cert: str | tuple[str, str] | None = None
    proxies: Mapping[str, str] | None = None
    part_size: int | None = None
    multipart_threshold: int = 16 * MiB
    memory_budget: int = 64 * MiB
    state_dir: str | None = None
    audit: Callable[[AuditRecord], object] | None = None
    cache: Cache | None = None
    hedge: Hedge | None = None
    low_speed_limit: int | None = None
    low_speed_time: float = 30
    encryption: Encryption | None = None
    allow_sse_c_over_http: bool = False
    user_agent: str | None = None
    telemetry: Instrument | None = None
    hooks: Hook | tuple[Hook, ...] | None = None
    expected_bucket_owner: str | None = None
    extra_headers: Mapping[str, str] | None = None
    extra_query_params: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        urls = check_urls("base_url", self.base_url)
        self._set("base_url", urls[0] if len(urls) == 1 else urls)
        if self.public_url is not None:
            self._set("public_url", check_url("public_url", self.public_url))
        if self.tenant_id is not None:
            _checked(check_tenant_id, self.tenant_id)
        for name in ("timeout", "connect_timeout", "low_speed_time"):
            settings.number(name, getattr(self, name), above=0, most=LONGEST_WAIT, what="seconds")
        for name in ("base_delay", "max_delay"):
            settings.number(name, getattr(self, name), least=0, most=LONGEST_WAIT, what="seconds")
        if self.deadline is not None:
            what = "seconds, or None for no limit"
            settings.number("deadline", self.deadline, above=0, most=LONGEST_WAIT, what=what)
        settings.number("jitter", self.jitter, least=0, most=1, what="a share")
        settings.integer("max_retries", self.max_retries, 0, 1000)
        settings.integer("pool_size", self.pool_size, 1, 100_000)
        settings.integer("multipart_threshold", self.multipart_threshold, 0, MAX_PART)
        settings.integer("memory_budget", self.memory_budget, MiB, 1 << 50)
        if self.part_size is not None:
            settings.integer("part_size", self.part_size, MIN_PART, MAX_PART)
        self._set("state_dir", settings.folder("state_dir", self.state_dir))
        settings.choice("api", self.api, ("auto", "s3", "enterprise"))
        settings.choice("tenancy", self.tenancy, ("bucket", "prefix"))
        settings.choice("addressing", self.addressing, ("auto", "path", "virtual"))
        check_addressing(self.addressing, self.endpoints)
        _checked(check_region, self.region)
        _checked(check_bucket_part, self.bucket, "bucket")
        shared = self.shared_bucket
        _checked(check_bucket_part, shared, "shared_bucket")
        _checked(check_whole_bucket, shared, shared, "shared_bucket")
        if self.cache is not None and not isinstance(self.cache, Cache):
            raise bad_setting("cache", self.cache, "must be Cache(...), or None for none")
        if self.hedge is not None and not isinstance(self.hedge, Hedge):
            raise bad_setting("hedge", self.hedge, "must be Hedge(...), or None for none")
        if self.low_speed_limit is not None:
            settings.integer("low_speed_limit", self.low_speed_limit, 1, 1 << 50)
        self._check_encryption()
        if self.user_agent is not None:
            _checked(check_user_agent, self.user_agent)
        if self.expected_bucket_owner is not None:
            _checked(check_account, self.expected_bucket_owner)
        for name in ("extra_headers", "extra_query_params"):
            if getattr(self, name) is not None:
                self._set(name, extras.checked(name, getattr(self, name)))
        self._check_watchers()
        self._check_keys()
        self._check_whose_keys()
        self._check_tls()
        self._check_proxies()

    @property
    def endpoints(self) -> tuple[str, ...]:
        """The URLs in `base_url`, one or several."""
        url = self.base_url
        return (url,) if isinstance(url, str) else tuple(url)

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _check_encryption(self) -> None:
        if not isinstance(self.allow_sse_c_over_http, bool):
            value = self.allow_sse_c_over_http
            raise bad_setting("allow_sse_c_over_http", value, "must be True or False")
        if self.encryption is None:
            return
        try:
            found = encryption_of(self.encryption)
            if found is not None:
                self.check_secrecy(found, "encryption")
        except ValidationError as error:
            raise ConfigurationError(error.message, hint=error.hint) from None
        self._set("encryption", found)

    def check_secrecy(self, encryption: Encryption, argument: str, url: str | None = None) -> None:
        """Refuse to send a secret over a connection that others can read.

        Args:
            encryption: what is to be sent.
            argument: how the caller calls it.
            url: where to; None for the server, all its endpoints.

        Raises:
            ValidationError: it is secret, and the connection isn't.
        """
        if not encryption.is_secret or self.allow_sse_c_over_http:
            return
        urls = self.endpoints if url is None else (url,)
        if all(each.lower().startswith("https:") for each in urls):
            return
        what = "the key of SseC" if isinstance(encryption, SseC) else "the context of SseKms"
        raise ValidationError(
            f"{argument}: {what} would go over plain HTTP, where anybody on the way can read it",
            hint="an https:// base_url; for tests alone Config(allow_sse_c_over_http=True)",
        )

    def _check_watchers(self) -> None:
        if self.audit is not None:
            settings.listener("audit", self.audit, "AuditRecord")
        if isinstance(self.hooks, list):
            self._set("hooks", tuple(self.hooks))
        for hook in self.hooks if isinstance(self.hooks, tuple) else (self.hooks,):
            if hook is not None or isinstance(self.hooks, tuple):
                settings.listener("hooks", hook, "SentRequest or ReceivedReply")
        if self.telemetry is not None and (
            isinstance(self.telemetry, type) or not isinstance(self.telemetry, Instrument)
        ):
            raise ConfigurationError("telemetry: must be Telemetry(...), or None for none")

    def _check_keys(self) -> None:
        if (self.access_key is None) != (self.secret_key is None):
            missing = "secret_key" if self.secret_key is None else "access_key"
            raise ConfigurationError(
                f"{missing}: is missing; access_key and secret_key go together"
            )
        if self.session_token is not None and self.access_key is None:
            raise ConfigurationError("session_token: needs access_key and secret_key beside it")
        if self.access_key is not None:
            if self.credentials is not None:
                raise ConfigurationError(
                    "credentials: give either it or access_key and secret_key, not both"
                )
            keys = Credentials(self.access_key, self.secret_key or "", self.session_token)
            self._set("secret_key", keys.secret_key)
            self._set("session_token", keys.session_token)
        elif isinstance(self.credentials, type):
            raise ConfigurationError(
                f"credentials: {self.credentials.__name__} is a class; give an object of it"
            )
        elif self.credentials is not None and not (
            isinstance(self.credentials, (Credentials, CredentialsProvider))
            or callable(self.credentials)
        ):
            raise ConfigurationError(
                f"credentials: a {type(self.credentials).__name__} can't be used; give Credentials, "
                "an object with a credentials() method, or a function that returns Credentials"
            )

    def _check_whose_keys(self) -> None:
        """Refuse credentials that are another tenant's: a view must not act in the name of the first."""
        owner = getattr(self.credentials, "tenant_id", None)
        if not isinstance(owner, str) or self.tenant_id is None:
            return
        if canonical_tenant(owner) != canonical_tenant(self.tenant_id):
            raise ConfigurationError(
                f"credentials: are those of tenant {shown(owner)}, not of {shown(self.tenant_id)}; "
                "give this tenant's own beside tenant_id"
            )

    def _check_tls(self) -> None:
        if isinstance(self.verify, os.PathLike):
            self._set("verify", os.fspath(self.verify))
        if isinstance(self.verify, str):
            if not self.verify or not _is_there(self.verify):
                raise bad_setting("verify", self.verify, "there is no such CA bundle")
        elif not isinstance(self.verify, bool):
            raise bad_setting(
                "verify", self.verify, "must be True, False or the path of a CA bundle"
            )
        if self.cert is None:
            return
        paths = self.cert if isinstance(self.cert, (tuple, list)) else (self.cert,)
        if not 1 <= len(paths) <= 2 or not all(isinstance(p, (str, os.PathLike)) for p in paths):
            raise bad_setting("cert", self.cert, "must be one path, or a pair (certificate, key)")
        for path in paths:
            if not os.fspath(path) or not _is_there(path):
                raise bad_setting("cert", path, "there is no such file")
        texts = tuple(os.fspath(path) for path in paths)
        self._set("cert", texts[0] if len(texts) == 1 else texts)

    def _check_proxies(self) -> None:
        if self.proxies is None:
            return
        if not isinstance(self.proxies, Mapping):
            # Not its value: a URL may hold a password.
            raise ConfigurationError(
                f"proxies: a {type(self.proxies).__name__} can't be used; it must be a mapping "
                'such as {"https": "http://proxy:3128"}'
            )
        for scheme, url in self.proxies.items():
            if not isinstance(scheme, str) or not isinstance(url, str) or "://" not in url:
                # The URL may hold a password, so it is not shown.
                raise ConfigurationError(
                    f"proxies[{shown(scheme)}]: must be a URL such as 'http://proxy:3128'"
                )
        self._set("proxies", FrozenDict(dict(self.proxies)))

    def with_(self, **changes: Any) -> Config:
        """A copy with other settings; `user_id` is another name for `tenant_id`.

        Keys are replaced as a whole: an `access_key` comes with its `secret_key`, and the old session
        token goes; `credentials` replaces all three, and they replace it.

        Raises:
            ConfigurationError: a setting that doesn't exist, or a bad value.
        """
        changes = _renamed(changes)
        self._check_whose_encryption(changes)
        if "credentials" in changes and changes["credentials"] is not None:
            for name in ("access_key", "secret_key", "session_token"):
                changes.setdefault(name, None)
        elif "access_key" in changes:
            # The secret and the token of the old key are of no use to the new one.
            changes.setdefault("secret_key", None)
            changes.setdefault("session_token", None)
            if changes["access_key"] is not None:
                changes.setdefault("credentials", None)
        return replace(self, **changes)

    def _check_whose_encryption(self, changes: Mapping[str, Any]) -> None:
        """Refuse to take one tenant's key along to another: it is most likely nobody's intention."""
        other = changes.get("tenant_id", self.tenant_id)
        if "encryption" in changes or other == self.tenant_id or self.tenant_id is None:
            return
        mine = self.encryption
        if isinstance(mine, SseC) or (isinstance(mine, SseKms) and mine.key_id is not None):
            if isinstance(other, str) and canonical_tenant(other) == canonical_tenant(
                self.tenant_id
            ):
                return
            raise ConfigurationError(
                f"encryption: is that of tenant {shown(self.tenant_id)}; give the other tenant's own beside "
                "tenant_id, or encryption=None"
            )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
        """The settings that the environment holds.

        ``MINIO_ENDPOINT``, several with commas between them (or ``MINIO_HOST`` and ``MINIO_PORT``;
        ``MINIO_SECURE`` makes an address without a scheme https), ``MINIO_TENANT_ID``,
        ``MINIO_ACCESS_KEY``, ``MINIO_SECRET_KEY``, ``MINIO_SESSION_TOKEN`` and ``MINIO_`` with any other
        field name in capitals, but for ``audit``, ``cache``, ``credentials``, ``encryption``,
        ``extra_headers``, ``extra_query_params``, ``hedge``, ``hooks``, ``proxies`` and ``telemetry``; then
        ``AWS_ENDPOINT_URL_S3``, ``AWS_ENDPOINT_URL``, ``AWS_REGION``, ``AWS_DEFAULT_REGION``,
        ``AWS_CA_BUNDLE``.

        Keys that no ``MINIO_`` variable gives are looked up when the client is made.
        ``http://localhost:9000`` and no tenancy are the last words.

        Args:
            environ: another mapping than ``os.environ``.
            **overrides: fields that win over the environment.

        Raises:
            ConfigurationError: a variable can't be read as its field; the message names the variable.
        """
        env = os.environ if environ is None else environ
        overrides = _renamed(overrides)
        values: dict[str, Any] = {"tenant_id": env.get("MINIO_TENANT_ID") or None}
        if "base_url" not in overrides:
            values["base_url"] = url_from_env(env) or DEFAULT_URL
        sources = {"base_url": "the server's address in the environment"}
        if values["tenant_id"] is not None:
            sources["tenant_id"] = "MINIO_TENANT_ID"
        elif "MINIO_TENANT_ID" in env and "tenant_id" not in overrides:
            # Most likely a variable that was not filled in: that must not switch tenancy off.
            raise ConfigurationError("MINIO_TENANT_ID: is set, and empty; unset it for no tenancy")
        for name, variable, value in settings_in(env, but=overrides):
            values[name] = value
            sources[name] = variable
        if "credentials" in overrides or "access_key" in overrides:
            for name in ("access_key", "secret_key", "session_token"):
                values.pop(name, None)
        try:
            return cls(**{**values, **overrides})
        except ConfigurationError as error:
            field = re.split("[=:]", error.message)[0]
            if field not in overrides and field in sources:
                raise ConfigurationError(f"{sources[field]}: {error.message}") from None
            raise

    def __repr__(self) -> str:
        parts = [repr(self.base_url), repr(self.tenant_id)]
        for each in fields(self)[2:]:
            value = getattr(self, each.name)
            if value == each.default:
                continue
            if each.name == "credentials" and not isinstance(value, Credentials):
                value = type(value)
            elif each.name in ("audit", "hooks"):  # a partial function, say, shows its arguments
                value = getattr(value, "__qualname__", type(value))
            elif each.name == "proxies":
                value = {
                    scheme: without_userinfo(url)
                    for scheme, url in dict(self.proxies or {}).items()
                }
            parts.append(f"{each.name}={value!r}")
        return f"Config({', '.join(parts)})"


def _renamed(values: dict[str, Any]) -> dict[str, Any]:
    """`user_id` becomes `tenant_id`; a field that doesn't exist is refused with the nearest name."""
    if "user_id" in values:
        if "tenant_id" in values:
            raise ConfigurationError("user_id: is another name for tenant_id; give only one")
        values = {**values, "tenant_id": values["user_id"]}
        del values["user_id"]
    known = {each.name for each in fields(Config)}
    for name in values:
        if name not in known:
            import difflib

            near = _ELSEWHERE.get(name) or "".join(difflib.get_close_matches(name, known, 1))
            raise ConfigurationError(
                f"{name}: there is no such setting" + (f"; did you mean {near}?" if near else "")
            )
    return values


def _is_there(path: str | os.PathLike[str]) -> bool:
    try:
        return Path(path).exists()
    except (OSError, ValueError):  # a name too long to be one, or with a NUL
        return False


def _checked(check: Callable[..., str], *arguments: object) -> None:
    try:
        check(*arguments)
    except ValidationError as error:
        raise ConfigurationError(error.message) from None
