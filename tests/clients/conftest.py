"""Real clients from their registries, beside a gateway of their own."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import KINDS, RUN, Gateways
from tests.keyring import SECRETS, keyring_in
from tests.serving import Gateway

HERE = Path(__file__).parent
CACHE = HERE.parent.parent / ".cache" / "clients"

# PERF: neither vetted nor inlined, and without what a debugger reads: to build takes half of the time.
GO_TEST = ("go", "test", "-count=1", "-v", "-vet=off", "-gcflags=all=-l", "-ldflags=-w")

# The large clients have commands of their own: tox -e clients, tox -e spark.
collect_ignore = [] if os.environ.get("S3GW_TEST_LARGE_CLIENTS") else ["large", "spark"]

_numbers = itertools.count(1)

# What a client sends in parts by itself.
LARGE = 20 << 20

# Those of the keyring that guards the gateways of extended. Nobody looks at them in classic.
ACCESS_KEY, SECRET = "ADMIN", SECRETS["admin"]

KEYS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def missing(tool: str) -> None:
    """Skip, with the reason; where CI is set, no client may be left out."""
    reason = f"{tool} is not on this machine"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI demands every client")
    pytest.skip(reason)


def run(*command: object, cwd: Path | None = None, timeout_s: float = 170, **environment: str) -> str:
    """Run a client; what it printed is the result, or the reason of the failure."""
    done = ended(*command, cwd=cwd, timeout_s=timeout_s, **environment)
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def ended(
    *command: object, cwd: Path | None = None, timeout_s: float = 170, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a client that may fail."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **KEYS, **environment},
        capture_output=True,
        check=False,
        text=True,
        timeout=timeout_s,
    )


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """Install something once, whatever number of test processes want it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield CACHE / name


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of the command-line clients, and of a Python that has the libraries."""
    return environment("python", HERE / "requirements.txt")


def environment(name: str, requirements: Path) -> Path:
    """Make an environment of Python with packages; gives its folder of programs."""
    with alone(name) as folder:
        stamp = folder / "installed.txt"
        if not stamp.exists() or stamp.read_text() != requirements.read_text():
            uv = [sys.executable, "-m", "uv"]
            run(*uv, "venv", "--clear", "--python", sys.executable, folder)
            run(*uv, "pip", "install", "--python", folder / "bin" / "python", "-r", requirements)
            stamp.write_text(requirements.read_text())
    return folder / "bin"


@pytest.fixture(scope="session")
def node() -> Path:
    """A folder with the AWS SDK for JavaScript."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("Node.js")
    with alone("js") as folder:
        folder.mkdir(exist_ok=True)
        manifest = (HERE / "js" / "package.json").read_text()
        stamp = folder / "installed.txt"
        if not stamp.exists() or stamp.read_text() != manifest:
            (folder / "package.json").write_text(manifest)
            run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", cwd=folder)
            stamp.write_text(manifest)
        shutil.copy(HERE / "js" / "client.mjs", folder / "client.mjs")
    return folder


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave classic in front of devpachd out, unless there is a real cluster: tests/s3 tells of the wire."""

    def is_left_out(item: pytest.Item) -> bool:
        chosen = getattr(item, "callspec", None)
        is_client = HERE in item.path.parents
        return is_client and chosen is not None and {"pachd", "classic"} <= set(chosen.params.values())

    if not os.environ.get("S3GW_TEST_PACHD"):
        left_out = [item for item in items if is_left_out(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_left_out(item)]


def only(profile: str) -> pytest.MarkDecorator:
    """Run a test on gateways of one profile."""
    return pytest.mark.parametrize("profile", [profile], indirect=True, scope="session")


@pytest.fixture(scope="session", params=["classic", "extended"])
def profile(request: pytest.FixtureRequest) -> str:
    """The profile of the gateway."""
    return str(request.param)


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a keyring."""
    return keyring_in(tmp_path_factory.mktemp("keyring"))


@pytest.fixture(scope="session", params=KINDS)
def gateway(request: pytest.FixtureRequest, profile: str, keyring: Path, gateways: Gateways) -> Gateway:
    """A gateway of a profile over each kind of PFS, shared: tests make buckets of their own.

    That of extended asks who sends a request.
    """
    prefix = f"{RUN}{profile}-"
    options = ["--profile", profile]
    if profile == "extended":
        options += ["--auth", str(keyring)]
        if request.param == "pachd":
            options += ["--properties-repo", f"{prefix}properties"]
    running = gateways.over(request.param, prefix, *options)
    running.credentials = (ACCESS_KEY, SECRET)
    return running


@pytest.fixture
def bucket(gateway: Gateway, profile: str) -> str:
    """A new, empty bucket."""
    name = f"master.{RUN}{profile}-{next(_numbers)}"
    gateway.boto3().create_bucket(Bucket=name)
    return name


@pytest.fixture
def files(tmp_path: Path, profile: str) -> Path:
    """A small tree of files to be copied; for the profile extended one of them goes out in parts."""
    folder = tmp_path / "files"
    contents = {
        "a.txt": b"a",
        "dir/b.bin": bytes(range(256)) * 4096,
        "dir/sub/c": b"",
        "z": b"z" * 70_000,
    }
    if profile == "extended":
        contents |= {"dir/large": os.urandom(LARGE), "dir/@+( é": b"any key"}
    for path, data in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """All files of a folder, with their contents."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
