"""Whose a form is: forms that botocore signs, AWS's own example, and forms that are forged."""

from __future__ import annotations

import base64
import hmac
import html
import io
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from s3gw.auth.authority import Credentials
from s3gw.auth.forms import verify_form
from s3gw.auth.identity import Grant, Identity
from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from tests.auth.signing import HOST, KEY, SECRET, Keys, now
from tests.forms import CONTENT_TYPE, form, policy

BUCKET, OTHER, PUBLIC = "master.images", "master.other", "master.public"
TOKEN = "the+token/of=a session"
TEMPORARY = "ASIAEXAMPLE"
OLD = "AKIAOLDEXAMPLE"

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-post-example.html
OF_AWS = {
    "policy": "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgICB7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LWFtei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRpb24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgICB7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7IngtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": f"{KEY}/20151229/us-east-1/s3/aws4_request",
    "x-amz-date": "20151229T000000Z",
    "x-amz-signature": "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
}
# Of the page on Signature Version 2, by which AWS showed forms before.
OF_AWS_V2 = {
    "policy": "eyAiZXhwaXJhdGlvbiI6ICIyMDA3LTEyLTAxVDEyOjAwOjAwLjAwMFoiLAogICJjb25kaXRpb25zIjogWwogICAgeyJidWNrZXQiOiAiam9obnNtaXRoIn0sCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNlci9lcmljLyJdLAogICAgeyJhY2wiOiAicHVibGljLXJlYWQifSwKICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaXJlY3QiOiAiaHR0cDovL2pvaG5zbWl0aC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2FkLmh0bWwifSwKICAgIFsic3RhcnRzLXdpdGgiLCAiJENvbnRlbnQtVHlwZSIsICJpbWFnZS8iXSwKICAgIHsieC1hbXotbWV0YS11dWlkIjogIjE0MzY1MTIzNjUxMjc0In0sCiAgICBbInN0YXJ0cy13aXRoIiwgIiR4LWFtei1tZXRhLXRhZyIsICIiXQogIF0KfQo=",
    "awsaccesskeyid": "0PN5J17HBGZHT7JJ3X82",
    "signature": "0RavWzkygo6QX9caELEqKi9kDbU=",
}
SECRET_OF_V2 = "uV3F3YluFJax1cknvbcGwgjvx4QpvB+leU8dUj2o"


def identity(name: str, *prefixes: str, buckets: tuple[str, ...] = (BUCKET,)) -> Identity:
    return Identity(name, (Grant(frozenset(("write",)), buckets, prefixes),))


def keys() -> Keys:
    return Keys(
        {
            KEY: Credentials(SECRET, identity("ann")),
            "BOB": Credentials("bob's secret", identity("bob", "up/")),
            TEMPORARY: Credentials(SECRET, identity("tim"), session_token=TOKEN),
            OLD: Credentials(SECRET, identity("tom"), expires=1.0),
        },
        anonymous=Identity("", (Grant(frozenset(("write",)), (PUBLIC,), ("in/",)),), is_anonymous=True),
    )


def test_the_examples_of_aws_are_verified():
    ann = identity("ann")
    known = Keys({KEY: Credentials(SECRET, ann), OF_AWS_V2["awsaccesskeyid"]: Credentials(SECRET_OF_V2, ann)})
    for fields in (OF_AWS, OF_AWS_V2):
        assert verify_form(fields, known, now()) is not None
    assert verify_form({"key": "a"}, keys(), now()) is None


class House:
    """An application that asks who sends a form."""

    def __init__(self, pfs: EmbeddedPFS, authority: Keys) -> None:
        self.authority = authority
        self.verdict = ""
        self._pfs = pfs

    def post(
        self, fields: dict[str, str], bucket: str = BUCKET, content: bytes = b"hello", **headers: str
    ) -> Response:
        body = form(fields, content)
        given = {"host": HOST, "content-type": CONTENT_TYPE, "content-length": str(len(body)), **headers}
        application = Application(Context(self._pfs), "extended", authority=self.authority)
        request = Request("POST", f"/{bucket}", given, io.BytesIO(body))
        response = application.answer(request)
        assert request.access is not None
        self.verdict = "denied" if request.access.is_denied else "allowed"
        return response

    def keys(self) -> list[str]:
        snapshots = [self._pfs.snapshot(branch) for branch in BRANCHES]
        return [file.path for snapshot in snapshots for file in snapshot.list_files().files]


