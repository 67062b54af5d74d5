"""Credentials of the machine: of an EC2 instance, of a container in ECS or EKS.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from minio_sdk.clock import SYSTEM_CLOCK, Clock
from minio_sdk.credentials.asking import Asking, check_seconds, document_of, keys_in, offset_of
from minio_sdk.credentials.environment import asks_no_instance
from minio_sdk.credentials.refreshing import RefreshingProvider
from minio_sdk.credentials.sts import read_secret_file
from minio_sdk.errors import (
    ConfigurationError,
    CredentialsError,
    MinIOConnectionError,
    ServerError,
    bad_setting,
    invalid,
    reword,
)
from minio_sdk.models.addresses import check_url
from minio_sdk.models.credentials import Credentials
from minio_sdk.models.names import plain
from minio_sdk.models.secret import Secret
from minio_sdk.wire.failure import error_of
from minio_sdk.wire.message import Reply, Request
from minio_sdk.wire.url import is_loopback, quote_value

INSTANCE = "http://169.254.169.254"
INSTANCE_IPV6 = "http://[fd00:ec2::254]"
CONTAINER = "http://169.254.170.2"

# Where the token of a container may go without TLS: this computer, ECS, EKS.
_CONTAINER_HOSTS = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_TOKEN_LIFE = "21600"  # noqa: S105 (seconds)
_ROLES = "/latest/meta-data/iam/security-credentials/"


class InstanceMetadataProvider(RefreshingProvider):
    """The credentials of the role that an EC2 instance has; asked by version 2 of the protocol only.

    Args:
        endpoint: the service; None takes ``AWS_EC2_METADATA_SERVICE_ENDPOINT``, or the address that EC2 has.
        timeout: seconds for each answer; None takes ``AWS_METADATA_SERVICE_TIMEOUT``, or 1.
        tries: how often to ask; None takes ``AWS_METADATA_SERVICE_NUM_ATTEMPTS``, or 1.
        environ: another mapping than ``os.environ``; read now, and not kept.
        clock: the time source; tests give another.

    With ``AWS_EC2_METADATA_DISABLED=true`` it has no credentials, and asks nobody.

    Raises:
        ConfigurationError: an argument or a variable is not right.

    Example:
        >>> config = Config("https://s3.example.com", "acme", credentials=InstanceMetadataProvider())
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        timeout: float | None = None,
        tries: int | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        env = os.environ if environ is None else environ
        self.disabled = asks_no_instance(env)
        given = endpoint or env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _instance(env)
        self.endpoint = check_url("endpoint", given)
        if timeout is None:
            timeout = _number(env, "AWS_METADATA_SERVICE_TIMEOUT")
        if tries is None:
            tries = int(_number(env, "AWS_METADATA_SERVICE_NUM_ATTEMPTS"))
        if isinstance(tries, bool) or not isinstance(tries, int) or tries < 1:
            raise invalid("tries", tries, "must be a whole number, at least 1")
        # The address is the link's own: no proxy can ask it for us.
        seconds = check_seconds("timeout", timeout)
        self._asking = Asking(clock, timeout=seconds, tries=tries, proxies={})
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"InstanceMetadataProvider({self.endpoint!r})"

    def fetch(self) -> Credentials | None:
        """The role's credentials; None where there is no such service, or the instance has no role.

        Raises:
            MinIOError: it answers with something else.
        """
        if self.disabled:
            return None
        life = {"x-aws-ec2-metadata-token-ttl-seconds": _TOKEN_LIFE}
        try:
            reply = self._asking.send(self.endpoint, Request("PUT", "/latest/api/token", "", life))
        except MinIOConnectionError:
            return None  # this is no such machine
        if reply.status in (403, 404, 405):
            return None  # switched off, or another kind of machine
        token: dict[str, str] = {
            "x-aws-ec2-metadata-token": Secret(_text_of(reply, "a token").decode("latin-1"))
        }
        reply = self._asking.send(self.endpoint, Request("GET", _ROLES, "", token))
        if reply.status == 404:
            return None
        roles = _text_of(reply, "the name of a role").decode("utf-8", "replace").split()
        if not roles:
            return None
        path = _ROLES + quote_value(roles[0])
        reply = self._asking.send(self.endpoint, Request("GET", path, "", token))
        self._refresher.offset = offset_of(reply, self._clock)
        document = document_of(_text_of(reply, "credentials"), "the metadata service")
        code = document.get("Code", "Success")
        if code != "Success":
            raise ServerError(f"the metadata service answers with {plain(str(code))!r}")
        return keys_in(document, "Token", "the metadata service")


