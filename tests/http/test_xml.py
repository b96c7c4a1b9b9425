"""Documents of clients: refused where they begin to be wrong, so that they cost no more than what is kept."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from s3gw.generated.parsers import DELETE
from s3gw.http import xml
from s3gw.s3_error import S3Error


def refused_after(blocks: Iterator[bytes]) -> tuple[str, int]:
    """Give the code of the refusal, and how many blocks were read."""
    read = 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for block in blocks:
            read += 1
            yield block

    with pytest.raises(S3Error) as refused:
        xml.parse(counted(), DELETE, "Delete")
    return refused.value.kind.code, read


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (b"<Delete>", b"<a/>"),
        (b"<Delete>", b"text"),
        (b"<Delete><Object><Key>", b"<b>"),
        (b"<Other>", b"<Object/>"),
        (b"<!DOCTYPE d [", b"<!ENTITY a 'b'>"),
        (b"<Delete>", b"<Object><Key>k</Key></Object>" * 1001),
        (b"<Delete", b" xmlns:a='b' c='>'" * 4000),
        (b"<Delete><!--", b"x" * 65536),
    ],
)
def test_a_document_is_refused_as_soon_as_it_is_wrong(start, more):
    def endless() -> Iterator[bytes]:
        yield start
        for _ in range(1000):
            yield more

    code, read = refused_after(endless())
    assert code == "MalformedXML"
    assert read < 5


def test_four_megabytes_of_what_nobody_knows_cost_nothing():
    blocks = [b"<Delete>", *[b"<a/>" * 65536] * 16]  # as a body gives them
    tracemalloc.start()
    for _ in range(16):
        refused_after(iter(blocks))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20  # of 64 MiB


@pytest.mark.parametrize("document", [b"", b" ", b"\n\r\n\t"])
def test_nothing_but_white_space_is_no_document(document):
    assert xml.parse(iter([document]), DELETE, "Delete") is None


def test_a_long_text_is_none_of_a_tag():
    text = "<Delete><Object><Key>%s</Key></Object>%s</Delete>"
    found = xml.parse([(text % ("k" * 16_384, "\n" * 500_000)).encode()], DELETE, "Delete")
    assert found is not None
    assert found.object[0].key == "k" * 16_384
    code, _ = refused_after(iter([(text % ("k\n" * 8_193, "")).encode()]))
    assert code == "MalformedXML"


def test_what_xml_cannot_carry_is_replaced_and_the_rest_comes_back():
    for code in [*range(0x100), 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x10FFFF]:
        text = f"a{chr(code)}b"
        is_there = code in (9, 10, 13) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF
        read = ElementTree.fromstring(f"<a>{xml.escape(text)}</a>").text
        assert read == (text if is_there else "a\ufffdb"), hex(code)
