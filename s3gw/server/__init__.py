"""waitress, in worker processes on one port: sockets, signals, request ids, the access log."""

from s3gw.server._master import ServerError, Settings, serve

__all__ = ["ServerError", "Settings", "serve"]
