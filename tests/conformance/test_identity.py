"""Users whom somebody else vouches for: a directory, a certificate, tokens. On a MinIO of its own."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import Any

import pytest
import trustme

from minio_sdk import (
    AccessDeniedError,
    AsyncMinIOClient,
    CertificateIdentityProvider,
    ConflictError,
    Credentials,
    CredentialsError,
    CustomTokenProvider,
    LdapIdentityProvider,
    MinIOError,
    NotFoundError,
    RefreshingProvider,
    WebIdentityProvider,
)
from minio_sdk.models.admin_config import ProviderKind
from tests import identity
from tests.clock import FakeClock
from tests.conformance.admin_servers import client_of, eventually
from tests.conformance.setting import Setting
from tests.servers import Server, start_minio

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.asyncio,
    pytest.mark.feature("Users of a directory, certificates and identity providers"),
    pytest.mark.needs("MinIO's admin API"),
]
without_tenant = pytest.mark.parametrize("tenancy", ["plain"])
one_tenancy = pytest.mark.parametrize("tenancy", ["bucket"])
one_style = pytest.mark.parametrize("style", ["sync"])


@pytest.fixture
def tested_server(knowing: Server) -> Server:
    return knowing


async def new_bucket(setting: Setting, client: AsyncMinIOClient) -> str:
    """A bucket with an object, on a server whose users others vouch for; on others a gap."""

    async def enabled() -> list[str]:
        return [e.kind for e in await client.admin.list_identity_providers() if e.enabled]

    expected = ["openid", "ldap"]  # it asks them while it already answers
    assert await eventually(enabled, lambda kinds: kinds == expected) == expected
    name = setting.bucket()
    await client.create_bucket(name)
    await client.put_object(name, "k", b"1")
    return name


def path(setting: Setting, name: str) -> str:
    """A file that users of this server sign in with."""
    assert setting.server.folder is not None
    return str(Path(setting.server.folder) / name)


def ldap(setting: Setting, user: str, **fields: Any) -> LdapIdentityProvider:
    """Signs in as somebody of the directory."""
    fields.setdefault("password", identity.password(user))
    verify = setting.server.ca_file or True
    return LdapIdentityProvider(setting.server.base_url, user, verify=verify, **fields)


async def reads_only(setting: Setting, keys: RefreshingProvider, bucket: str) -> None:
    """Whoever has signed in may read, and nothing else."""
    user = setting.connect(access_key=None, secret_key=None, credentials=keys)
    assert await user.get_object(bucket, "k") == b"1"
    with pytest.raises(AccessDeniedError):
        await user.put_object(bucket, "k", b"2")
    with pytest.raises(AccessDeniedError):
        await user.admin.list_identity_providers()


@without_tenant
async def test_a_user_of_the_directory_signs_in(setting: Setting, client: AsyncMinIOClient) -> None:
    """By a policy of the user's own, and by one of a group; without any, not at all."""
    bucket = await new_bucket(setting, client)
    admin, grace, ada = client.admin, f"grace-{setting.style}", f"ada-{setting.style}"
    with pytest.raises(AccessDeniedError, match="expecting a policy"):
        ldap(setting, grace).fetch()
    await admin.attach_ldap_policy("readonly", user=grace)
    await admin.attach_ldap_policy("readonly", user=grace)  # is attached already
    await admin.attach_ldap_policy("readonly", group=identity.group(f"editors-{setting.style}"))
    with pytest.raises(NotFoundError):
        await admin.attach_ldap_policy("readonly", user="somebody else")
    entities = await admin.ldap_policy_entities(policies=["readonly"])
    whom = entities.policies["readonly"]
    assert identity.person(grace) in whom.users
    assert identity.group(f"editors-{setting.style}") in whom.groups
    for user in (grace, ada):
        keys = ldap(setting, user)
        await reads_only(setting, keys, bucket)
        held = keys.credentials()
        assert held is not None
        told = await admin.list_ldap_access_keys(identity.person(user))
        sessions = {s.access_key: s.expires_at for s in told[identity.person(user)].temporary}
        assert sessions[held.access_key] == held.expires_at
    # Ada has her policy of a group, and MinIO doesn't count her in.
    assert identity.person(grace) in await admin.list_ldap_access_keys()
    root = await admin.list_access_keys()  # of MinIO's own users
    assert identity.person(grace) not in root
    lasting = await admin.add_service_account(user=grace)  # by the short name
    told = await admin.list_ldap_access_keys(identity.person(grace))
    mine = [account.access_key for account in told[identity.person(grace)].service_accounts]
    assert lasting.access_key in mine
    await admin.detach_ldap_policy("readonly", user=grace)
    entities = await admin.ldap_policy_entities(users=[identity.person(grace)])
    assert entities.users == {}
    with pytest.raises(AccessDeniedError, match="expecting a policy"):
        ldap(setting, grace).fetch()