BRANCHES = [Branch(repo, "master") for repo in ("images", "other", "public")]


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    pfs = EmbeddedPFS(tmp_path, "process")
    for branch in BRANCHES:
        pfs.create_branch(branch)
    yield House(pfs, keys())
    pfs.close()


def by_boto3(
    key: str = "up/a",
    access_key: str = KEY,
    secret: str = SECRET,
    bucket: str = BUCKET,
    token: str | None = None,
    **rest: Any,
) -> dict[str, str]:
    """Give the fields of a form that boto3 signs with Version 4."""
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    client = boto3.client(
        "s3",
        region_name="eu-west-9",
        endpoint_url=f"http://{HOST}",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=config,
    )
    fields: dict[str, str] = client.generate_presigned_post(bucket, key, **rest)["fields"]
    return fields


def by_hand(
    fields: dict[str, str], conditions: list[Any], access_key: str = KEY, secret: str = SECRET
) -> dict[str, str]:
    """Sign a form with Version 2."""
    given = policy([{"bucket": BUCKET}, *conditions])
    signature = base64.b64encode(hmac.digest(secret.encode(), given.encode(), "sha1")).decode()
    return {**fields, "policy": given, "AWSAccessKeyId": access_key, "signature": signature}


def answer(response: Response) -> tuple[int, str]:
    """Give the status and the code of an answer."""
    body = response.body or b""
    assert isinstance(body, bytes)
    found = re.search("<Code>(.*?)</Code>", body.decode())
    return response.status, found[1] if found else ""


def told(response: Response, element: str) -> str | None:
    assert isinstance(response.body, bytes)
    found = re.search(f"<{element}>(.*?)</{element}>", response.body.decode())
    return found and html.unescape(found[1])


V2 = by_hand({"key": "up/a"}, [{"key": "up/a"}])


@pytest.mark.parametrize(
    "fields",
    [
        by_boto3(),
        {**by_boto3(), "key": "up/a"},
        by_boto3("${filename}"),
        by_boto3(access_key="BOB", secret="bob's secret"),
        by_boto3(access_key=TEMPORARY, token=TOKEN),
        by_boto3(Fields={"acl": "private"}, Conditions=[{"acl": "private"}]),
        {name.upper(): value for name, value in by_boto3().items()},
        V2,
        by_hand({"key": "up/a", "x-amz-security-token": TOKEN}, [{"key": "up/a"}, {"x-amz-security-token": TOKEN}], TEMPORARY),
    ],
)  # fmt: skip
def test_a_form_acts_as_whoever_has_signed_it(house, fields):
    assert answer(house.post(fields)) == (204, "")
    assert house.verdict == "allowed"
    assert len(house.keys()) == 1


def changed(fields: dict[str, str], **others: str | None) -> dict[str, str]:
    """Give other fields; None leaves one out."""
    given = {**fields, **{name.replace("_", "-"): value for name, value in others.items()}}
    return {name: value for name, value in given.items() if value is not None}


SIGNED = by_boto3()
WIDER = policy(
    [
        {"bucket": BUCKET},
        ["starts-with", "$key", ""],
        *(
            [name, "$" + field, ""]
            for name in ["starts-with"]
            for field in ("x-amz-algorithm", "x-amz-credential", "x-amz-date")
        ),
    ]
)

