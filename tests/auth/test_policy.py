"""The policy of a form: what it lets pass, what it refuses, and what is none."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from s3gw.auth.policy import Policy
from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from s3gw.s3_error import S3Error
from tests.forms import CONTENT_TYPE, encoded, form, policy

BUCKET = "master.images"
NOW = 1_800_000_000.0
THEN = "2100-01-01T00:00:00.000Z"
BOTH = [{"bucket": BUCKET}, ["starts-with", "$key", ""]]


def judged(conditions: list[Any], **fields: str) -> str:
    """Give what a policy says of a form: nothing, or why it is refused."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    return Policy.parse(policy(conditions)).fault(given, BUCKET, time.time()) or ""


def failed(condition: str) -> str:
    return f"Invalid according to Policy: Policy Condition failed: {condition}"


def extra(names: str) -> str:
    return f"Invalid according to Policy: Extra input fields: {names}"


@pytest.mark.parametrize(
    ("conditions", "fields", "verdict"),
    [
        (BOTH, {"key": "a"}, ""),
        ([{"bucket": BUCKET}, {"key": "a"}], {"key": "a"}, ""),
        ([{"bucket": BUCKET, "key": "a"}], {"key": "a"}, ""),
        ([{"bucket": BUCKET}, {"key": "a"}], {"key": "ab"}, failed('["eq", "$key", "a"]')),
        ([{"bucket": BUCKET}, {"key": "a"}], {"key": "A"}, failed('["eq", "$key", "a"]')),
        ([{"bucket": BUCKET}, {"key": "a"}], {}, failed('["eq", "$key", "a"]')),
        ([{"bucket": "other"}, {"key": "a"}], {"key": "a"}, failed('["eq", "$bucket", "other"]')),
        ([{"bucket": "other"}, {"key": "a"}], {"key": "a", "bucket": "other"}, failed('["eq", "$bucket", "other"]')),
        ([["starts-with", "$bucket", "master."], {"key": "a"}], {"key": "a"}, ""),
        ([{"key": "a"}], {"key": "a"}, extra("bucket")),
        ([{"bucket": BUCKET}], {"key": "a"}, extra("key")),
        ([{"bucket": BUCKET}, ["starts-with", "$key", "user/me/"]], {"key": "user/me/x"}, ""),
        ([{"bucket": BUCKET}, ["starts-with", "$key", "user/me/"]], {"key": "user/you/x"}, failed('["starts-with", "$key", "user/me/"]')),
        ([{"bucket": BUCKET}, ["StArTs-WiTh", "$KeY", "a"], {"AcL": "private"}], {"key": "ab", "acl": "private"}, ""),
        ([*BOTH, ["eq", "$x-amz-meta-ä", "ü"]], {"key": "a", "x_amz_meta_ä": "ü"}, ""),
        ([*BOTH, ["eq", "$x-amz-meta-a", "ü"]], {"key": "a", "x_amz_meta_a": "u"}, failed('["eq", "$x-amz-meta-a", "ü"]')),
        ([*BOTH, ["starts-with", "$content-type", "image/"]], {"key": "a", "content_type": "image/png"}, ""),
        ([*BOTH, ["starts-with", "$Content-Type", "image/"]], {"key": "a", "content_type": "image/png,image/gif"}, ""),
        ([*BOTH, ["starts-with", "$Content-Type", "image/"]], {"key": "a", "content_type": "image/png, text/html"}, failed('["starts-with", "$content-type", "image/"]')),
        ([*BOTH, ["starts-with", "$x-amz-meta-a", "x"]], {"key": "a", "x_amz_meta_a": "x,y"}, ""),
        ([*BOTH, ["starts-with", "$x-amz-meta-a", ""]], {"key": "a"}, ""),
        ([*BOTH, {"success_action_status": "201"}], {"key": "a"}, failed('["eq", "$success_action_status", "201"]')),
        (BOTH, {"key": "a", "content_type": "text/html"}, extra("content-type")),
        (BOTH, {"key": "a", "submit": "Upload", "utf8": ""}, extra("submit, utf8")),
        (BOTH, {"key": "a", "x_ignore_me": "x", "policy": "p", "signature": "s", "awsaccesskeyid": "k", "x_amz_signature": "s"}, ""),
        (BOTH, {"key": "a", "x_amz_credential": "c"}, extra("x-amz-credential")),
        (BOTH, {"key": "a", "x_amz_security_token": "t"}, extra("x-amz-security-token")),
        ([*BOTH, {"x-amz-security-token": "wanted"}], {"key": "a", "x_amz_security_token": "sent"}, failed('["eq", "$x-amz-security-token", "..."]')),
        ([*BOTH, ["content-length-range", 1, 2]], {"key": "a"}, ""),
    ],
)  # fmt: skip
def test_every_field_is_judged(conditions, fields, verdict):
    assert judged(conditions, **fields) == verdict