class OptionalInstanceProvider(InstanceMetadataProvider):
    """The last source of all: where there is no such service, requests are not signed."""

    _required = False


class ContainerProvider(RefreshingProvider):
    """The credentials that ECS, EKS or Greengrass give to a container.

    Args:
        environ: another mapping than ``os.environ``: ``AWS_CONTAINER_CREDENTIALS_RELATIVE_URI`` or
            ``AWS_CONTAINER_CREDENTIALS_FULL_URI``, with ``AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE`` or
            ``AWS_CONTAINER_AUTHORIZATION_TOKEN``. Read now; the file of the token, each time.
        timeout: seconds for an answer. Default 2.
        clock: the time source; tests give another.

    Without the first two variables it has no credentials. The token goes by plain HTTP to this computer and
    to the addresses of ECS and EKS only.

    Raises:
        ConfigurationError: the address is one that the token must not be sent to, or is none.

    Example:
        >>> config = Config("https://s3.example.com", "acme", credentials=ContainerProvider())
    """

    def __init__(
        self,
        *,
        environ: Mapping[str, str] | None = None,
        timeout: float = 2.0,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        env = os.environ if environ is None else environ
        relative = env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        full = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        self._origin = self._target = None
        if relative:
            name = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
            if not relative.startswith("/"):
                raise ConfigurationError(f"{name}: must begin with '/'")
            self._origin, self._target = _allowed(name, CONTAINER + relative)
        elif full:
            self._origin, self._target = _allowed("AWS_CONTAINER_CREDENTIALS_FULL_URI", full)
        file = env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        self._token_file = Path(file) if file else None
        self._token = Secret(env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""))
        self._asking = Asking(clock, timeout=check_seconds("timeout", timeout), tries=3, proxies={})
        super().__init__(clock=clock)

    def __repr__(self) -> str:
        return f"ContainerProvider({self._origin!r})"

    def fetch(self) -> Credentials | None:
        """The container's credentials; None when no variable says where they are.

        Raises:
            MinIOError: there are none; the message says why.
        """
        if self._origin is None or self._target is None:
            return None
        headers = {"accept": "application/json"}
        if self._token_file is not None:
            token = Secret(read_secret_file(self._token_file, "the container's token"))
        else:
            token = self._token
        if token:
            if not (token.isascii() and token.isprintable()):
                raise CredentialsError(
                    "the container's token has characters that no header can carry"
                )
            headers["authorization"] = token
        path, _, query = self._target.partition("?")
        reply = self._asking.send(self._origin, Request("GET", path, query, headers))
        self._refresher.offset = offset_of(reply, self._clock)
        document = document_of(_text_of(reply, "credentials"), "the container's service")
        return keys_in(document, "Token", "the container's service")


def _text_of(reply: Reply, what: str) -> bytes:
    if reply.status != 200:
        error = error_of(reply, "NotFound")
        reword(error, f"HTTP {reply.status} in place of {what}")
        raise error
    return reply.body.strip()


def _instance(env: Mapping[str, str]) -> str:
    ipv6 = env.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower() == "ipv6"
    return INSTANCE_IPV6 if ipv6 else INSTANCE


def _number(env: Mapping[str, str], name: str) -> float:
    text = env.get(name) or "1"
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 3600:
        raise bad_setting(name, text, "must be a number above 0")
    return value


def _allowed(name: str, url: str) -> tuple[str, str]:
    """Origin and target of the address of credentials."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        origin = check_url(name, f"{parts.scheme}://{parts.netloc}")
    except ValueError as error:
        text = str(error) if isinstance(error, ConfigurationError) else f"{name}: is no URL"
        raise ConfigurationError(text) from None
    if not all(c.isascii() and c.isprintable() and c != " " for c in url):
        raise ConfigurationError(f"{name}: has characters that no URL has")
    if parts.scheme != "https" and host not in _CONTAINER_HOSTS and not is_loopback(host):
        raise ConfigurationError(
            f"{name}: {host!r} is neither this computer nor ECS nor EKS, and http: would show it the token"
        )
    target = parts.path or "/"
    return origin, f"{target}?{parts.query}" if parts.query else target
