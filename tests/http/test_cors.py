"""CORS: what rules let a page of another origin do, on every answer, and which files hold rules."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from s3gw.cli import main
from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.http.cors import BrokenRules, Rules
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from tests.auth.signing import Keys

BUCKET = "master.images"
RULES = {
    "CORSRules": [
        {
            "ID": "the application",
            "AllowedOrigins": ["https://app.example", "https://*.app.example:8443"],
            "AllowedMethods": ["GET", "HEAD", "PUT"],
            "AllowedHeaders": ["content-type", "x-amz-*", "*-encoding"],
            "ExposeHeaders": ["ETag", "x-amz-version-id"],
            "MaxAgeSeconds": 600,
        },
        {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]},
        {"AllowedOrigins": ["*"], "AllowedMethods": ["DELETE"], "AllowedHeaders": ["*"]},
    ]
}
XML = """<?xml version="1.0" encoding="UTF-8"?>
<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <CORSRule>
    <ID>the application</ID>
    <AllowedOrigin>https://app.example</AllowedOrigin><AllowedOrigin>https://*.app.example:8443</AllowedOrigin>
    <AllowedMethod>GET</AllowedMethod><AllowedMethod>HEAD</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
    <AllowedHeader>content-type</AllowedHeader><AllowedHeader>x-amz-*</AllowedHeader><AllowedHeader>*-encoding</AllowedHeader>
    <ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-amz-version-id</ExposeHeader>
    <MaxAgeSeconds>600</MaxAgeSeconds>
  </CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
  <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>DELETE</AllowedMethod><AllowedHeader>*</AllowedHeader></CORSRule>
