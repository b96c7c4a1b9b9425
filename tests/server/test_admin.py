"""/healthz and /readyz, as a probe sees them."""

from __future__ import annotations

import http.client
import socket

from s3gw.pfs.interface import Unavailable
from s3gw.server._admin import Readiness
from tests.serving import devpachd, eventually, serving


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def ask(port: int, path: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_a_gateway_over_the_embedded_pfs_is_healthy_and_ready(tmp_path):
    port = free_port()
    with serving(tmp_path, "--admin-listen", f"127.0.0.1:{port}") as gateway:
        assert ask(port, "/healthz") == (200, "ok\n")
        assert ask(port, "/readyz") == (200, "ok\n")
        assert ask(port, "/else")[0] == 404
        assert gateway.request("GET", "/healthz").code == "NoSuchBucket"  # S3's paths stay S3's


def test_a_gateway_is_ready_when_its_cluster_is(tmp_path):
    """It starts before the cluster, says why it is not ready, and becomes ready by itself."""
    port, pachd = free_port(), free_port()
    where = f"grpc://127.0.0.1:{pachd}"
    with serving(tmp_path, "--admin-listen", f"127.0.0.1:{port}", where=where):
        assert ask(port, "/healthz")[0] == 200
        status, text = ask(port, "/readyz")
        assert status == 503
        assert "not ready: pachd: UNAVAILABLE" in text
        with devpachd(tmp_path / "d", listen=f"127.0.0.1:{pachd}"):
            eventually(lambda: ask(port, "/readyz")[0] == 200)


def test_readiness_does_not_flap():
    now, fails = [100.0], []

    def check() -> None:
        if fails:
            raise Unavailable("gone")

    readiness = Readiness(check, lambda: now[0])
    assert readiness.problem() is None
    fails.append(True)
    now[0] += 10
    assert readiness.problem() is None
    now[0] += 10
    assert readiness.problem() == "gone"
    fails.clear()
    assert readiness.problem() is None


def test_the_tokens_of_a_cluster_are_never_logged(tmp_path):
    with devpachd(tmp_path / "d", "--root-token", "other") as (address, _):
        with serving(tmp_path, where=address, PACH_TOKEN="very-secret") as gateway:
            assert gateway.request("PUT", "/master.a").code == "AccessDenied"
        assert "very-secret" not in "".join(gateway.log)
