"""The Dockerfile, done step by step in an empty environment, and the manifest against its schema."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from codegen.catalogue import ROOT
from tests.serving import eventually

DOCKERFILE = (ROOT / "Dockerfile").read_text()
MANIFEST = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text()))
INGRESS = yaml.safe_load((ROOT / "deploy" / "ingress.yaml").read_text())


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds what the image holds."""
    source = tmp_path_factory.mktemp("src")
    for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE):
        for name in line.split():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, source / name)
    venv = tmp_path_factory.mktemp("image") / "venv"
    uv = Path(sys.executable).with_name("uv")
    environ = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, venv], check=True, env=environ)
    assert "pip install --no-cache-dir ." in DOCKERFILE
    install = [uv, "pip", "install", "--quiet", "--python", venv / "bin" / "python", source]
    subprocess.run(install, check=True, env=environ)
    return venv


def test_what_the_image_runs_serves_and_passes_its_own_health_check(installed, tmp_path):
    ports = {"30600": free_port(), "30601": free_port()}
    (settings,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", DOCKERFILE, re.MULTILINE)
    environ = dict(pair.split("=", 1) for pair in settings.replace("\\\n", " ").split())
    environ = {name: value.replace("/data", str(tmp_path)) for name, value in environ.items()}
    for port, free in ports.items():
        environ = {
            name: value.replace(f"0.0.0.0:{port}", f"127.0.0.1:{free}") for name, value in environ.items()
        }
    entry, command = (
        json.loads(re.search(rf"^{word} (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])
        for word in ("ENTRYPOINT", "CMD")
    )
    check = json.loads(re.search(r"^HEALTHCHECK CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1])
    check = [word.replace("30601", str(ports["30601"])) for word in check]
    bin_ = installed / "bin"
    with subprocess.Popen([bin_ / entry[0], *entry[1:], *command], env=environ, cwd=tmp_path) as process:
        try:
            eventually(
                lambda: (
                    not subprocess.run(
                        [bin_ / check[0], *check[1:]], check=False, stderr=-3, env={}
                    ).returncode
                )
            )
            url = f"http://127.0.0.1:{ports['30600']}/master.first"
            for target, body in ((url, None), (f"{url}/a", b"hello")):
                urllib.request.urlopen(urllib.request.Request(target, body, method="PUT"), timeout=10)
            assert urllib.request.urlopen(f"{url}/a", timeout=10).read() == b"hello"
        finally:
            process.terminate()
    assert process.returncode == 0


def test_the_image_knows_a_cluster(installed):
    command = [installed / "bin" / "s3gw", "serve", "--pfs", "pachd", "--listen", "127.0.0.1:0"]
    done = subprocess.run(command, check=False, env={"HOME": "/nowhere"}, capture_output=True, text=True)
    assert done.returncode == 2
    assert "write --pfs grpc://HOST:PORT" in done.stderr


def test_the_image_knows_keyrings(installed, tmp_path):
    command = [installed / "bin" / "s3gw", "key", "add", "ci", "--keyring", tmp_path / "keyring.yaml"]
    done = subprocess.run(command, check=False, env={}, capture_output=True, text=True)
    assert (done.returncode, "AKIA" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("document", [*MANIFEST, INGRESS], ids=lambda document: document["kind"])
def test_the_manifest_is_what_kubernetes_accepts(document):
    kubernetes_validate.validate(document, "1.32", strict=True)


def test_the_manifest_and_the_image_agree():
    deployment, service = MANIFEST
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert deployment["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"]
    assert f"USER {deployment['spec']['template']['spec']['securityContext']['runAsUser']}:" in DOCKERFILE
    ports = {port["containerPort"] for port in container["ports"]}
    assert ports == set(map(int, re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[1].split()))
    assert service["spec"]["ports"][0]["nodePort"] == 30600


def test_the_ingress_leads_to_the_service_under_names_that_have_a_certificate():
    _, service = MANIFEST
    ports = {(service["metadata"]["name"], port["name"]) for port in service["spec"]["ports"]}
    rules = INGRESS["spec"]["rules"]
    for rule in rules:
        ((path, target),) = [(path["path"], path["backend"]["service"]) for path in rule["http"]["paths"]]
        assert path == "/"
        assert (target["name"], target["port"]["name"]) in ports
    (tls,) = INGRESS["spec"]["tls"]
    assert [rule["host"] for rule in rules] == tls["hosts"]


def test_the_ingress_and_nginx_say_the_same():
    said = (ROOT / "deploy" / "nginx.conf").read_text()
    prefix = "nginx.ingress.kubernetes.io/"
    told = {name.removeprefix(prefix): value for name, value in INGRESS["metadata"]["annotations"].items()}
    assert said.count("client_max_body_size 0;") == (told["proxy-body-size"] == "0")
    for name in ("proxy-request-buffering", "proxy-buffering", "proxy-http-version"):
        assert f"{name.replace('-', '_')} {told[name]};" in said
    for name in ("proxy-read-timeout", "proxy-send-timeout"):
        assert f"{name.replace('-', '_')} {told[name]}s;" in said
