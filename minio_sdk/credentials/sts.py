"""Temporary credentials from a Security Token Service: AWS's, or the one that MinIO and SeaweedFS have.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, quote_plus

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Tenancy
from minio_sdk.credentials.asking import (
    Asking,
    Certificate,
    check_seconds,
    credentials_of,
    offset_of,
)
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.errors import (
    ConfigurationError,
    CredentialsError,
    MinIOError,
    ServerError,
    invalid,
    reword,
)
from minio_sdk.models.addresses import check_url
from minio_sdk.models.credentials import Credentials, CredentialsProvider
from minio_sdk.models.names import check_region, check_revoke_type
from minio_sdk.models.secret import Secret, frozen, hidden
from minio_sdk.policies.tenants import tenant_policy
from minio_sdk.wire.failure import MAX_PLAIN, error_of
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.sigv4 import Signer
from minio_sdk.wire.url import parse_endpoint, query_string
from minio_sdk.wire.xml import XmlError, parse

SHORTEST = 900
LONGEST = 365 * 86400
_LONG = 8  # letters that no message has by chance
_VERSION = "2011-06-15"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SESSION = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def aws_sts(region: str | None) -> str:
    """AWS's own endpoint for a region; the global one without."""
    if not region:
        return "https://sts.amazonaws.com"
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://sts.{region}.{domain}"


class StsProvider(RefreshingProvider):
    """What all ways to a session have in common."""

    def __init__(
        self,
        endpoint: str,
        duration: int,
        timeout: float,
        verify: bool | str,
        proxies: Mapping[str, str] | None,
        clock: Clock,
        cert: Certificate | None = None,
        careful: bool = False,
        token_revoke_type: str | None = None,
    ) -> None:
        self.endpoint = check_url("endpoint", endpoint)
        if isinstance(duration, bool) or not isinstance(duration, int):
            raise invalid("duration", duration, "must be a whole number of seconds")
        if not SHORTEST <= duration <= LONGEST:
            raise invalid("duration", duration, f"must be {SHORTEST} to {LONGEST} seconds")
        self.duration = duration
        if token_revoke_type is not None:
            check_revoke_type(token_revoke_type)
        self.token_revoke_type = token_revoke_type
        self._asking = Asking(
            clock,
            timeout=check_seconds("timeout", timeout),
            proxies=None if proxies is None else hidden(frozen(proxies)),
            verify=verify,
            cert=cert,
            careful=careful,
        )
        super().__init__(clock=clock)

    def _form(self, action: str, **more: str | None) -> Secret:
        pairs = {
            "Action": action,
            "Version": _VERSION,
            "DurationSeconds": str(self.duration),
            "TokenRevokeType": self.token_revoke_type,
            **more,
        }
        return Secret(query_string((k, v) for k, v in pairs.items() if v is not None))

    def _session(self, request: Request) -> Credentials:
        """The credentials that the service answers with.

        Raises:
            MinIOError: it gives none; the message says why.
        """
        reply = self._asking.send(parse_endpoint(self.endpoint).url, request)
        self._refresher.offset = offset_of(reply, self._clock)
        if reply.status != 200:
            raise error_of(reply, "NotFound")
        return _read(reply)


class _RoleProvider(StsProvider):
    """What the two ways have in common that AWS knows, too: a role, and the name of a session."""

    def __init__(
        self,
        endpoint: str,
        role_arn: str | None,
        session_name: str,
        policy: Mapping[str, Any] | str | None,
        tenant: str | None,
        tenancy: Tenancy,
        shared_bucket: str,
        read_only: bool,
        duration: int,
        timeout: float,
        verify: bool | str,
        proxies: Mapping[str, str] | None,
        clock: Clock,
        token_revoke_type: str | None,
    ) -> None:
        self.role_arn = check_text("role_arn", role_arn)
        if not isinstance(session_name, str) or not _SESSION.fullmatch(session_name):
            raise invalid(
                "session_name", session_name, "must be 2 to 64 letters, digits and +=,.@_-"
            )
        self.session_name = session_name
        self.policy = session_policy(policy, tenant, tenancy, shared_bucket, read_only)
        super().__init__(
            endpoint, duration, timeout, verify, proxies, clock, token_revoke_type=token_revoke_type
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r}, role_arn={self.role_arn!r})"

    def _asked(self, action: str, **more: str | None) -> Request:
        return post(
            self._form(
                action,
                RoleArn=self.role_arn,
                RoleSessionName=self.session_name,
                Policy=self.policy,
                **more,
            )
        )


