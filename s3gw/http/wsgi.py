"""Falcon's face of the application: WSGI, for any server, over the generated routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import falcon
from falcon.routing.util import map_http_methods

from s3gw.addressing.hosts import NO_DOMAINS, Domains
from s3gw.auth.authority import Authority
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.routes import DEFAULT_PROFILE, ROUTES
from s3gw.http.application import Application
from s3gw.http.framing import Input
from s3gw.http.layout import SPELLED, Response
from s3gw.http.request import Request
from s3gw.s3_error import S3Error

# Where a server that made the request already puts it into WSGI's environ.
REQUEST = "s3gw.request"


class Face(falcon.App[falcon.Request, falcon.Response]):
    """The WSGI application: each responder of the generated resources asks the `Application`."""

    def __init__(self, application: Application) -> None:
        router: Any = _Router(application)  # Falcon's types know no router but its own
        super().__init__(router=router)
        self.application = application
        self.resp_options.default_media_type = None  # type: ignore[assignment] # no body, no type
        for template, resource in ROUTES.items():
            self.add_route(template, resource(self))
        self.add_error_handler(Exception, self._answer_error)

    def __call__(self, env: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as WSGI has it, the names of headers spelled as everywhere: Falcon's are in lower case."""

        def spelled(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [(SPELLED[name], value) for name, value in headers], *rest)

        return super().__call__(env, spelled)

    def answer(self, req: falcon.Request, resp: falcon.Response) -> None:
        """Answer the request of any route."""
        _write(self.application.answer(_request(req.env)), resp)

    def _answer_error(
        self, req: falcon.Request, resp: falcon.Response, error: Exception, _params: dict[str, Any]
    ) -> None:
        """Answer any exception, Falcon's own too, as S3 does."""
        request = _request(req.env)
        if isinstance(error, falcon.HTTPError):
            _write(self.application.refuse(request, error.status_code, error.title or ""), resp)
        else:
            _write(self.application.fail(request, error), resp)


class _Router:
    """Falcon's router, for the three templates: it splits the raw target, then decodes.

    Falcon's own decodes first, so that ``/a%2Fb`` would be an object, and knows nothing of an
    empty key: ``/bucket/`` is the bucket.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._found: dict[str, tuple[object, dict[str, Any], dict[str, Any], str]] = {}

    def add_route(self, uri_template: str, resource: Any, **_options: Any) -> None:
        methods = _Methods(map_http_methods(resource))  # type: ignore[arg-type] # WSGI's, not ASGI's
        self._found[resource.level] = (resource, methods, {}, uri_template)

    def find(self, _uri: str, req: falcon.Request) -> tuple[object, dict[str, Any], dict[str, Any], str]:
        return self._found[self._application.locate(_request(req.env)).level]


class _Methods(dict[str, Callable[..., None]]):
    """The responders of a resource; the application itself refuses a method that S3 has not."""

    def __missing__(self, _method: str) -> Callable[..., None]:
        return next(iter(self.values()))


def _request(environ: dict[str, Any]) -> Request:
    """Give the request of WSGI's environ; it is made once."""
    request: Request | None = environ.get(REQUEST)
    if request is None:
        request = environ[REQUEST] = request_of(environ)
    return request


def request_of(environ: dict[str, Any]) -> Request:
    """Make the request of WSGI's environ."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_LENGTH", "CONTENT_TYPE"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = environ[name]
    chunked = headers.pop("transfer-encoding", "") != "" and bool(environ.get("wsgi.input_terminated"))
    # without an end the input is the connection, which nobody may read to its end
    has_body = chunked or "content-length" in headers
    stream: Input = _Input(environ["wsgi.input"]) if has_body else BytesIO()
    return Request(environ["REQUEST_METHOD"], raw_target(environ), headers, stream, chunked=chunked)


class _Input:
    """A server's input; what it cannot read is the client's fault."""

    def __init__(self, stream: Input) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, ValueError) as error:
            raise S3Error(errors.BadRequest, f"The body cannot be read: {error}") from error


def raw_target(environ: dict[str, Any]) -> str:
    """Give the target as it was sent, as waitress (REQUEST_URI) and gunicorn (RAW_URI) tell it."""
    raw: str | None = environ.get("REQUEST_URI") or environ.get("RAW_URI")
    if raw is None:  # a WSGI server that does not tell: its decoded path is the best there is
        raw = environ["PATH_INFO"].replace("%", "%25").replace("?", "%3F")
        raw = f"{raw}?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else raw
    return raw


def create_app(
    context: Context,
    profile: str = DEFAULT_PROFILE,
    *,
    authority: Authority | None = None,
    domains: Domains = NO_DOMAINS,
) -> Face:
    """Make the WSGI application; the arguments are those of `Application`."""
    return Face(Application(context, profile, authority=authority, domains=domains))


def _write(response: Response, resp: falcon.Response) -> None:
    resp.status = falcon.code_to_http_status(response.status)
    resp.set_headers(response.headers)
    if isinstance(response.body, bytes):
        resp.data = response.body
    else:
        resp.stream = response.body
