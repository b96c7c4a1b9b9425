"""The command line, workers, signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import environment, eventually, serve_command, serving


def s3gw(*words: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "s3gw", *words],
        capture_output=True,
        text=True,
        env=environment(**extra),
        timeout=60,
        check=False,
    )


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_ready_line_names_the_address_and_a_line_to_try(tmp_path):
    command = serve_command(f"embedded:{tmp_path}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        ready, line, note = (process.stdout.readline() for _ in range(3))
        process.terminate()
        assert process.wait(20) == 0
    assert ready.startswith("s3gw: serving embedded:")
    assert line.startswith("try:  curl -X PUT http://127.0.0.1:")
    assert note == "note: anybody who reaches the port may read and write: no --auth\n"


@pytest.mark.parametrize(
    ("words", "extra", "said"),
    [
        (["serve", "--listen", "nowhere"], {}, "'nowhere' is not HOST:PORT"),
        (["serve", "--listen", "127.0.0.1:99999"], {}, "is not HOST:PORT"),
        (["serve", "--workers", "0"], {}, "not a number from 1"),
        (["serve", "--threads", "many"], {}, "not a number from 1"),
        (["serve", "--profile", "other"], {}, "invalid choice: 'other'"),
        (["serve", "--no-such-option"], {}, "unrecognized arguments"),
        (["serve", "--pfs", "floppy:a"], {}, "write embedded:PATH"),
        (["serve", "--pfs", "embedded:"], {}, "write embedded:PATH"),
        (["serve", "--pfs", "embedded:/proc/no", "--listen", "127.0.0.1:0"], {}, "/proc/no"),
        (["serve", "--pfs", "embedded:/dev/null", "--listen", "127.0.0.1:0"], {}, "/dev/null"),
        (["serve", "--pfs", "embedded:x", "--properties-repo", "kept"], {}, "leave --properties-repo out"),
        (
            ["serve", "--pfs", "grpc://x:1", "--properties-repo", "a.b"],
            {},
            "The repo name 'a.b' is not valid",
        ),
        (["serve", "--pfs", "grpc://x:1", "--properties-repo", "_s3gw_"], {}, "choose another"),
        (
            ["serve", "--auth", "keyring.yaml"],
            {},
            "--auth: the profile classic asks nobody: add --profile extended",
        ),
        (
            ["serve", "--profile", "extended"],
            {"S3GW_AUTH": "/no/keyring"},
            "run s3gw key add NAME --keyring /no/keyring",
        ),
        (["serve", "--profile", "extended", "--auth", ""], {}, "--auth: it is empty: name a keyring"),
        (["serve", "--profile", "extended"], {"S3GW_AUTH": ""}, "--auth: it is empty: name a keyring"),
        (["serve", "--profile", "extended", "--auth", "/dev/null"], {}, "--auth: /dev/null: it is no file"),
        (["serve", "--listen", "203.0.113.1:80"], {}, "cannot listen on 203.0.113.1:80"),
        (["serve"], {"S3GW_LISTEN": "nowhere"}, "'nowhere' is not HOST:PORT"),
        (["serve"], {"S3GW_LOG_FORMAT": "xml"}, "S3GW_LOG_FORMAT: 'xml' is none of json, text"),
        (["serve"], {"S3GW_DELETE_NONEMPTY_BUCKETS": "maybe"}, "'maybe' is none of true, false"),
        (["serve", "--unheard-of"], {}, "(see s3gw serve --help)"),
        (["serve", "--cache-size", "10GB"], {}, "write 512K, 64M, 1G or 0"),
        (["serve", "--cache-size", "1G"], {}, "--cache-size is what --cache-dir may hold"),
        (["serve", "--pfs", "grpc://x:1", "--durability", "process"], {}, "leave --durability out"),
        (["serve", "--pfs", "grpc://x:1", "--history", "30d"], {}, "leave --history out"),
        (["serve", "--pfs", "embedded:x", "--pachd-token", "t"], {}, "leave --pachd-ca, --pachd-token out"),
        (
            ["serve", "--pfs", "grpc://x:1", "--cache-dir", "/dev/null", "--listen", "127.0.0.1:0"],
            {},
            "/dev/null cannot be used: Not a directory; choose another folder for --cache-dir",
        ),
        (["key", "add", "a", "--keyring", "/no/folder/k.yaml"], {}, "there is no folder /no/folder"),
        (["explain", "GET", "/", "-H", "no-colon"], {}, "write -H 'name: value'"),
        ([], {}, "the following arguments are required"),
    ],
)
def test_what_cannot_be_begun_is_one_clear_line_and_exit_2(words, extra, said):
    done = s3gw(*words, **extra)
    assert done.returncode == 2
    assert said in done.stderr
    assert [line for line in done.stderr.splitlines() if not line.startswith("20")][1:] == []
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_one_clear_line_and_exit_2(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = s3gw("serve", "--pfs", f"embedded:{tmp_path}", "--listen", address)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{address} is in use" in done.stderr
    with serving(tmp_path / "one") as gateway:
        done = s3gw("serve", "--pfs", f"embedded:{tmp_path}/two", "--listen", f"127.0.0.1:{gateway.port}")
        assert (done.returncode, "is in use" in done.stderr) == (2, True)


def test_help_teaches():
    text = s3gw("serve", "--help").stdout
    for word in ("--pfs", "--listen", "--profile", "--workers", "--threads", "--region", "--uploads", "--connections", "--idle-timeout",
                 "--header-timeout", "--upload-min-rate", "--log-format", "--durability",
                 "branch.repo", "examples:", "embedded:PATH", "SIGTERM"):  # fmt: skip
        assert word in text
    assert "S3GW_LISTEN" in s3gw("--help").stdout


def test_settings_come_from_the_environment_and_an_option_wins(tmp_path):
    with serving(tmp_path, S3GW_REGION="from-environment", S3GW_WORKERS="3") as gateway:
        gateway.request("PUT", "/b.r")
        assert b">from-environment<" in gateway.request("GET", "/b.r?location").body
    with serving(tmp_path, "--region", "from-option", S3GW_REGION="from-environment") as gateway:
        assert b">from-option<" in gateway.request("GET", "/b.r?location").body
        assert len(children(gateway.process.pid)) == 1
    with serving(tmp_path, S3GW_DELETE_NONEMPTY_BUCKETS="true") as gateway:
        gateway.request("PUT", "/b.r/a", b"x")
        assert gateway.request("DELETE", "/b.r").status == 204


def test_the_log_is_json_on_demand(tmp_path):
    with serving(tmp_path, "--log-format", "json") as gateway:
        gateway.request("PUT", "/b.r")
        eventually(lambda: gateway.log)
        row = json.loads(gateway.log[0])
    assert (row["operation"], row["bucket"], row["status"], row["method"]) == (
        "CreateBucket",
        "b.r",
        200,
        "PUT",
    )
    assert {"time", "request_id", "bytes", "milliseconds", "client"} <= set(row)


def test_a_worker_that_dies_is_replaced_and_nothing_acknowledged_is_lost(tmp_path):
    with serving(tmp_path, "--workers", "2") as gateway:
        gateway.request("PUT", "/b.r")
        gateway.request("PUT", "/b.r/a", b"kept")
        before = children(gateway.process.pid)
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        eventually(lambda: len(set(children(gateway.process.pid)) - set(before)) == 2)
        assert gateway.request("GET", "/b.r/a").body == b"kept"
        assert gateway.stop() == 0
        assert any("ended with status -9; another starts" in line for line in gateway.log)


def test_ids_of_requests_are_unique_across_workers(tmp_path):
    with serving(tmp_path, "--workers", "2") as gateway:
        answers = [gateway.request("GET", "/").headers for _ in range(60)]
    assert len({answer["x-amz-request-id"] for answer in answers}) == 60
    assert len({answer["x-amz-id-2"] for answer in answers}) <= 2


def test_workers_end_when_the_master_is_killed(tmp_path):
    with serving(tmp_path, "--workers", "2") as gateway:
        pids = children(gateway.process.pid)
        gateway.process.kill()
        gateway.process.wait(10)
        eventually(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in pids))


def test_sigterm_finishes_what_is_in_flight_and_exits_0(tmp_path):
    with serving(tmp_path) as gateway:
        gateway.request("PUT", "/b.r")
        upload = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
        idle = socket.create_connection(("127.0.0.1", gateway.port), timeout=20)
        upload.sendall(
            b"PUT /b.r/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert upload.recv(100).startswith(b"HTTP/1.1 100")
        upload.sendall(bytes(100_000))
        gateway.process.send_signal(signal.SIGTERM)
        assert idle.recv(1) == b""
        upload.sendall(bytes(100_000))
        answer = upload.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in answer
        assert gateway.process.wait(20) == 0
        upload.close()
        idle.close()
    with serving(tmp_path) as gateway:
        assert gateway.request("GET", "/b.r/a").body == bytes(200_000)


def test_a_second_signal_ends_it_at_once(tmp_path):
    with serving(tmp_path) as gateway:
        gateway.request("PUT", "/b.r")
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as upload:
            upload.sendall(
                b"PUT /b.r/a HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n"
            )
            assert upload.recv(100).startswith(b"HTTP/1.1 100")
            (worker,) = children(gateway.process.pid)
            gateway.process.send_signal(signal.SIGINT)
            eventually(lambda: "State:\tS" in Path(f"/proc/{worker}/status").read_text())
            gateway.process.send_signal(signal.SIGTERM)
            assert gateway.process.wait(20) == 0


def test_memory_stays_flat_with_large_objects_up_and_down(tmp_path):
    size = 400 << 20
    with serving(tmp_path) as gateway:
        gateway.request("PUT", "/b.r")
        block = bytes(1 << 20)
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=60) as connection:
            connection.sendall(b"PUT /b.r/a HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size >> 20):
                connection.sendall(block)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
            connection.sendall(b"GET /b.r/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = 0
            while data := connection.recv(1 << 20):
                received += len(data)
        assert received > size
        (worker,) = children(gateway.process.pid)
        status = Path(f"/proc/{worker}/status").read_text()
        peak_kib = int(status.split("VmHWM:")[1].split()[0])
        assert peak_kib < 150 * 1024


def test_operations_are_printed_as_a_table_and_as_json():
    table = s3gw("operations").stdout
    assert "14 of 120 operations are supported in the profile classic." in table
    rows = json.loads(s3gw("operations", "--profile", "classic", "--format", "json").stdout)
    assert len(rows) == 120
    by_name = {row["operation"]: row for row in rows}
    assert by_name["GetObject"]["supported"] is True
    assert by_name["CopyObject"]["instead"]
    assert by_name["GetBucketLifecycle"]["twin_of"] == "GetBucketLifecycleConfiguration"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["GET", "/master.images/a/b.png"], "operation  GetObject (Objects), object level"),
        (
            ["GET", "http://127.0.0.1:30600/master.images/a/b.png"],
            "PFS        InspectBranch, InspectFile, GetFile",
        ),
        (
            ["put", "/b.r/k?tagging"],
            "answer     501 NotImplemented: PutObjectTagging (Tagging) is not supported.",
        ),
        (["PUT", "/b.r/k", "-H", "x-amz-copy-source: b.r/o"], "CopyObject (Object copying)"),
        (["PUT", "/b.r/k?unheard-of"], "501 NotImplemented: The sub-resource ?unheard-of"),
        (["PATCH", "/b.r/k"], "405 MethodNotAllowed"),
        (["GET", "/é.r/ü"], "key        ü"),
        (["PUT", "/b.r/k", "--profile", "extended"], "right      write (with --auth)"),
        (["GET", "/b.r?cors", "--profile", "extended"], "right      list (with --auth)"),
        (["PUT", "/b.r?policy", "--profile", "extended"], "Edit the keyring, or give roles"),
        (["OPTIONS", "/b.r/k", "--profile", "extended"], "right      none is asked for"),
        (
            ["PUT", "/b.r/f%20(1)"],
            "answer     400 InvalidFilePath: PFS refuses this file path: the character (",
        ),
        (["PUT", "/b.r/a/../b", "--profile", "extended"], "answer     400 InvalidFilePath"),
        (["GET", "/images/k"], "answer     404 NoSuchBucket"),
        (
            ["PUT", f"/{'0' * 12}4{'0' * 3}8{'0' * 15}.b.r/k", "--profile", "extended"],
            "answer     403 AccessDenied: A commit never changes",
        ),
    ],
)
def test_explain_tells_what_becomes_of_a_request(words, said):
    done = s3gw("explain", *words)
    assert done.returncode == 0
    assert said in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["GET", "/images/k"],
        ["PUT", "/images"],
        ["PUT", "/b.r/f%20(1)"],
        ["GET", f"/{'0' * 12}4{'0' * 3}8{'0' * 15}.b.r/k"],
        ["GET", "/b.r/a/../b"],
    ],
)
def test_explain_knows_of_no_problem_where_there_is_none(words):
    assert "answer" not in s3gw("explain", *words, "--profile", "extended").stdout


def test_the_version_is_told():
    assert re.fullmatch(r"s3gw \d+\.\d+\.\d+\n", s3gw("--version").stdout)


def test_a_reader_of_the_table_may_stop_early():
    command = f"{sys.executable} -m s3gw operations --format json | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[\n", "")
