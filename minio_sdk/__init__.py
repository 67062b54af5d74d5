"""S3-compatible object storage for services with many tenants.

    from minio_sdk import Config, MinIOClient

    with MinIOClient(Config("http://localhost:9000", "acme")) as client:
        client.upload("hello.txt", b"Hello!")

Names are loaded when they are first used: importing the package imports no HTTP library.
"""

from __future__ import annotations

from minio_sdk._version import __version__

TYPE_CHECKING = False  # what typing says at run time, without the time that loading it takes

if TYPE_CHECKING:
    from typing import Any

    from minio_sdk.auditing import JsonLinesAudit
    from minio_sdk.client import AsyncMinIOClient, MinIOClient, create_client
    from minio_sdk.client.aio.admin import AsyncAdmin
    from minio_sdk.client.aio.handles import AsyncObjectReader, AsyncObjectWriter
    from minio_sdk.client.aio.provisioner import AsyncProvisioner
    from minio_sdk.client.aio.streams import AsyncAdminStream, AsyncBucketEvents, AsyncSelectedRows
    from minio_sdk.client.sync.admin import Admin
    from minio_sdk.client.sync.handles import ObjectReader, ObjectWriter
    from minio_sdk.client.sync.provisioner import Provisioner
    from minio_sdk.client.sync.streams import AdminStream, BucketEvents, SelectedRows
    from minio_sdk.config import Config
    from minio_sdk.credentials.environment import ChainProvider, EnvironmentProvider
    from minio_sdk.credentials.identities import (
        CertificateIdentityProvider,
        CustomTokenProvider,
        LdapIdentityProvider,
    )
    from minio_sdk.credentials.mc import McConfigProvider
    from minio_sdk.credentials.metadata import ContainerProvider, InstanceMetadataProvider
    from minio_sdk.credentials.process import ProcessProvider
    from minio_sdk.credentials.profiles import ProfileProvider
    from minio_sdk.credentials.refreshing import RefreshingProvider
    from minio_sdk.credentials.sts import AssumeRoleProvider, WebIdentityProvider
    from minio_sdk.errors import (
        AccessDeniedError,
        BucketAlreadyExistsError,
        BucketNotEmptyError,
        BucketNotFoundError,
        ConfigurationError,
        ConflictError,
        CredentialsError,
        EncryptionError,
        EncryptionKeyError,
        IntegrityError,
        MinIOConnectionError,
        MinIOError,
        MinIOTimeoutError,
        NotEncryptedError,
        NotFoundError,
        NotSupportedError,
        ObjectChangedError,
        ObjectLockedError,
        ObjectNotFoundError,
        PartlyAppliedError,
        PlanOutdatedError,
        PreconditionFailedError,
        QuotaExceededError,
        RateLimitError,
        ServerError,
        UploadNotFoundError,
        ValidationError,
        VersionNotFoundError,
    )
    from minio_sdk.flows.provisioning.records import Tenant, TenantAccess
    from minio_sdk.local_server import LocalServer
    from minio_sdk.models.admin import (
        AdminDrive,
        AdminNode,
        AdminServerInfo,
        BucketDataUsage,
        DataUsage,
        Group,
        ServiceAccount,
        User,
    )
    from minio_sdk.models.admin_access import (
        AccountInfo,
        BucketAccess,
        KMSKeyStatus,
        KMSStatus,
        OpenIDUserAccessKeys,
        PolicyEntities,
        PolicyUsers,
        UserAccessKey,
        UserAccessKeys,
    )
    from minio_sdk.models.admin_config import (
        AdminConfig,
        AdminConfigChange,
        AdminConfigKey,
        IdentityProvider,
        IdentityProviderConfig,
        ServiceResult,
    )
    from minio_sdk.models.admin_jobs import (
        AdminLock,
        BackgroundHealing,
        BatchJob,
        BatchJobStatus,
        HealedItem,
        HealStatus,
    )
    from minio_sdk.models.admin_live import LogEntry, TraceEntry
    from minio_sdk.models.admin_pools import Decommission, PoolRebalance, Rebalance, StoragePool
    from minio_sdk.models.admin_realtime import (
        CPUMetrics,
        DiskMetrics,
        MemoryMetrics,
        NetworkMetrics,
        RealtimeMetrics,
        RPCMetrics,
        ScannerMetrics,
        ServerMetrics,
        SystemCallMetrics,
        TimedAction,
    )
    from minio_sdk.models.admin_sites import (
        RemoteTarget,
        ReplicationCounts,
        ReplicationResync,
        ReplicationStatus,
        Site,
        SitePeer,
        SiteReplication,
        SiteReplicationResult,
        SiteReplicationStatus,
        SiteResync,
        SiteResyncStatus,
        SiteSummary,
        UnreplicatedVersion,
    )
    from minio_sdk.models.admin_speed import (
        DriveSpeed,
        NetworkSpeed,
        SiteSpeed,
        SpeedFigures,
        SpeedTest,
    )
    from minio_sdk.models.admin_tiers import (
        AzureTier,
        GCSTier,
        MinIOTier,
        S3Tier,
        TierUsage,
    )
    from minio_sdk.models.archives import ArchiveEntry
    from minio_sdk.models.audit import AuditedKey, AuditRecord
    from minio_sdk.models.bucket_document import (
        LEFT_OUT,
        BucketChange,
        BucketDocument,
        BucketPlan,
        LeftOut,
    )
    from minio_sdk.models.bulk import BulkResult, MirrorResult
    from minio_sdk.models.cache import Cache, CacheStats
    from minio_sdk.models.capabilities import ServerCapabilities
    from minio_sdk.models.composing import ComposeSource
    from minio_sdk.models.cors import CorsRule
    from minio_sdk.models.credentials import Credentials, CredentialsProvider
    from minio_sdk.models.details import (
        AccessControlList,
        Grant,
        MultipartUpload,
        ObjectAttributes,
        ObjectPart,
        UploadedPart,
    )
    from minio_sdk.models.encryption import BucketEncryption
    from minio_sdk.models.events import BucketEvent, EventGap
    from minio_sdk.models.hedge import Hedge
    from minio_sdk.models.hooks import ReceivedReply, SentRequest
    from minio_sdk.models.lifecycle import (
        AbortIncompleteMultipartUpload,
        DelMarkerExpiration,
        Expiration,
        LifecycleFilter,
        LifecycleRule,
        NoncurrentVersionExpiration,
        NoncurrentVersionTransition,
        Transition,
    )
    from minio_sdk.models.notification import NotificationRule
    from minio_sdk.models.object_encryption import ObjectEncryption, SseC, SseKms, SseS3
    from minio_sdk.models.object_lock import ObjectLock, Retention
    from minio_sdk.models.presigned import PresignedPost
    from minio_sdk.models.progress import TransferProgress
    from minio_sdk.models.prompting import PromptAnswer
    from minio_sdk.models.replication import Replication, ReplicationRule
    from minio_sdk.models.results import (
        BucketInfo,
        DeletedObject,
        DeleteError,
        DeleteResult,
        HealthStatus,
        ObjectInfo,
        ObjectMetadata,
        ServerInfo,
        UndeletedObject,
        UploadResponse,
    )
    from minio_sdk.models.select import (
        CsvInput,
        CsvOutput,
        JsonInput,
        JsonOutput,
        ParquetInput,
        SelectStats,
    )
    from minio_sdk.models.snapshots import RestoreResult, SnapshotDiff, SnapshotInfo
    from minio_sdk.models.transfers import Transfer, TransferRestartedWarning
    from minio_sdk.models.usage import BucketUsage, TenantUsage
    from minio_sdk.policies.deciding import Decision
    from minio_sdk.policies.document import Policy
    from minio_sdk.policies.statements import Statement
    from minio_sdk.policies.tenants import tenant_policy
    from minio_sdk.telemetry import Telemetry
    from minio_sdk.tracing import TraceRequests
    from minio_sdk.transport.http_requests import TenantAdapter

