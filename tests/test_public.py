"""The public names: whole, lazy, documented, typed; and both clients alike."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import re
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import minio_sdk
from minio_sdk import Admin, AsyncAdmin, AsyncMinIOClient, Config, MinIOClient, errors
from minio_sdk.models import (
    admin,
    audit,
    bulk,
    cache,
    cors,
    lifecycle,
    presigned,
    progress,
    results,
    snapshots,
    transfers,
    usage,
)

ROOT = Path(minio_sdk.__file__).parent.parent
LIBRARIES = {"requests", "urllib3", "aiohttp", "yarl", "tenacity", "click", "rich"}


def public_methods(cls: type[Any]) -> dict[str, Any]:
    """What users call on a client: its methods, and what makes it a context manager."""
    special = {"__init__", "__enter__", "__exit__", "__aenter__", "__aexit__"}
    return {
        name: value
        for name, value in inspect.getmembers(cls)
        if callable(value) and (not name.startswith("_") or name in special)
    }


def admin_methods(cls: type[Any]) -> dict[str, Any]:
    """What users call on ``client.admin``, by what they write for it."""
    return {f"admin.{n}": m for n, m in public_methods(cls).items() if not n.startswith("_")}


ASYNC = {**public_methods(AsyncMinIOClient), **admin_methods(AsyncAdmin)}
SYNC = {**public_methods(MinIOClient), **admin_methods(Admin)}
each_method = pytest.mark.parametrize(
    "method",
    [*ASYNC.values(), *SYNC.values()],
    ids=[f"async-{name}" for name in ASYNC] + [f"sync-{name}" for name in SYNC],
)


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", minio_sdk.__all__)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(minio_sdk, name) is not None
    assert name in dir(minio_sdk)


def test_every_error_record_and_client_is_a_public_name() -> None:
    names = {
        "Admin",
        "AsyncAdmin",
        "AsyncMinIOClient",
        "Config",
        "Credentials",
        "CredentialsProvider",
        "JsonLinesAudit",
        "LocalServer",
        "MinIOClient",
        "TenantAdapter",
        "create_client",
        *errors.__all__,
    }
    names |= {
        name
        for module in (
            admin,
            audit,
            bulk,
            cache,
            results,
            lifecycle,
            cors,
            presigned,
            progress,
            snapshots,
            transfers,
            usage,
        )
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__ and name[0] != "_"
    }
    assert names <= set(minio_sdk.__all__)
    assert len(minio_sdk.__all__) == len(set(minio_sdk.__all__))
    assert {n for n in minio_sdk.__all__ if n.endswith("Error") and n in errors.__all__} == set(
        errors.__all__
    )


def test_type_checkers_see_the_names_that_run_time_has() -> None:
    tree = ast.parse(inspect.getsource(minio_sdk))
    (guarded,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imported = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }
    assert set(imported) == set(minio_sdk.__all__) - {"__version__"}
    for name, module in imported.items():
        assert module is not None
        assert getattr(importlib.import_module(module), name) is getattr(minio_sdk, name)


def test_a_star_brings_all_of_them() -> None:
    scope: dict[str, Any] = {}
    exec("from minio_sdk import *", scope)
    assert set(scope) - {"__builtins__"} == set(minio_sdk.__all__)


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'minio_sdk' has no attribute 'Minio'"):
        minio_sdk.Minio  # noqa: B018
    assert not hasattr(minio_sdk, "errors_")
    with pytest.raises(ImportError, match="Minio"):
        exec("from minio_sdk import Minio")


def test_the_version_is_one() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+([abrc]+\d+|\.dev\d+)?", minio_sdk.__version__)


# -- laziness --------------------------------------------------------------------------------------


def modules_after(code: str) -> set[str]:
    """Those that a fresh interpreter has after `code`."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


def loaded_by(code: str) -> set[str]:
    """The heavy libraries among them."""
    return modules_after(code) & LIBRARIES