def test_it_ends_when_it_says():
    parsed = Policy.parse(encoded(json.dumps({"expiration": "2027-01-15T08:00:00Z", "conditions": BOTH})))
    assert parsed.fault({"key": "a"}, BUCKET, NOW - 0.001) is None
    assert parsed.fault({"key": "a"}, BUCKET, NOW) == "Invalid according to Policy: Policy expired."


def with_conditions(text: str) -> str:
    return encoded(f'{{"expiration": "{THEN}", "conditions": {text}}}')


def test_a_deep_one_is_none():
    with pytest.raises(S3Error) as caught:  # Pythons differ in whether they read it
        Policy.parse(with_conditions("[" * 5000 + "]" * 5000))
    assert caught.value.kind.code == "InvalidPolicyDocument"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("%%%", "Invalid Base64 encoding of UTF-8."),
        ("e30", "Invalid Base64 encoding of UTF-8."),
        ("/w==", "Invalid Base64 encoding of UTF-8."),
        ("é", "Invalid Base64 encoding of UTF-8."),
        ("", "Invalid JSON."),
        (encoded("{"), "Invalid JSON."),
        (encoded('{"expiration": "x", "expiration": "y"}'), "Invalid JSON."),
        (with_conditions('[{"key": "a", "key": "b"}]'), "Invalid JSON."),
        (with_conditions("NaN"), "Invalid JSON."),
        (with_conditions("[" * 5000), "Invalid JSON."),
        (with_conditions("[[" + '"content-length-range", ' + "9" * 5000 + ", 1]]"), "Invalid JSON."),
        (encoded("[]"), "It must be an object."),
        (encoded('"x"'), "It must be an object."),
        (encoded('{"conditions": []}'), "Invalid 'expiration' value: it must be a time like 2026-12-31T23:59:59.000Z."),
        (encoded(f'{{"expiration": "{THEN}"}}'), "Policy missing conditions."),
        (encoded(f'{{"expiration": "{THEN}", "CONDITIONS": []}}'), "Unexpected: 'CONDITIONS'."),
        (encoded(f'{{"EXPIRATION": "{THEN}", "conditions": []}}'), "Unexpected: 'EXPIRATION'."),
        (with_conditions('{"key": "a"}'), "Policy missing conditions."),
        *(
            (encoded(json.dumps({"expiration": time, "conditions": []})), "Invalid 'expiration' value: it must be a time like 2026-12-31T23:59:59.000Z.")
            for time in (1, None, "", "2100-01-01", "2100-01-01T00:00:00", "2100-02-30T00:00:00Z", "2100-01-01T24:61:00Z", "٢100-01-01T00:00:00Z", "2100-01-01T00:00:00+00:00", f"{THEN}\n")
        ),
        (with_conditions('["key"]'), "Invalid Condition: it must be an object, or a list of an operator, a field and a value."),
        (with_conditions("[[]]"), "Invalid Condition: it must be an object, or a list of an operator, a field and a value."),
        (with_conditions("[{}]"), "Invalid Condition: it must be an object, or a list of an operator, a field and a value."),
        (with_conditions('[["eq", "$key"]]'), "Invalid Condition: it must be an object, or a list of an operator, a field and a value."),
        (with_conditions('[["ends-with", "$key", "a"]]'), "Invalid Condition: its operator must be eq, starts-with or content-length-range."),
        (with_conditions('[[["eq"], "$key", "a"]]'), "Invalid Condition: its operator must be eq, starts-with or content-length-range."),
        (with_conditions('[["eq", "key", "a"]]'), "Invalid Condition: its field must begin with '$'."),
        (with_conditions('[["eq", 1, "a"]]'), "Invalid Condition: its field must begin with '$'."),
        (with_conditions('[{"success_action_status": 201}]'), "Invalid Simple-Condition: value must be a string."),
        (with_conditions('[["starts-with", "$key", null]]'), "Invalid Simple-Condition: value must be a string."),
        *(
            (with_conditions(f'[["content-length-range", {numbers}]]'), "Invalid Content-Length-Range: it must have two numbers of bytes.")
            for numbers in ("0", "0, 1, 2", "-1, 0", "0, 1.5", "true, 1", '"a", 1', "0, []", "0, 1e3", '"", 1', "0, 9999999999999999999")
        ),
    ],
)  # fmt: skip
def test_what_is_no_policy_is_told_apart(document, message):
    with pytest.raises(S3Error) as caught:
        Policy.parse(document)
    assert (caught.value.kind.code, caught.value.message) == (
        "InvalidPolicyDocument",
        f"Invalid Policy: {message}",
    )


