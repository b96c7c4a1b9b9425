"""Requests that nobody would write: each gets an answer or a close, and leaves no trace.

In the gate for half a minute; with S3GW_TEST_FUZZ_SECONDS for as long as you like. A failure names its
seed: S3GW_TEST_FUZZ_SEED sends the same requests once more.
"""

from __future__ import annotations

import json
import os
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.server.test_processes import children
from tests.serving import Gateway, eventually, serving

# So much on one Python is enough for the gate.
SECONDS = float(os.environ.get("S3GW_TEST_FUZZ_SECONDS") or (12 if sys.version_info[:2] == (3, 11) else 5))
SEED = int(os.environ.get("S3GW_TEST_FUZZ_SEED") or random.SystemRandom().randrange(1 << 32))
SENDERS = 4
GROWTH_KIB = 64 * 1024

DELETE = (
    b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object>'
    b"<Object><Key>b</Key><VersionId>null</VersionId></Object><Quiet>true</Quiet></Delete>"
)
CREATE = b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>"
FRAMED = (
    b"5;chunk-signature=" + b"a" * 64 + b"\r\nhello\r\n0;chunk-signature=" + b"b" * 64 + b"\r\n"
    b"x-amz-checksum-crc32:NhCmhg==\r\n\r\n"
)


def request(method: str, target: str, body: bytes = b"", **headers: str) -> bytes:
    """A request that is right."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1:30600"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


RIGHT = [
    request("GET", "/"),
    request("GET", "/?max-buckets=2&prefix=b"),
    request("PUT", "/b.r", CREATE),
    request("HEAD", "/b.r"),
    request("GET", "/b.r?location"),
    request("GET", "/b.r?versioning"),
    request("GET", "/b.r?list-type=2&delimiter=/&prefix=a&max-keys=3&encoding-type=url&start-after=a"),
    request("GET", "/b.r?list-type=2&continuation-token=x&fetch-owner=true"),
    request("GET", "/b.r?marker=a&max-keys=1"),
    request("GET", "/b.r?versions&key-marker=a&version-id-marker=null"),
    request("POST", "/b.r?delete", DELETE, Content_MD5="yMXpTHRJ9wWfLyy2X+OfZQ=="),
    request(
        "GET", "/b.r/a", Range="bytes=0-3", If_Match='"x"', If_Modified_Since="Fri, 31 Dec 9999 23:59:59 GMT"
    ),
    request("GET", "/b.r/a?response-content-type=text/plain&versionId=null", If_None_Match="*"),
    request("HEAD", "/b.r/a", Range="bytes=-5", If_Unmodified_Since="Sun, 06 Nov 1994 08:49:37 GMT"),
    request("PUT", "/b.r/a", b"hello", x_amz_meta_a="b", x_amz_checksum_crc32="NhCmhg==", If_None_Match="*"),
    request("PUT", "/b.r/a", b"hello", Content_MD5="XUFAKrxLKna5cZ2REBfFkg==", Expect="100-continue"),
    request("PUT", "/b.r/d/e", b"5\r\nhello\r\n0\r\n\r\n", Transfer_Encoding="chunked"),
    request(
        "PUT",
        "/b.r/f",
        FRAMED,
        Content_Encoding="aws-chunked",
        x_amz_content_sha256="STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        x_amz_decoded_content_length="5",
        x_amz_trailer="x-amz-checksum-crc32",
    ),
    request("PUT", "/b.r/big", b"B" * 100_000, x_amz_content_sha256="UNSIGNED-PAYLOAD"),
    request("DELETE", "/b.r/a?versionId=null", If_Match='"x"'),
    request("DELETE", "/b.r/d/e", x_amz_if_match_size="5"),
    request("PUT", "/b.r/c", x_amz_copy_source="/b.r/a"),
    request("POST", "/b.r/a?uploads"),
    request("PUT", "/b.r/a?tagging", b"<Tagging/>"),
    request("GET", "/b.r/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20260101T000000Z&X-Amz-Signature=a"),
    request("OPTIONS", "/b.r/a", Origin="http://x"),
    request("PATCH", "/"),
]

PIECES = [
    *b"\x00 \t\r \n \x7f \x85 \xff % & = ? / : ; , \" < > # + * .".split(b" "),
    b"", b" ", b"\r\n", b"\r\n\r\n", b"\n\n", b"\r\n ", b"%00", b"%zz", b"%2F", b"%", b"%e2%82", b"\xe2\x82\xac", b"//", b"..",
    b"-1", b"0", b"1", b"99999999999999999999", b"1e9", b"+5", b"0x5", b"\xd9\xa3", b"nan", b"1" * 5000,
    b"HTTP/1.0", b"HTTP/2.0", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"Content-Length: 3\r\n",
    b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: keep-alive, te\r\n", b"Host: y\r\n", b"A: " + b"a" * 9000 + b"\r\n",
    b"x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER\r\n", b"x-amz-decoded-content-length: 7\r\n", b"Content-Encoding: aws-chunked\r\n",
    b"?", b"?acl", b"?delete", b"?uploadId=", b"&&", b"=&", b"max-keys=-1&", b"max-keys=\xff&", b"encoding-type=x&", b"continuation-token=AAAA&",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"&#0;", b"<![CDATA[", b"<Key>", b"</Key>", b"<a>" * 500, b"<?xml version='1.0' encoding='utf-7'?>", b"\xef\xbb\xbf",
    b"0\r\n\r\n", b"ffffffff\r\n", b";a=" + b"b" * 5000, b"bytes=", b"bytes=5-3", b"bytes=-0", b"bytes=0-0,2-3", b"W/\"", b"x" * 1100, b"a/" * 600,
    b"Fri, 31 Dec 9999 23:59:59 -0100", b"Thu, 01 Jan 0001 00:00:00 +1400", b"Mon, 99 Foo 2026 99:99:99 GMT",
]  # fmt: skip


def flip(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at] ^= 1 << dice.randrange(8)


def insert(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data) + 1)
    data[at:at] = dice.choice(PIECES)


def replace(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at : at + dice.randrange(1, 12)] = dice.choice(PIECES)


def replace_value(dice: random.Random, data: bytearray) -> None:
    """Give a field, a parameter or an element another value."""
    places = list(re.finditer(rb"(?<=: )[^\r\n]+|(?<==)[^&\s]+|(?<=>)[^<]+", data[:4000]))
    if places:
        place = dice.choice(places)
        data[place.start() : place.end()] = dice.choice(PIECES)


def cut(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    del data[at : at + dice.choice((1, 1, 5, 50, len(data)))]


def repeat(dice: random.Random, data: bytearray) -> None:
    """Repeat a line."""
    lines = bytes(data).splitlines(keepends=True)
    at = dice.randrange(len(lines))
    data[:] = b"".join([*lines[:at], lines[at] * dice.choice((2, 3, 40)), *lines[at:]])


def splice(dice: random.Random, data: bytearray) -> None:
    """Go on as another request."""
    other = dice.choice(RIGHT)
    data[dice.randrange(len(data)) :] = other[dice.randrange(len(other)) :]


MUTATIONS: list[Callable[[random.Random, bytearray], None]] = [
    flip,
    insert,
    insert,
    replace,
    replace_value,
    replace_value,
    cut,
    repeat,
    splice,
]


def mutated(dice: random.Random) -> bytes:
    data = bytearray(dice.choice(RIGHT))
    for _ in range(dice.choice((0, 1, 1, 1, 2, 3, 8))):
        if data:
            dice.choice(MUTATIONS)(dice, data)
    return bytes(data)


def send(port: int, dice: random.Random) -> None:
    """Send some requests on a connection, all at once or in pieces; wait for an answer or a close."""
    data = b"".join(mutated(dice) for _ in range(dice.choice((1, 1, 1, 3))))
    step = dice.choice((len(data) or 1, len(data) or 1, dice.randrange(1, 2000)))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            for at in range(0, len(data), step):
                connection.sendall(data[at : at + step])
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(1 << 20), b""))
        except TimeoutError as error:
            raise AssertionError(f"no answer and no close: {data[:3000]!r}") from error
        except OSError:  # the other side was quicker to close
            return
    assert not answer or re.match(rb"HTTP/1\.[01] [1-5]\d\d ", answer), (data[:3000], answer[:300])


def rss_kib(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmRSS:")[1].split()[0])


def run(gateway: Gateway, seconds: float, seeds: list[int]) -> tuple[int, list[str]]:
    """Send for a while; how many connections, and what went wrong."""
    deadline = time.monotonic() + seconds
    problems: list[str] = []
    counts = [0] * len(seeds)

    def sender(number: int) -> None:
        dice = random.Random(seeds[number])
        while time.monotonic() < deadline and not problems:
            try:
                send(gateway.port, dice)
            except BaseException as error:
                problems.append(f"seed {seeds[number]}, connection {counts[number]}: {error!r}")
            counts[number] += 1

    threads = [threading.Thread(target=sender, args=(number,)) for number in range(len(seeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts), problems


def test_no_request_breaks_anything(tmp_path):
    with serving(tmp_path, "--log-format", "json", "--durability", "process") as gateway:
        gateway.request("PUT", "/b.r")
        (worker,) = children(gateway.process.pid)
        first, problems = run(gateway, min(SECONDS / 4, 60), [SEED + 1000 + n for n in range(SENDERS)])
        memory = rss_kib(worker)
        count, more = run(gateway, SECONDS * 3 / 4, [SEED + number for number in range(SENDERS)])
        print(f"seed {SEED}: {first + count} connections, {memory} -> {rss_kib(worker)} KiB")
        assert problems + more == []
        assert gateway.request("GET", "/").status == 200
        assert children(gateway.process.pid) == [worker], f"seed {SEED}: a worker has died"
        assert rss_kib(worker) < memory + GROWTH_KIB
        eventually(lambda: '"ListBuckets"' in gateway.log[-1])
        rows = [json.loads(line) if line.startswith("{") else {"message": line} for line in gateway.log]
        assert [row for row in rows if "message" in row] == [], f"seed {SEED}"
        assert [row for row in rows if row.get("status") == 500] == [], f"seed {SEED}"
        assert count > 100
        began = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - began < 10, f"seed {SEED}: a request is still being served"