class AssumeRoleProvider(_RoleProvider):
    """Temporary credentials by STS AssumeRole: fewer rights, and an end.

    Asks the server itself (MinIO, SeaweedFS, Ceph) or AWS, and gets new ones before the old ones end; see
    `RefreshingProvider`. With `tenant_id` they reach that tenant's names and nothing else, whatever the
    code that has them does: the server holds to it.

    Args:
        endpoint: the server's `base_url`, or ``"https://sts.eu-central-1.amazonaws.com"``.
        access_key, secret_key: the keys that may assume the role.
        session_token: their token, when they are temporary themselves.
        credentials: instead of the three: `Credentials` or a provider of them.
        role_arn: the role; MinIO needs none.
        session_name: what the server's log calls the session. Default ``"minio-sdk"``.
        policy: a session policy, as a dict or JSON: only what both it and the role allow is allowed.
        tenant_id: instead of `policy`: the one that `tenant_policy` makes.
        tenancy, shared_bucket, read_only: as in `tenant_policy`, for `tenant_id`.
        duration: seconds that each session lasts, at least 900. Default 3600.
        token_revoke_type: what MinIO is to note of the session, 1 to 128 printable characters, so that
            `client.admin.revoke_tokens` can end all of one kind. AWS knows nothing of it.
        external_id: what the role's owner wants to be told.
        region: in the signature. Default ``"us-east-1"``.
        timeout: seconds for an answer of the service. Default 10.
        verify, proxies: as in `Config`.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: contradicting arguments, or a bad key or URL.
        ValidationError: another argument breaks a rule.

    Example:
        >>> keys = AssumeRoleProvider(url, "admin", "secret-key", tenant_id="acme")
        >>> client = MinIOClient(Config(url, "acme", credentials=keys))
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str | None = None,
        secret_key: str | None = None,
        *,
        session_token: str | None = None,
        credentials: Credentials | CredentialsProvider | None = None,
        role_arn: str | None = None,
        session_name: str = "minio-sdk",
        policy: Mapping[str, Any] | str | None = None,
        tenant_id: str | None = None,
        tenancy: Tenancy = "bucket",
        shared_bucket: str = "tenants",
        read_only: bool = False,
        duration: int = 3600,
        token_revoke_type: str | None = None,
        external_id: str | None = None,
        region: str = "us-east-1",
        timeout: float = 10.0,
        verify: bool | str = True,
        proxies: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        if (credentials is None) == (access_key is None and secret_key is None):
            raise ConfigurationError("credentials: give either it or access_key and secret_key")
        if credentials is None:
            credentials = Credentials(access_key or "", secret_key or "", session_token)
        elif not isinstance(credentials, (Credentials, CredentialsProvider)):
            raise ConfigurationError(
                f"credentials: a {type(credentials).__name__} is neither Credentials nor a provider"
            )
        self._source = credentials
        self.external_id = check_text("external_id", external_id)
        self.region = check_region(region)
        super().__init__(
            endpoint, role_arn, session_name, policy, tenant_id, tenancy, shared_bucket, read_only,
            duration, timeout, verify, proxies, clock, token_revoke_type,
        )  # fmt: skip

    def fetch(self) -> Credentials:
        """A new session.

        Raises:
            MinIOError: the service gives none; the message says why.
        """
        source = self._source
        keys = source if isinstance(source, Credentials) else source.credentials()
        if keys is None:
            raise CredentialsError("there are no keys to assume the role with")
        request = self._asked("AssumeRole", ExternalId=self.external_id)
        endpoint = parse_endpoint(self.endpoint)
        request.headers["host"] = endpoint.host_header
        signed = Signer(keys, self.region, "sts").sign(
            "POST",
            endpoint.path + request.path,
            "",
            request.headers,
            request.payload_hash,
            self._clock.time() + self._refresher.offset,
        )
        request.headers.update({name: Secret(value) for name, value in signed.items()})
        return self._session(request)


class WebIdentityProvider(_RoleProvider):
    """Temporary credentials by STS AssumeRoleWithWebIdentity: for a token of an OpenID Connect provider.

    Kubernetes and CI systems put such a token into a file and renew it there; it is read anew each time.

    Args:
        endpoint: the server's `base_url`, or ``"https://sts.eu-central-1.amazonaws.com"``.
        token: the path of the file with the token, or a function that returns the token.
        role_arn: the role; AWS needs it, MinIO takes the claims of the token.
        session_name, policy, tenant_id, tenancy, shared_bucket, read_only, duration, token_revoke_type,
            timeout, verify, proxies, clock: as in `AssumeRoleProvider`.

    Raises:
        ConfigurationError: contradicting arguments, or a bad URL.
        ValidationError: another argument breaks a rule.

    Example:
        >>> keys = WebIdentityProvider(url, "/var/run/secrets/tokens/minio", role_arn=role)
        >>> client = MinIOClient(Config(url, "acme", credentials=keys))
    """

    def __init__(
        self,
        endpoint: str,
        token: str | os.PathLike[str] | Callable[[], str],
        *,
        role_arn: str | None = None,
        session_name: str = "minio-sdk",
        policy: Mapping[str, Any] | str | None = None,
        tenant_id: str | None = None,
        tenancy: Tenancy = "bucket",
        shared_bucket: str = "tenants",
        read_only: bool = False,
        duration: int = 3600,
        token_revoke_type: str | None = None,
        timeout: float = 10.0,
        verify: bool | str = True,
        proxies: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._token = check_token("token", token)
        super().__init__(
            endpoint, role_arn, session_name, policy, tenant_id, tenancy, shared_bucket, read_only,
            duration, timeout, verify, proxies, clock, token_revoke_type,
        )  # fmt: skip

    def fetch(self) -> Credentials:
        """A new session.

        Raises:
            MinIOError: the service gives none; the message says why.
        """
        token = told_token("token", self._token, "the web identity token")
        with unsaid(token):
            return self._session(self._asked("AssumeRoleWithWebIdentity", WebIdentityToken=token))


def check_token(argument: str, token: object) -> Path | Callable[[], str]:
    """Where a token comes from: a file or a function.

    Raises:
        ConfigurationError: it is neither.
    """
    if isinstance(token, str) and token.count(".") == 2 and token.startswith("ey"):
        # Not its value: it is a token, and no path.
        raise ConfigurationError(
            f"{argument}: give the path of its file, or a function, not the token"
        )
    if callable(token):
        return cast("Callable[[], str]", token)
    if isinstance(token, (str, os.PathLike)):
        return Path(token)
    raise ConfigurationError(f"{argument}: a {type(token).__name__} is neither path nor function")


def told_token(argument: str, source: Path | Callable[[], str], what: str) -> Secret:
    """The token that there is now.

    Raises:
        MinIOError: there is none.
    """
    if isinstance(source, Path):
        return Secret(read_secret_file(source, what))
    given = hidden(source())
    if not is_sendable(given):
        kind = "str" if isinstance(given, str) else type(given).__name__
        raise ConfigurationError(f"{argument}: the function gave a {kind}, not a {argument}")
    return Secret(given)


@contextmanager
def unsaid(secret: str) -> Iterator[None]:
    """Take out of an error what was sent: some servers repeat what they refuse."""
    try:
        yield
    except MinIOError as error:
        message = error.message
        for form in dict.fromkeys((quote(secret, safe=""), quote_plus(secret), secret)):
            message = _without(message, form)
        reword(error, message)
        raise


def _without(text: str, secret: str) -> str:
    pattern = re.escape(secret)
    if len(secret) < _LONG:  # else a hole in some other word would tell what is missing
        pattern = rf"(?<!\w){pattern}(?!\w)"
    text = re.sub(pattern, "***", text)
    # The end of a long answer is cut off, maybe in the midst of the secret.
    end = text.rstrip("\ufffd")
    for size in range(min(len(secret), len(end), MAX_PLAIN), _LONG - 1, -1):
        if end.endswith(secret[:size]):
            return f"{end[:-size]}***"
    return text


def is_sendable(secret: object) -> bool:
    """Whether it is text, and not empty, that UTF-8 can carry."""
    return isinstance(secret, str) and bool(secret) and not _SURROGATE.search(secret)


def read_secret_file(path: Path, what: str) -> str:
    """The text of a small file that holds one secret.

    Raises:
        CredentialsError: it can't be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            text = Secret(file.read(64 * 1024).decode("ascii").strip())
    except (OSError, ValueError) as error:
        raise CredentialsError(
            f"{what} in {str(path)!r} can't be read ({type(error).__name__})"
        ) from None
    if not text:
        raise CredentialsError(f"{what} in {str(path)!r} is empty")
    return text