def test_sizes_are_numbers_or_texts_and_all_ranges_hold():
    given = Policy.parse(policy([["content-length-range", "1", 100], ["Content-Length-Range", 10, "200"]]))
    assert (given.least, given.most) == (10, 100)


def test_escapes_that_policies_have_beside_those_of_json():
    document = r'{"expiration": "2100-01-01T00:00:00Z", "conditions": [["eq", "$key", "\$a\v\u00fc\\$\n"]]}'
    (condition,) = Policy.parse(encoded(document)).conditions
    assert condition.value == "$a\x0bü\\$\n"


def test_base64_may_be_broken_into_lines():
    text = policy(BOTH)
    assert Policy.parse("\r\n".join(text[at : at + 40] for at in range(0, len(text), 40))).conditions


@pytest.fixture
def pfs(tmp_path) -> Iterator[EmbeddedPFS]:
    opened = EmbeddedPFS(tmp_path, "process")
    opened.create_branch(Branch("images", "master"))
    yield opened
    opened.close()


def post(pfs: EmbeddedPFS, fields: dict[str, str], content: bytes) -> tuple[int, str]:
    """Post a form where nobody is asked who they are; its status, and what its document says."""
    body = form(fields, content)
    headers = {"content-type": CONTENT_TYPE, "content-length": str(len(body))}
    response = Application(Context(pfs), "extended").answer(
        Request("POST", f"/{BUCKET}", headers, io.BytesIO(body))
    )
    assert response.body is None or isinstance(response.body, bytes)
    return response.status, (response.body or b"").decode()


@pytest.mark.parametrize(
    ("size", "status", "told"),
    [
        (9, 400, "<Code>EntityTooSmall</Code><Message>Your proposed upload is smaller than the minimum allowed size.</Message><MinSizeAllowed>10</MinSizeAllowed><ProposedSize>9</ProposedSize>"),
        (10, 204, ""),
        (100_000, 204, ""),
        (100_001, 400, "<Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed object size.</Message><MaxSizeAllowed>100000</MaxSizeAllowed>"),
    ],
)  # fmt: skip
def test_the_size_of_the_file_is_judged_and_nothing_is_committed_of_another(pfs, size, status, told):
    given = policy([*BOTH, ["content-length-range", 10, 100_000]])
    answered = post(pfs, {"key": "a", "policy": given}, b"x" * size)
    assert answered[0] == status
    assert told in answered[1]
    assert bool(pfs.snapshot(Branch("images", "master")).list_files().files) == (status == 204)


def test_a_policy_holds_where_nobody_is_asked_who_they_are(pfs):
    given = {"key": "b", "policy": policy([{"bucket": BUCKET}, ["starts-with", "$key", "a"]])}
    assert post(pfs, given, b"")[0] == 403
    assert post(pfs, {**given, "key": "a", "x-amz-signature": "of anybody"}, b"")[0] == 204
    assert post(pfs, {"key": "a", "policy": policy(BOTH, expires_in_s=-1)}, b"")[0] == 403
    assert post(pfs, {"key": "a", "policy": "none"}, b"")[0] == 400
    assert post(pfs, {"key": "a", "policy": ""}, b"")[0] == 400
    assert post(pfs, {"key": "${filename}", "policy": given["policy"]}, b"")[0] == 204
