"""The one door to waitress: its parser of heads, and its whole server for the port of the probes.

What is relied on besides its documented API is `HTTPRequestParser.parse_header`, what that leaves on
the parser, and the exceptions that it raises: see tests/server/test_waitress.py. That was tried with
waitress 3.0.1 and 3.0.2; pyproject.toml admits no 3.1 before it is tried too. waitress's loop and
channels are not used: they receive a body before the application is asked, keep what they have sent,
and hold a thread for each answer.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.server import create_server

from s3gw.server._rules import Malformed

_ADJUSTMENTS = Adjustments()

_REQUEST_LINE = re.compile(rb"[^ ]+ [^ ]+(?: HTTP/[0-9.]+)?")

# Bytes of a head that a probe may have: waitress reads some in the square of their length.
_PROBE = 1024


def parse_head(line: bytes, fields: Iterable[tuple[bytes, bytes]]) -> tuple[str, str, str]:
    """Parse the head of a request.

    waitress's expressions read a line that does not match in the square of its length, white space around a
    value too: it is given none of these.

    Args:
        line: The request line.
        fields: Names and values of its fields, without white space around them.

    Returns:
        Method, raw target, and version: ``1.1``, or ``""`` where none was given.

    Raises:
        Malformed: waitress refuses it.
    """
    if not _REQUEST_LINE.fullmatch(line):
        raise Malformed("The request line is malformed.")
    lines = [line, *(b"%b:%b" % field for field in fields)]
    parser = HTTPRequestParser(_ADJUSTMENTS)
    try:
        parser.parse_header(b"\r\n".join([*lines, b"", b""]))
    except (ParsingError, TransferEncodingNotImplemented, ValueError) as error:
        raise Malformed(str(error)) from error
    return parser.command, parser.request_uri, parser.version


def serve_wsgi(application: Callable[..., Any], listener: socket.socket, threads: int) -> None:
    """Serve a WSGI application for probes until the process ends."""
    create_server(
        application,
        map={},
        sockets=[listener],
        threads=threads,
        ident=None,
        connection_limit=64,
        max_request_header_size=_PROBE,
    ).run()
