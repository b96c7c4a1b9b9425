"""What the README says first works in a fresh clone, in any order."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from codegen.catalogue import ROOT
from tests.serving import READY, environment


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of what is, or would be, committed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no git checkout, so nobody tells what a clone would hold")
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            target = tmp_path / "clone" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
    return tmp_path / "clone"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="it makes environments of its own; one is enough")
def test_codegen_and_then_run(clone, tmp_path):
    """A file called .venv, which tox leaves, is neither committed nor in the way of make."""
    home = tmp_path / "home"
    home.mkdir()
    kept = environment(HOME=str(home))
    for name in ("TOX_ENV_DIR", "TOX_ENV_NAME", "TOX_WORK_DIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START"):
        kept.pop(name, None)
    tox = [sys.executable, "-m", "tox", "run", "-e", "codegen"]
    done = subprocess.run(tox, cwd=clone, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "operations: up to date" in done.stdout
    ignored = subprocess.run(
        ["git", "check-ignore", ".venv", ".make/bin/s3gw", ".tox/x"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(ignored.stdout.split()) == 3
    run = [
        "make",
        "run",
        f"PYTHON={sys.executable}",
        f"ARGS=--listen 127.0.0.1:0 --pfs embedded:{tmp_path}/data",
    ]
    with subprocess.Popen(
        run, cwd=clone, env=kept, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as made:
        assert made.stdout is not None
        lines = []
        while line := made.stdout.readline():
            lines.append(line)
            if READY.search(line):
                break
        os.killpg(made.pid, signal.SIGTERM)
    assert READY.search("".join(lines)), lines
