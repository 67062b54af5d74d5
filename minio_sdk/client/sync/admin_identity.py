# Made by scripts/make_sync.py from client/aio/admin_identity.py: change that one.
"""MinIO's admin API: who lets users in."""

from __future__ import annotations

from collections.abc import Iterable

from minio_sdk.client.sync.base import Base
from minio_sdk.flows import admin_identity as flows
from minio_sdk.flows.admin_config import Settings
from minio_sdk.models.admin_access import OpenIDUserAccessKeys
from minio_sdk.models.admin_config import IdentityProvider, IdentityProviderConfig, ProviderKind
from minio_sdk.models.secret import hidden


class IdentityAdmin(Base):
    """Who vouches for users that MinIO doesn't know: providers of OpenID Connect, an LDAP directory."""

    def list_identity_providers(self, kind: ProviderKind | None = None) -> list[IdentityProvider]:
        """The identity providers of the running server; what was changed since its start is not told.

        Each kind has one without a name, set or not.

        Args:
            kind: ``"openid"`` or ``"ldap"``; None for both.

        Example:
            >>> for each in client.admin.list_identity_providers("openid"):
            ...     print(each.name, each.enabled, each.role_arn)

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-idp-openid.html
        """
        engine = self._engine.begin()
        return self._run(flows.list_providers(engine, kind))

    def get_identity_provider(
        self, kind: ProviderKind, *, name: str = ""
    ) -> IdentityProviderConfig:
        """What an identity provider was set to when the server was started; MinIO leaves secrets out.

        Args:
            kind: ``"openid"`` or ``"ldap"``.
            name: which of several; empty for the one that has no name.

        Raises:
            NotFoundError: the running server has none of this name.

        Example:
            >>> found = client.admin.get_identity_provider("openid", name="staff")
            >>> print(found.settings["config_url"], found.role_arn)
        """
        engine = self._engine.begin()
        return self._run(flows.get_provider(engine, kind, name))

    def add_identity_provider(
        self, kind: ProviderKind, settings: Settings, *, name: str = ""
    ) -> bool:
        """Let users of another service sign in.

        MinIO asks the service before it answers, and then knows the provider from its next start on: before,
        neither `get_identity_provider` nor `update_identity_provider` find it. Which settings there are,
        `config_help` tells of ``"identity_openid"`` and ``"identity_ldap"``. Values travel sealed with the
        client's secret key.

        Args:
            kind: ``"openid"`` or ``"ldap"``.
            settings: values by name: text, whole numbers, or True and False for ``on`` and ``off``.
            name: of one of several, letters, digits, ``_`` and ``-``; there is one LDAP directory at most,
                which has no name.

        Returns:
            Whether the servers have to be restarted before it is in force (`restart_server`); so far they
            always have.

        Raises:
            ConflictError: there is one of this name in the running server.
            ValidationError: a bad name or value; nothing was changed.
            MinIOError: the server finds something wrong with it, or the service doesn't answer.

        Example:
            >>> settings = {
            ...     "config_url": "https://login.example.com/.well-known/openid-configuration",
            ...     "client_id": "minio", "client_secret": "a-secret-of-theirs", "role_policy": "readonly",
            ... }
            >>> if client.admin.add_identity_provider("openid", settings, name="staff"):
            ...     client.admin.restart_server()

        https://docs.min.io/community/minio-object-store/reference/minio-mc/mc-idp-openid.html
        """
        settings = hidden(settings)
        engine = self._engine.begin()
        return self._run(flows.add_provider(engine, kind, settings, name))

    def update_identity_provider(
        self, kind: ProviderKind, settings: Settings, *, name: str = ""
    ) -> bool:
        """Change settings of an identity provider; those that aren't named stay as they are.

        Args:
            kind: ``"openid"`` or ``"ldap"``.
            settings: as in `add_identity_provider`; ``{"enable": False}`` turns it off and keeps the rest.
            name: which of several; empty for the one that has no name.

        Returns:
            Whether the servers have to be restarted before it is in force; so far they always have.

        Raises:
            NotFoundError: the running server has none of this name.
            ValidationError: a bad name or value; nothing was changed.
            MinIOError: the server finds something wrong with it, or the service doesn't answer.

        Example:
            >>> off = {"enable": False}
            >>> restart = client.admin.update_identity_provider("openid", off, name="staff")
        """
        settings = hidden(settings)
        engine = self._engine.begin()
        return self._run(flows.update_provider(engine, kind, settings, name))

    def remove_identity_provider(self, kind: ProviderKind, *, name: str = "") -> bool:
        """Forget an identity provider.

        Danger: its settings, secrets included, are gone, and after the next restart none of its users
        gets in. It is sent once and never tried again.

        Args:
            kind: ``"openid"`` or ``"ldap"``.
            name: which of several; empty for the one that has no name.

        Returns:
            Whether the servers have to be restarted before it is in force; so far they always have.

        Raises:
            ConflictError: the server's environment says it.
            NotFoundError: the running server has none of this name.

        Example:
            >>> restart = client.admin.remove_identity_provider("openid", name="staff")
        """
        engine = self._engine.begin()
        return self._run(flows.remove_provider(engine, kind, name))

    def list_openid_access_keys(
        self, users: str | Iterable[str] | None = None, *, provider: str | None = None
    ) -> list[OpenIDUserAccessKeys]:
        """The service accounts and temporary keys of OpenID Connect's users, without secrets.

        Args:
            users: one or several, by MinIO's name or by the id that the provider has; None for all who have
                keys.
            provider: the name of one provider, empty for the one that has no name; None for all.

        Returns:
            An item for each user of each provider who has keys.

        Raises:
            NotFoundError: the running server has no provider of this name.
            NotSupportedError: no provider is on, as some servers say, where others have nobody to tell of.

        Example:
            >>> for each in client.admin.list_openid_access_keys():
            ...     print(each.provider, each.id, [key.access_key for key in each.service_accounts])
        """
        engine = self._engine.begin()
        return self._run(flows.list_access_keys(engine, users, provider))
