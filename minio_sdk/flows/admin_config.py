"""MinIO's configuration: reading, changing and resetting it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

from minio_sdk.engine import Engine
from minio_sdk.errors import MinIOError
from minio_sdk.flows.admin_calls import known, sealed, send, told
from minio_sdk.models.admin_config import AdminConfig, AdminConfigChange, AdminConfigKey
from minio_sdk.models.secret import SecretBytes
from minio_sdk.models.showing import RecordList
from minio_sdk.operation import Operation
from minio_sdk.operations import admin_config as ops

Settings = Mapping[str, str | int | bool]
"""Values by the names of settings; True is ``on``."""


async def get_config(engine: Engine, subsystem: str, target: str | None) -> RecordList[AdminConfig]:
    """What a sub-system is set to, each target of it."""
    return RecordList(await told(engine, ops.AdminGetConfig(subsystem, target), ops.configs_in))


async def config_help(engine: Engine, subsystem: str | None) -> RecordList[AdminConfigKey]:
    """The settings of a sub-system, or all sub-systems."""
    found = await send(engine, ops.AdminConfigHelp(subsystem))
    return RecordList(found)


async def set_config(
    engine: Engine, subsystem: str, settings: Settings, target: str | None
) -> bool:
    """Change settings; whether the servers have to be restarted for it."""
    make = partial(ops.AdminSetConfig, subsystem=subsystem)
    ops.check_subsystem(subsystem, target)
    values = ops.written(settings)
    write = partial(ops.config_line, subsystem, target, values)
    return await change_settings(engine, make, subsystem, write)


async def change_settings(
    engine: Engine,
    make: Callable[[bytes], Operation[bool]],
    subsystem: str,
    write: Callable[[list[str]], SecretBytes],
) -> bool:
    """Send settings, sealed, as `write` writes them; whether the servers have to be restarted for it."""
    await known(engine, make(b""))
    # The server's own list of names is needed to write a line that it reads as it is meant.
    names = [each.name for each in await config_help(engine, subsystem)]
    try:
        line = write(names)
    except MinIOError as error:
        engine.named(error, make(b""))
        raise
    changed, _ = await sealed(engine, make, line)
    return changed


async def reset_config(
    engine: Engine, subsystem: str, target: str | None, names: Iterable[str]
) -> bool:
    """Take settings back; whether the servers have to be restarted for it."""
    line = ops.reset_line(subsystem, target, names)
    changed, _ = await sealed(engine, partial(ops.AdminResetConfig, subsystem=subsystem), line)
    return changed


async def config_history(engine: Engine, limit: int) -> RecordList[AdminConfigChange]:
    """The last changes, of all: MinIO would leave out any of them, and not the oldest."""
    asked = ops.AdminConfigHistory(limit)
    try:
        asked.request()
    except MinIOError as error:
        engine.named(error, asked)
        raise
    changes = await told(engine, replace(asked, limit=ops.MAX_HISTORY), ops.changes_in)
    return RecordList(changes[-limit:])


async def restore_config(engine: Engine, id: str) -> None:
    """Make one change once more."""
    await send(engine, ops.AdminRestoreConfig(id))


async def clear_config_history(engine: Engine, id: str) -> None:
    """Forget one change, or all."""
    await send(engine, ops.AdminClearConfigHistory(id))


async def export_config(engine: Engine) -> str:
    """All of it as text."""
    return await told(engine, ops.AdminExportConfig(), ops.text_in)


async def import_config(engine: Engine, text: str | bytes) -> None:
    """All of it from a text."""
    await sealed(engine, ops.AdminImportConfig, ops.check_whole(text))
