"""From a routed Falcon request to its operation and back: the one way that every request goes."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

import falcon
from falcon.routing.util import map_http_methods

from s3gw.context import Context
from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.generated.routes import PROFILES, ROUTES
from s3gw.http.call import Answer, Call
from s3gw.http.dispatch import Operation, Table
from s3gw.http.error import error_answer
from s3gw.http.target import Target, target_of
from s3gw.pfs.interface import PFSError

_TARGET = "s3gw.target"
_log = logging.getLogger(__name__)


class Gateway:
    """Runs operations for the resources of ``s3gw.generated.routes``."""

    def __init__(self, context: Context, profile: str = "classic") -> None:
        self._context = context
        self._profiles = PROFILES[profile]

    def run(self, table: Table, req: falcon.Request, resp: falcon.Response) -> None:
        """Find the operation, read its request, run its handler, write its answer."""
        environ = req.env
        target: Target = environ[_TARGET]
        operation = table.resolve(target.query, environ)
        note = environ.get("s3gw.log")
        if note is not None:
            note.operation = operation.name
            note.bucket = target.bucket or "-"
        if operation.profile not in self._profiles:
            raise S3Error(errors.NotImplemented, operation.refusal())
        _write(self._handle(operation, Call(environ, target.bucket, target.key, target.query)), resp)

    def _handle(self, operation: Operation, call: Call) -> Answer:
        assert operation.read is not None
        assert operation.handle is not None
        assert operation.write is not None
        result = operation.handle(self._context, operation.read(call))
        answer: Answer = operation.write(result)
        return answer


class _Router:
    """Falcon's router, for the three templates: it splits the raw target, then decodes.

    Falcon's own decodes first, so that ``/a%2Fb`` would be an object, and knows nothing of an
    empty key: ``/bucket/`` is the bucket.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[object, dict[str, Any], dict[str, Any], str]] = {}

    def add_route(self, uri_template: str, resource: object, **_options: Any) -> None:
        level = ("service", "bucket", "object")[uri_template.count("{")]
        methods = _Methods(map_http_methods(resource))  # type: ignore[arg-type] # WSGI's, not ASGI's
        self._found[level] = (resource, methods, {}, uri_template)

    def find(self, _uri: str, req: falcon.Request) -> tuple[object, dict[str, Any], dict[str, Any], str]:
        target = target_of(req.env)
        req.env[_TARGET] = target
        return self._found[target.level]


class _Methods(dict[str, Callable[..., None]]):
    """The responders of a resource; a method that it has not is 405, whatever its name."""

    def __missing__(self, method: str) -> Callable[..., None]:
        allowed = ", ".join(sorted(self))

        def refuse(_req: falcon.Request, _resp: falcon.Response) -> None:
            raise S3Error(errors.MethodNotAllowed, headers={"Allow": allowed})

        return refuse


class App(falcon.App[falcon.Request, falcon.Response]):
    """The WSGI application."""

    reads_are_quick = False

    @staticmethod
    def check() -> None:
        """Raise a `PFSError` where nothing can be served at present."""

    def is_quick(self, method: str, target: str) -> bool:
        """Tell whether a request is answered so soon that no thread is worth waking for it.

        A server may ask; `target` is raw.
        """
        return (
            self.reads_are_quick and method in ("GET", "HEAD") and "?" not in target and target.count("/") > 1
        )


def create_app(context: Context, profile: str = "classic") -> App:
    """Make the WSGI application that serves `context` in a profile of the catalogue."""
    router: Any = _Router()  # Falcon's types know no router but its own
    app = App(router=router)
    app.reads_are_quick = context.pfs.reads_are_quick
    app.check = context.pfs.check  # type: ignore[method-assign]
    app.resp_options.default_media_type = None  # type: ignore[assignment] # no body, no type
    gateway = Gateway(context, profile)
    for template, resource in ROUTES.items():
        app.add_route(template, resource(gateway))
    app.add_error_handler(Exception, _answer_error)
    return app


def _write(answer: Answer, resp: falcon.Response) -> None:
    resp.status = falcon.code_to_http_status(answer.status)
    if isinstance(answer.body, bytes):
        resp.content_type = "application/xml"
        resp.data = answer.body
    elif answer.body is not None:
        resp.stream = answer.body
    if answer.headers:
        resp.set_headers(answer.headers)


def _answer_error(
    req: falcon.Request, resp: falcon.Response, error: Exception, _params: dict[str, Any]
) -> None:
    """Answer any exception as S3 does."""
    request_id = req.env.get("s3gw.request_id") or secrets.token_hex(8).upper()
    target: Target | None = req.env.get(_TARGET)
    resource = target.path if target else req.path
    resp.stream = None
    host_id = req.env.get("s3gw.host_id", "s3gw")
    _write(error_answer(_s3_error(error, request_id), resource, request_id, host_id), resp)


def _s3_error(error: Exception, request_id: str) -> S3Error:
    if isinstance(error, S3Error):
        return error
    if isinstance(error, falcon.HTTPError) and error.status_code < errors.InternalError.status:
        return S3Error(errors.BadRequest, error.title)
    for kind in type(error).__mro__:
        if issubclass(kind, PFSError) and kind in errors.PFS_ERRORS:
            row, tell = errors.PFS_ERRORS[kind]
            if row.status >= errors.InternalError.status:
                _log.warning("%s: %s: %s", request_id, kind.__name__, error)
            return S3Error(row, str(error) if tell else None)
    _log.error("%s: unexpected error", request_id, exc_info=error)
    return S3Error(errors.InternalError)
