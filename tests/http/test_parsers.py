"""Whatever clients send for a number, a time, a range, a token, a name: an answer or an S3Error, nothing else."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3gw.addressing.buckets import ALL, BRANCHES
from s3gw.addressing.keys import check_key
from s3gw.generated import parsers
from s3gw.http import values, xml
from s3gw.http.body import Body
from s3gw.http.request import Request
from s3gw.http.target import parse
from s3gw.operations import _tokens
from s3gw.operations._conditions import Conditions, NotModified, if_range_holds, parse_range
from s3gw.pfs.interface import InvalidName
from s3gw.s3_error import S3Error

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
LATIN = st.text(st.characters(max_codepoint=255), max_size=60)
TEXT = st.text(max_size=60)


def digits(most: int) -> st.SearchStrategy[str]:
    return st.text("0123456789+-._ eE٣", max_size=most)


def http_dates() -> st.SearchStrategy[str]:
    """Dates that are nearly HTTP's."""
    part = st.sampled_from(["Fri", "Fri,", "31", "0", "-1", "99", "Dec", "Foo", "9999", "0000", "1", "99999999999999999999",
                            "23:59:59", "24:00:00", "23:59", "::", "-0100", "+9999", "-2400", "GMT", "UTC", "EST", "-0000", "é"])  # fmt: skip
    made = st.builds("{}, {:02} Dec {:04} {:02}:{:02}:{:02} {}{:04}".format, st.just("Fri"), st.integers(0, 40),
                     st.integers(0, 9999), st.integers(0, 30), st.integers(0, 70), st.integers(0, 70),
                     st.sampled_from("+-"), st.integers(0, 9999))  # fmt: skip
    return st.one_of(st.lists(part, max_size=8).map(" ".join), made, LATIN)


def conditions(text: str) -> None:
    for name in ("if_match", "if_none_match", "if_modified_since", "if_unmodified_since"):
        found = Conditions(**{name: text})
        found.failed("etag", NOW)
        found.failed(None, None)
        with contextlib.suppress(NotModified):
            found.check_read("etag", NOW)
    if_range_holds(text, "etag", NOW)


PARSERS: dict[str, tuple[Callable[[str], object], st.SearchStrategy[str]]] = {
    "integer": (lambda text: values.integer("n", text), digits(6000)),
    "bounded integer": (lambda text: values.integer("n", text, minimum=1, maximum=5, cap=3), digits(12)),
    "size": (lambda text: values.size_in_bytes("n", text), digits(6000)),
    "boolean": (lambda text: values.boolean("b", text), TEXT),
    "value": (lambda text: values.string("s", text, values=("url",)), TEXT),
    "header": (lambda text: values.header("h", text), TEXT),
    "date": (conditions, http_dates()),
    "condition": (conditions, LATIN),
    "range": (lambda text: (parse_range(text, 0), parse_range(text, 10)), st.one_of(digits(40).map("bytes={}".format), LATIN)),
    "token of names": (_tokens.read_name, st.one_of(TEXT, st.text("WyJ4Iiw=-_", max_size=40))),
    "token of a position": (_tokens.read_position, TEXT),
    "key": (check_key, st.text(max_size=2000)),
    "target": (parse, st.one_of(LATIN, LATIN.map("/{}".format), st.text("/%?&=aF2é.", max_size=40).map("/{}".format))),
    "boolean in XML": (xml.boolean, TEXT),
}  # fmt: skip


@pytest.mark.parametrize("name", PARSERS)
def test_nothing_but_an_s3_error_comes_out(name):
    read, texts = PARSERS[name]

    @settings(max_examples=150, deadline=None)
    @given(texts)
    def holds(text: str) -> None:
        with contextlib.suppress(S3Error):
            read(text)

    holds()


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 31 Dec 9999 23:59:59 -0100",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "1 Jan 99999999999999999999 00:00:00",
    ],
)
def test_a_time_that_no_calendar_has_is_ignored(text):
    for name in ("if_modified_since", "if_unmodified_since"):
        assert Conditions(**{name: text}).failed("etag", NOW) is None


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_a_bucket_is_named_or_is_an_invalid_name(text):
    for buckets in (BRANCHES, ALL):
        with contextlib.suppress(InvalidName):
            buckets.place(text)


HEADERS = st.dictionaries(
    st.sampled_from(["content-length", "content-md5", "content-encoding", "x-amz-content-sha256", "x-amz-trailer",
                     "x-amz-decoded-content-length", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "x-amz-checksum-"]),
    st.one_of(digits(30), LATIN, st.sampled_from(["STREAMING-", "aws-chunked", "x-amz-checksum-crc32", "CRC32", "5"])),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(HEADERS, st.binary(max_size=60))
def test_a_body_is_read_or_refused(headers, wire):
    with contextlib.suppress(S3Error):
        list(Body(headers, io.BytesIO(wire)))


NODES = st.recursive(
    st.text("ab&;<>", max_size=6).map(lambda text: text.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.builds(
        lambda name, inside: f"<{name}>{''.join(inside)}</{name}>",
        st.sampled_from(["Delete", "Object", "Key", "Quiet", "VersionId", "ETag", "Size", "x"]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(st.one_of(NODES.map(str.encode), st.binary(max_size=60)), st.integers(1, 20))
def test_a_document_is_read_or_refused_in_pieces_of_any_size(document, size):
    pieces = [document[begin : begin + size] for begin in range(0, len(document), size)]
    with contextlib.suppress(S3Error):
        found = xml.parse(iter(pieces), parsers.DELETE, "Delete")
        assert found is None or all(isinstance(entry.key, str) for entry in found.object)


@settings(max_examples=300, deadline=None)
@given(LATIN.map(lambda text: f"/b.r/k?{text}"), st.dictionaries(LATIN, LATIN, max_size=3))
def test_a_request_is_located_or_refused(target, headers):
    with contextlib.suppress(S3Error):
        Request("PUT", target, headers, io.BytesIO()).locate()
