"""A registry of containers (github.com/distribution/distribution) that keeps its blobs in a bucket."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import urllib.request
from collections.abc import Iterator

import pytest

from tests.clients.conftest import ACCESS_KEY, SECRET
from tests.clients.large.conftest import built
from tests.serving import eventually

VERSION = "v3.1.2"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@pytest.fixture
def registry(gateway, bucket, tmp_path) -> Iterator[str]:
    """The address of the repository team/image."""
    program = built("github.com/distribution/distribution/v3/cmd/registry", VERSION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "version": "0.1",
        "log": {"level": "warn"},
        "http": {"addr": f"127.0.0.1:{port}"},
        "storage": {
            "s3": {
                "accesskey": ACCESS_KEY,
                "secretkey": SECRET,
                "region": "us-east-1",
                "regionendpoint": gateway.url,
                "forcepathstyle": True,
                "secure": False,
                "bucket": bucket,
            },
            "delete": {"enabled": True},
        },
    }
    (tmp_path / "registry.yml").write_text(json.dumps(settings))
    with (
        open(tmp_path / "log", "w") as log,
        subprocess.Popen([program, "serve", tmp_path / "registry.yml"], stdout=log, stderr=log) as process,
    ):
        try:
            eventually(lambda: _answers(port))
            yield f"http://127.0.0.1:{port}/v2/team/image"
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask(method: str, url: str, body: bytes | None = None, **headers: str):
    request = urllib.request.Request(
        url, body, {k.replace("_", "-"): v for k, v in headers.items()}, method=method
    )
    return urllib.request.urlopen(request, timeout=60)


def push(registry: str, body: bytes, pieces: int = 1) -> str:
    where = ask("POST", f"{registry}/blobs/uploads/", b"").headers["Location"]
    step = -(-len(body) // pieces)
    for begin in range(0, len(body), step):
        part = body[begin : begin + step]
        where = ask("PATCH", where, part, Content_Type="application/octet-stream").headers["Location"]
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert ask("PUT", f"{where}&digest={digest}", b"").status == 201
    return digest


def test_an_image_is_pushed_and_pulled(registry):
    layer = os.urandom(25 << 20)
    descriptors = [
        {
            "mediaType": f"application/vnd.oci.image.{kind}",
            "digest": push(registry, body, pieces),
            "size": len(body),
        }
        for kind, body, pieces in [("config.v1+json", b"{}", 1), ("layer.v1.tar", layer, 3)]
    ]
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptors[0], "layers": descriptors[1:]}
    ).encode()
    assert ask("PUT", f"{registry}/manifests/v1", manifest, Content_Type=MANIFEST).status == 201
    assert ask("GET", f"{registry}/manifests/v1", Accept=MANIFEST).read() == manifest
    assert ask("GET", f"{registry}/blobs/{descriptors[1]['digest']}").read() == layer
    assert json.load(ask("GET", f"{registry}/tags/list"))["tags"] == ["v1"]
    assert ask("DELETE", f"{registry}/blobs/{descriptors[1]['digest']}").status == 202
