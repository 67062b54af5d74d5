"""Temporary credentials from MinIO for who one is elsewhere: in an LDAP directory, by certificate or token.

https://docs.min.io/community/minio-object-store/developers/security-token-service.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.config import Tenancy
from minio_sdk.credentials.asking import Certificate
from minio_sdk.credentials.sts import (
    StsProvider,
    check_text,
    check_token,
    is_sendable,
    post,
    session_policy,
    told_token,
    unsaid,
)
from minio_sdk.errors import (
    AccessDeniedError,
    ConfigurationError,
    MinIOError,
    NotSupportedError,
    as_class,
    invalid,
)
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.secret import Secret, hidden
from minio_sdk.wire.message import Request

_DENIED = (
    "LDAP auth failed for DN",
    "LDAP authentication failed",
    "User DN not found",
    "expecting a policy to be set for user",
    "canned policy does not exist",
)
"""What MinIO says, as a wrong parameter or an error of its own, of somebody whom it doesn't let in."""
_OFF = ("' is disabled", "LDAP is not configured")
_UNTRIED = ('"Network Error"', '"Busy"', '"Unavailable"', "expecting a policy", *_OFF)
"""What is said of somebody whose password was right, or was compared with none."""
_TURN_ON = "the server's configuration turns it on: identity_ldap, identity_tls or identity_plugin"


class _IdentityProvider(StsProvider):
    """What the ways of MinIO's own have in common."""

    def _let_in(self, request: Request, hint: str) -> Credentials:
        """The credentials, or why there are none, by what MinIO means.

        Raises:
            AccessDeniedError: MinIO knows nobody like this.
            NotSupportedError: nobody is let in in this way.
        """
        try:
            return self._session(request)
        except MinIOError as error:
            if any(words in error.message for words in _OFF):
                raise as_class(error, NotSupportedError, error.message, _TURN_ON) from None
            if error.code in ("InvalidClientCertificate", "AccessDenied") or any(
                words in error.message for words in _DENIED
            ):
                raise as_class(error, AccessDeniedError, error.message, hint) from None
            raise