@one_tenancy
async def test_a_session_of_a_user_is_held_to_a_tenant(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    bucket = await new_bucket(setting, client)
    user = f"hedy-{setting.style}"
    await client.admin.attach_ldap_policy("readwrite", user=user)
    other = setting.connect(tenant_id=setting.new_tenant())
    await other.create_bucket("docs")
    keys = ldap(setting, user, tenant_id=setting.tenant_id, duration=900)
    mine = setting.connect(access_key=None, secret_key=None, credentials=keys)
    await mine.put_object(bucket, "k", b"2")
    assert await mine.get_object(bucket, "k") == b"2"
    theirs = setting.connect(
        access_key=None, secret_key=None, credentials=keys, tenant_id=other.config.tenant_id
    )
    with pytest.raises(AccessDeniedError):
        await theirs.put_object("docs", "k", b"1")


@without_tenant
async def test_sessions_of_whom_others_vouch_for_are_ended(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """By the user's name where the directory knows it, and by MinIO's own for all of them."""
    await new_bucket(setting, client)
    admin, hedy, kind = client.admin, f"hedy-{setting.style}", f"kind-{setting.token}"
    await admin.attach_ldap_policy("readwrite", user=hedy)
    more: dict[str, Any] = {"token_revoke_type": kind, "verify": setting.server.ca_file or True}
    url, untyped = setting.server.base_url, ldap(setting, hedy).fetch()
    of_hedy = ldap(setting, hedy, token_revoke_type=kind).fetch()

    async def parent(keys: Credentials) -> str | None:
        with contextlib.suppress(NotFoundError):
            return (await admin.get_temporary_account(keys.access_key)).parent
        return None

    assert await parent(of_hedy) == identity.person(hedy)
    await admin.revoke_tokens(hedy, token_revoke_type=kind, provider="ldap")
    assert (await parent(of_hedy), await parent(untyped)) == (None, identity.person(hedy))
    await admin.revoke_tokens(identity.person(hedy), everything=True, provider="ldap")
    assert await parent(untyped) is None
    for nobody in ("somebody else", identity.person("somebody-else")):
        with pytest.raises(MinIOError, match="provider='builtin'"):
            await admin.revoke_tokens(nobody, everything=True, provider="ldap")
    for keys in (
        ldap(setting, hedy, token_revoke_type=kind),
        CertificateIdentityProvider(url, path(setting, "reader.pem"), **more),
        WebIdentityProvider(url, path(setting, "token"), **more),
        CustomTokenProvider(url, lambda: identity.TOKEN, identity.ROLE, **more),
    ):
        held = keys.fetch()
        user = await parent(held)
        assert user
        await admin.revoke_tokens(user, token_revoke_type="another kind")
        assert await parent(held) == user
        await admin.revoke_tokens(user, token_revoke_type=kind)
        assert await parent(held) is None


@without_tenant
async def test_who_is_not_let_in(setting: Setting, client: AsyncMinIOClient) -> None:
    """The error says so, and has no password in it."""
    bucket = await new_bucket(setting, client)
    user = f"ada-{setting.style}"
    wrong = ldap(setting, user, password="a-wrong-password")
    with pytest.raises(AccessDeniedError, match="Invalid Credentials"):
        wrong.fetch()
    nobody = setting.connect(access_key=None, secret_key=None, credentials=wrong)
    with pytest.raises(CredentialsError, match="LDAP auth failed .* not sent again") as caught:
        await nobody.get_object(bucket, "k")
    assert "a-wrong-password" not in f"{caught.value!r} {wrong!r}"
    with pytest.raises(AccessDeniedError, match="not found"):
        ldap(setting, "*").fetch()


@without_tenant
async def test_who_has_a_certificate_signs_in(
    setting: Setting, client: AsyncMinIOClient, tmp_path: Path
) -> None:
    bucket = await new_bucket(setting, client)
    verify = setting.server.ca_file or True

    def of(cert: str) -> CertificateIdentityProvider:
        return CertificateIdentityProvider(setting.server.base_url, cert, verify=verify)

    await reads_only(setting, of(path(setting, "reader.pem")), bucket)
    for cert, said in (
        (path(setting, "expired.pem"), "has expired"),
        (identity.issue(trustme.CA(), tmp_path / "unknown.pem"), "unknown authority"),
    ):
        with pytest.raises(AccessDeniedError, match=said):
            of(cert).fetch()


@without_tenant
async def test_who_has_a_token_signs_in(setting: Setting, client: AsyncMinIOClient) -> None:
    bucket = await new_bucket(setting, client)
    url, verify = setting.server.base_url, setting.server.ca_file or True
    token = path(setting, "token")
    ada = WebIdentityProvider(url, token, verify=verify)
    await reads_only(setting, ada, bucket)
    held = ada.credentials()
    assert held is not None
    user = setting.connect(access_key=None, secret_key=None, credentials=ada)
    lasting = await user.admin.add_service_account()
    for users, provider in (("ada", None), (None, "")):
        (keys,) = await client.admin.list_openid_access_keys(users, provider=provider)
        assert (keys.provider, keys.id) == ("", "ada")
        assert held.access_key in [key.access_key for key in keys.temporary]
        assert lasting.access_key in [key.access_key for key in keys.service_accounts]
    assert await client.admin.list_openid_access_keys("nobody") == []

    def custom(token: str) -> CustomTokenProvider:
        clock = FakeClock(time.time())  # what is refused is asked again, after pauses
        return CustomTokenProvider(url, lambda: token, identity.ROLE, verify=verify, clock=clock)

    await reads_only(setting, custom(identity.TOKEN), bucket)
    with pytest.raises(MinIOError, match="nobody's token"):
        custom("another token").fetch()


@without_tenant
async def test_providers_that_the_environment_says(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    await new_bucket(setting, client)
    admin = client.admin
    openid = await admin.get_identity_provider("openid")
    assert (openid.settings["client_id"], openid.overridden) == (
        identity.CLIENT_ID,
        ("client_id", "config_url"),
    )
    directory = await admin.get_identity_provider("ldap")
    assert directory.settings["user_dn_search_base_dn"] == identity.PEOPLE
    text = f"{openid!r} {dict(openid.settings)} {directory!r} {dict(directory.settings)}"
    assert "secret-of" not in text
    kinds: tuple[ProviderKind, ...] = ("openid", "ldap")
    for kind in kinds:
        with pytest.raises(ConflictError):
            await admin.remove_identity_provider(kind)
        with pytest.raises(ConflictError):
            await admin.add_identity_provider(kind, {"comment": "again"})
    for call in (admin.get_identity_provider, admin.remove_identity_provider):
        with pytest.raises(NotFoundError):
            await call("openid", name="missing")
    with pytest.raises(NotFoundError):
        await admin.update_identity_provider("openid", {"enable": False}, name="missing")


async def restarted(client: AsyncMinIOClient, **expected: bool) -> None:
    """Restart, and wait until the server knows these named providers of OpenID, on or off."""
    hasty = client.with_(max_retries=0)  # while it comes up it may ask for a minute's patience

    async def told() -> dict[str, bool] | None:
        with contextlib.suppress(MinIOError):  # it is on its way down or up
            providers = await hasty.admin.list_identity_providers("openid")
            return {each.name: each.enabled for each in providers if each.name}
        return None

    await client.admin.restart_server()
    assert await eventually(told, lambda found: found == expected) == expected


@one_style
@without_tenant
async def test_a_provider_is_added_turned_off_and_removed(
    setting: Setting, client: AsyncMinIOClient
) -> None:
    """Each change is in force after a restart, on a server of this test alone."""
    await client.admin.list_identity_providers()
    with contextlib.ExitStack() as stack:
        portal = stack.enter_context(identity.portal())
        server = start_minio(stack)
        operator = client_of(setting, server)
        admin = operator.admin
        settings = {
            "config_url": portal.config_url,
            "client_id": identity.CLIENT_ID,
            "client_secret": "secret-of-minio",
            "role_policy": "readonly",
            "comment": "of all sites",
        }
        with pytest.raises(MinIOError, match="refused"):
            wrong = {**settings, "config_url": "http://127.0.0.1:1/"}
            await admin.add_identity_provider("openid", wrong, name="staff")
        with pytest.raises(MinIOError, match="LDAP"):
            await admin.add_identity_provider("ldap", identity.ldap_settings("127.0.0.1:1"))
        assert await admin.add_identity_provider("openid", settings, name="staff")
        with pytest.raises(NotFoundError):
            await admin.get_identity_provider("openid", name="staff")

        await restarted(operator, staff=True)
        found = await admin.get_identity_provider("openid", name="staff")
        del settings["client_secret"]
        assert dict(found.settings) == {**settings, "enable": "on"}
        assert found.role_arn.startswith("arn:minio:iam:::role/")
        assert found.role_arn in [e.role_arn for e in await admin.list_identity_providers("openid")]

        def sign_in() -> Credentials:
            return WebIdentityProvider(
                server.base_url, lambda: portal.token("ada"), role_arn=found.role_arn
            ).fetch()

        assert sign_in().session_token
        assert await admin.update_identity_provider("openid", {"enable": False}, name="staff")
        assert sign_in().session_token
        await restarted(operator, staff=False)
        with pytest.raises(MinIOError):
            sign_in()
        assert (await admin.get_identity_provider("openid", name="staff")).settings[
            "enable"
        ] == "off"
        assert await admin.remove_identity_provider("openid", name="staff")
        await restarted(operator)
        assert [each.name for each in await admin.list_identity_providers()] == ["", ""]