def post(form: str) -> Request:
    """How STS is asked."""
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    return Request("POST", "/", "", {"content-type": kind}, form.encode())


def _read(reply: Reply) -> Credentials:
    try:
        node = parse(reply.body)
        for result in node.children:
            found = result.find("Credentials")
            if found is not None:
                return credentials_of(
                    found.get("AccessKeyId"),
                    Secret(found.get("SecretAccessKey")),
                    Secret(found.get("SessionToken")) or None,
                    found.get("Expiration"),
                )
    except XmlError:
        raise ServerError("the answer is not what STS answers", hint="check endpoint") from None
    except ValueError as error:
        raise ServerError(f"the answer has no credentials: {error}") from None
    raise ServerError("the answer has no credentials in it", hint="check endpoint")


def session_policy(
    policy: Mapping[str, Any] | str | None,
    tenant: str | None,
    tenancy: Tenancy,
    shared_bucket: str,
    read_only: bool,
) -> str | None:
    """What a session is limited to, as text; a tenant's, or one of the caller's own.

    Raises:
        ConfigurationError: both were given.
        ValidationError: it can't be a policy.
    """
    if tenant is not None:
        if policy is not None:
            raise ConfigurationError("policy: give either it or tenant_id, not both")
        policy = tenant_policy(
            tenant, tenancy=tenancy, shared_bucket=shared_bucket, read_only=read_only
        )
    return _policy_text(policy)


def _policy_text(policy: Mapping[str, Any] | str | None) -> str | None:
    if policy is None:
        return None
    try:
        document = json.loads(policy) if isinstance(policy, str) else dict(policy)
        text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise invalid("policy", policy, "must be JSON text or a dict") from None
    if not isinstance(document, dict) or not document:
        raise invalid("policy", policy, "must be an object with a Statement")
    return text


def check_text(argument: str, value: object) -> Any:
    """Printable text, or None.

    Raises:
        ValidationError: something else.
    """
    if value is not None and (not isinstance(value, str) or not value or not value.isprintable()):
        raise invalid(argument, value, "must be printable text, or None")
    return value
