"""A real gateway in a process of its own, for tests that look at it from outside."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import grpc
from botocore.config import Config
from python_pachyderm.proto.v2.pfs import pfs_pb2, pfs_pb2_grpc

READY = re.compile(r"at (http://[^ ]+:(\d+))")


@dataclass
class Gateway:
    """A running gateway: its address, its process, its cluster, what it is asked with, what it wrote to standard error."""

    url: str
    port: int
    process: subprocess.Popen[str]
    pachd: str | None = None
    credentials: tuple[str, str] = ("any", "any")
    log: list[str] = field(default_factory=list)

    def boto3(
        self,
        *,
        access_key: str | None = None,
        secret: str | None = None,
        session_token: str | None = None,
        **config: object,
    ):
        """Make a boto3 client; nothing is retried, so that a test sees the first answer."""
        settings = {
            "retries": {"total_max_attempts": 1},
            "s3": {"addressing_style": "path"},
            **config,
        }
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=access_key or self.credentials[0],
            aws_secret_access_key=secret or self.credentials[1],
            aws_session_token=session_token,
            region_name="us-east-1",
            config=Config(**settings),
        )

    def request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send one request whose target goes out as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            has_host = "Host" in (headers or {})
            connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None and "Content-Length" not in (headers or {}):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            return Response(response.status, dict(response.headers.items()), response.read())
        finally:
            connection.close()

    def raw(self, data: bytes) -> bytes:
        """Send bytes, end the sending side, and read until the gateway closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def log_line(self, request_id: str) -> str:
        """Give the line of a request in the access log, when it is there."""

        def lines() -> list[str]:
            return [line for line in list(self.log) if f" {request_id} " in line]

        eventually(lines)
        return lines()[0]

    def keys(self, bucket: str) -> list[str]:
        """List the keys of a bucket, up to 1000."""
        answer = self.request("GET", f"/{bucket}?list-type=2")
        assert answer.status == 200, answer
        return re.findall(r"<Key>(.*?)</Key>", answer.body.decode())

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@dataclass(frozen=True)
class Response:
    """An answer, read whole; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def __post_init__(self) -> None:
        lowered = {name.lower(): value for name, value in self.headers.items()}
        object.__setattr__(self, "headers", lowered)

    def element(self, name: str) -> str | None:
        """Give the text of the first XML element of that name."""
        match = re.search(rf"<{name}>(.*?)</{name}>", self.body.decode(), re.DOTALL)
        return match[1] if match else None

    @property
    def code(self) -> str | None:
        """The S3 error code."""
        return self.element("Code")


def create_project(pachd: str, name: str) -> None:
    """Create a project, which S3 has no word for, unless it is there."""
    with grpc.insecure_channel(pachd.removeprefix("grpc://")) as channel, contextlib.suppress(grpc.RpcError):
        request = pfs_pb2.CreateProjectRequest(project=pfs_pb2.Project(name=name))
        pfs_pb2_grpc.APIStub(channel).CreateProject(request)


def delete_repos(pachd: str, prefix: str) -> None:
    """Delete the repos of any project whose names begin with `prefix`."""
    with grpc.insecure_channel(pachd.removeprefix("grpc://")) as channel:
        api = pfs_pb2_grpc.APIStub(channel)
        for info in list(api.ListRepo(pfs_pb2.ListRepoRequest(type="user"))):
            if info.repo.name.startswith(prefix):
                api.DeleteRepo(pfs_pb2.DeleteRepoRequest(repo=info.repo, force=True))


def eventually(condition: Callable[[], object]) -> None:
    """Wait until the condition holds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def environment(**extra: str) -> dict[str, str]:
    """The environment without any S3GW_* that a person may have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("S3GW_")}
    return {**kept, **extra}


# Runs a command with limits. To set them between a fork and the exec would let gRPC, which tests run servers
# of in the same process, do there what it does after a fork; sometimes it fails at that.
_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
os.execv(sys.argv[3], sys.argv[3:])
"""


def serve_command(pfs: str) -> list[str]:
    """Say how a gateway over a PFS is started, on a port of its own."""
    return [sys.executable, "-m", "s3gw", "serve", "--pfs", pfs, "--listen", "127.0.0.1:0"]


@contextmanager
def serving(
    folder: Path,
    *options: str,
    tree: Path | None = None,
    where: str | None = None,
    descriptors: tuple[int, int] | None = None,
    **extra: str,
) -> Iterator[Gateway]:
    """Run a gateway over an embedded PFS in `folder`, or over the PFS that `where` names.

    `tree` is where its code is, if elsewhere; `descriptors` are its limits, soft and hard.
    """
    command = serve_command(where or f"embedded:{folder}")
    if descriptors is not None:
        command = [sys.executable, "-c", _LIMITED, *map(str, descriptors), *command]
    process = subprocess.Popen(
        [*command, "--workers", "1", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tree,
        env=environment(**extra),
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    match = READY.search(line)
    if match is None:
        _, errors = process.communicate(timeout=30)
        raise AssertionError(f"the gateway did not start: {line}{errors}")
    gateway = Gateway(match[1], int(match[2]), process, where)
    readers = [
        threading.Thread(target=gateway.log.extend, args=(process.stderr,), daemon=True),
        threading.Thread(target=process.stdout.read, daemon=True),
    ]
    for reader in readers:
        reader.start()
    try:
        yield gateway
    finally:
        if process.poll() is None:
            gateway.stop()
        for reader in readers:
            reader.join(10)


@contextmanager
def some_pachd(folder: Path) -> Iterator[str]:
    """Give the address of a pachd: the cluster of S3GW_TEST_PACHD, else a devpachd in `folder`."""
    given = os.environ.get("S3GW_TEST_PACHD")
    if given:
        yield f"grpc://{given}"
        return
    with devpachd(folder) as (address, _):
        yield address


@contextmanager
def devpachd(
    folder: Path, *options: str, listen: str = "127.0.0.1:0"
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a devpachd; its address and its process."""
    command = [sys.executable, "-m", "s3gw", "devpachd", "--data", str(folder), "--listen", listen, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"(grpc://\S+)", line)
        assert found, line
        try:
            yield found[1], process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
