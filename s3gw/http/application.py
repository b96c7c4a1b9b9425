"""The one way that every request goes, whoever has received it: operation, request, handler, layout, errors.

A server gives a `Request` and gets a `Response`. It may ask first how quick that is (`route`), and
may make the changes of several requests together (`finish`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from s3gw.auth.access import OPEN, UNKNOWN
from s3gw.auth.authority import Authority
from s3gw.auth.gate import Gate
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.routes import DEFAULT_PROFILE, PROFILES
from s3gw.http.keeping import Keeper
from s3gw.http.layout import Response, identified, laid_out, lay_out, lay_out_error
from s3gw.http.operation import ANYBODY, Lane, Operation, Support
from s3gw.http.patience import Patience
from s3gw.http.request import Request
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import Change, PFSError, WouldWait
from s3gw.s3_error import S3Error

Result = TypeVar("Result")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unfinished(Generic[Result]):
    """A request whose change is still to be made, perhaps together with others.

    Attributes:
        request: The request.
        context: In which it is served.
        support: Of its operation.
        pending: The change, and what follows from it.
    """

    request: Request
    context: Context
    support: Support[Any, Result]
    pending: Pending[Result]


class Application:
    """Serves `context` in a profile of the catalogue.

    Args:
        context: The PFS, and the settings.
        profile: Its name.
        authority: Who knows identities; without one nobody is asked who they are.

    Attributes:
        check: Raises a PFSError where the PFS cannot be used at present.
        forbid_waiting: Tells the PFS that the calling thread must not wait; `begin` gives None there
            where it would have to.
    """

    def __init__(
        self, context: Context, profile: str = DEFAULT_PROFILE, *, authority: Authority | None = None
    ) -> None:
        self._profile = PROFILES[profile]
        self._context = replace(context, keys=self._profile.keys, buckets=self._profile.buckets)
        self._gate = None if authority is None else Gate(authority, self._profile.buckets)
        self._pfs_errors = errors.PFS_ERRORS[profile]
        self._is_quick = context.pfs.is_quick
        self._patience = Patience()
        self._keeper = Keeper(context.pfs, context.cache)
        self.check = context.pfs.check
        self.forbid_waiting = context.pfs.forbid_waiting

    def route(self, request: Request) -> Lane | None:
        """Find the operation of a request, and tell how it can be answered without a thread of its own.

        What is refused at sight waits for nothing either.
        """
        try:
            operation = self._operation(request)
        except S3Error as error:
            request.refused = error
            return "read"
        if operation.support is None:
            return "read"
        return operation.support.lane if self._is_quick else None

    def _operation(self, request: Request) -> Operation[Any, Any]:
        if request.operation is None:
            self._keeper.recall(request)
        if request.operation is None:
            target = request.target or request.locate()
            request.operation = self._profile.resolve(
                target.level, request.method, target.query, request.headers
            )
        return request.operation

    def _context_of(self, request: Request) -> Context:
        """Give the context in which a request is served, once whoever sends it may do so. Raise S3Error."""
        if self._gate is None:
            return self._context
        if request.target is None and request.refused is not None:
            raise request.refused  # nobody can tell what was signed
        operation = None if request.refused is not None else self._operation(request)
        if operation is not None and operation.right == ANYBODY:
            request.access = OPEN
            return self._context
        request.access = UNKNOWN
        request.access = access = self._gate.identify(request)
        if operation is not None:
            self._gate.judge(request, operation, access)
        return replace(self._context, access=access)

    def _support(self, request: Request) -> Support[Any, Any]:
        """Give how the operation of a request is served. Raise S3Error where it is not."""
        if request.refused is not None:
            raise request.refused
        operation = self._operation(request)
        if operation.support is None:
            raise S3Error(errors.NotImplemented, operation.refusal())
        return operation.support

    def begin(self, request: Request) -> Response | Unfinished[Any] | None:
        """Answer a request, or go as far as the change that it makes.

        None where that would have to wait in a thread that must not: begin it again in another.
        """
        try:
            context = self._context_of(request)
            support = self._support(request)
            request.buckets = self._context.buckets
            kept = request.kept
            asked = support.read(request) if kept is None else kept.asked
            if support.keeps_waiting:
                return self._patience.respond(lambda: self._work(context, support, asked, request), request)
            kept = kept or self._keeper.note(request, asked)
            state = None if kept is None else self._keeper.state(kept)
            if kept is not None and kept.response is not None and state == kept.state:
                return identified(kept.response, request)
            result = support.handle(context, asked)
            if isinstance(result, Pending):
                return Unfinished(request, context, support, result)
            response = laid_out(support.write(result), request.method)
            if kept is not None:
                self._keeper.keep(request, kept, state, response)
            return identified(response, request)
        except WouldWait:
            return None
        except Exception as error:
            return self.fail(request, error)

    def _work(self, context: Context, support: Support[Any, Any], asked: Any, request: Request) -> Response:
        """Answer a request whose answer may take long."""
        try:
            return lay_out(support.write(support.handle(context, asked)), request)
        except Exception as error:
            return self.fail(request, error)

    def finish(self, begun: Sequence[Unfinished[Any]]) -> list[Response]:
        """Make the changes of requests together; each gets its own answer."""
        changes = [(call.pending.branch, call.pending.edits) for call in begun]
        made: Sequence[Change | BaseException]
        try:
            made = self._context.pfs.change_all(changes)
        except Exception as error:
            made = [error] * len(begun)
        return [self._end(call, change) for call, change in zip(begun, made, strict=True)]

    def _end(self, call: Unfinished[Any], made: Change | BaseException) -> Response:
        try:
            return lay_out(call.support.write(call.pending.end(made)), call.request)
        except Exception as error:
            return self.fail(call.request, error)

    def answer(self, request: Request) -> Response:
        """Answer a request, with a change of its own where it makes one."""
        begun = self.begin(request)
        if isinstance(begun, Unfinished):
            (response,) = self.finish([begun])
            return response
        return begun or self.fail(request, WouldWait())

    def refuse(self, request: Request, status: int, detail: str) -> Response:
        """Answer what a server or framework could not read, by the status that it gives that."""
        kind = errors.HTTP_ERRORS.get(status)
        if kind is None:
            is_theirs = errors.BadRequest.status <= status < errors.InternalError.status
            kind = errors.BadRequest if is_theirs else errors.InternalError
        message = kind.message if kind is errors.InternalError else f"{kind.message} {detail}".strip()
        return lay_out_error(S3Error(kind, message), request)

    def fail(self, request: Request, error: Exception) -> Response:
        """Answer any exception as S3 does; what nobody expected is logged."""
        return lay_out_error(self._s3_error(error, request), request)

    def _s3_error(self, error: Exception, request: Request) -> S3Error:
        if isinstance(error, S3Error):
            return error
        for kind in type(error).__mro__:
            if issubclass(kind, PFSError) and kind in self._pfs_errors:
                row, tell = self._pfs_errors[kind]
                if row.status >= errors.InternalError.status:
                    _log.warning("%s: %s: %s", request.request_id, kind.__name__, error)
                return S3Error(row, str(error) if tell else None)
        _log.error("%s: unexpected error", request.request_id, exc_info=error)
        return S3Error(errors.InternalError)
