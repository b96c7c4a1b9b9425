"""The one door to waitress: its parser of heads, and its whole server for the port of the probes.

What is relied on besides its documented API is `HTTPRequestParser.parse_header`, what that leaves on
the parser, and the exceptions that it raises: see tests/server/test_waitress.py. That was tried with
waitress 3.0.1 and 3.0.2; pyproject.toml admits no 3.1 before it is tried too. waitress's loop and
channels are not used: they receive a body before the application is asked, keep what they have sent,
and hold a thread for each answer.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError, TransferEncodingNotImplemented
from waitress.server import create_server

from s3gw.server._rules import Malformed

_ADJUSTMENTS = Adjustments()


def parse_head(block: bytes) -> tuple[str, str, str]:
    """Parse the head of a request, from its request line to its empty line.

    Returns:
        Method, raw target, and version: ``1.1``, or ``""`` where none was given.

    Raises:
        Malformed: waitress refuses it.
    """
    parser = HTTPRequestParser(_ADJUSTMENTS)
    try:
        parser.parse_header(block)
    except (ParsingError, TransferEncodingNotImplemented, ValueError) as error:
        raise Malformed(str(error)) from error
    return parser.command, parser.request_uri, parser.version


def serve_wsgi(application: Callable[..., Any], listener: socket.socket, threads: int) -> None:
    """Serve a WSGI application until the process ends."""
    create_server(
        application, map={}, sockets=[listener], threads=threads, ident=None, connection_limit=64
    ).run()
