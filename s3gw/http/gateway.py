"""From a routed Falcon request to its operation and back: the one way that every request goes."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import falcon
from falcon.routing.util import map_http_methods

from s3gw.context import Context
from s3gw.errors import S3Error
from s3gw.generated import errors
from s3gw.generated.routes import PROFILES, ROUTES, TABLES
from s3gw.http.call import Answer, Call
from s3gw.http.dispatch import Operation, Table
from s3gw.http.error import error_answer
from s3gw.http.target import Target, target_of
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import PFS, Change, PFSError

# Requests for one object, without parameters, in the raw target.
_OBJECT = re.compile(r"/[^/?]+/[^?]+")
_LANES: dict[str, Literal["read", "write"]] = {
    "GET": "read",
    "HEAD": "read",
    "PUT": "write",
    "DELETE": "write",
}

_TARGET = "s3gw.target"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A call whose change is still to be made, perhaps together with others.

    Attributes:
        environ: The request's.
        pending: The change, and what follows from it.
        write: Lays the handler's result out.
    """

    environ: Mapping[str, Any]
    pending: Pending
    write: Callable[..., Answer]

    def end(self, made: Change | BaseException) -> Answer:
        """Give the answer, or raise why the change was not made."""
        return self.write(self.pending.end(made))


class Gateway:
    """Runs operations for the resources of ``s3gw.generated.routes``."""

    def __init__(self, context: Context, profile: str = "classic") -> None:
        self._context = context
        self._profiles = PROFILES[profile]

    def run(self, table: Table, req: falcon.Request, resp: falcon.Response) -> None:
        """Find the operation, read its request, run its handler, write its answer."""
        environ = req.env
        target: Target = environ[_TARGET]
        answer = self.begin(table.resolve(target.query, environ), environ, target)
        if isinstance(answer, Unfinished):
            (made,) = self.change_all([answer])
            answer = answer.end(made)
        _write(answer, resp)

    def begin(self, operation: Operation, environ: Mapping[str, Any], target: Target) -> Answer | Unfinished:
        """Run the handler of an operation as far as its change, if it makes one."""
        note = environ.get("s3gw.log")
        if note is not None:
            note.operation = operation.name
            note.bucket = target.bucket or "-"
            note.key = target.key or "-"
        if operation.profile not in self._profiles:
            raise S3Error(errors.NotImplemented, operation.refusal())
        assert operation.read is not None
        assert operation.handle is not None
        assert operation.write is not None
        call = Call(environ, target.bucket, target.key, target.query)
        result = operation.handle(self._context, operation.read(call))
        if isinstance(result, Pending):
            return Unfinished(environ, result, operation.write)
        answer: Answer = operation.write(result)
        return answer

    def change_all(self, calls: Sequence[Unfinished]) -> Sequence[Change | BaseException]:
        """Make the changes of calls, together."""
        return self._context.pfs.change_all([(call.pending.branch, call.pending.edits) for call in calls])


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
    """The WSGI application.

    A server that has the whole of a small request may also ask for its answer without WSGI: see
    `lane`, `begin` and `finish`.
    """

    def __init__(self, gateway: Gateway, pfs: PFS) -> None:
        router: Any = _Router()  # Falcon's types know no router but its own
        super().__init__(router=router)
        self._gateway = gateway
        self._is_quick = pfs.is_quick
        self.check = pfs.check
        self.resp_options.default_media_type = None  # type: ignore[assignment] # no body, no type
        for template, resource in ROUTES.items():
            self.add_route(template, resource(gateway))
        self.add_error_handler(Exception, _answer_error)

    def lane(self, method: str, target: str) -> Literal["read", "write"] | None:
        """Tell whether a request is so quick that no thread is worth waking for it.

        A ``read`` never waits. A ``write`` waits for its change alone, which it can share with
        others. `target` is raw.
        """
        lane = _LANES.get(method)
        return lane if lane and self._is_quick and _OBJECT.fullmatch(target) else None

    def begin(self, environ: dict[str, Any]) -> Answer | Unfinished | None:
        """Answer a request of a lane, or tell what is to be changed first; None is not for a lane.

        PERF: what Falcon does for every request costs half as much as all the rest of a small GET;
        the operation that it would find is the same, from the same tables.
        """
        try:
            target = environ[_TARGET] = target_of(environ)
            table = TABLES[target.level, environ["REQUEST_METHOD"]]
            operation = table.resolve(target.query, environ)
            if operation is not table.default:
                return None
            return self._gateway.begin(operation, environ, target)
        except Exception as error:
            return _error_answer(environ, error)

    def finish(self, calls: Sequence[Unfinished]) -> list[Answer]:
        """Make the changes of calls together; each gets its own answer."""
        try:
            made = self._gateway.change_all(calls)
        except Exception as error:
            made = [error] * len(calls)
        return [_end(call, change) for call, change in zip(calls, made, strict=True)]


def _end(call: Unfinished, made: Change | BaseException) -> Answer:
    try:
        return call.end(made)
    except Exception as error:
        return _error_answer(call.environ, error)


def create_app(context: Context, profile: str = "classic") -> App:
    """Make the WSGI application that serves `context` in a profile of the catalogue."""
    return App(Gateway(context, profile), context.pfs)


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
    resp.stream = None
    _write(_error_answer(req.env, error), resp)


def _error_answer(environ: Mapping[str, Any], error: Exception) -> Answer:
    request_id = environ.get("s3gw.request_id") or secrets.token_hex(8).upper()
    target: Target | None = environ.get(_TARGET)
    resource = target.path if target else environ.get("PATH_INFO", "/")
    told = _s3_error(error, request_id)
    note = environ.get("s3gw.log")
    if note is not None:
        note.code = told.kind.code
    return error_answer(told, resource, request_id, environ.get("s3gw.host_id", "s3gw"))


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