__all__ = [
    "AbortIncompleteMultipartUpload",
    "AccessControlList",
    "AccessDeniedError",
    "AccountInfo",
    "Admin",
    "AdminConfig",
    "AdminConfigChange",
    "AdminConfigKey",
    "AdminDrive",
    "AdminLock",
    "AdminNode",
    "AdminServerInfo",
    "AdminStream",
    "ArchiveEntry",
    "AssumeRoleProvider",
    "AsyncAdmin",
    "AsyncAdminStream",
    "AsyncBucketEvents",
    "AsyncMinIOClient",
    "AsyncObjectReader",
    "AsyncObjectWriter",
    "AsyncProvisioner",
    "AsyncSelectedRows",
    "AuditRecord",
    "AuditedKey",
    "AzureTier",
    "BackgroundHealing",
    "BatchJob",
    "BatchJobStatus",
    "BucketAccess",
    "BucketAlreadyExistsError",
    "BucketDataUsage",
    "BucketEncryption",
    "BucketEvent",
    "BucketEvents",
    "BucketInfo",
    "BucketNotEmptyError",
    "BucketNotFoundError",
    "BucketUsage",
    "BulkResult",
    "CPUMetrics",
    "Cache",
    "CacheStats",
    "CertificateIdentityProvider",
    "ChainProvider",
    "ComposeSource",
    "Config",
    "ConfigurationError",
    "ConflictError",
    "ContainerProvider",
    "CorsRule",
    "Credentials",
    "CredentialsError",
    "CredentialsProvider",
    "CsvInput",
    "CsvOutput",
    "CustomTokenProvider",
    "DataUsage",
    "Decision",
    "Decommission",
    "DelMarkerExpiration",
    "DeleteError",
    "DeleteResult",
    "DeletedObject",
    "DiskMetrics",
    "DriveSpeed",
    "EncryptionError",
    "EncryptionKeyError",
    "EnvironmentProvider",
    "EventGap",
    "Expiration",
    "GCSTier",
    "Grant",
    "Group",
    "HealStatus",
    "HealedItem",
    "HealthStatus",
    "Hedge",
    "IdentityProvider",
    "IdentityProviderConfig",
    "InstanceMetadataProvider",
    "IntegrityError",
    "JsonInput",
    "JsonLinesAudit",
    "JsonOutput",
    "KMSKeyStatus",
    "KMSStatus",
    "LdapIdentityProvider",
    "LifecycleFilter",
    "LifecycleRule",
    "LocalServer",
    "LogEntry",
    "McConfigProvider",
    "MemoryMetrics",
    "MinIOClient",
    "MinIOConnectionError",
    "MinIOError",
    "MinIOTier",
    "MinIOTimeoutError",
    "MirrorResult",
    "MultipartUpload",
    "NetworkMetrics",
    "NetworkSpeed",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
    "NotEncryptedError",
    "NotFoundError",
    "NotSupportedError",
    "NotificationRule",
    "ObjectAttributes",
    "ObjectChangedError",
    "ObjectEncryption",
    "ObjectInfo",
    "ObjectLock",
    "ObjectLockedError",
    "ObjectMetadata",
    "ObjectNotFoundError",
    "ObjectPart",
    "ObjectReader",
    "ObjectWriter",
    "OpenIDUserAccessKeys",
    "ParquetInput",
    "Policy",
    "PolicyEntities",
    "PolicyUsers",
    "PoolRebalance",
    "PreconditionFailedError",
    "PresignedPost",
    "ProcessProvider",
    "ProfileProvider",
    "PromptAnswer",
    "Provisioner",
    "QuotaExceededError",
    "RPCMetrics",
    "RateLimitError",
    "RealtimeMetrics",
    "Rebalance",
    "RefreshingProvider",
    "RemoteTarget",
    "Replication",
    "ReplicationCounts",
    "ReplicationRule",
    "ReplicationResync",
    "ReplicationStatus",
    "RestoreResult",
    "Retention",
    "ScannerMetrics",
    "SelectStats",
    "SelectedRows",
    "S3Tier",
    "ServerError",
    "ServerInfo",
    "ServerMetrics",
    "ServiceAccount",
    "ServiceResult",
    "Site",
    "SitePeer",
    "SiteReplication",
    "SiteReplicationResult",
    "SiteReplicationStatus",
    "SiteResync",
    "SiteResyncStatus",
    "SiteSpeed",
    "SiteSummary",
    "SnapshotDiff",
    "SnapshotInfo",
    "SpeedFigures",
    "SpeedTest",
    "SseC",
    "SseKms",
    "SseS3",
    "Statement",
    "StoragePool",
    "SystemCallMetrics",
    "Tenant",
    "TenantAccess",
    "TenantAdapter",
    "TenantUsage",
    "TierUsage",
    "TimedAction",
    "TraceEntry",
    "Transfer",
    "TransferProgress",
    "TransferRestartedWarning",
    "Transition",
    "UndeletedObject",
    "UnreplicatedVersion",
    "UploadNotFoundError",
    "UploadResponse",
    "UploadedPart",
    "User",
    "UserAccessKey",
    "UserAccessKeys",
    "ValidationError",
    "VersionNotFoundError",
    "WebIdentityProvider",
    "__version__",
    "create_client",
    "tenant_policy",
    "LEFT_OUT",
    "BucketChange",
    "BucketDocument",
    "BucketPlan",
    "LeftOut",
    "PartlyAppliedError",
    "PlanOutdatedError",
    "ServerCapabilities",
    "ReceivedReply",
    "SentRequest",
    "Telemetry",
    "TraceRequests",
]

