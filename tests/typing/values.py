"""Settings, results and errors."""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from typing_extensions import assert_type

from minio_sdk import (
    AssumeRoleProvider,
    CertificateIdentityProvider,
    ChainProvider,
    Config,
    ConfigurationError,
    Credentials,
    CredentialsProvider,
    CustomTokenProvider,
    DeleteError,
    DeleteResult,
    HealthStatus,
    InstanceMetadataProvider,
    LdapIdentityProvider,
    MinIOConnectionError,
    MinIOError,
    MinIOTimeoutError,
    ObjectInfo,
    ObjectNotFoundError,
    ProcessProvider,
    ProfileProvider,
    UploadResponse,
    ValidationError,
    WebIdentityProvider,
    tenant_policy,
)


class Vault:
    """A provider that derives from nothing."""

    def credentials(self) -> Credentials | None:
        """The keys in force."""
        return Credentials("access", "secret")


def settings() -> None:
    """What a configuration takes."""
    config = Config(
        "http://localhost:9000",
        "acme",
        timeout=30,
        max_retries=3,
        base_delay=0.5,
        access_key="access",
        secret_key="secret",
        api="s3",
        tenancy="prefix",
        proxies={"https": "http://proxy:3128"},
        deadline=None,
        verify="/ca.pem",
        cert=("/cert.pem", "/key.pem"),
    )
    assert_type(config.timeout, float)
    assert_type(config.tenant_id, str | None)
    assert_type(config.with_(timeout=5), Config)
    assert_type(Config.from_env(user_id="acme"), Config)
    assert_type(hash(config), int)
    Config("http://localhost:9000", None, credentials=Vault())
    Config("http://localhost:9000", None, credentials=Credentials("access", "secret"))
    Config("http://localhost:9000", None, credentials=lambda: None)
    Config("http://localhost:9000", None, credentials=AssumeRoleProvider("http://s", "a", "s"))
    Config("http://localhost:9000", None, credentials=ChainProvider(Vault(), ProfileProvider("p")))
    AssumeRoleProvider(
        "http://s", credentials=Vault(), policy=tenant_policy("acme", read_only=True)
    )
    WebIdentityProvider("http://s", lambda: "token", tenant_id="acme", tenancy="prefix")
    WebIdentityProvider("http://s", "/token", tenancy="none")  # type: ignore[arg-type]
    LdapIdentityProvider("http://s", "ada", "secret", tenant_id="acme")
    LdapIdentityProvider("http://s", "ada", lambda: "secret")
    LdapIdentityProvider("http://s", "ada", "secret", token_revoke_type="app")
    AssumeRoleProvider("http://s", "a", "s", token_revoke_type=5)  # type: ignore[arg-type]
    LdapIdentityProvider("http://s", "ada")  # type: ignore[call-arg]
    CertificateIdentityProvider("https://s", ("client.crt", "client.key"), verify="/ca.pem")
    CustomTokenProvider("https://s", "/token", "arn:minio:iam:::role/idmp-x")
    assert_type(tenant_policy("acme"), dict[str, Any])
    assert_type(ProcessProvider(["a", "b"]).fetch(), Credentials)
    assert_type(InstanceMetadataProvider().credentials(), Credentials | None)
    provider: CredentialsProvider = Vault()
    assert_type(provider.credentials(), Credentials | None)

    Config("http://localhost:9000")  # type: ignore[call-arg]
    Config("http://localhost:9000", "acme", 30)  # type: ignore[call-arg]
    Config("http://localhost:9000", "acme", timeout="30")  # type: ignore[arg-type]
    Config("http://localhost:9000", "acme", time_out=30)  # type: ignore[call-arg]
    Config("http://localhost:9000", "acme", api="S3")  # type: ignore[arg-type]
    Config("http://localhost:9000", "acme", tenancy="none")  # type: ignore[arg-type]
    Config("http://localhost:9000", "acme", credentials="secret")  # type: ignore[arg-type]
    config.timeout = 5  # type: ignore[misc]


def results(
    info: ObjectInfo, stored: UploadResponse, health: HealthStatus, deleted: DeleteResult
) -> None:
    """Records read both ways."""
    assert_type(info.key, str)
    assert_type(info.size, int)
    assert_type(info.last_modified, datetime | None)
    assert_type(info["size"], Any)
    assert_type(dict(info), dict[str, Any])
    assert_type(dict(**info), dict[str, Any])
    assert_type(stored.etag, str | None)
    assert_type(health.details, Mapping[str, Any])
    assert_type(bool(health), bool)
    for error in deleted.errors:
        assert_type(error, DeleteError)

    info.size = 5  # type: ignore[misc]
    info.colour  # type: ignore[attr-defined]  # noqa: B018
    ObjectInfo("key")  # type: ignore[call-arg]


def errors() -> None:
    """Errors are told apart by class and know the facts."""
    try:
        Config("", None)
    except ObjectNotFoundError as missing:
        assert_type(missing.key, str | None)
    except MinIOConnectionError as failed:
        assert_type(failed.permanent, bool)
    except MinIOError as error:
        assert_type(error.code, str | None)
        assert_type(error.status, int | None)
        assert_type(error.attempts, int)
        assert_type(error.retry_after, float | None)
        error.colour  # type: ignore[attr-defined]  # noqa: B018
    as_value: ValueError = ValidationError("no")
    as_value = ConfigurationError("no")
    as_timeout: TimeoutError = MinIOTimeoutError("no")
    print(as_value, as_timeout)
    MinIOError("no", "NoSuchKey")  # type: ignore[call-arg]
