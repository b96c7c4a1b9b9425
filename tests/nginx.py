"""nginx, as Debian has it, with the configuration of deploy/ in front of a gateway."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from codegen.catalogue import ROOT
from tests.clients.conftest import ACCESS_KEY, SECRET, alone
from tests.keyring import keyring_in
from tests.serving import Gateway, eventually, serving

DOMAIN = "s3.example.com"

# What deploy/nginx.conf leaves to the nginx.conf that includes it.
_AROUND = """\
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/s3gw.conf;
}}
"""


@dataclass(frozen=True)
class Front:
    """An nginx in front of a gateway.

    Attributes:
        port: Of TLS, on 127.0.0.1.
        authority: The certificate to trust, a PEM file.
        folder: Its own: error.log, s3gw.log, bodies, answers.
    """

    port: int
    authority: Path
    folder: Path

    @property
    def trust(self) -> ssl.SSLContext:
        """Trusts the authority alone."""
        return ssl.create_default_context(cafile=str(self.authority))

    def log(self) -> str:
        """The requests that it has logged."""
        return (self.folder / "s3gw.log").read_text()

    def complaints(self) -> str:
        """What nginx has logged of itself: errors, and bodies that it had to buffer."""
        return (self.folder / "error.log").read_text()


def installed() -> Path:
    """Find nginx, or take Debian's package apart, which wants no rights; skip where neither can be had."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return Path(found)
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        pytest.skip("nginx is not on this machine, and Debian's package cannot be had")
    with alone("nginx") as folder:
        program = folder / "usr" / "sbin" / "nginx"
        if not program.exists():
            folder.mkdir(exist_ok=True)
            command = ["apt-get", "download", "nginx"]
            got = subprocess.run(
                command, cwd=folder, capture_output=True, check=False, text=True, timeout=120
            )
            packages = list(folder.glob("nginx_*.deb"))
            if got.returncode or not packages:
                pytest.skip(f"Debian's package of nginx cannot be had: {got.stderr.strip()[-200:]}")
            subprocess.run(["dpkg-deb", "-x", packages[0], folder], check=True)
    return program


@contextmanager
def guarded(folder: Path) -> Iterator[Gateway]:
    """Run a gateway for nginx to be in front of; it asks who sends a request. Its PFS is in ``pfs``."""
    options = ["--profile", "extended", "--auth", str(keyring_in(folder)), "--domain", DOMAIN]
    options += ["--trusted-proxy", "127.0.0.1", "--durability", "process"]
    with serving(folder / "pfs", *options) as running:
        running.credentials = (ACCESS_KEY, SECRET)
        yield running


@contextmanager
def fronted(gateway: Gateway, folder: Path) -> Iterator[Front]:
    """Run nginx in front of a gateway, in a folder that is not there; nothing may be held or go wrong in it."""
    with _running(gateway, folder) as front:
        yield front
        # 413 and 502 are told there, and each body that was collected in a file
        assert re.findall(r".*(?:upstream|too large|buffered|invalid header).*", front.complaints()) == []
        assert list(folder.glob("bodies/**/*")) == list(folder.glob("answers/**/*")) == []


@contextmanager
def _running(gateway: Gateway, folder: Path) -> Iterator[Front]:
    program = installed()
    folder.mkdir()
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", DOMAIN, f"*.{DOMAIN}", f"*.images.{DOMAIN}")
    certificate.private_key_pem.write_to_path(folder / "s3gw.key")
    for each in certificate.cert_chain_pems:
        each.write_to_path(folder / "s3gw.crt", append=True)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    example = (ROOT / "deploy" / "nginx.conf").read_text()
    for there, here in {
        "127.0.0.1:30600": f"127.0.0.1:{gateway.port}",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "/etc/nginx/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
    }.items():
        assert there in example
        example = example.replace(there, here)
    (folder / "s3gw.conf").write_text(example)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder, user=user))
    command = [program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            eventually(lambda: process.poll() is not None or _answers(port))
            assert process.poll() is None, process.stderr.read()
            yield Front(port, folder / "ca.pem", folder)
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
