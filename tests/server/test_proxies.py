"""Whose word counts on who asks: a trusted proxy's, and nobody else's."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from s3gw.server._proxies import Proxies

PROXIES = Proxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("192.0.2.7")])


@pytest.mark.parametrize(
    ("peer", "hops", "client"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # the nearest that is not trusted; what stands further left anybody may have written
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9,198.51.100.1 , 10.0.0.3", "198.51.100.1"),
        ("10.0.0.1", "10.9.9.9, 10.0.0.3", "10.9.9.9"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        # nobody else's word
        ("198.51.100.1", "203.0.113.9", "198.51.100.1"),
        ("192.0.2.8", "203.0.113.9", "192.0.2.8"),
        ("2001:db8::1", "203.0.113.9", "2001:db8::1"),
        # what is malformed
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown, 10.0.0.3", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1 evil", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::1%a 200 GET forged=1", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1" + "0" * 60_000, "10.0.0.1"),
        ("fd00::1%eth0", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9," + "10.0.0.3," * 40 + "10.0.0.4", "10.0.0.3"),
    ],
)
def test_the_address_of_the_client(peer, hops, client):
    assert PROXIES.origin(peer, {"x-forwarded-for": hops}).address == client


def test_without_a_field_the_proxy_is_the_client():
    assert PROXIES.origin("10.0.0.1", {}) == ("10.0.0.1", "http", "")


@pytest.mark.parametrize(
    ("told", "scheme", "port", "host"),
    [
        ({"proto": "https", "host": "s3.example.com", "port": "443"}, "https", "443", "s3.example.com"),
        ({"proto": "HTTPS"}, "https", "", "inner:30600"),
        ({"proto": "https, http"}, "http", "", "inner:30600"),  # the last is the peer's own
        ({"proto": "ftp"}, "http", "", "inner:30600"),
        ({"host": "a.example, b.example:8443"}, "http", "", "b.example:8443"),
        ({"host": "inner"}, "http", "", "inner:30600"),
        ({"host": "[::1]:1"}, "http", "", "[::1]:1"),
        ({"host": "a b"}, "http", "", "inner:30600"),
        ({"host": "a/b"}, "http", "", "inner:30600"),
        ({"host": "user@a"}, "http", "", "inner:30600"),
        ({"host": "a" * 301}, "http", "", "inner:30600"),
        ({"port": "1, 8443"}, "http", "8443", "inner:30600"),
        ({"port": "0"}, "http", "", "inner:30600"),
        ({"port": "65536"}, "http", "", "inner:30600"),
        ({"port": "²"}, "http", "", "inner:30600"),
        ({"port": "9" * 5000}, "http", "", "inner:30600"),
    ],
)
def test_what_the_client_asked_for(told, scheme, port, host):
    fields = {"host": "inner:30600", **{f"x-forwarded-{name}": value for name, value in told.items()}}
    assert PROXIES.origin("10.0.0.1", fields)[1:] == (scheme, port)
    assert fields["host"] == host
    fields["host"] = "inner:30600"
    assert PROXIES.origin("198.51.100.1", fields)[1:] == ("http", "")
    assert fields["host"] == "inner:30600"