</CORSConfiguration>
"""
APP = "https://app.example"
VARY = ("Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
OF_APP = [
    ("Access-Control-Allow-Origin", APP),
    ("Access-Control-Allow-Credentials", "true"),
    ("Access-Control-Allow-Methods", "GET, HEAD, PUT"),
    ("Access-Control-Expose-Headers", "ETag, x-amz-version-id"),
    ("Access-Control-Max-Age", "600"),
    VARY,
]
OF_ANYBODY = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "GET"), VARY]
NOT_ALLOWED = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."


def written(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "cors"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def pfs(tmp_path) -> Iterator[EmbeddedPFS]:
    opened = EmbeddedPFS(tmp_path / "pfs", "process")
    opened.create_branch(Branch("images", "master"))
    yield opened
    opened.close()


@pytest.fixture
def application(pfs, tmp_path) -> Application:
    rules = Rules.load(written(tmp_path, json.dumps(RULES)))
    application = Application(Context(pfs, cors=rules), "extended")
    assert send(application, "PUT", f"/{BUCKET}/a", **{"content-length": "0"}).status == 200
    return application


def send(application: Application, method: str, target: str, **headers: str) -> Response:
    return application.answer(Request(method, target, headers, io.BytesIO()))


def of_cors(response: Response) -> list[tuple[str, str]]:
    return [pair for pair in response.headers if pair[0].startswith("Access-Control-") or pair[0] == "Vary"]


def elements(response: Response, *names: str) -> list[str]:
    assert isinstance(response.body, bytes)
    return re.findall(f"<(?:{'|'.join(names)})>(.*?)</", response.body.decode())


def preflight(application: Application, target: str = f"/{BUCKET}/a", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    short = {"method": "access-control-request-method", "headers": "access-control-request-headers"}
    return send(
        application, "OPTIONS", target, **{short.get(name, name): value for name, value in named.items()}
    )


def test_a_preflight_is_answered_as_the_rule_has_it(application):
    asked = "Content-Type, X-Amz-Date ,content-ENCODING,,"
    response = preflight(application, origin=APP, method="PUT", headers=asked)
    assert (response.status, response.body) == (200, None)
    allowed = ("Access-Control-Allow-Headers", "Content-Type, X-Amz-Date, content-ENCODING")
    assert sorted(of_cors(response)) == sorted([*OF_APP, allowed])
    assert ("Content-Length", "0") in response.headers


@pytest.mark.parametrize(
    ("origin", "method", "headers", "answer"),
    [
        (APP, "GET", "", APP),
        ("https://a.app.example:8443", "HEAD", "", "https://a.app.example:8443"),
        ("https://a.b.app.example:8443", "HEAD", "", "https://a.b.app.example:8443"),
        ("https://.app.example:8443", "HEAD", "", "https://.app.example:8443"),
        ("https://app.example:8443", "HEAD", "", None),
        ("https://app.example.evil", "PUT", "", None),
        ("http://app.example", "PUT", "", None),
        ("HTTPS://APP.EXAMPLE", "PUT", "", None),
        (APP, "POST", "", None),
        (APP, "PUT", "authorization", None),
        (APP, "PUT", "content-type, authorization", None),
        (APP, "PUT", "x-amz-", APP),
        (APP, "PUT", "x-am", None),
        (APP, "DELETE", "anything, at-all", "*"),
        (APP, "DELETE", ", ".join(f"x-{number}" for number in range(100)), "*"),
        (APP, "DELETE", ", ".join(f"x-{number}" for number in range(101)), None),
        (APP, "DELETE", "a\r\nb: c", None),
        (APP, "DELETE", "a b", None),
        ("null", "GET", "", "*"),
        ("http://a\r\nx: y", "GET", "", None),
        ("http://ä", "GET", "", None),
        ("http://a b", "GET", "", None),
    ],
)
def test_origin_method_and_headers_must_all_fit_one_rule(application, origin, method, headers, answer):
    response = preflight(application, origin=origin, method=method, headers=headers)
    if answer is None:
        assert (response.status, elements(response, "Code", "Message")) == (
            403,
            ["AccessForbidden", NOT_ALLOWED],
        )
        assert elements(response, "Method", "ResourceType") == [method, "OBJECT"]
        assert of_cors(response) == [VARY]
    else:
        assert response.status == 200
        assert ("Access-Control-Allow-Origin", answer) in response.headers
        assert (("Access-Control-Allow-Credentials", "true") in response.headers) == (answer != "*")


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "Insufficient information. Origin request header needed."),
        ({"method": "GET"}, "Insufficient information. Origin request header needed."),
        ({"origin": APP}, "Invalid Access-Control-Request-Method: null"),
        ({"origin": APP, "method": ""}, "Invalid Access-Control-Request-Method: "),
        ({"origin": APP, "method": "put"}, "Invalid Access-Control-Request-Method: put"),
        ({"origin": APP, "method": "OPTIONS"}, "Invalid Access-Control-Request-Method: OPTIONS"),
    ],
)
def test_a_preflight_that_does_not_say_enough(application, headers, message):
    response = preflight(application, **headers)
    assert (response.status, elements(response, "Code", "Message")) == (400, ["BadRequest", message])


@pytest.mark.parametrize(
    ("target", "level"), [("/", "SERVICE"), ("/no.where", "BUCKET"), ("/no.where/a", "OBJECT")]
)
def test_whether_a_bucket_exists_is_not_told(application, target, level):
    assert preflight(application, target, origin=APP, method="PUT").status == 200
    refused = preflight(application, target, origin="http://other", method="PUT")
    assert (refused.status, elements(refused, "ResourceType")) == (403, [level])


def test_without_rules_nothing_is_allowed_and_nothing_is_said(pfs):
    application = Application(Context(pfs), "extended")
    refused = preflight(application, origin=APP, method="GET")
    assert refused.status == 403
    assert elements(refused, "Code", "Message") == [
        "AccessForbidden",
        "CORSResponse: CORS is not enabled for this bucket.",
    ]
    for response in (refused, send(application, "GET", f"/{BUCKET}", origin=APP)):
        assert not of_cors(response)
    assert preflight(Application(Context(pfs)), origin=APP, method="GET").status == 501


@pytest.mark.parametrize(
    ("method", "target", "headers", "status", "expected"),
    [
        ("GET", f"/{BUCKET}/a", {"origin": APP}, 200, OF_APP),
        ("HEAD", f"/{BUCKET}/a", {"origin": APP}, 200, OF_APP),
        ("GET", f"/{BUCKET}", {"origin": APP}, 200, OF_APP),
        ("GET", "/", {"origin": APP}, 200, OF_APP),
        ("PUT", f"/{BUCKET}/b", {"origin": APP, "content-length": "0"}, 200, OF_APP),
        ("GET", f"/{BUCKET}/a", {"origin": APP, "if-none-match": "*"}, 304, OF_APP),
        ("GET", f"/{BUCKET}/none", {"origin": APP}, 404, OF_APP),
        ("GET", "/no.where", {"origin": APP}, 404, OF_APP),
        ("GET", f"/{BUCKET}/%zz", {"origin": APP}, 400, OF_APP),
        ("PUT", f"/{BUCKET}?cors", {"origin": APP}, 501, OF_APP),
        ("GET", f"/{BUCKET}/a", {"origin": "http://other"}, 200, OF_ANYBODY),
        ("GET", f"/{BUCKET}/a", {"origin": "null"}, 200, OF_ANYBODY),
        ("PUT", f"/{BUCKET}/c", {"origin": "http://other", "content-length": "0"}, 200, [VARY]),
        ("GET", f"/{BUCKET}/a", {"origin": "http://a\r\nx: y"}, 200, [VARY]),
        ("GET", f"/{BUCKET}/a", {}, 200, [VARY]),
        ("POST", f"/{BUCKET}", {"origin": APP, "content-length": "0"}, 412, [VARY]),
        ("PATCH", f"/{BUCKET}", {"origin": APP}, 405, [VARY]),
    ],
)  # fmt: skip
def test_every_answer_says_who_may_see_it(application, method, target, headers, status, expected):
    response = send(application, method, target, **headers)
    assert (response.status, of_cors(response)) == (status, expected)


def test_a_preflight_needs_no_signature_and_who_is_refused_may_see_it(pfs, tmp_path):
    rules = Rules.load(written(tmp_path, json.dumps(RULES)))
    application = Application(Context(pfs, cors=rules), "extended", authority=Keys())
    assert preflight(application, origin=APP, method="PUT", headers="x-amz-date").status == 200
    refused = send(application, "GET", f"/{BUCKET}/a", origin=APP)
    assert (refused.status, of_cors(refused)) == (403, OF_APP)
    assert send(application, "GET", f"/{BUCKET}?cors", origin=APP).status == 403


def test_what_a_server_refuses_says_so_too(application):
    request = Request("GET", "/", {"origin": APP}, io.BytesIO())
    assert of_cors(application.refuse(request, 431, "")) == OF_APP


def test_getbucketcors_shows_the_rules(application, pfs):
    response = send(application, "GET", f"/{BUCKET}?cors")
    assert isinstance(response.body, bytes)
    assert response.body.decode().replace("\n", "") == re.sub(r"\n *", "", XML)
    assert send(application, "GET", "/no.where?cors").status == 404
    without = send(Application(Context(pfs), "extended"), "GET", f"/{BUCKET}?cors")
    assert elements(without, "Code", "BucketName") == ["NoSuchCORSConfiguration", BUCKET]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_rules_are_changed_by_whoever_starts_the_gateway(application, method):
    response = send(application, method, f"/{BUCKET}?cors")
    assert response.status == 501
    assert elements(response, "Message")[0].endswith(
        "All buckets have the same rules. Start the gateway with `--cors FILE`."
    )


# --- files --------------------------------------------------------------------------------------


def test_rules_are_the_same_in_xml_json_and_yaml(tmp_path):
    of_json = Rules.load(written(tmp_path, json.dumps(RULES, indent="\t"))).rules
    assert Rules.load(written(tmp_path, XML)).rules == of_json
    assert Rules.load(written(tmp_path, yaml.safe_dump(RULES))).rules == of_json


def broken(**members: Any) -> str:
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"], **members}
    return json.dumps({"CORSRules": [{name: value for name, value in rule.items() if value is not None}]})


BROKEN: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "it must have CORSRules, and nothing else"),
    "a text": ("CORSRules", "it must have CORSRules, and nothing else"),
    "not UTF-8": (b"\xff\x00", "it is neither XML nor JSON nor YAML: "),
    "deep": ("[" * 60_000, "it is neither XML nor JSON nor YAML: "),
    "a class": ("CORSRules: !!python/object:os.system {}", "it is neither XML nor JSON nor YAML: "),
    "a list as a key": ("? [a]\n: b", "it is neither XML nor JSON nor YAML: "),
    "a number as a member": ("CORSRules: [{1: 2}]", "rule 1 has 1, which is none of "),
    "large": (json.dumps(RULES) + " " * 65_536, "it has more than 65536 bytes"),
    "another document": ("<Tagging/>", "The document must be a CORSConfiguration."),
    "another element": ("<CORSConfiguration><Rule/></CORSConfiguration>", "CORSConfiguration has no element Rule."),
    "half a document": ("<CORSConfiguration>", "The XML is not well-formed: "),
    "an entity": ('<!DOCTYPE x [<!ENTITY e "x">]><CORSConfiguration/>', "A DTD or an entity declaration is not accepted."),
    "no rules in XML": ("<CORSConfiguration/>", "it must have CORSRules, and nothing else"),
    "a list": ("[]", "it must have CORSRules, and nothing else"),
    "more than rules": ('{"CORSRules": [], "x": 1}', "it must have CORSRules, and nothing else"),
    "no rules": ('{"CORSRules": []}', "there must be from 1 to 100 rules"),
    "a rule that is none": ('{"CORSRules": [1]}', "rule 1 is no object"),
    "101 rules": (json.dumps({"CORSRules": RULES["CORSRules"][1:2] * 101}), "there must be from 1 to 100 rules"),
    "an unknown member": (broken(AllowedOrigin="*"), "rule 1 has AllowedOrigin, which is none of AllowedHeaders, AllowedMethods, "),
    "no origins": (broken(AllowedOrigins=None), "rule 1 has no AllowedOrigins"),
    "no methods": (broken(AllowedMethods=[]), "rule 1 has no AllowedMethods"),
    "an origin alone": (broken(AllowedOrigins="*"), "AllowedOrigins of rule 1 is no list of texts"),
    "a number": (broken(AllowedHeaders=[1]), "AllowedHeaders of rule 1 is no list of texts"),
    "another method": (broken(AllowedMethods=["get"]), "rule 1 has the method 'get', which is none of GET, PUT, POST, DELETE, HEAD"),
    "two stars": (broken(AllowedOrigins=["http://*.*"]), "an origin of rule 1 is 'http://*.*': it must be printable ASCII with one * at the most"),
    "an origin with a line": (broken(AllowedOrigins=["http://a\r\nx: y"]), "an origin of rule 1 is "),
    "two stars in a header": (broken(AllowedHeaders=["*-*"]), "an allowed header of rule 1 is '*-*': "),
    "a header that is none": (broken(AllowedHeaders=["a b"]), "an allowed header of rule 1 is 'a b': "),
    "a star that is exposed": (broken(ExposeHeaders=["*"]), "an exposed header of rule 1 is '*': it must be printable ASCII with no *"),
    "an age below 0": (broken(MaxAgeSeconds=-1), "MaxAgeSeconds of rule 1 is no number from 0 to 2147483647"),
    "an age in words": (broken(MaxAgeSeconds="1"), "MaxAgeSeconds of rule 1 is no number from 0 to 2147483647"),
    "a long id": (broken(ID="i" * 256), "the ID of rule 1 is no text of at most 255 characters"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_without_rules_is_told_in_one_line(tmp_path, name):
    content, message = BROKEN[name]
    path = written(tmp_path, content)
    with pytest.raises(BrokenRules) as caught:
        Rules.load(path)
    assert str(caught.value).startswith(f"{path} holds no rules for CORS: {message}")
    assert "\n" not in str(caught.value)


def test_the_command_line_refuses_in_one_line_and_ends_with_2(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, "[]")
    extended = ["--profile", "extended"]
    for arguments, message in (
        (["--cors", "nowhere", *extended], "s3gw: nowhere cannot be read: No such file or directory\n"),
        (["--cors", str(path), *extended], f"s3gw: {path} holds no rules for CORS: it must have CORSRules, and nothing else\n"),
        (["--cors", str(path)], "s3gw: --cors is not of the profile classic: add --profile extended\n"),
    ):  # fmt: skip
        assert main(["serve", *arguments]) == 2
        assert capsys.readouterr().err == message


def test_the_rules_of_the_documentation_are_some(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "browsers.md").read_text()
    (document,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    (rule,) = Rules.load(written(tmp_path, document)).rules
    assert rule.origin("https://one.app.example", "PUT")
