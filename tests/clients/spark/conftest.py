"""Spark and its jars, which are large."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import alone, environment, missing, run

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def profile() -> str:
    """Only extended serves what Spark sends."""
    return "extended"


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of programs of a Python that has Spark."""
    if not shutil.which("java"):
        missing("Java")
    return environment("spark", HERE / "requirements.txt")


@pytest.fixture(scope="session")
def jars() -> str:
    """The jars that hadoop-aws consists of, with commas between them."""
    if not shutil.which("mvn"):
        missing("Maven")
    with alone("jars") as folder:
        stamp = folder / "pom.xml"
        pom = HERE / "pom.xml"
        if not stamp.exists() or stamp.read_text() != pom.read_text():
            shutil.rmtree(folder, ignore_errors=True)
            goal = "dependency:copy-dependencies"
            run("mvn", "-q", "-B", "-f", pom, goal, f"-DoutputDirectory={folder}", timeout_s=1200)
            stamp.write_text(pom.read_text())
    return ",".join(map(str, sorted(folder.glob("*.jar"))))
