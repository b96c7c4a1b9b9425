"""The servers under measurement: how each is started, what it is, and where it keeps what it serves."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ACCESS = SECRET = "benchbench"  # noqa: S105
_GO_PEERS = {
    "versitygw": "github.com/versity/versitygw/cmd/versitygw@latest",
    "minio": "github.com/minio/minio@latest",
}
_S3PROXY = "org.gaul:s3proxy:LATEST:jar:jar-with-dependencies"
PEERS = ("rclone", "moto", *_GO_PEERS, "s3proxy")
_ENDS_S = 30


@dataclass
class Server:
    """A server under measurement.

    Attributes:
        name: As the tables show it.
        url: Of the endpoint.
        version: As the page shows it.
        keys: Access key and secret, for one that wants to see them.
        pid: Of its first process; None for one that somebody else has started.
        only_writes: Whether it is measured only where durability matters.
        unfilled: Buckets that it has not, with the reason.
        is_peer: Whether it is none of ours.
        variants: The same served in another way, for one of ours: see `Workload.variant`.
        is_extended: Whether it is in the profile extended.
        free: Gives the space back of what was deleted, where that takes more than a moment.
    """

    name: str
    url: str
    version: str
    keys: tuple[str, str] | None = None
    pid: int | None = None
    only_writes: bool = False
    unfilled: dict[str, str] = field(default_factory=dict)
    is_peer: bool = True
    variants: dict[str, Server] = field(default_factory=dict)
    is_extended: bool = False
    free: Callable[[], None] = lambda: None


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def go() -> str:
    """Find Go, or end the program."""
    found = shutil.which("go")
    if found is None:
        sys.exit("bench: the load program is written in Go: install Go 1.25 or newer, and put it on the PATH")
    return found


def tool(name: str) -> str:
    """Find a program that came with the extra `bench`, or end the program."""
    beside = str(Path(sys.executable).parent)
    found = shutil.which(name, path=beside)
    if found is None:
        sys.exit(f"bench: {name} is not installed: pip install 's3gw[bench]', or run `tox -e bench`")
    return found


def installed(name: str, folder: Path) -> Path | None:
    """Find the program of a peer; one in Go or Java is installed, once. None where that fails."""
    if name == "moto":
        return Path(sys.executable)
    if name == "rclone":
        return Path(tool("rclone"))
    binary = folder / (f"{name}.jar" if name == "s3proxy" else name)
    if not binary.exists():
        if name == "s3proxy":
            where = (f"-Dartifact={_S3PROXY}", f"-DoutputDirectory={folder}")
            names = ("-Dmdep.stripVersion=true", "-Dmdep.stripClassifier=true")
            command = ["mvn", "-q", "-B", "dependency:copy", *where, *names]
        else:
            command = [go(), "install", _GO_PEERS[name]]
        say(f"{' '.join(command)} (some minutes)")
        environ = {**os.environ, "GOBIN": str(folder)}
        try:
            subprocess.run(command, env=environ, capture_output=True, text=True, check=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", "") or getattr(error, "stdout", "") or str(error)
            say(f"{name} is left out, for it cannot be installed: {''.join(told.splitlines()[-1:])}")
            return None
    return binary


@contextlib.contextmanager
def running(
    name: str, version: str, *command: str | Path, signed: bool = False, **env: str
) -> Iterator[Server]:
    """Run a server; ADDRESS and PORT in its command stand for where it is to listen."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"127.0.0.1:{port}"
    words = [str(word).replace("ADDRESS", address).replace("PORT", str(port)) for word in command]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdout=quiet, stderr=quiet, env={**os.environ, **env}) as process:  # noqa: S603
        try:
            for _ in range(600):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                if process.poll() is not None:
                    sys.exit(f"bench: {name} ended at once: {' '.join(words)}")
                time.sleep(0.1)
            yield Server(
                name, f"http://{address}", version, (ACCESS, SECRET) if signed else None, process.pid
            )
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, and wait until it has."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_ENDS_S)
    process.kill()


def serve(pfs: str, *options: str) -> list[str]:
    """Give the command that runs our gateway over a PFS."""
    return [sys.executable, "-m", "s3gw", "serve", f"--pfs={pfs}", *options]


def s3gw(name: str, pfs: str, *options: str) -> contextlib.AbstractContextManager[Server]:
    """Run our gateway over a PFS."""
    version = importlib.metadata.version("s3gw")
    return running(name, version, *serve(pfs, "--listen=ADDRESS", *options))


def rclone(program: Path, folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Run ``rclone serve s3`` over a folder of buckets."""
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    return running("rclone", version.split()[1], program, "serve", "s3", folder, "--addr=ADDRESS")


def moto(*fill: str) -> contextlib.AbstractContextManager[Server]:
    """Run moto's server; `fill` is for `bench.moto`. It wants a signature, and does not check it."""
    version = importlib.metadata.version("moto")
    return running("moto", version, sys.executable, "-m", "bench.moto", "PORT", *fill, signed=True)


def versitygw(binary: Path, folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Run versitygw over a folder of buckets; those may be links to folders elsewhere."""
    listen = ("--port", "ADDRESS", "--keep-alive", "--quiet", "--access", ACCESS, "--secret", SECRET)
    return running(
        "versitygw", _go_version(binary), binary, *listen, "posix", "--bucketlinks", folder, signed=True
    )


def minio(binary: Path, folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Run MinIO over one folder."""
    return running(
        "minio",
        _go_version(binary),
        *(binary, "server", "--quiet", "--address", "ADDRESS", folder),
        signed=True,
        MINIO_ROOT_USER=ACCESS,
        MINIO_ROOT_PASSWORD=SECRET,
    )


def s3proxy(jar: Path, folder: Path) -> contextlib.AbstractContextManager[Server]:
    """Run s3proxy over a folder of buckets; those may be links to folders elsewhere."""
    with zipfile.ZipFile(jar) as inside:
        manifest = inside.read("META-INF/MANIFEST.MF").decode()
    version = re.search("Implementation-Version: (.*)", manifest)
    properties = (
        "-Ds3proxy.endpoint=http://ADDRESS",
        "-Ds3proxy.authorization=none",
        "-Djclouds.provider=filesystem",
        f"-Djclouds.filesystem.basedir={folder}",
    )
    command = ("java", *properties, "-jar", jar, "--properties", os.devnull)
    return running("s3proxy", version[1].strip() if version else "", *command)


def _go_version(binary: Path) -> str:
    told = subprocess.run([go(), "version", "-m", str(binary)], capture_output=True, text=True, check=True)  # noqa: S603
    return next(line.split()[2] for line in told.stdout.splitlines() if line.split()[:1] == ["mod"])
