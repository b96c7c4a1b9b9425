"""The log tells what happened, and never breaks serving."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import threading
from contextlib import ExitStack, closing

import pytest

from s3gw.generated.routes import PROFILES
from s3gw.http.request import Request
from s3gw.http.target import Target
from s3gw.server import _logging
from s3gw.server._access_log import line_of
from tests.server.test_wire import BIG, Connection, get, put_head
from tests.serving import environment, eventually, serve_command, serving

GET_OBJECT = next(o for o in PROFILES["classic"].operations if o.name == "GetObject")


def log(
    *,
    method: str = "GET",
    bucket: str = "",
    key: str = "",
    code: str | None = None,
    agent: str = "tool",
    **members,
) -> str:
    request = Request(method, "/", {"user-agent": agent}, io.BytesIO(), request_id="0A")
    request.target = Target("object", bucket, key, {}, "/", {})
    request.operation = GET_OBJECT
    request.error_code = code
    ended = {"status": 200, "sent": 5, "started": 0.0, "address": "::1", "whole": True}
    return line_of(request, **{**ended, **members})


HOSTILE = "a b\n2026 forged\x00\x1b[31m\\é\u2028\udcff\"'"


def test_each_format_holds_key_code_and_agent(monkeypatch):
    said = {"bucket": "b.r", "key": "a/key", "code": "NoSuchKey", "status": 404}
    assert log(**said).endswith("ms ::1 NoSuchKey a/key tool")
    monkeypatch.setattr(_logging, "_format", "json")
    row = json.loads(log(**said, whole=False))
    assert (row["key"], row["code"], row["agent"], row["status"], row["aborted"]) == (
        "a/key",
        "NoSuchKey",
        "tool",
        404,
        True,
    )


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_clients_send_is_escaped_and_bounded(monkeypatch, log_format):
    monkeypatch.setattr(_logging, "_format", log_format)
    plain = log()
    for name in (HOSTILE, "x" * 100_000, "\U0001f600" * 100_000, ""):
        line = log(bucket=name, key=name, agent=name, method="X" * len(name))
        assert line.isascii()
        assert line.isprintable()
        assert len(line) < 12_000
        if log_format == "text":
            assert line.count(" ") == plain.count(" ")
        else:
            assert json.loads(line)["key"][:256] == (name[:256] or "-")


def test_a_request_without_an_answer_has_no_status(monkeypatch):
    assert " GET - 5 " in log(status=None)
    monkeypatch.setattr(_logging, "_format", "json")
    assert json.loads(log(status=None))["status"] is None


def test_why_a_request_was_refused_can_be_read(tmp_path):
    with serving(tmp_path, "--log-format", "json") as gateway:
        gateway.request("GET", "/b.r/no such".replace(" ", "%20"), headers={"User-Agent": "tool/1 (x)"})
        gateway.raw(b"GET / HTTP/1.1\r\n\r\n")
        eventually(lambda: len(gateway.log) == 2)
        missing, refused = map(json.loads, gateway.log)
        assert (missing["code"], missing["key"], missing["agent"]) == (
            "NoSuchBucket",
            "no such",
            "tool/1 (x)",
        )
        assert (refused["code"], refused["status"]) == ("BadRequest", 400)


def traffic(port: int) -> None:
    """Requests of every kind, more than a pipe holds lines of, and some that are left alone."""
    with ExitStack() as stack:
        gone = [Connection(port) for _ in range(8)]
        for number, connection in enumerate(gone):
            connection.send(put_head("b.r", BIG, f"gone-{number}") + b"part")
            connection.close()
        connections = [stack.enter_context(closing(Connection(port))) for _ in range(16)]
        for number, connection in enumerate(connections):
            connection.send(put_head("b.r", 0).replace(b"/b.r/a", b"/b.r"))
            assert connection.response()[0] in (200, 409)
            for _ in range(60):
                connection.send(
                    put_head("b.r", 3, f"k{number}") + b"abc" + get("b.r", f"k{number}") + get("b.r", "-")
                )
            for _ in range(60):
                assert [connection.response()[0] for _ in range(3)] == [200, 200, 404]


@pytest.mark.parametrize(
    ("stderr", "log_format"),
    [
        ("closed", "text"),
        ("full", "text"),
        ("reader gone", "text"),
        ("reader gone", "json"),
        ("reader asleep", "json"),
    ],
)
def test_serving_goes_on_whatever_becomes_of_the_log(tmp_path, stderr, log_format):
    options = ["--workers", "1", "--log-format", log_format, "--durability", "process"]
    command = [*serve_command(f"embedded:{tmp_path}"), *options]
    reader, writer = os.pipe()
    if stderr == "closed":
        command = ["sh", "-c", 'exec 2>&-; exec "$@"', "sh", *command]
    elif stderr == "full":
        command = ["sh", "-c", 'exec 2>/dev/full; exec "$@"', "sh", *command]
    elif stderr == "reader gone":
        os.close(reader)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=writer, text=True, env=environment()
    ) as process:
        os.close(writer)
        try:
            traffic(int(re.search(r"at http://[^ ]+:(\d+)", process.stdout.readline())[1]))
        finally:
            process.terminate()
            assert process.wait(20) == 0
    if stderr == "reader asleep":
        os.close(reader)


def test_a_reader_that_pauses_loses_nothing(monkeypatch):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    sink = _logging._Sink()
    sink._descriptor = writer
    sent = [b"%d %s\n" % (number, b"x" * 200) for number in range(2000)]
    for line in sent:
        sink.write(line)
    assert not sink.flush()
    received = bytearray()

    def read() -> None:
        while data := os.read(reader, 65536):
            received.extend(data)

    thread = threading.Thread(target=read)
    thread.start()
    eventually(sink.flush)
    os.close(writer)
    thread.join()
    os.close(reader)
    assert bytes(received) == b"".join(sent)


def test_what_is_lost_is_counted(monkeypatch):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    sink = _logging._Sink()
    sink._descriptor = writer
    for _ in range(20):
        sink.write(b"x" * 100_000 + b"\n")
    received = bytearray()
    os.set_blocking(reader, False)
    while not sink.flush():
        received += os.read(reader, 1 << 20)
    received += os.read(reader, 1 << 20)
    os.close(writer)
    os.close(reader)
    whole = received.count(b"x" * 100_000)
    assert 5 < whole < 15
    assert received.endswith(b"WARNING %d lines of the log are lost\n" % (20 - whole))