_HOMES = {
    "minio_sdk.auditing": ("JsonLinesAudit",),
    "minio_sdk.client": ("AsyncMinIOClient", "MinIOClient", "create_client"),
    "minio_sdk.client.aio.admin": ("AsyncAdmin",),
    "minio_sdk.client.aio.handles": ("AsyncObjectReader", "AsyncObjectWriter"),
    "minio_sdk.client.sync.admin": ("Admin",),
    "minio_sdk.client.sync.handles": ("ObjectReader", "ObjectWriter"),
    "minio_sdk.client.aio.streams": ("AsyncAdminStream", "AsyncBucketEvents", "AsyncSelectedRows"),
    "minio_sdk.client.aio.provisioner": ("AsyncProvisioner",),
    "minio_sdk.client.sync.streams": ("AdminStream", "BucketEvents", "SelectedRows"),
    "minio_sdk.client.sync.provisioner": ("Provisioner",),
    "minio_sdk.config": ("Config",),
    "minio_sdk.credentials.environment": ("ChainProvider", "EnvironmentProvider"),
    "minio_sdk.credentials.identities": (
        "CertificateIdentityProvider",
        "CustomTokenProvider",
        "LdapIdentityProvider",
    ),
    "minio_sdk.credentials.mc": ("McConfigProvider",),
    "minio_sdk.credentials.metadata": ("ContainerProvider", "InstanceMetadataProvider"),
    "minio_sdk.credentials.process": ("ProcessProvider",),
    "minio_sdk.credentials.profiles": ("ProfileProvider",),
    "minio_sdk.credentials.refreshing": ("RefreshingProvider",),
    "minio_sdk.credentials.sts": ("AssumeRoleProvider", "WebIdentityProvider"),
    "minio_sdk.flows.provisioning.records": ("Tenant", "TenantAccess"),
    "minio_sdk.local_server": ("LocalServer",),
    "minio_sdk.models.audit": ("AuditRecord", "AuditedKey"),
    "minio_sdk.models.admin": (
        "AdminDrive",
        "AdminNode",
        "AdminServerInfo",
        "BucketDataUsage",
        "DataUsage",
        "Group",
        "ServiceAccount",
        "User",
    ),
    "minio_sdk.models.bucket_document": (
        "LEFT_OUT",
        "BucketChange",
        "BucketDocument",
        "BucketPlan",
        "LeftOut",
    ),
    "minio_sdk.models.admin_access": (
        "AccountInfo",
        "BucketAccess",
        "KMSKeyStatus",
        "KMSStatus",
        "OpenIDUserAccessKeys",
        "PolicyEntities",
        "PolicyUsers",
        "UserAccessKey",
        "UserAccessKeys",
    ),
    "minio_sdk.models.admin_config": (
        "AdminConfig",
        "AdminConfigChange",
        "AdminConfigKey",
        "IdentityProvider",
        "IdentityProviderConfig",
        "ServiceResult",
    ),
    "minio_sdk.models.admin_jobs": (
        "AdminLock",
        "BackgroundHealing",
        "BatchJob",
        "BatchJobStatus",
        "HealStatus",
        "HealedItem",
    ),
    "minio_sdk.models.admin_live": ("LogEntry", "TraceEntry"),
    "minio_sdk.models.admin_pools": (
        "Decommission",
        "PoolRebalance",
        "Rebalance",
        "StoragePool",
    ),
    "minio_sdk.models.admin_speed": (
        "DriveSpeed",
        "NetworkSpeed",
        "SiteSpeed",
        "SpeedFigures",
        "SpeedTest",
    ),
    "minio_sdk.models.admin_realtime": (
        "CPUMetrics",
        "DiskMetrics",
        "MemoryMetrics",
        "NetworkMetrics",
        "RPCMetrics",
        "RealtimeMetrics",
        "ScannerMetrics",
        "ServerMetrics",
        "SystemCallMetrics",
        "TimedAction",
    ),
    "minio_sdk.models.admin_sites": (
        "RemoteTarget",
        "ReplicationCounts",
        "ReplicationResync",
        "ReplicationStatus",
        "Site",
        "SitePeer",
        "SiteReplication",
        "SiteReplicationResult",
        "SiteReplicationStatus",
        "SiteResync",
        "SiteResyncStatus",
        "SiteSummary",
        "UnreplicatedVersion",
    ),
    "minio_sdk.models.admin_tiers": (
        "AzureTier",
        "GCSTier",
        "MinIOTier",
        "S3Tier",
        "TierUsage",
    ),
    "minio_sdk.models.bulk": ("BulkResult", "MirrorResult"),
    "minio_sdk.models.cache": ("Cache", "CacheStats"),
    "minio_sdk.models.archives": ("ArchiveEntry",),
    "minio_sdk.models.prompting": ("PromptAnswer",),
    "minio_sdk.models.composing": ("ComposeSource",),
    "minio_sdk.models.hedge": ("Hedge",),
    "minio_sdk.models.hooks": ("ReceivedReply", "SentRequest"),
    "minio_sdk.models.capabilities": ("ServerCapabilities",),
    "minio_sdk.models.cors": ("CorsRule",),
    "minio_sdk.models.credentials": ("Credentials", "CredentialsProvider"),
    "minio_sdk.models.details": (
        "AccessControlList",
        "Grant",
        "MultipartUpload",
        "ObjectAttributes",
        "ObjectPart",
        "UploadedPart",
    ),
    "minio_sdk.models.encryption": ("BucketEncryption",),
    "minio_sdk.models.events": ("BucketEvent", "EventGap"),
    "minio_sdk.models.lifecycle": (
        "AbortIncompleteMultipartUpload",
        "DelMarkerExpiration",
        "Expiration",
        "LifecycleFilter",
        "LifecycleRule",
        "NoncurrentVersionExpiration",
        "NoncurrentVersionTransition",
        "Transition",
    ),
    "minio_sdk.models.notification": ("NotificationRule",),
    "minio_sdk.models.object_encryption": ("ObjectEncryption", "SseC", "SseKms", "SseS3"),
    "minio_sdk.models.object_lock": ("ObjectLock", "Retention"),
    "minio_sdk.models.presigned": ("PresignedPost",),
    "minio_sdk.models.progress": ("TransferProgress",),
    "minio_sdk.models.replication": ("Replication", "ReplicationRule"),
    "minio_sdk.models.results": (
        "BucketInfo",
        "DeleteError",
        "DeleteResult",
        "DeletedObject",
        "HealthStatus",
        "ObjectInfo",
        "ObjectMetadata",
        "ServerInfo",
        "UndeletedObject",
        "UploadResponse",
    ),
    "minio_sdk.models.select": (
        "CsvInput",
        "CsvOutput",
        "JsonInput",
        "JsonOutput",
        "ParquetInput",
        "SelectStats",
    ),
    "minio_sdk.models.snapshots": ("RestoreResult", "SnapshotDiff", "SnapshotInfo"),
    "minio_sdk.models.usage": ("BucketUsage", "TenantUsage"),
    "minio_sdk.models.transfers": ("Transfer", "TransferRestartedWarning"),
    "minio_sdk.policies.deciding": ("Decision",),
    "minio_sdk.policies.document": ("Policy",),
    "minio_sdk.policies.statements": ("Statement",),
    "minio_sdk.policies.tenants": ("tenant_policy",),
    "minio_sdk.telemetry": ("Telemetry",),
    "minio_sdk.tracing": ("TraceRequests",),
    "minio_sdk.transport.http_requests": ("TenantAdapter",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME.get(name, "minio_sdk.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
