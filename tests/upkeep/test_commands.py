"""``s3gw prune``, ``check`` and ``backup`` beside a gateway that serves, and what it answers to rot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.folders import objects
from tests.serving import environment, eventually, serving

BODY = b"0123456789abcdef" * 20_000


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "s3gw", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment())


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def gateway(folder):
    with serving(folder, "--workers", "2") as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        for number in range(20):
            assert gateway.request("PUT", "/b.r/large", BODY[number:]).status == 200
            assert gateway.request("PUT", f"/b.r/small/{number % 5}", b"%d" % number).status == 200
        yield gateway


def test_rot_is_an_internal_error_that_is_told_and_counted(gateway, folder):
    for path in objects(folder):
        with path.open("r+b") as file:
            file.write(b"X")
    assert gateway.request("HEAD", "/b.r/large").status == 200
    for _ in range(2):
        answer = gateway.request("GET", "/b.r/large")
        assert (answer.status, answer.code) == (500, "InternalError")
    assert gateway.request("GET", "/b.r/large", headers={"Range": "bytes=5-9"}).status == 500
    assert gateway.request("GET", "/b.r/small/1").status == 200
    eventually(lambda: sum("large of default/r@b: objects/" in line for line in gateway.log) == 3)


def test_rot_behind_what_is_checked_ahead_ends_the_connection(gateway, folder):
    size = 40 << 20
    before = set(objects(folder))
    assert gateway.request("PUT", "/b.r/huge", bytes(size)).status == 200
    (path,) = set(objects(folder)) - before
    with path.open("r+b") as file:
        file.seek(size - 1)
        file.write(b"X")
    received = gateway.raw(b"GET /b.r/huge HTTP/1.1\r\nHost: x\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
    assert len(received) < size
    assert b"X" not in received[-1000:]
    eventually(lambda: any("huge of default/r@b: objects/" in line for line in gateway.log))
    assert any("the body ends early: objects/" in line for line in gateway.log)
    assert not any("Traceback" in line for line in gateway.log)


def test_a_missing_content_is_no_missing_key(gateway, folder):
    for path in objects(folder):
        path.unlink()
    answer = gateway.request("GET", "/b.r/large")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert run("check", "--data", folder).returncode == 1


def test_prune_gives_space_back_while_it_serves(gateway, folder):
    assert len(objects(folder)) == 20
    told = run("prune", "--data", folder, "--keep-commits", 11, "--dry-run")
    assert (told.returncode, len(objects(folder))) == (0, 20)
    assert told.stdout.startswith("would prune 30 commits, ")
    other = run("prune", "--data", folder, "--branch", "b.other")
    assert (other.returncode, len(other.stderr.splitlines())) == (2, 1)
    done = run("prune", "--data", folder, "--keep-commits", 11, "--branch", "b.r")
    assert done.returncode == 0, done.stderr
    assert re.match(r"pruned 30 commits, \d+ versions of files, .* MB; the folder takes", done.stdout)
    assert "b.r: " in done.stderr
    assert len(objects(folder)) == 6
    assert run("prune", "--data", folder, "--keep", "1h").stdout.startswith("pruned 0 commits")
    assert run("prune", "--data", folder).returncode == 0
    assert len(objects(folder)) == 1
    assert gateway.request("GET", "/b.r/large").body == BODY[19:]
    assert gateway.request("PUT", "/b.r/on", b"on").status == 200
    assert run("check", "--data", folder).returncode == 0


def test_a_backup_made_while_it_serves_is_served(gateway, folder, tmp_path):
    made = run("backup", "--data", folder, tmp_path / "copy")
    assert made.returncode == 0, made.stderr
    assert gateway.request("PUT", "/b.r/large", b"later").status == 200
    assert run("prune", "--data", folder).returncode == 0
    again = run("backup", "--data", folder, tmp_path / "copy")
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    with serving(tmp_path / "copy") as restored:
        assert restored.request("GET", "/b.r/large").body == BODY[19:]
        assert restored.request("GET", "/b.r/small/4").body == b"19"
        assert restored.request("PUT", "/b.r/large", b"on").status == 200


def test_a_check_repairs_and_says_how_it_ended(gateway, folder):
    good = run("check", "--data", folder)
    assert (good.returncode, good.stdout[-16:]) == (0, "all is in order\n")
    for path in objects(folder):
        path.unlink()
    bad = run("check", "--data", folder, "--repair")
    assert bad.returncode == 1
    assert "20 versions lost" in bad.stdout
    assert run("check", "--data", folder).returncode == 0
    assert gateway.request("GET", "/b.r/large").status == 404


def test_a_bounded_history_is_cut_off_by_itself(tmp_path):
    with serving(tmp_path, "--workers", "2", "--history", "3") as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        for number in range(30):
            assert gateway.request("PUT", "/b.r/large", BODY[number:]).status == 200
        eventually(lambda: len(objects(tmp_path)) == 3)
        assert gateway.request("GET", "/b.r/large").body == BODY[29:]


@pytest.mark.parametrize(
    "arguments",
    [
        ("prune",),
        ("prune", "--data", "/nothing"),
        ("prune", "--data", "/", "--keep-commits", "0"),
        ("prune", "--data", "/", "--keep-commits", "x"),
        ("prune", "--data", "/", "--keep", "3 days"),
        ("check", "--data", "/nothing"),
        ("backup", "--data", "/nothing", "/to"),
        ("backup", "--data", "/nothing"),
        ("serve", "--history", "forever"),
    ],
)
def test_what_cannot_be_begun_is_told_in_a_line(arguments):
    refused = run(*arguments)
    assert (refused.returncode, refused.stdout, len(refused.stderr.splitlines())) == (2, "", 1)
