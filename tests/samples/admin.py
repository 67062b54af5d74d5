"""Who is in the samples of MinIO's admin API. Its keys are good for nothing else."""

from __future__ import annotations

from minio_sdk.models.credentials import Credentials
from minio_sdk.operation import Place
from minio_sdk.operations import admin_accounts, admin_policies, admin_users
from minio_sdk.wire.sealing import RANDOM, seal

OPERATOR, OPERATOR_SECRET = "samples-operator", "secret-of-the-samples"
"""Who asks; what is sealed in the samples is sealed with this secret."""
USER, USER_SECRET = "samples-ada", "secret-of-ada"
GROUP, POLICY = "samples-editors", "samples-read"
ACCOUNT = Credentials("SAMPLESACCOUNT", "secret-of-the-account")
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::acme-samples/*"],
        }
    ],
}
QUOTA = 10 * 2**20
QUOTED = Place("quoted", "acme-quoted", "", "/acme-quoted")


def sealed(plain: bytes) -> bytes:
    """A body as the operator seals it, with randomness that isn't."""
    return seal(OPERATOR_SECRET, plain, bytes(range(RANDOM)))


ADD_USER = admin_users.user_request(USER_SECRET, True)
ATTACH = admin_policies.association_request([POLICY], USER, None)
ADD_ACCOUNT = admin_accounts.account_request(
    keys=ACCOUNT, user=USER, policy=DOCUMENT, name="laptop", description="Adas Gerät, grün"
)
CHANGE_ACCOUNT = admin_accounts.change_request(policy=DOCUMENT, enabled=False)
