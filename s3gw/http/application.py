"""The one way that every request goes, whoever has received it: operation, request, handler, layout, errors.

A server gives a `Request` and gets a `Response`. It may ask first how quick that is (`route`), and
may make the changes of several requests together (`finish`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from s3gw.addressing.hosts import Domains
from s3gw.auth.access import OPEN, UNKNOWN
from s3gw.auth.authority import Authority
from s3gw.auth.gate import Gate, reads_form
from s3gw.context import Context
from s3gw.generated import errors
from s3gw.generated.routes import DEFAULT_PROFILE, PROFILES
from s3gw.http.keeping import Keeper
from s3gw.http.layout import Response, identified, laid_out, lay_out, lay_out_error
from s3gw.http.operation import ANYBODY, Operation, Support, Way
from s3gw.http.patience import Patience
from s3gw.http.request import Request
from s3gw.http.target import Target
from s3gw.operations.pending import Pending
from s3gw.pfs.interface import PFS, Change, PFSError, WouldWait
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
        domains: Below which a bucket may stand in the host; without any it stands in the path.

    Attributes:
        judges_heads: Whether `refusal` tells anything.
        check: Raises a PFSError where the PFS cannot be used at present.
        turn: See `PFS.turn`; for `finish`.
        forbid_waiting: Tells the PFS that the calling thread must not wait; `begin` gives None there
            where it would have to.
    """

    def __init__(
        self,
        context: Context,
        profile: str = DEFAULT_PROFILE,
        *,
        authority: Authority | None = None,
        domains: Domains | None = None,
    ) -> None:
        self._profile = PROFILES[profile]
        self._context = replace(context, keys=self._profile.keys, buckets=self._profile.buckets)
        self._domains = domains
        self._gate = None if authority is None else Gate(authority, self._profile.buckets)
        self._pfs_errors = errors.PFS_ERRORS[profile]
        self._is_quick = context.pfs.is_quick
        # What is refused at sight waits for nothing, unless somebody is asked first whose PFS is far away.
        self._at_sight: Way | None = "read" if self._is_quick or authority is None else None
        self.judges_heads = authority is not None and authority.is_quick
        self._patience = Patience()
        self._keeper = Keeper(context.pfs, context.cache, hosts_count=domains is not None)
        self.check = context.pfs.check
        self.forbid_waiting = context.pfs.forbid_waiting
        self.turn = context.pfs.turn

    def route(self, request: Request) -> Way | None:
        """Find the operation of a request, and tell how it is served; None where nothing more is known."""
        try:
            operation = self._operation(request)
        except S3Error as error:
            request.refused = error
            return self._at_sight
        if operation.support is None:
            return self._at_sight
        lane = operation.support.lane
        return lane if self._is_quick or lane is None else "thread"

    def locate(self, request: Request) -> Target:
        """Find where a request goes, once. Raise S3Error as `Request.locate`."""
        return request.target or request.locate(self._domains)

    def _operation(self, request: Request) -> Operation[Any, Any]:
        if request.operation is None:
            self._keeper.recall(request)
        if request.operation is None:
            target = self.locate(request)
            request.operation = self._profile.resolve(
                target.level, request.method, target.query, request.headers
            )
        return request.operation

    def _admit(self, request: Request) -> None:
        """Let a request pass whose sender may send it, and no other; once. Raise S3Error."""
        if self._gate is None or request.is_admitted:
            return
        if request.operation is None and request.refused is None:
            self.route(request)  # a server need not have asked
        if request.target is None and request.refused is not None:
            raise request.refused  # nobody can tell what was signed
        operation = None if request.refused is not None else request.operation
        if operation is not None and operation.right == ANYBODY:
            request.access = OPEN
            return
        request.access = UNKNOWN
        request.access = access = self._gate.identify(request)
        identity = access.identity
        if identity is not None and identity.token is not None:
            access.pfs = self._context.pfs.acting_as(identity.name, identity.token)
        if operation is not None:
            self._gate.judge(request, operation, access)

    def _context_of(self, request: Request, pfs: PFS) -> Context:
        """Give the context of a handler: that of all requests, and what is of this one."""
        access = request.access or OPEN
        # PERF: a POST alone tells in a body where the object is that it has made
        tells = request.has_bucket_in_host or request.method == "POST"
        if access is OPEN and not tells and pfs is self._context.pfs:
            return self._context
        return replace(self._context, access=access, pfs=access.pfs or pfs, location=request.location)

    def refusal(self, request: Request) -> S3Error | None:
        """Tell why a request is refused whatever its body is, which is still to come; it waits for nothing.

        None where it is not, and where the body is a form, which tells who sends it.
        """
        try:
            self.route(request)
            if not reads_form(request):
                self._admit(request)
                request.is_admitted = True
        except S3Error as error:
            return error
        return request.refused

    def _tell_browsers(self, request: Request) -> None:
        """Have the answer to a request, whatever it is, say which pages may see it."""
        if self._context.cors is not None:
            request.cors = self._context.cors.headers(request.method, request.headers)

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
        self._tell_browsers(request)
        try:
            self._admit(request)
            support = self._support(request)
            request.buckets = self._context.buckets
            kept = request.kept
            asked = support.read(request) if kept is None else kept.asked
            if support.keeps_waiting:
                return self._patience.respond(lambda: self._work(support, asked, request), request)
            kept = kept or self._keeper.note(request, asked)
            pfs, state = self._context.pfs, None
            if kept is not None:
                pfs = pfs.at_one_moment()
                state = self._keeper.state(pfs, kept)
                if kept.response is not None and state == kept.state:
                    return identified(kept.response, request)
            context = self._context_of(request, pfs)  # PERF: not for an answer that is kept
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

    def glance(self, request: Request) -> Response | None:
        """Answer a request by what is kept, in a thread that must not wait, of a PFS that is not quick.

        None where nothing is, or nobody can tell at once whether it still holds: `begin` it in a thread then.
        """
        kept = request.kept
        if kept is None or kept.response is None or (self._gate is not None and not self.judges_heads):
            return None
        try:
            self._admit(request)
            request.is_admitted = True
            if self._keeper.state(self._context.pfs, kept) != kept.state:
                return None
        except (S3Error, PFSError):
            return None
        self._tell_browsers(request)
        return identified(kept.response, request)

    def _work(self, support: Support[Any, Any], asked: Any, request: Request) -> Response:
        """Answer a request whose answer may take long."""
        try:
            return lay_out(
                support.write(support.handle(self._context_of(request, self._context.pfs), asked)), request
            )
        except Exception as error:
            return self.fail(request, error)

    def finish(self, begun: Sequence[Unfinished[Any]]) -> list[Response]:
        """Make the changes of requests together, those of a user as that user; each gets its own answer.

        Raise `WouldWait`, and change nothing, where that would have to wait in a thread that must not: finish
        the same in another.
        """
        answers: list[Response | None] = [None] * len(begun)
        for pfs in dict.fromkeys(call.context.pfs for call in begun):
            numbers = [number for number, call in enumerate(begun) if call.context.pfs == pfs]
            changes = [(begun[number].pending.branch, begun[number].pending.edits) for number in numbers]
            made: Sequence[Change | BaseException]
            try:
                made = pfs.change_all(changes)
            except WouldWait:
                raise
            except Exception as error:
                made = [error] * len(numbers)
            for number, change in zip(numbers, made, strict=True):
                answers[number] = self._end(begun[number], change)
        return [answer for answer in answers if answer is not None]

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
        return self.fail(request, S3Error(kind, message))

    def fail(self, request: Request, error: Exception) -> Response:
        """Answer any exception as S3 does; what nobody expected is logged."""
        self._tell_browsers(request)
        answered = self._s3_error(error, request)
        access = request.access
        if access is None:
            if self._gate is not None:
                request.access = UNKNOWN  # it was refused before anybody was asked
        elif answered.kind is errors.SignatureDoesNotMatch:
            access.is_denied = True  # by what is signed of its body
        elif access.pfs is not None and answered.kind is errors.AccessDenied:
            access.is_denied = True  # by PFS itself
        return lay_out_error(answered, request)

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
