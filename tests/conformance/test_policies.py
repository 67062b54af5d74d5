"""That what a policy decides offline is what a server decides."""

from __future__ import annotations

import pytest

from minio_sdk import AccessDeniedError, AsyncMinIOClient, Policy, Statement
from tests.conformance.setting import Setting

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Users, policies, service accounts and quotas"),
]
SECRET = "a-secret-of-some-length"


@pytest.mark.needs("MinIO's admin API")
@pytest.mark.parametrize("tenancy", ["bucket"])
async def test_a_policy_decides_as_the_server_does(
    setting: Setting, client: AsyncMinIOClient, bucket: str
) -> None:
    name = f"{setting.token}-decided"
    there, _ = setting.place(bucket)
    policy = Policy(
        Statement(actions=["GetObject", "DeleteObject"], resources=f"{there}/a*"),
        Statement(effect="Deny", actions=["Put*", "s3:DeleteObject"], resources=f"{there}/ab*"),
        Statement(actions="PutObject", resources=f"{there}/${{aws:username}}/?"),
        Statement(
            actions="ListBucket",
            resources=there,
            conditions={
                "StringLike": {"s3:prefix": "a*"},
                "StringNotEquals": {"s3:prefix": "ab"},
                "Null": {"s3:delimiter": True},
            },
        ),
    )
    admin = client.admin
    await admin.add_user(name, SECRET)
    await admin.add_policy(name, policy)
    try:
        assert Policy.parse(await admin.get_policy(name)).check("s3:GetObject", f"{there}/a1")
        await admin.attach_policy(name, user=name)
        theirs = setting.connect(access_key=name, secret_key=SECRET)
        await client.put_object(bucket, "a1", b"")
        decisions = set()
        for action, key, call in (
            ("GetObject", "a1", theirs.get_object),
            ("GetObject", "ab", theirs.get_object),
            ("GetObject", "b", theirs.get_object),
            ("DeleteObject", "a2", theirs.delete_object),
            ("DeleteObject", "ab2", theirs.delete_object),
            ("PutObject", f"{name}/1", lambda b, k: theirs.put_object(b, k, b"")),
            ("PutObject", f"{name}/12", lambda b, k: theirs.put_object(b, k, b"")),
            ("PutObject", "eve/1", lambda b, k: theirs.put_object(b, k, b"")),
            ("ListBucket", "a", lambda b, k: theirs.list_objects(b, k)),
            ("ListBucket", "ab", lambda b, k: theirs.list_objects(b, k)),
            ("ListBucket", "b", lambda b, k: theirs.list_objects(b, k)),
        ):
            context = {"aws:username": name}
            resource = f"{there}/{key}"
            if action == "ListBucket":
                context["s3:prefix"] = key
                resource = there
            try:
                await call(bucket, key)
                allowed = True
            except AccessDeniedError:
                allowed = False
            except Exception:
                allowed = True
            expected = policy.check(action, resource, context=context)
            assert expected.allowed is allowed, (action, key, expected.reason)
            decisions.add((action, allowed))
        assert len(decisions) == 8  # each of the four was allowed, and refused
    finally:
        await admin.remove_user(name)
        await admin.remove_policy(name)
