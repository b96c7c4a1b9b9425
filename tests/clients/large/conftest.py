"""Clients that are large to install or to build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import alone, environment, missing, run

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def profile() -> str:
    """Only extended serves what they send."""
    return "extended"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of programs of a Python that has the large libraries."""
    return environment("large", HERE / "requirements.txt")


def built(package: str, version: str) -> Path:
    """Build a program that is a Go module, once."""
    if not shutil.which("go"):
        missing("Go")
    with alone("go") as folder:
        program = folder / f"{package.rpartition('/')[2]}-{version}"
        if not program.exists():
            folder.mkdir(exist_ok=True)
            run("go", "install", f"{package}@{version}", GOBIN=str(folder), GOFLAGS="", timeout_s=1200)
            (folder / package.rpartition("/")[2]).rename(program)
    return program
