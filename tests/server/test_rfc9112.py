"""What RFC 9112 asks of a server about requests, rule by rule, of both parsers of heads.

Where the RFC leaves a choice the stricter one is taken: a request that a proxy in front might read in
another way is refused, and its connection closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from s3gw.server._head import read_plain_head
from s3gw.server._request import RequestReader
from s3gw.server._settings import Settings
from tests.server.test_wire import Connection
from tests.serving import Gateway, serving

PUT = b"PUT /b.r/k HTTP/1.1\r\nHost: x\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LAST = b"\r\n0\r\n\r\n"

# The section of RFC 9112 (or RFC 9110), what is tried, and the request.
REFUSED = [
    ("2.2", "LF alone ends each line", b"GET / HTTP/1.1\nHost: x\n\n"),
    ("2.2", "LF alone ends the request line", b"GET / HTTP/1.1\nHost: x\r\n\r\n"),
    ("2.2", "LF alone ends a field", b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"),
    ("2.2", "LF alone before the empty line", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\n\r\n"),
    ("2.2", "CR alone in the request line", b"GET /\r HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("2.2", "CR alone in a field", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"),
    ("2.2", "CR CR LF", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\r\n\r\n"),
    ("2.2", "whitespace before the request line", b" GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("2.2", "whitespace before the first field", b"GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
    ("2.3", "HTTP/2.0", b"GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
    ("2.3", "HTTP/0.9", b"GET / HTTP/0.9\r\nHost: x\r\n\r\n"),
    ("2.3", "no version", b"GET /\r\nHost: x\r\n\r\n"),
    ("2.3", "HTTP/1", b"GET / HTTP/1\r\nHost: x\r\n\r\n"),
    ("2.3", "HTTP/1.10", b"GET / HTTP/1.10\r\nHost: x\r\n\r\n"),
    ("2.3", "HTTP/01.1", b"GET / HTTP/01.1\r\nHost: x\r\n\r\n"),
    ("2.3", "the name in lower case", b"GET / http/1.1\r\nHost: x\r\n\r\n"),
    ("2.3", "another name", b"GET / ICY/1.1\r\nHost: x\r\n\r\n"),
    ("2.3", "the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("3", "no request line", b"\x00\r\n\r\n"),
    ("3", "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ("3", "one word", b"X\r\n\r\n"),
    ("3", "two spaces", b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3", "a tab", b"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3", "a space in the target", b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3.1", "a method that is no token", b"GE(T / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3.1", "a method in lower case", b"get / HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3.2", "NUL in the target", b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3.2", "a control character in the target", b"GET /a\x7fb HTTP/1.1\r\nHost: x\r\n\r\n"),
    ("3.2", "no Host", b"GET / HTTP/1.1\r\n\r\n"),
    ("3.2", "no Host, but fields", b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n"),
    ("3.2", "two Hosts", b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
    ("3.2", "the same Host twice", b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
    ("3.2", "two Hosts in HTTP/1.0", b"GET / HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n"),
    ("3.2", "Host with a space", b"GET / HTTP/1.1\r\nHost: x y\r\n\r\n"),
    ("3.2", "Host with a path", b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"),
    ("3.2", "Host with user information", b"GET / HTTP/1.1\r\nHost: a@x\r\n\r\n"),
    ("3.2", "Host with a port that is none", b"GET / HTTP/1.1\r\nHost: x:http\r\n\r\n"),
    ("5", "no colon", b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"),
    ("5", "no name", b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"),
    ("5.1", "a space before the colon", b"GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n"),
    ("5.1", "a tab before the colon", b"GET / HTTP/1.1\r\nHost: x\r\nA\t: b\r\n\r\n"),
    ("5.1", "a space before Content-Length's colon", PUT + b"Content-Length : 1\r\n\r\na"),
    ("5.1", "a space within a name", b"GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n"),
    ("5.1", "a name outside of ASCII", "GET / HTTP/1.1\r\nHost: x\r\né: c\r\n\r\n".encode()),
    ("5.2", "a folded line", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"),
    ("5.2", "a line folded by a tab", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n"),
    ("5.2", "a folded Transfer-Encoding", PUT + b"Transfer-Encoding:\r\n chunked\r\n" + LAST),
    ("9110 5.5", "NUL in a value", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n"),
    ("9110 5.5", "a control character in a value", b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x0bc\r\n\r\n"),
    ("6.1", "Content-Length and Transfer-Encoding", PUT + b"Content-Length: 5\r\n" + CHUNKED + LAST),
    ("6.1", "Transfer-Encoding and Content-Length", PUT + CHUNKED + b"Content-Length: 5\r\n" + LAST),
    ("6.1", "both, the length 0", PUT + CHUNKED + b"Content-Length: 0\r\n" + LAST),
    ("6.1", "Transfer-Encoding in HTTP/1.0", b"PUT /b.r/k HTTP/1.0\r\n" + CHUNKED + LAST),
    ("6.1", "chunked twice", PUT + b"Transfer-Encoding: chunked, chunked\r\n" + LAST),
    ("6.1", "chunked in two fields", PUT + CHUNKED + CHUNKED + LAST),
    ("6.1", "chunked is not the last", PUT + b"Transfer-Encoding: chunked, gzip\r\n" + LAST),
    ("6.1", "gzip and chunked", PUT + b"Transfer-Encoding: gzip, chunked\r\n" + LAST),
    ("6.1", "an unknown coding", PUT + b"Transfer-Encoding: xchunked\r\n" + LAST),
    ("6.1", "identity", PUT + b"Transfer-Encoding: identity\r\n\r\n"),
    ("6.1", "an empty Transfer-Encoding", PUT + b"Transfer-Encoding:\r\n" + LAST),
    ("6.1", "only a comma", PUT + b"Transfer-Encoding: ,\r\n" + LAST),
    ("6.1", "chunked with an empty element", PUT + b"Transfer-Encoding: chunked,\r\n" + LAST),
    ("6.1", "chunked with a parameter", PUT + b"Transfer-Encoding: chunked;q=1\r\n" + LAST),
    ("6.1", "chunked in quotes", PUT + b'Transfer-Encoding: "chunked"\r\n' + LAST),
    ("6.1", "chunked behind another space", PUT + b"Transfer-Encoding: \xa0chunked\r\n" + LAST),
    ("6.1", "on GET", b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("6.2", "two lengths", PUT + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("6.2", "two lengths in a list", PUT + b"Content-Length: 1, 2\r\n\r\nab"),
    ("6.2", "the same length twice", PUT + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
    ("6.2", "a negative length", PUT + b"Content-Length: -1\r\n\r\n"),
    ("6.2", "a length with a sign", PUT + b"Content-Length: +1\r\n\r\na"),
    ("6.2", "a length in hexadecimal", PUT + b"Content-Length: 0x1\r\n\r\na"),
    ("6.2", "a length with an underscore", PUT + b"Content-Length: 1_0\r\n\r\n0123456789"),
    ("6.2", "a length with a fraction", PUT + b"Content-Length: 1.0\r\n\r\na"),
    ("6.2", "a length with a space", PUT + b"Content-Length: 1 0\r\n\r\n0123456789"),
    ("6.2", "digits that are not ASCII", PUT + b"Content-Length: \xb2\r\n\r\nab"),
    ("6.2", "no length at all", PUT + b"Content-Length:\r\n\r\n"),
    ("6.2", "a length of 19 digits", PUT + b"Content-Length: 9999999999999999999\r\n\r\n"),
    ("6.2", "a length of 5000 digits", PUT + b"Content-Length: " + b"1" * 5000 + b"\r\n\r\n"),
]

# Chunks are judged as they come, after the head.
BROKEN_CHUNKS = [
    ("7.1", "no size", b"\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size that is none", b"g\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a negative size", b"-3\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size with a prefix", b"0x3\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size with a space in front", b" 3\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size of 20 digits", b"1" * 20 + b"\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size that ends with LF", b"3\nabc\r\n0\r\n\r\n"),
    ("7.1", "a size that ends with LF CR LF", b"3\n\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "more data than the size", b"3\r\nabcd\r\n0\r\n\r\n"),
    ("7.1", "less data than the size", b"5\r\nabc\r\n0\r\n\r\n"),
    ("7.1", "data that ends with LF", b"3\r\nabc\n0\r\n\r\n"),
    ("7.1", "an empty line between chunks", b"3\r\nabc\r\n\r\n0\r\n\r\n"),
    ("7.1.1", "NUL in an extension", b"3;a=\x00\r\nabc\r\n0\r\n\r\n"),
    ("7.1.1", "an extension that ends with LF", b"3;a=b\nabc\r\n0\r\n\r\n"),
    ("7.1.1", "an extension without end", b"3;" + b"a" * 100_000),
    ("7.1.2", "a trailer that is no field", b"0\r\nbad trailer\r\n\r\n"),
    ("7.1.2", "a folded trailer", b"0\r\nA: b\r\n c\r\n\r\n"),
    ("7.1.2", "a trailer that ends with LF", b"0\r\nA: b\n\r\n"),
    ("7.1.2", "a trailer without end", b"0\r\n" + b"A: b\r\n" * 10_000),
]

# What is right but unusual: the status, and whether the connection stays.
SERVED = [
    ("2.2", "empty lines before the request", b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 200, True),
    ("2.3", "HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", 200, False),
    ("2.3", "HTTP/1.0 that stays", b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", 200, True),
    ("9110 2.5", "HTTP/1.2", b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 200, True),
    ("3.2", "an empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 200, True),
    ("3.2", "an address in brackets", b"GET / HTTP/1.1\r\nHost: [::1]:30600\r\n\r\n", 200, True),
    ("3.2.2", "a whole URL as the target", b"GET http://x/ HTTP/1.1\r\nHost: y\r\n\r\n", 200, True),
    ("5.1", "no space behind the colon", b"GET / HTTP/1.1\r\nHost:x\r\n\r\n", 200, True),
    ("5.1", "spaces and tabs around a value", b"GET / HTTP/1.1\r\nHost: \t x \t\r\n\r\n", 200, True),
    ("5.1", "names in any case", b"GET / HTTP/1.1\r\nhOST: x\r\nCONNECTION: CLOSE\r\n\r\n", 200, False),
    ("6.1", "chunked in any case", PUT + b"Transfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, True),
    ("6.2", "zeros in front of a length", PUT + b"Content-Length: 0003\r\n\r\nabc", 200, True),
    ("6.3", "GET with a body", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 200, True),
    ("7.1", "sizes in any case", PUT + CHUNKED + b"\r\n00a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n", 200, True),
    ("7.1.1", "extensions", PUT + CHUNKED + b'\r\n3;a;b=c;d="e f"\r\nabc\r\n0;x\r\n\r\n', 200, True),
    ("7.1.2", "a trailer", PUT + CHUNKED + b"\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n", 200, True),
    ("9.3", "close among others", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE, close\r\n\r\n", 200, False),
    ("9.3", "close behind keep-alive", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive,close\r\n\r\n", 200, False),
    ("9.3", "close before keep-alive", b"GET / HTTP/1.0\r\nConnection: Close , keep-alive\r\n\r\n", 200, False),
    ("9.3", "close in a second field", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: TE\r\nConnection: close\r\n\r\n", 200, False),
    ("9.3", "a word that only looks like it", b"GET / HTTP/1.1\r\nHost: x\r\nConnection: closed\r\n\r\n", 200, True),
    ("9110 10.1.1", "an expectation in HTTP/1.0", b"PUT /b.r/k HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na", 200, False),
    ("9110 10.1.1", "an expectation without a body", PUT + b"Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", 200, False),
]  # fmt: skip


def other_parser(data: bytes) -> bytes:
    """Repeat a field that means nothing: such a head is not plain, and waitress parses it."""
    line, mark, rest = data.partition(b"HTTP/1.1\r\n")
    return line + mark + b"Filler: 1\r\nFiller: 2\r\n" + rest if mark else data


def both(cases: list[tuple]) -> list:
    """Each case as it is and, where that might make a difference, for the other parser."""
    params = []
    for rule, name, data, *wanted in cases:
        for variant, sent in (("", data), (", other parser", other_parser(data))):
            if not variant or sent != data:
                params.append(pytest.param(sent, *wanted, id=f"{rule} {name}{variant}"))
    return params


@pytest.fixture(scope="module")
def gateway(tmp_path_factory) -> Iterator[Gateway]:
    with serving(tmp_path_factory.mktemp("pfs")) as running:
        running.request("PUT", "/b.r")
        yield running


@pytest.fixture
def connection(gateway) -> Iterator[Connection]:
    with closing(Connection(gateway.port)) as connection:
        yield connection


def test_the_repeated_field_brings_the_other_parser():
    plain = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    assert read_plain_head(plain)
    assert read_plain_head(other_parser(plain)) is None


def refused(connection: Connection) -> None:
    status, headers, body = connection.response()
    assert (status, headers["connection"]) == (400, "close")
    assert b"<Code>BadRequest</Code>" in body
    assert connection.at_end()


@pytest.mark.parametrize("data", both(REFUSED))
def test_it_is_refused_at_once_and_the_connection_closed(connection, data):
    """Nothing behind it is taken for a request, and what is refused has not been read as another one."""
    connection.send(data)
    refused(connection)


@pytest.mark.parametrize("data", both(REFUSED))
def test_it_is_refused_however_it_is_cut(data):
    """The bytes of a head may come one by one."""
    reader = RequestReader(Settings("", 0))
    request = None
    for at in range(len(data)):
        if request is None:
            request, _ = reader.feed(data[at : at + 1])
    assert request is not None
    assert request.refusal is not None
    assert not request.keeps_alive


@pytest.mark.parametrize("expect", [b"", b"Expect: 100-continue\r\n"])
@pytest.mark.parametrize("data", both([case for case in REFUSED if case[2].startswith(PUT)]))
def test_whoever_expects_to_continue_is_refused_as_well(connection, data, expect):
    connection.send(
        data.replace(b"Host: x\r\n", b"Host: x\r\n" + expect, 1).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    )
    refused(connection)


@pytest.mark.parametrize(
    "chunks", [pytest.param(chunks, id=f"{rule} {name}") for rule, name, chunks in BROKEN_CHUNKS]
)
def test_broken_chunks_are_refused_and_commit_nothing(gateway, connection, chunks):
    gateway.request("PUT", "/b.r/k", b"kept")
    connection.send(PUT + CHUNKED + b"\r\n" + chunks)
    refused(connection)
    assert gateway.request("GET", "/b.r/k").body == b"kept"


@pytest.mark.parametrize(("data", "status", "stays"), both(SERVED))
def test_it_is_served(connection, data, status, stays):
    connection.send(data)
    found, headers, _ = connection.response()
    assert found == status
    assert (headers.get("connection") != "close") == stays
    if stays:
        connection.send(b"HEAD /b.r HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.response(head_only=True)[0] == 200
    else:
        assert connection.at_end()


@pytest.mark.parametrize(
    ("field", "status"),
    [(b"A: " + b"a" * 40_000, 200), (b"A: " + b"a" * 70_000, 400), (b"A: b\r\n" * 12_000, 400)],
)
def test_a_head_is_bounded(connection, field, status):
    """S3's own bounds are 8 KiB of target and as much of fields."""
    connection.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + field + b"\r\n\r\n")
    found, _, body = connection.response()
    assert found == status
    assert status == 200 or re.search(rb"<Code>RequestHeaderSectionTooLarge</Code>", body)