@pytest.mark.parametrize(
    "code",
    [
        "import minio_sdk",
        "import minio_sdk; dir(minio_sdk); hasattr(minio_sdk, 'nothing')",
        "from minio_sdk import Config; Config.from_env(user_id='acme', timeout=5)",
        "from minio_sdk import Credentials, MinIOError, ObjectInfo, UploadResponse",
        "from minio_sdk import MinIOClient, AsyncMinIOClient, create_client",
    ],
)
def test_importing_brings_no_http_library(code: str) -> None:
    assert loaded_by(code) == set()


@pytest.mark.parametrize("name, other", [("MinIOClient", "aio"), ("AsyncMinIOClient", "sync")])
def test_a_client_brings_neither_the_other_one_nor_what_few_programs_call(
    name: str, other: str
) -> None:
    loaded = modules_after(f"import minio_sdk\nminio_sdk.{name}")
    assert f"minio_sdk.client.{other}" not in loaded
    rare = ("admin", "bucket_documents", "bucket_settings", "capabilities", "snapshots", "usage")
    assert not loaded & {f"minio_sdk.flows.{each}" for each in rare}
    # What every program calls, and no request waits for.
    assert "minio_sdk.flows.uploads" in loaded


@pytest.mark.parametrize(
    "name, brought, spared",
    [
        ("MinIOClient", "requests", {"aiohttp", "yarl"}),
        ("AsyncMinIOClient", "aiohttp", {"requests", "urllib3"}),
    ],
)
def test_a_client_brings_its_own_http_library_and_not_the_other_s(
    name: str, brought: str, spared: set[str]
) -> None:
    code = f"import minio_sdk; minio_sdk.{name}(minio_sdk.Config('http://127.0.0.1:1', 'acme'))"
    loaded = loaded_by(code)
    assert brought in loaded
    assert not loaded & spared
    assert "tenacity" not in loaded  # only a failure brings it


# -- documentation ---------------------------------------------------------------------------------


def modules() -> Iterator[ModuleType]:
    yield minio_sdk
    for info in pkgutil.walk_packages(minio_sdk.__path__, "minio_sdk."):
        if not info.name.endswith("__main__"):
            yield importlib.import_module(info.name)


def without_docstring(module: ModuleType) -> Iterator[str]:
    if not (module.__doc__ or "").strip():
        yield module.__name__
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) and not value.__doc__:
            yield f"{module.__name__}.{name}"
        if inspect.isclass(value):
            # A dataclass without a docstring is given its signature for one.
            if not value.__doc__ or value.__doc__.startswith(f"{name}("):
                yield f"{module.__name__}.{name}"
            for method, function in vars(value).items():
                plain = inspect.unwrap(getattr(function, "__func__", function))
                if isinstance(plain, property):
                    plain = plain.fget
                if not inspect.isfunction(plain) or plain.__doc__:
                    continue
                if not (method.startswith("_") or plain.__name__.startswith("_")):
                    yield f"{module.__name__}.{name}.{method}"


def test_everything_public_has_a_docstring() -> None:
    assert [name for module in modules() for name in without_docstring(module)] == []


@each_method
def test_a_client_s_method_says_what_it_does(method: Any) -> None:
    first = (inspect.getdoc(method) or "").partition("\n")[0]
    if not method.__name__.startswith("__"):
        assert first.endswith((".", ":"))
        assert len(first) < 100


# -- types -----------------------------------------------------------------------------------------


@each_method
def test_a_client_s_method_has_types_that_can_be_read_at_run_time(method: Any) -> None:
    """A method called `list` shadows the built-in in later annotations of its class."""
    hints = typing.get_type_hints(method)
    parameters = [
        name
        for name, parameter in inspect.signature(method).parameters.items()
        if name != "self"
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    ]
    assert "return" in hints
    assert set(parameters) <= set(hints)


@pytest.mark.parametrize(
    "name", [n for n in minio_sdk.__all__ if n not in ("__version__", "LEFT_OUT", "LocalServer")]
)
def test_a_public_name_has_types_that_can_be_read_at_run_time(name: str) -> None:
    value: Any = getattr(minio_sdk, name)
    bases = inspect.getmro(value) if inspect.isclass(value) else ()
    if not any(base.__module__.startswith("requests") for base in bases):
        typing.get_type_hints(value)
    if inspect.isclass(value):
        for method in vars(value).values():
            if inspect.isfunction(method):
                typing.get_type_hints(method)


