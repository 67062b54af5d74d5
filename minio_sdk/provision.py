"""Credentials that reach one tenant, made on the server itself: the job of an operator.

from minio_sdk import Config, MinIOClient
from minio_sdk.provision import Provisioner

with MinIOClient(Config("http://localhost:9000", None)) as client:
    access = Provisioner(client).add("acme")
with MinIOClient(access.config()) as acme:
    acme.upload("hello.txt", b"Hello!")
"""

from __future__ import annotations

from minio_sdk.client.aio.provisioner import AsyncProvisioner
from minio_sdk.client.sync.provisioner import Provisioner
from minio_sdk.flows.provisioning.records import Tenant, TenantAccess

__all__ = ["AsyncProvisioner", "Provisioner", "Tenant", "TenantAccess"]
