"""Which bucket the name of a host tells, and as what a client may have signed it."""

from __future__ import annotations

import pytest

from s3gw.addressing.hosts import NO_DOMAINS, Domains, name_of, spellings, with_port

DOMAINS = Domains(["s3.example.com", "S3.Internal.", "eu.s3.example.com"])
COMMIT = "0123456789ab4cdef0123456789abcde"


@pytest.mark.parametrize(
    ("host", "bucket"),
    [
        ("master.images.s3.example.com", "master.images"),
        ("master.images.project.s3.example.com", "master.images.project"),
        (f"{COMMIT}.master.images.s3.example.com", f"{COMMIT}.master.images"),
        ("images.s3.example.com", "images"),
        ("MASTER.Images.S3.Example.COM", "master.images"),
        ("master.images.s3.example.com:8443", "master.images"),
        ("master.images.s3.example.com.", "master.images"),
        ("master.images.s3.example.com.:443", "master.images"),
        ("master.images.s3.internal", "master.images"),
        ("master.images.eu.s3.example.com", "master.images"),  # the longer domain
        ("a_b.c_d.s3.example.com", "a_b.c_d"),
        # names that no bucket has, and yet below a domain: they never become paths
        ("a.b.c.d.e.s3.example.com", "a.b.c.d.e"),
        ("master%2Eimages.s3.example.com", "master%2eimages"),
        (".s3.example.com", ""),
        ("..s3.example.com", "."),
        # paths
        ("s3.example.com", None),
        ("s3.example.com:443", None),
        ("S3.EXAMPLE.COM.", None),
        ("eu.s3.example.com", None),
        ("example.com", None),
        ("evils3.example.com", None),
        ("s3.example.com.evil.org", None),
        ("s3.example.com..", None),
        ("localhost:30600", None),
        ("127.0.0.1:30600", None),
        ("[::1]:30600", None),
        ("[::1]", None),
        ("", None),
    ],
)
def test_all_before_the_longest_domain_is_the_bucket(host, bucket):
    assert DOMAINS.bucket(host) == bucket
    assert NO_DOMAINS.bucket(host) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "s3..example.com",
            "-s3.example.com",
            "s3.example.com:443",
            "*.example.com",
            "10.0.0.1",
            "1",
        ),
        *("http://s3.example.com", "s3.example.com/", "bücher.example", "a" * 254),
    ],
)
def test_what_is_no_domain_is_refused(name):
    with pytest.raises(ValueError, match="is no domain: write a name such as"):
        Domains([name])


@pytest.mark.parametrize(
    "name", ["localhost", "s3", "s3.example.com", "s3-1.example.com", "1.example", "xn--a"]
)
def test_domains(name):
    assert Domains([name]).bucket(f"master.images.{name}") == "master.images"


@pytest.mark.parametrize(
    ("host", "port", "signed"),
    [
        ("h", "", ["h", "h:443", "h:80"]),
        ("h:443", "", ["h:443", "h", "h:80"]),
        ("h:30600", "8443", ["h:30600", "h", "h:8443", "h:443", "h:80"]),
        ("H.", "443", ["H.", "H.:443", "H.:80"]),
        ("[::1]:80", "", ["[::1]:80", "[::1]", "[::1]:443"]),
        ("[::1]", "", ["[::1]", "[::1]:443", "[::1]:80"]),
    ],
)
def test_a_host_is_signed_with_one_port_or_another_but_by_its_name(host, port, signed):
    assert spellings(host, port) == signed
    assert {name_of(each) for each in signed} == {name_of(host)}


@pytest.mark.parametrize(
    ("host", "port", "whole"),
    [
        ("h", "8443", "h:8443"),
        ("h:1", "8443", "h:1"),
        ("h", "443", "h"),
        ("h", "", "h"),
        ("[::1]", "1", "[::1]:1"),
    ],
)
def test_a_port_is_added_where_it_has_to_be_said(host, port, whole):
    assert with_port(host, port) == whole