def test_the_package_is_marked_as_typed() -> None:
    assert (Path(minio_sdk.__file__).parent / "py.typed").is_file()


# -- both clients ----------------------------------------------------------------------------------

_WORDS = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "AsyncMinIOClient": "MinIOClient",
    "AsyncIterator": "Iterator",
    "AsyncAdminStream": "AdminStream",
    "AsyncBucketEvents": "BucketEvents",
    "AsyncObjectReader": "ObjectReader",
    "AsyncSelectedRows": "SelectedRows",
    "AsyncObjectWriter": "ObjectWriter",
}
LOCAL = {
    "with_", "with_extras", "iter_objects", "download_stream", "open", "list_multipart_uploads", "list_parts",
    "listen_bucket", "select_object_content", "admin.trace", "admin.console_log",
    "admin.replication_backlog", "admin.watch_metrics",
}  # fmt: skip
"""Methods of the async client that are not awaited: they touch nothing, give an async iterator, or
what is awaited by itself."""


def as_sync(text: str) -> str:
    for word, other in _WORDS.items():
        text = re.sub(rf"\b{word}\b", other, text)
    return text


def test_both_clients_have_the_same_methods() -> None:
    assert {as_sync(name) for name in ASYNC} == set(SYNC)


@pytest.mark.parametrize("name", ASYNC)
def test_both_clients_take_and_give_the_same(name: str) -> None:
    of_async, of_sync = ASYNC[name], SYNC[as_sync(name)]
    assert as_sync(str(inspect.signature(of_async))) == str(inspect.signature(of_sync))


@pytest.mark.parametrize("name", [n for n in ASYNC if n != "__init__"])
def test_what_can_touch_the_network_is_awaited_on_the_async_client_only(name: str) -> None:
    assert inspect.iscoroutinefunction(ASYNC[name]) is (name not in LOCAL)
    assert not inspect.iscoroutinefunction(SYNC[as_sync(name)])


@pytest.mark.parametrize("name", [name for name in SYNC if not name.startswith("_")])
def test_each_method_shows_an_example_that_is_python(name: str) -> None:
    for method, awaits in ((ASYNC[name], True), (SYNC[name], False)):
        lines = re.findall(r"^ *(?:>>>|\.\.\.) (.*)$", inspect.getdoc(method) or "", re.MULTILINE)
        assert any(f"client.{name}(" in line for line in lines)
        code = "\n".join(["async def example():", *(f"  {line}" for line in lines)])
        assert awaits or "await" not in code
        ast.parse(code)


@pytest.mark.parametrize("name", ASYNC)
def test_no_method_of_the_sync_client_speaks_of_awaiting(name: str) -> None:
    text = inspect.getdoc(SYNC[as_sync(name)]) or ""
    assert not re.search(r"\bawait\b|\basync\b", text)


@pytest.mark.skipif(importlib.util.find_spec("ruff") is None, reason="ruff formats the sync client")
def test_the_sync_client_is_what_the_script_makes_of_the_async_one() -> None:
    script = ROOT / "scripts" / "make_sync.py"
    done = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


# -- the settings ----------------------------------------------------------------------------------


def test_the_configuration_describes_each_of_its_fields() -> None:
    described = re.findall(r"^ {8}([\w, ]+):", inspect.getsource(Config), re.MULTILINE)
    named = {name.strip() for line in described for name in line.split(",")}
    assert set(Config.__dataclass_fields__) <= named


def test_a_client_in_one_line_is_a_client() -> None:
    client = minio_sdk.create_client("http://localhost:9000", "acme", timeout=60)
    assert isinstance(client, MinIOClient)
    assert (client.config.base_url, client.config.tenant_id) == ("http://localhost:9000", "acme")
    assert client.config.timeout == 60
    client.close()