FIRST_REST = 900.0
"""Seconds for which a refused password isn't sent again. Directories lock accounts after three to ten wrong
ones, and many begin to count anew after a quarter of an hour."""
LONGEST_REST = 3600.0
"""What that grows to, twice as long after each refusal."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    password: Secret
    error: MinIOError
    rest: float
    until: float


class LdapIdentityProvider(_IdentityProvider):
    """Temporary credentials by MinIO's AssumeRoleWithLDAPIdentity: for a user of an LDAP directory.

    MinIO compares the password with the directory's. What the session may do, say the policies that
    `client.admin.attach_ldap_policy` has given to the user or to one of the user's groups; without any,
    MinIO lets nobody in. New credentials are there before the old ones end; see `RefreshingProvider`.

    A password that was refused isn't sent again for a quarter of an hour, then for half an hour, then for an
    hour each time, since a directory may lock the account of who gives a wrong one too often. Until then the
    error comes from memory. Another password that the function returns is sent at once; so is the same one
    by a new provider.

    Args:
        endpoint: the server's `base_url`. Take ``https``: the password goes there as it is.
        user: as the directory has it, such as ``"ada"``; no distinguished name.
        password: the user's, or a function that returns it, which is asked each time.
        policy: a session policy, as a dict or JSON: only what both it and the user's policies allow is
            allowed.
        tenant_id: instead of `policy`: the one that `tenant_policy` makes.
        tenancy, shared_bucket, read_only: as in `tenant_policy`, for `tenant_id`.
        duration: seconds that each session lasts, at least 900. Default 3600.
        token_revoke_type: as in `AssumeRoleProvider`.
        timeout: seconds for an answer of the server. Default 10.
        verify, proxies: as in `Config`.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: contradicting arguments, or a bad URL, user or password.
        ValidationError: another argument breaks a rule.

    Example:
        >>> keys = LdapIdentityProvider("https://s3.example.com", "ada", getpass())
        >>> client = MinIOClient(Config("https://s3.example.com", "acme", credentials=keys))

    https://docs.min.io/community/minio-object-store/developers/security-token-service/AssumeRoleWithLDAPIdentity.html
    """

    def __init__(
        self,
        endpoint: str,
        user: str,
        password: str | Callable[[], str],
        *,
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
        password = hidden(password)
        if not isinstance(user, str) or not user or not user.isprintable():
            raise ConfigurationError("user: must be printable text")
        if not callable(password) and not is_sendable(password):
            # Not its value, and not its length.
            raise ConfigurationError("password: must be text, or a function that returns it")
        self.user = user
        self._password = password
        self.policy = session_policy(policy, tenant_id, tenancy, shared_bucket, read_only)
        self._refusal: _Refusal | None = None
        # An answer that is lost may have been a refusal.
        super().__init__(
            endpoint, duration, timeout, verify, proxies, clock,
            careful=True, token_revoke_type=token_revoke_type,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        # Another process has another clock, and shall not be told what the function has said.
        return {**super().__getstate__(), "_refusal": None}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r}, user={self.user!r})"

    def fetch(self) -> Credentials:
        """A new session.

        Raises:
            AccessDeniedError: user or password is wrong, or the user has no policy; or the password was
                refused a while ago, and nobody was asked.
            NotSupportedError: the server knows no LDAP directory.
            MinIOError: the server gives none; the message says why.
        """
        given = self._password
        password = told_token("password", given, "") if callable(given) else Secret(given)
        refusal = self._refusal
        if refusal is not None and refusal.password != password:
            refusal = None
        if refusal is not None:
            self._check_rest(refusal)
        form = self._form(
            "AssumeRoleWithLDAPIdentity",
            LDAPUsername=self.user,
            LDAPPassword=password,
            Policy=self.policy,
        )
        try:
            with unsaid(password):
                found = self._let_in(
                    post(form), "check user and password, and client.admin.attach_ldap_policy()"
                )
        except MinIOError as error:
            if _may_count(error):
                rest = FIRST_REST if refusal is None else min(2 * refusal.rest, LONGEST_REST)
                # A copy, which has no traceback and with it no frames.
                copied = as_class(error, type(error), error.message, error.hint)
                self._refusal = _Refusal(password, copied, rest, self._clock.monotonic() + rest)
            raise
        self._refusal = None
        return found

    def _check_rest(self, refusal: _Refusal) -> None:
        left = refusal.until - self._clock.monotonic()
        if left > 0:
            error = refusal.error
            message = f"{error.message.rstrip(': ')}; this password is not sent again for {left:.0f} seconds"
            hint = f"{error.hint or 'check user and password'}; a new provider asks at once"
            raise as_class(error, type(error), message, hint)


def _may_count(error: MinIOError) -> bool:
    """Whether a directory may have counted a wrong password."""
    if error.status is None or not 400 <= error.status < 500 or error.status in (408, 429):
        return False
    if "LDAP server error" in error.message and "LDAP auth failed" not in error.message:
        return False  # of what MinIO asks the directory before
    return not any(words in error.message for words in _UNTRIED)


class CertificateIdentityProvider(_IdentityProvider):
    """Temporary credentials by MinIO's AssumeRoleWithCertificate: for who has a certificate and its key.

    The certificate is shown in the handshake of TLS. The session may do what the policy says whose name is
    the certificate's common name, and ends with the certificate at the latest. MinIO takes no session policy
    here. New credentials are there before the old ones end (see `RefreshingProvider`); the files are read
    anew for each, so that renewed ones are taken.

    Args:
        endpoint: the server's `base_url`, with ``https``.
        cert: the path of the client certificate, or a pair of paths (certificate, key), as in `Config`.
        key_password: opens an encrypted key.
        duration: seconds that each session lasts, at least 900. Default 3600.
        token_revoke_type: as in `AssumeRoleProvider`.
        timeout: seconds for an answer of the server. Default 10.
        verify, proxies: as in `Config`.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: a bad URL, certificate or password.
        ValidationError: another argument breaks a rule.

    Example:
        >>> keys = CertificateIdentityProvider("https://s3.example.com", ("client.crt", "client.key"))
        >>> client = MinIOClient(Config("https://s3.example.com", "acme", credentials=keys))

    https://docs.min.io/community/minio-object-store/developers/security-token-service/AssumeRoleWithCertificate.html
    """

    def __init__(
        self,
        endpoint: str,
        cert: str | tuple[str, str],
        *,
        key_password: str | None = None,
        duration: int = 3600,
        token_revoke_type: str | None = None,
        timeout: float = 10.0,
        verify: bool | str = True,
        proxies: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        key_password = hidden(key_password)
        paths = (cert, cert) if isinstance(cert, (str, os.PathLike)) else cert
        if not isinstance(paths, (tuple, list)) or len(paths) != 2:
            raise ConfigurationError("cert: must be one path, or a pair (certificate, key)")
        for path in paths:
            if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
                raise ConfigurationError("cert: must be one path, or a pair (certificate, key)")
        if key_password is not None and (not isinstance(key_password, str) or not key_password):
            raise ConfigurationError("key_password: must be text, or None")
        self._cert = Certificate(os.fspath(paths[0]), os.fspath(paths[1]), key_password)
        super().__init__(
            endpoint, duration, timeout, verify, proxies, clock,
            self._cert, token_revoke_type=token_revoke_type,
        )  # fmt: skip
        if not self.endpoint.lower().startswith("https:"):
            raise ConfigurationError(
                "endpoint: must begin with https://, for a certificate is shown"
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r}, cert={self._cert.cert!r})"

    def fetch(self) -> Credentials:
        """A new session.

        Raises:
            AccessDeniedError: the server doesn't take this certificate.
            CredentialsError: certificate and key can't be read, or don't belong together.
            NotSupportedError: the server lets nobody in by certificate.
            MinIOError: the server gives none; the message says why.
        """
        self._cert.check()
        return self._let_in(
            Request("POST", "/", self._form("AssumeRoleWithCertificate")),
            "a certificate for clients, in force, of an authority that the server trusts, and a policy "
            "whose name is its common name",
        )


class CustomTokenProvider(_IdentityProvider):
    """Temporary credentials by MinIO's AssumeRoleWithCustomToken: for a token that only a plugin can read.

    MinIO asks the service that its ``identity_plugin`` names, and takes its word for who it is and for how
    long. It takes no session policy here. New credentials are there before the old ones end; see
    `RefreshingProvider`.

    Args:
        endpoint: the server's `base_url`. Take ``https``: the token goes there as it is, and in the URL,
            since MinIO takes it nowhere else; proxies may write that down.
        token: the path of the file with the token, or a function that returns the token; asked each
            time.
        role_arn: the role that the plugin has; MinIO tells it when it starts.
        duration: seconds that each session lasts, at least 900; the plugin may want less. Default 3600.
        token_revoke_type: as in `AssumeRoleProvider`.
        timeout: seconds for an answer of the server. Default 10.
        verify, proxies: as in `Config`.
        clock: the time source; tests give another.

    Raises:
        ConfigurationError: a bad URL or token.
        ValidationError: another argument breaks a rule.

    Example:
        >>> keys = CustomTokenProvider(url, read_token, "arn:minio:iam:::role/idmp-portal")
        >>> client = MinIOClient(Config(url, "acme", credentials=keys))

    https://docs.min.io/community/minio-object-store/developers/security-token-service/AssumeRoleWithCustomToken.html
    """

    def __init__(
        self,
        endpoint: str,
        token: str | os.PathLike[str] | Callable[[], str],
        role_arn: str,
        *,
        duration: int = 3600,
        token_revoke_type: str | None = None,
        timeout: float = 10.0,
        verify: bool | str = True,
        proxies: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._token: Path | Callable[[], str] = check_token("token", token)
        if role_arn is None:
            raise invalid("role_arn", role_arn, "must be printable text")
        self.role_arn: str = check_text("role_arn", role_arn)
        super().__init__(
            endpoint, duration, timeout, verify, proxies, clock, token_revoke_type=token_revoke_type
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.endpoint!r}, role_arn={self.role_arn!r})"

    def fetch(self) -> Credentials:
        """A new session.

        Raises:
            NotSupportedError: the server has no such plugin.
            MinIOError: the server gives none; the message says why.
        """
        token: Secret = told_token("token", self._token, "the token")
        # In the query, since MinIO reads nothing else here.
        query = self._form("AssumeRoleWithCustomToken", RoleArn=self.role_arn, Token=token)
        with unsaid(token):
            return self._let_in(Request("POST", "/", query), "check the token, and role_arn")