FORGED: dict[str, tuple[dict[str, str], tuple[int, str]]] = {
    "a wider policy": (changed(SIGNED, policy=WIDER), (403, "SignatureDoesNotMatch")),
    "a wider policy of V2": (changed(V2, policy=WIDER), (403, "SignatureDoesNotMatch")),
    "another signature": (changed(SIGNED, x_amz_signature="0" * 64), (403, "SignatureDoesNotMatch")),
    "a signature that is no text": (changed(SIGNED, x_amz_signature="ü\udcff"), (403, "SignatureDoesNotMatch")),
    "another key": (changed(SIGNED, key="up/b"), (403, "AccessDenied")),
    "another key of V2": (changed(V2, key="up/b"), (403, "AccessDenied")),
    "a field more": (changed(SIGNED, acl="public-read"), (403, "AccessDenied")),
    "an old policy": (by_boto3(ExpiresIn=-1), (403, "AccessDenied")),
    "another's secret": (by_boto3(access_key="BOB"), (403, "SignatureDoesNotMatch")),
    "nobody's key": (by_boto3(access_key="NOBODY"), (403, "InvalidAccessKeyId")),
    "a credential of another": (changed(SIGNED, x_amz_credential=SIGNED["x-amz-credential"].replace(KEY, TEMPORARY)), (403, "InvalidAccessKeyId")),
    "no session token": (by_boto3(access_key=TEMPORARY), (403, "InvalidAccessKeyId")),
    "another session token": (by_boto3(access_key=TEMPORARY, token="x"), (400, "InvalidToken")),
    "a session token too many": (by_boto3(token="x"), (400, "InvalidToken")),
    "an access key that has ended": (by_boto3(access_key=OLD), (400, "ExpiredToken")),
    "a key that may not be written": (by_boto3("up-and-away", access_key="BOB", secret="bob's secret"), (403, "AccessDenied")),
    "a key that may not be written by its file": (changed(by_boto3("${filename}", access_key="BOB", secret="bob's secret")), (403, "AccessDenied")),
    "no signature": ({"key": "up/a"}, (403, "AccessDenied")),
    "a policy alone": ({"key": "up/a", "policy": SIGNED["policy"]}, (400, "InvalidArgument")),
    "an empty policy alone": ({"key": "up/a", "policy": ""}, (400, "InvalidArgument")),
    "a signature without a policy": (changed(SIGNED, policy=None), (400, "InvalidArgument")),
    "a signature with an empty policy": (changed(SIGNED, policy=""), (400, "InvalidArgument")),
    "no date": (changed(SIGNED, x_amz_date=None), (400, "InvalidArgument")),
    "no algorithm": (changed(SIGNED, x_amz_algorithm=None), (400, "InvalidArgument")),
    "no credential": (changed(SIGNED, x_amz_credential=None), (400, "InvalidArgument")),
    "no signature of V4": (changed(SIGNED, x_amz_signature=None), (400, "InvalidArgument")),
    "no signature of V2": (changed(V2, signature=None), (400, "InvalidArgument")),
    "no access key of V2": (changed(V2, AWSAccessKeyId=None), (400, "InvalidArgument")),
    "both": ({**SIGNED, **V2}, (400, "InvalidArgument")),
    "another algorithm": (changed(SIGNED, x_amz_algorithm="AWS4-HMAC-SHA1"), (400, "InvalidArgument")),
    "SigV4A": (changed(SIGNED, x_amz_algorithm="AWS4-ECDSA-P256-SHA256"), (400, "InvalidRequest")),
    "a credential that is none": (changed(SIGNED, x_amz_credential=KEY), (400, "InvalidArgument")),
    "another service": (changed(SIGNED, x_amz_credential=f"{KEY}/20151229/us-east-1/sqs/aws4_request"), (400, "InvalidArgument")),
    "another day": (changed(SIGNED, x_amz_date="20151229T000000Z"), (400, "InvalidArgument")),
    "a day that is none": (changed(SIGNED, x_amz_date="today"), (400, "InvalidArgument")),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_form_that_is_forged_writes_nothing(house, name):
    fields, expected = FORGED[name]
    assert answer(house.post(fields)) == expected
    assert house.verdict == "denied"
    assert house.keys() == []


def test_a_form_is_of_one_bucket_alone(house):
    house.authority.known[KEY] = Credentials(SECRET, identity("ann", buckets=("*",)))
    refused = house.post(SIGNED, OTHER)
    assert (refused.status, told(refused, "Message")) == (
        403,
        f'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "{BUCKET}"]',
    )
    assert house.keys() == []


def test_a_bucket_that_may_not_be_written_is_not_told_from_one_that_is_not_there(house):
    of_others = [
        house.post(by_boto3(bucket=bucket), bucket)
        for bucket in (OTHER, "master.nowhere", "no.such.bucket.name")
    ]
    assert {answer(response) for response in of_others} == {(403, "AccessDenied")}
    assert len({told(response, "Message") for response in of_others}) == 1


def test_a_form_without_a_signature_is_nobodys_in_particular(house):
    assert answer(house.post({"key": "in/a"}, PUBLIC)) == (204, "")
    assert answer(house.post({"key": "inner"}, PUBLIC)) == (403, "AccessDenied")
    assert answer(house.post({"key": "in/${filename}"}, PUBLIC)) == (204, "")
    assert sorted(house.keys()) == ["in/a", "in/a.txt"]


def test_a_wrong_signature_is_told_as_s3_tells_it(house):
    response = house.post(changed(SIGNED, x_amz_signature="0" * 64))
    assert told(response, "StringToSign") == SIGNED["policy"]
    assert told(response, "AWSAccessKeyId") == KEY
    assert told(response, "SignatureProvided") == "0" * 64
    missing = house.post(changed(V2, signature=None))
    assert (
        told(missing, "Message")
        == "Bucket POST must contain a field named 'Signature'.  If it is specified, please check the order of the fields."
    )
    assert told(missing, "ArgumentName") == "Signature"


def holds(text: str, secret: str) -> bool:
    """Tell whether a text holds a secret, be it in base64, at any offset, or in hexadecimal."""
    pieces = [
        base64.b64decode(f"{piece}===")
        for piece in re.findall(r"[A-Za-z0-9+/]{12,}", text)
        if len(piece) % 4 != 1
    ]
    return (
        secret in text
        or any(secret.encode() in piece for piece in pieces)
        or secret.encode().hex(" ") in text
    )


def test_no_answer_holds_a_secret(house):
    secret = "t0ken-of-pachyderm"
    house.authority = Keys({secret: Credentials(secret, identity("ann", "up/"))}, keys_are_secret=True)
    good = by_boto3(access_key=secret, secret=secret)
    assert holds(good["policy"], secret)
    assert answer(house.post(good)) == (204, "")
    old = by_hand({"key": "up/a", "x": "y"}, [{"key": "up/a", "x": "y"}], secret, secret)
    wrong_day = changed(good, x_amz_date="20151229T000000Z")
    refused = [
        house.post(fields)
        for fields in (
            changed(good, x_amz_signature="0" * 64),
            changed(good, key="up/b"),
            changed(good, x="y"),
            changed(good, x_amz_credential=f"{secret}/20151229/us-east-1/sqs/aws4_request"),
            changed(good, x_amz_credential=secret),
            changed(good, x_amz_credential=f"{secret}/{good['x-amz-date'][:8]}/us-east-9/s3/aws4_request"),
            changed(by_boto3("elsewhere", access_key=secret, secret=secret)),
            wrong_day,
            changed(old, signature="x"),
            changed(old, x="z"),
            {**good, **old},
            by_boto3(access_key=f"{secret}-of-others", secret=secret),
        )
    ]
    for response in refused:
        assert isinstance(response.body, bytes)
        assert response.status in (400, 403)
        assert not holds(response.body.decode(), secret)
    twice = house.post({**good, "X-Amz-Credential": f"{secret}/again"})
    assert answer(twice) == (400, "InvalidArgument")
    assert isinstance(twice.body, bytes)
    assert not holds(twice.body.decode(), secret)
    token = house.post(
        changed(by_boto3(access_key=secret, secret=secret, token="a-session-token"), x_amz_signature="0" * 64)
    )
    assert isinstance(token.body, bytes)
    assert not holds(token.body.decode(), "a-session-token")


def test_a_request_that_is_signed_itself_needs_no_policy(house):
    refused = house.post({"key": "up/a"}, authorization="AWS nobody:x", **{"x-amz-date": "today"})
    assert refused.status == 403
    assert house.keys() == []


def test_the_owner_that_a_client_takes_for_that_of_the_bucket_is_judged(house):
    owner = "x-amz-expected-bucket-owner"
    assert answer(house.post(SIGNED, **{owner: "1" * 12})) == (403, "AccessDenied")
    assert answer(house.post(SIGNED, **{owner: "0" * 12})) == (204, "")
