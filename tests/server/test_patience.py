"""A completion or a copy that takes long keeps its client waiting with white space, as S3 does."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest
from defusedxml.ElementTree import fromstring

from s3gw.context import Context
from s3gw.http import patience
from s3gw.http.wsgi import create_app
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, PiecesGone
from tests.server.in_process import running

HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


class SlowPFS(EmbeddedPFS):
    """Refers to what is there when it is let."""

    def __init__(self, folder) -> None:
        super().__init__(folder, "process")
        self.may_go_on = threading.Event()
        self.fails = False

    def compose(self, *arguments, **options) -> object:
        assert self.may_go_on.wait(20)
        if self.fails:
            raise PiecesGone("As it is told.")
        return super().compose(*arguments, **options)


@pytest.fixture
def slow(tmp_path, monkeypatch) -> Iterator[tuple[SlowPFS, int]]:
    """A slow PFS with an object, and the port of a server of it."""
    monkeypatch.setattr(patience, "PATIENCE_S", 0.05)
    pfs = SlowPFS(tmp_path)
    pfs.create_branch(Branch("r", "b"))
    with running(create_app(Context(pfs), "extended")) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.address[1], timeout=20)
        connection.request("PUT", "/b.r/a", b"content")
        assert connection.getresponse().read() == b""
        yield pfs, server.address[1]
        pfs.may_go_on.set()
    pfs.close()


def begin_copy(port: int) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PUT", "/b.r/copy", headers={"x-amz-copy-source": "/b.r/a"})
    return connection, connection.getresponse()


def test_white_space_comes_until_the_document_does(slow):
    pfs, port = slow
    connection, answer = begin_copy(port)
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, "chunked")
    assert answer.headers["Content-Type"] == "application/xml"
    begun = answer.read(len(HEAD) + 3)
    assert begun == HEAD + b"   "
    pfs.may_go_on.set()
    document = fromstring(begun + answer.read())
    assert document.tag.endswith("CopyObjectResult")
    connection.request("GET", "/b.r/copy")  # the connection goes on
    assert connection.getresponse().read() == b"content"


def test_an_error_stands_behind_a_200(slow):
    pfs, port = slow
    pfs.fails = True
    _, answer = begin_copy(port)
    assert answer.status == 200
    begun = answer.read(len(HEAD) + 1)
    pfs.may_go_on.set()
    document = fromstring(begun + answer.read())
    assert (document.tag, document.findtext("Code")) == ("Error", "ServiceUnavailable")


def test_what_is_ready_soon_has_its_own_status(slow):
    pfs, port = slow
    pfs.may_go_on.set()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PUT", "/b.r/copy", headers={"x-amz-copy-source": "/b.r/none"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (404, None)


def test_a_client_of_http_1_0_reads_to_the_end_of_the_connection(slow):
    pfs, port = slow
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"  # type: ignore[attr-defined]
    connection.request("PUT", "/b.r/copy", headers={"x-amz-copy-source": "/b.r/a"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Transfer-Encoding"]) == (200, None)
    begun = answer.read(len(HEAD) + 1)
    pfs.may_go_on.set()
    assert fromstring(begun + answer.read()).tag.endswith("CopyObjectResult")


def test_a_client_that_goes_away_does_not_stop_the_work(slow):
    pfs, port = slow
    connection, answer = begin_copy(port)
    assert answer.read(len(HEAD) + 1)
    connection.close()
    pfs.may_go_on.set()
    again = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(200):
        again.request("GET", "/b.r/copy")
        if again.getresponse().read() == b"content":
            return
    pytest.fail("the copy was not made")
