"""Servers in this process, for tests that look into them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from s3gw.context import Context
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.server._server import GatewayServer
from tests.server.in_process import running


@pytest.fixture
def serve(tmp_path) -> Iterator[Callable[..., GatewayServer]]:
    """Make servers with settings, over an empty PFS; the loop of each runs in a thread."""
    with ExitStack() as stack:
        pfs = EmbeddedPFS(tmp_path / "pfs", "process")
        stack.callback(pfs.close)

        def start(**settings: int) -> GatewayServer:
            return stack.enter_context(running(create_app(Context(pfs)), **settings))

        yield start


@pytest.fixture
def server(serve) -> GatewayServer:
    """One with the settings that are usual."""
    return serve()
