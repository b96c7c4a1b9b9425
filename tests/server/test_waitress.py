"""What the gateway relies on inside of waitress: a change of these is to be looked at before it is used."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented

import s3gw
from s3gw.server._rules import Malformed, field_lines, joined
from s3gw.server._waitress import parse_head

ROOT = Path(s3gw.__file__).parent


def test_it_is_a_version_that_was_tried():
    assert re.fullmatch(r"3\.0\.[12]", version("waitress"))
    needed = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    assert "waitress>=3.0.1,<3.1" in needed


def test_nothing_but_the_door_imports_it():
    users = [
        path
        for path in ROOT.rglob("*.py")
        if re.search(r"^\s*(?:from|import) waitress", path.read_text(), re.MULTILINE)
    ]
    assert [path.name for path in users] == ["_waitress.py"]


def test_the_parser_is_made_and_called_as_before():
    assert list(inspect.signature(HTTPRequestParser).parameters) == ["adj"]
    assert list(inspect.signature(HTTPRequestParser.parse_header).parameters) == ["self", "header_plus"]
    parser = HTTPRequestParser(Adjustments())
    assert parser.parse_header(b"PUT /a%20b?c=d HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nX-A: 2\r\n\r\n") is None
    assert (parser.command, parser.request_uri, parser.version) == ("PUT", "/a%20b?c=d", "1.1")
    assert parser.headers == {"HOST": "x", "X_A": "1, 2"}


@pytest.mark.parametrize("error", [ParsingError, TransferEncodingNotImplemented])
def test_its_refusals_are_errors_of_their_own(error):
    assert issubclass(error, Exception)
    assert not issubclass(error, (OSError, ValueError))


@pytest.mark.parametrize(
    "block",
    [
        b"GET\r\n\r\n",
        b"GET / x HTTP/1.1\r\n\r\n",
        b"GET / HTTP/x\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nName : x\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: " + b"1" * 5000 + b"\r\n\r\n",
    ],
)
def test_what_it_refuses_is_malformed(block):
    with pytest.raises(Malformed):
        parse_head(block[: block.index(b"\r\n")], field_lines(block))


@pytest.mark.parametrize(
    "block",
    [
        b"GET a://%b/%b x HTTP/1.1\r\n\r\n" % (b"1" * 30_000, b"1" * 30_000),
        b"GET a://%b HTTP/x\r\n\r\n" % (b"1" * 60_000),
        b"GET / HTTP/1.1\r\na:%b\x01\r\n\r\n" % (b" \t" * 30_000),
    ],
)
def test_lines_of_all_of_a_head_that_are_none_are_refused_at_once(block):
    """Waitress would take minutes for each."""
    with pytest.raises(Malformed):
        parse_head(block[: block.index(b"\r\n")], field_lines(block))


def test_white_space_around_a_value_is_none_of_it():
    block = b"GET /a HTTP/1.1\r\na:%bx%b\r\na: y\r\n\r\n" % (b" " * 30_000, b"\t" * 30_000)
    lines = field_lines(block)
    assert parse_head(block[: block.index(b"\r\n")], lines) == ("GET", "/a", "1.1")
    assert joined(lines) == {"a": "x, y"}
