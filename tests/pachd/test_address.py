"""How pachd is found: told, in a pod, by pachctl's config."""

from __future__ import annotations

import base64
import json

import pytest

from s3gw.pfs import PFSError, opener
from s3gw.pfs.pachd.address import Address, find_address

PEM = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def config(path, **context) -> dict[str, str]:
    text = {"v2": {"active_context": "here", "contexts": {"here": context, "other": {}}}}
    path.write_text(json.dumps(text))
    return {"PACH_CONFIG": str(path), "HOME": "/nowhere"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("grpc://pachd:1650", Address("pachd:1650")),
        ("grpc://pachd", Address("pachd:30650")),
        ("grpcs://pachd.example.com:443/", Address("pachd.example.com:443", tls=True)),
        ("grpc://[::1]:650", Address("[::1]:650")),
    ],
)
def test_an_address_is_read(where, expected):
    assert find_address(where, environ={}) == expected


@pytest.mark.parametrize(
    "where", ["grpc://", "grpc://a b:1", "grpc://a:0", "grpc://a:99999", "grpc://::1:1", "grpc://a:1/x"]
)
def test_what_is_no_address_is_refused_with_what_to_write(where):
    with pytest.raises(PFSError, match="grpc://HOST:PORT"):
        find_address(where, environ={})


def test_a_pod_knows_its_cluster():
    environ = {"PACHD_PEER_SERVICE_HOST": "10.0.0.7", "PACHD_PEER_SERVICE_PORT": "1653", "PACH_TOKEN": "t"}
    assert find_address("pachd", environ=environ) == Address("10.0.0.7:1653", token="t")


def test_the_active_context_of_pachctl_is_used(tmp_path):
    environ = config(
        tmp_path / "c.json",
        pachd_address="grpcs://cluster:443",
        session_token="secret",
        server_cas=base64.b64encode(PEM).decode(),
    )
    found = find_address("pachd", environ=environ)
    assert found == Address("cluster:443", tls=True, ca=PEM, token="secret")
    assert "secret" not in f"{found} {found!r}"
    assert find_address("pachd", token="mine", environ=environ).token == "mine"


def test_without_a_cluster_it_says_what_to_do(tmp_path):
    with pytest.raises(PFSError, match="write --pfs grpc://HOST:PORT"):
        find_address("pachd", environ={"HOME": str(tmp_path)})
    with pytest.raises(PFSError, match="active context"):
        find_address("pachd", environ=config(tmp_path / "c.json"))


def test_authorities_ask_for_tls(tmp_path):
    (tmp_path / "ca.pem").write_bytes(PEM)
    found = find_address("grpc://h:1", ca_file=str(tmp_path / "ca.pem"), environ={})
    assert (found.tls, found.ca) == (True, PEM)
    (tmp_path / "bad.pem").write_bytes(b"no")
    for name in ("bad.pem", "missing.pem"):
        with pytest.raises(PFSError, match="--pachd-ca"):
            find_address("grpc://h:1", ca_file=str(tmp_path / name), environ={})


def test_a_gateway_names_what_it_can_serve():
    with pytest.raises(PFSError, match="grpc://HOST:PORT for a cluster"):
        opener("elsewhere")
