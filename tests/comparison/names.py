"""What is public in each client: names of functions, classes and arguments, or an `mc` command's words."""

from __future__ import annotations

import ast
import concurrent.futures
import dataclasses
import fnmatch
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import minio_sdk
from tests.comparison.model import BOTO3, MC, MINIO, MINIOPY, OBSTORE, S3FS, SDK

PACKAGES = {
    SDK: ("minio_sdk",),
    MINIO: ("minio",),
    BOTO3: ("boto3", "s3transfer"),
    OBSTORE: ("obstore",),
    S3FS: ("s3fs", "fsspec"),
    MINIOPY: ("miniopy_async",),
}
DISTRIBUTIONS = {MINIO: "minio"}


def version(client: str) -> str | None:
    """What is here; None if nothing is."""
    if client == SDK:
        return minio_sdk.__version__
    if client == MC:
        return _mc_version()
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(client, client))
    except importlib.metadata.PackageNotFoundError:
        return None


def mc() -> str:
    """The program: MINIO_SDK_TEST_MC, or the one on PATH."""
    found = os.environ.get("MINIO_SDK_TEST_MC") or shutil.which("mc")
    if not found:
        raise SystemExit("no `mc` here: set MINIO_SDK_TEST_MC")
    return found


def _mc_version() -> str | None:
    program = os.environ.get("MINIO_SDK_TEST_MC") or shutil.which("mc")
    if not program:
        return None
    if go := shutil.which("go"):
        told = subprocess.run([go, "version", "-m", program], capture_output=True, text=True)
        if module := re.search(r"^\s*mod\s+github.com/minio/mc\s+(\S+)", told.stdout, re.MULTILINE):
            return module[1].removeprefix("v0.0.0-")
    told = subprocess.run([program, "--version"], capture_output=True, text=True)
    return told.stdout.split()[2]


@functools.cache
def public(client: str) -> frozenset[str]:
    """All names that a user of the client may write."""
    if client == MC:
        return frozenset(_mc_words())
    names = {name for package in PACKAGES[client] for name in _package_names(package)}
    if client == BOTO3:
        names.update(_botocore_names())
    return frozenset(names)


def searched(client: str, pattern: str) -> list[str]:
    """The public names in which the pattern occurs, in any letter case."""
    found = re.compile(pattern, re.IGNORECASE)
    return sorted(name for name in public(client) if found.search(name))


def _package_names(package: str) -> Iterator[str]:
    spec = importlib.util.find_spec(package)
    assert spec is not None, package
    assert spec.submodule_search_locations is not None, package
    for folder in spec.submodule_search_locations:
        for path in sorted(Path(folder).rglob("*.py*")):
            if path.suffix in (".py", ".pyi") and "tests" not in path.parts:
                yield from _module_names(path)


def _module_names(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from [node.name] * (not node.name.startswith("_"))
        if isinstance(node, ast.arguments):
            for argument in (*node.posonlyargs, *node.args, *node.kwonlyargs):
                yield argument.arg
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _botocore_names() -> Iterator[str]:
    """Operations of S3, and their parameters."""
    session = importlib.import_module("botocore.session").get_session()
    model = session.get_service_model("s3")
    for name in model.operation_names:
        yield name
        shape = model.operation_model(name).input_shape
        if shape is not None:
            yield from shape.members


def _mc_words() -> Iterator[str]:
    """Commands and flags, of the help of every command there is."""
    waiting: list[tuple[str, ...]] = [()]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:  # some 200 commands
        while waiting:
            helps = list(pool.map(_mc_help, waiting))
            below = []
            for words, told in zip(waiting, helps, strict=True):
                flags = _section(told, "FLAGS")
                yield from re.findall(r"--([\w-]+)", flags)
                for name in re.findall(r"^  (\w[\w-]*)", _section(told, "COMMANDS"), re.MULTILINE):
                    if name != "help":
                        yield " ".join((*words, name))
                        below.append((*words, name))
            waiting = below


def _section(told: str, title: str) -> str:
    return re.split(r"\n\s*\n", told.partition(f"{title}:")[2])[0]


def _mc_help(words: tuple[str, ...]) -> str:
    told = subprocess.run([mc(), *words, "--help"], capture_output=True, text=True, timeout=60)
    return told.stdout


# -- our own -------------------------------------------------------------------------------------


def ours_missing(patterns: tuple[str, ...]) -> list[str]:
    """Those patterns that match nothing that is public in the SDK."""
    return [each for each in patterns if not fnmatch.filter(_ours(), each)]


@functools.cache
def _ours() -> tuple[str, ...]:
    """`Cache`, `MinIOClient.open`, `MinIOClient.open(mode)`, `Config.cache`, `Policy.check`, ..."""
    found = [*minio_sdk.__all__]
    for name in minio_sdk.__all__:
        public = getattr(minio_sdk, name)
        if isinstance(public, type):
            found += _members(name, public)
    found += [f"minio_sdk.{name}" for name in _modules()]
    found += [f"entry point {each}" for each in _entry_points()]
    return tuple(found)


def _members(name: str, public: type) -> Iterator[str]:
    if dataclasses.is_dataclass(public):
        yield from (f"{name}.{field.name}" for field in dataclasses.fields(public))
    for member in dir(public):
        if member.startswith("_"):
            continue
        yield f"{name}.{member}"
        value = inspect.getattr_static(public, member)
        if inspect.isfunction(value):
            yield from (f"{name}.{member}({each})" for each in inspect.signature(value).parameters)


def _modules() -> Iterator[str]:
    for path in sorted(Path(minio_sdk.__file__).parent.iterdir()):
        if not path.name.startswith("_") and (
            path.suffix == ".py" or (path / "__init__.py").exists()
        ):
            yield path.stem


def _entry_points() -> Iterator[str]:
    """As pyproject.toml has them: an editable install may be of another folder."""
    told = Path(minio_sdk.__file__).parents[1] / "pyproject.toml"
    if told.exists():
        text = told.read_text(encoding="utf-8")
        yield from re.findall(r'^\[project\.entry-points\."?([\w.]+)"?\]', text, re.MULTILINE)
