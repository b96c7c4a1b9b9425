"""A head that is read in one pass is what waitress reads, and what waitress refuses is left to it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s3gw.server._head import read_plain_head
from s3gw.server._rules import Malformed, check_beginning, field_lines, joined, known_version
from s3gw.server._waitress import parse_head

PLAIN = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /a?b=c%20d HTTP/1.1\r\nHost: x\r\n\r\n",
    b"PUT /a/b HTTP/1.1\r\nHost:x\r\nContent-Length:  5 \r\nX-Amz-Date: \t y\t\r\n\r\nhello",
    b"DELETE /b.r/k HTTP/1.1\r\nEmpty:\r\nAlso-Empty: \r\nUtf: \xc3\xa9\r\nTab: a\tb\r\n\r\n",
    b"HEAD /%C3%A9 HTTP/1.1\r\nETag!: a:b: c\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
]
LEFT_TO_WAITRESS = [
    b"",
    b"GET / HTTP/1.1\r\nHost: x\r\n",
    b"\r\nGET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET / HTTP/2.0\r\n\r\n",
    b"GET  / HTTP/1.1\r\n\r\n",
    b"get / HTTP/1.1\r\n\r\n",
    b"GET * HTTP/1.1\r\n\r\n",
    b"GET http://h/ HTTP/1.1\r\n\r\n",
    b"GET /a b HTTP/1.1\r\n\r\n",
    b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nNul: \x00\r\n\r\n",
    b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    b"GET / HTTP/1.1\r\nName : x\r\n\r\n",
    b"GET / HTTP/1.1\r\n: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
    b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nX_Y: z\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\r\na: c\r\n\r\n",
    b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
]

NAME = st.text("abcXYZ019-_!~ :\t\r\n\x00", min_size=0, max_size=6)
VALUE = st.text('ab ,:;\t\r\n\x00\x7f\x85\xa0é"=-_0', max_size=8)


@st.composite
def heads(draw) -> bytes:
    method = draw(st.sampled_from(["GET", "PUT", "DELETE", "X", "get", "G T"]))
    target = draw(st.sampled_from(["/", "/a/b?c=d", "/é", "*", "http://h/x", "/a b", "/#f"]))
    version = draw(st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1 "]))
    fields = draw(st.lists(st.tuples(NAME, VALUE), max_size=4))
    end = draw(st.sampled_from(["\r\n", "\r\n", "\n"]))
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in fields)]
    return (end.join(lines) + end + end).encode("latin-1")


@pytest.mark.parametrize("data", PLAIN)
def test_a_plain_head_is_read(data):
    assert read_plain_head(data)


@pytest.mark.parametrize("data", LEFT_TO_WAITRESS)
def test_what_is_not_plain_is_left_to_waitress(data):
    assert read_plain_head(data) is None


@given(heads())
@example(b"GET / HTTP/1.1\r\nA: \x85b\x85\r\n\r\n")
def test_what_is_read_is_what_waitress_reads(data):
    head = read_plain_head(data)
    if head is None:
        return
    block = data[: head.size]
    lines = field_lines(block)
    method, target, version = parse_head(block[: block.index(b"\r\n")], lines)
    assert (method, target, known_version(version)) == (head.method, head.target, head.version)
    assert joined(lines) == head.fields


for plain in PLAIN:
    test_what_is_read_is_what_waitress_reads = example(plain)(test_what_is_read_is_what_waitress_reads)


@given(st.lists(st.sampled_from([b"G", b"a", b"\r\n", b"\r", b"\n"]), max_size=8), st.data())
def test_a_beginning_that_comes_in_pieces_is_judged_as_a_whole(parts, data):
    whole = b"G" + b"".join(parts)

    def is_refused(*cuts: int) -> bool:
        checked = 0
        for end in [*sorted(cuts), len(whole)]:
            try:
                check_beginning(whole[:end], checked)
            except Malformed:
                return True
            checked = end
        return False

    cuts = data.draw(st.lists(st.integers(1, len(whole)), max_size=4))
    assert is_refused(*cuts) == is_refused()
