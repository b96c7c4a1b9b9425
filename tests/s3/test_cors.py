"""CORS over the socket: what a browser asks, and what boto3 is shown."""

from __future__ import annotations

import json

from tests.serving import serving

RULES = [
    {
        "AllowedOrigins": ["https://*.example"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    }
]
PAGE = "https://page.example"


def test_a_gateway_with_rules_answers_browsers(tmp_path):
    file = tmp_path / "cors.json"
    file.write_text(json.dumps({"CORSRules": RULES}))
    with serving(tmp_path / "pfs", "--profile", "extended", "--cors", str(file)) as gateway:
        s3 = gateway.boto3()
        s3.create_bucket(Bucket="master.images")
        assert s3.get_bucket_cors(Bucket="master.images")["CORSRules"] == RULES
        asked = {
            "Origin": PAGE,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "x-amz-date",
        }
        preflight = gateway.request("OPTIONS", "/master.images/a", None, asked)
        assert (preflight.status, preflight.body) == (200, b"")
        assert preflight.headers["access-control-allow-origin"] == PAGE
        assert preflight.headers["access-control-allow-headers"] == "x-amz-date"
        for method, target, status in (
            ("PUT", "/master.images/a", 200),
            ("GET", "/master.images/a", 200),
            ("GET", "/master.images/none", 404),
            ("GET", "/master.images/%zz", 400),
        ):
            answer = gateway.request(method, target, b"" if method == "PUT" else None, {"Origin": PAGE})
            assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, PAGE)
        broken = gateway.raw(f"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: {PAGE}\r\n\r\n".encode())
        assert broken.startswith(b"HTTP/1.1 400 ")
        assert b"Vary: Origin" in broken
