"""Sockets and processes: workers on one port, connections, lanes, signals, the access log."""

from s3gw.server._master import serve
from s3gw.server._settings import ServerError, Settings

__all__ = ["ServerError", "Settings", "serve"]
