"""A client that is alone before a cluster: what is kept is answered at once, if pachd tells the head at once."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.server.test_wire import Connection, get, put_head
from tests.serving import eventually, serving

OTHER = get("b.r", "there", "PATCH")  # which no thread is asked for


def head(connection: Connection, key: str = "there") -> tuple[int, str | None]:
    """Send a HEAD; its status and ETag."""
    connection.send(get("b.r", key, "HEAD"))
    status, headers, _ = connection.response(head_only=True)
    return status, headers.get("etag")


@pytest.fixture
def gateway(tmp_path, address):
    with serving(tmp_path, "--workers", "1", where=address) as gateway:
        assert gateway.request("PUT", "/b.r").status == 200
        assert gateway.request("PUT", "/b.r/there", b"there").status == 200
        yield gateway


def test_what_is_read_again_is_never_what_another_gateway_has_replaced(gateway, tmp_path, address):
    with (
        serving(tmp_path, "--workers", "1", where=address) as other,
        closing(Connection(gateway.port)) as reader,
        closing(Connection(other.port)) as writer,
    ):
        for number in range(15):
            for _ in range(4):
                before = head(reader)
            writer.send(put_head("b.r", 2, "there") + b"%02d" % number)
            status, headers, _ = writer.response()
            assert status == 200
            assert head(reader) == (200, headers["etag"]) != before
        assert other.request("DELETE", "/b.r/there").status == 204
        assert head(reader) == (404, None)


def test_others_are_served_while_pachd_does_not_tell_the_head(gateway, fault):
    with closing(Connection(gateway.port)) as reader, closing(Connection(gateway.port)) as other:
        for _ in range(4):
            found = head(reader)
        fault(latency_s=2)
        reader.send(get("b.r", "there", "HEAD"))
        other.send(OTHER)
        assert other.response()[0] == 405
        reader.socket.settimeout(0.2)
        with pytest.raises(TimeoutError):
            reader.response(head_only=True)
        reader.socket.settimeout(20)
        status, headers, _ = reader.response(head_only=True)
        assert (status, headers["etag"]) == found
        fault()
        for _ in range(50):
            assert head(reader) == found
    eventually(lambda: sum(" HeadObject b.r " in line for line in gateway.log) == 55)
