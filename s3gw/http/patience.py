"""Answers that may take long: white space keeps the client waiting, as S3 does it.

What is ready within a moment is answered as ever. Behind that the answer begins with 200 and the head
of a document, and white space follows until the document is there, or an error in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

from s3gw.http.answer import Answer
from s3gw.http.layout import Response, lay_out
from s3gw.http.request import Request
from s3gw.http.xml import HEAD

# How long an answer is waited for before it begins, and between spaces: proxies wait for 30 s and more.
PATIENCE_S = 5.0

# Works at a time; others wait for their turn.
_MOST = 32


class Patience:
    """Has answers worked out in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_MOST, thread_name_prefix="patience")

    def respond(self, work: Callable[[], Response], request: Request) -> Response:
        """Give what `work` gives, which raises nothing; or the beginning of an answer that ends with it."""
        future = self._threads.submit(work)
        try:
            return future.result(PATIENCE_S)
        except NotYet:
            return lay_out(Answer(200, [("Content-Type", "application/xml")], _Late(future)), request)


class _Late:
    """The body of such an answer."""

    data = None

    def __init__(self, future: Future[Response]) -> None:
        self._future = future

    def extents(self) -> None:
        """It is in no file."""

    def __iter__(self) -> Iterator[bytes]:
        yield HEAD.encode()
        while True:
            try:
                body = self._future.result(PATIENCE_S).body
            except NotYet:
                yield b" "
                continue
            if isinstance(body, bytes):
                yield body.removeprefix(HEAD.encode())
            return

    def close(self) -> None:
        """The work goes on: the client may ask again what came of it."""
