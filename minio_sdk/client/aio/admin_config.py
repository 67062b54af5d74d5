"""MinIO's admin API: its configuration."""

from __future__ import annotations

from collections.abc import Iterable

from minio_sdk.client.aio.base import AsyncBase
from minio_sdk.flows import admin_config as flows
from minio_sdk.flows.admin_config import Settings
from minio_sdk.models.admin_config import AdminConfig, AdminConfigChange, AdminConfigKey
from minio_sdk.models.secret import hidden


class AsyncConfigAdmin(AsyncBase):
    """Reading, changing and resetting MinIO's configuration. It is the whole server's."""

    async def config_help(self, subsystem: str | None = None) -> list[AdminConfigKey]:
        """The settings that a sub-system has, with what each is for.

        Args:
            subsystem: such as ``"notify_webhook"``; None for the list of all sub-systems.

        Raises:
            MinIOError: there is no such sub-system.

        Example:
            >>> for each in await client.admin.config_help("scanner"):
            ...     print(each.name, each.kind, each.description)

        https://docs.min.io/community/minio-object-store/reference/minio-mc-admin/mc-admin-config.html
        """
        engine = self._engine.begin()
        return await self._run(flows.config_help(engine, subsystem))

    async def get_config(self, subsystem: str, *, target: str | None = None) -> list[AdminConfig]:
        """What a sub-system is set to; newer servers leave secrets out.

        Args:
            subsystem: such as ``"site"``.
            target: one of several; None for all that there are.

        Returns:
            One `AdminConfig` for each target. Values that may be secret are hidden in `repr`.

        Raises:
            MinIOError: there is no such sub-system.

        Example:
            >>> (site,) = await client.admin.get_config("site")
            >>> print(site.settings["region"], site.environment)
        """
        engine = self._engine.begin()
        return await self._run(flows.get_config(engine, subsystem, target))

    async def set_config(
        self, subsystem: str, settings: Settings, *, target: str | None = None
    ) -> bool:
        """Change settings of a sub-system; those that aren't named stay as they are.

        Values travel sealed with the client's secret key. What MinIO would read as another setting than
        it is meant is refused.

        Args:
            subsystem: such as ``"scanner"``.
            settings: values by name: text, whole numbers, or True and False for ``on`` and ``off``.
            target: of several, such as of ``notify_webhook``; made when it is missing.

        Returns:
            Whether the servers have to be restarted before it is in force (`restart_server`).

        Raises:
            ValidationError: a bad name or value; nothing was changed.
            MinIOError: the server finds something wrong with it, and says what.

        Example:
            >>> restart = await client.admin.set_config("scanner", {"speed": "slow"})
        """
        settings = hidden(settings)
        engine = self._engine.begin()
        return await self._run(flows.set_config(engine, subsystem, settings, target))

    async def reset_config(
        self, subsystem: str, *, target: str | None = None, names: Iterable[str] = ()
    ) -> bool:
        """Take a sub-system back to what MinIO begins with.

        Danger: what was set, secrets included, is gone, and with it whatever depends on it, such as a way
        to sign in or a target of notifications. It is sent once and never tried again.

        Args:
            subsystem: such as ``"scanner"``.
            target: one of several; without it, the one that has no name.
            names: the settings to take back; none for all of them.

        Returns:
            Whether the servers have to be restarted before it is in force.

        Raises:
            MinIOError: there is no such sub-system, or something still needs it.

        Example:
            >>> restart = await client.admin.reset_config("scanner")
        """
        engine = self._engine.begin()
        return await self._run(flows.reset_config(engine, subsystem, target, names))

    async def config_history(self, limit: int = 10) -> list[AdminConfigChange]:
        """The last changes of the configuration, oldest first.

        Args:
            limit: the most that are told. Default 10.

        Example:
            >>> for change in await client.admin.config_history():
            ...     print(change.id, change.created_at)
        """
        engine = self._engine.begin()
        return await self._run(flows.config_history(engine, limit))

    async def restore_config(self, id: str) -> None:
        """Make one change of the history once more, which it then leaves.

        It is in force, and told by `get_config`, when the servers have been restarted (`restart_server`).

        Danger: it overwrites what has been set since. It is sent once and never tried again.

        Args:
            id: as `config_history` tells it.

        Raises:
            NotFoundError: there is no such change.

        Example:
            >>> history = await client.admin.config_history()
            >>> await client.admin.restore_config(history[-1].id)
        """
        engine = self._engine.begin()
        return await self._run(flows.restore_config(engine, id))

    async def clear_config_history(self, id: str) -> None:
        """Forget a change; what is set stays as it is. A missing one is no error.

        Args:
            id: as `config_history` tells it, or ``"all"``.

        Example:
            >>> await client.admin.clear_config_history("all")
        """
        engine = self._engine.begin()
        return await self._run(flows.clear_config_history(engine, id))

    async def export_config(self) -> str:
        """All of the configuration as text, with every secret in it; hidden in `repr`.

        Returns:
            What `import_config` takes: a line for each sub-system, ``#`` before those that are off.

        Example:
            >>> text = await client.admin.export_config()
        """
        engine = self._engine.begin()
        return await self._run(flows.export_config(engine))

    async def import_config(self, text: str | bytes) -> None:
        """Set all that a text from `export_config` says.

        It is in force, and told by `get_config` and `export_config`, when the servers have been restarted
        (`restart_server`).

        Danger: it replaces the configuration as a whole: what the text doesn't name is as MinIO begins
        with. It is sent once and never tried again.

        Args:
            text: at most 255 KiB.

        Raises:
            MinIOError: the server finds something wrong with it, and says what.

        Example:
            >>> await client.admin.import_config(await client.admin.export_config())
        """
        text = hidden(text)
        engine = self._engine.begin()
        return await self._run(flows.import_config(engine, text))
