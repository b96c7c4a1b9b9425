"""What an identity may not touch, it cannot reach: attacks over rights, from outside, on every PFS."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import botocore.session
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.conftest import KINDS, RUN, over
from tests.serving import Gateway, Response

PREFIX = f"{RUN}k-"
COMMON = f"master.{PREFIX}common"
OPEN = f"master.{PREFIX}open"
HIDDEN = f"master.{PREFIX}hidden"
PUBLIC = f"master.{PREFIX}public"
ALL = ["read", "list", "write", "delete"]
PART = b"p" * (5 << 20)


def grant(rights: list[str], buckets: list[str], *prefixes: str) -> dict[str, Any]:
    return {"rights": rights, "buckets": buckets, **({"prefixes": list(prefixes)} if prefixes else {})}


MAY = {
    "root": [grant([*ALL, "create"], ["*"])],
    "alice": [grant(ALL, [COMMON], "a", "c")],
    "bob": [grant(ALL, [COMMON], "b/")],
    "carol": [grant(ALL, [OPEN])],
    "dave": [grant(ALL, [OPEN])],
    "reader": [grant(["read", "list"], [OPEN])],
    "maker": [grant(["create"], [f"dev.{PREFIX}*"])],
    "nobody": [],
}
KEYRING = {
    "account": "123456789012",
    "identities": [
        {"name": name, "access_key": f"KEYOF{name.upper()}", "secret": f"secret-of-{name}", "may": may}
        for name, may in MAY.items()
    ],
    "anonymous": {"may": [grant(["read"], [PUBLIC], "www/")]},
}


@dataclass
class Guarded:
    """A gateway that asks, and clients of its identities."""

    gateway: Gateway
    clients: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        """Give the client of an identity."""
        return self.clients[name]

    def signed(
        self,
        who: str,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Response:
        """Send one request whose target goes out as it is, signed."""
        request = AWSRequest(method, f"{self.gateway.url}{target}", dict(headers or {}), data=body or b"")
        credentials = Credentials(f"KEYOF{who.upper()}", f"secret-of-{who}")
        S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
        sent = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        return self.gateway.request(method, target, body, sent)


@pytest.fixture(scope="module", params=KINDS)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    keyring = tmp_path_factory.mktemp("keyring") / "keyring.yaml"
    keyring.write_text(json.dumps(KEYRING))
    keyring.chmod(0o600)
    with over(request.param, PREFIX, "--profile", "extended", "--auth", str(keyring)) as gateway:
        session = botocore.session.get_session()
        clients = {
            name: session.create_client(
                "s3",
                endpoint_url=gateway.url,
                region_name="us-east-1",
                aws_access_key_id=f"KEYOF{name.upper()}",
                aws_secret_access_key=f"secret-of-{name}",
                config=botocore.config.Config(
                    retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}
                ),
            )
            for name in MAY
        }
        found = Guarded(gateway, clients)
        for bucket in (COMMON, OPEN, HIDDEN, PUBLIC):
            found.root.create_bucket(Bucket=bucket)
        for key in ("a/x", "ab", "abc/x", "b/x", "c"):
            found.root.put_object(Bucket=COMMON, Key=key, Body=key.encode())
        found.root.put_object(Bucket=HIDDEN, Key="a/x", Body=b"hidden")
        found.root.put_object(Bucket=OPEN, Key="a/x", Body=b"open")
        for key in ("www/index", "wwwx", "secret"):
            found.root.put_object(Bucket=PUBLIC, Key=key, Body=key.encode())
        yield found


@contextlib.contextmanager
def denied(code: str = "AccessDenied", status: int = 403) -> Iterator[None]:
    with pytest.raises(ClientError) as caught:
        yield
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status, answer
    assert answer["Error"]["Code"] in (code, str(status)), answer  # a HEAD has no document


def content(guarded: Guarded, bucket: str, key: str) -> bytes:
    return guarded.root.get_object(Bucket=bucket, Key=key)["Body"].read()


def keys(listed: dict[str, Any]) -> list[str]:
    return [entry["Key"] for entry in listed.get("Contents", ())]


# --- prefixes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["ab", "abc/x", "b/x", "d", "A/x", "/a/x", "b/../a/x"])
def test_a_right_on_a_reaches_a_and_what_is_below_it_and_nothing_else(guarded, key):
    place = {"Bucket": COMMON, "Key": key}
    alice = guarded.alice
    for call in (alice.get_object, alice.head_object, alice.delete_object, alice.get_object_attributes):
        with denied():
            call(**place, **({"ObjectAttributes": ["ETag"]} if call == alice.get_object_attributes else {}))
    for call, more in (
        (alice.put_object, {"Body": b"alice"}),
        (alice.create_multipart_upload, {}),
        (alice.put_object_tagging, {"Tagging": {"TagSet": [{"Key": "k", "Value": "v"}]}}),
        (alice.get_object_tagging, {}),
        (alice.delete_object_tagging, {}),
    ):
        with denied():
            call(**place, **more)
    assert content(guarded, COMMON, "abc/x") == b"abc/x"


def test_within_its_prefix_an_identity_does_what_it_may(guarded):
    alice = guarded.alice
    assert alice.get_object(Bucket=COMMON, Key="c")["Body"].read() == b"c"
    alice.put_object(Bucket=COMMON, Key="a/new", Body=b"1")
    alice.copy_object(Bucket=COMMON, Key="a/copy", CopySource=f"{COMMON}/a/new")
    assert keys(alice.list_objects_v2(Bucket=COMMON, Prefix="a/")) == ["a/copy", "a/new", "a/x"]
    alice.head_bucket(Bucket=COMMON)
    for key in ("a/new", "a/copy"):
        alice.delete_object(Bucket=COMMON, Key=key)


@pytest.mark.parametrize("prefix", ["", "a", "ab", "ab/", "b/", "A/", "/a/"])
def test_a_list_of_what_an_identity_may_not_list_is_refused(guarded, prefix):
    for call in ("list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads"):
        for more in ({}, {"Delimiter": "/"}):
            with denied():
                getattr(guarded.alice, call)(Bucket=COMMON, Prefix=prefix, **more)


def test_a_token_of_somebody_else_leads_nowhere_else(guarded):
    token = guarded.root.list_objects_v2(Bucket=COMMON, MaxKeys=1)["NextContinuationToken"]
    with denied():
        guarded.bob.list_objects_v2(Bucket=COMMON, ContinuationToken=token)
    listed = guarded.bob.list_objects_v2(Bucket=COMMON, Prefix="b/", ContinuationToken=token)
    assert keys(listed) == ["b/x"]
    with denied():
        guarded.carol.list_objects_v2(Bucket=COMMON, ContinuationToken=token)


# --- buckets -------------------------------------------------------------------------------------


def test_a_list_of_buckets_shows_what_an_identity_may_list(guarded):
    def shown(who: str) -> list[str]:
        client = guarded.clients[who]
        listed = [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        pages = client.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1})
        assert [bucket["Name"] for page in pages for bucket in page.get("Buckets", [])] == listed
        return sorted(name for name in listed if PREFIX in name)

    assert shown("root") == sorted([COMMON, HIDDEN, OPEN, PUBLIC])
    assert shown("alice") == [COMMON]
    assert shown("reader") == [OPEN]
    assert shown("maker") == shown("nobody") == []


@pytest.mark.parametrize("name", ["master.Nhidden", "master.Nmissing", "Nhidden", "no-bucket!"])
def test_whether_a_bucket_exists_that_one_may_not_see_is_not_told(guarded, name):
    alice, bucket = guarded.alice, name.replace("N", PREFIX)
    for call in (
        alice.head_bucket,
        alice.get_bucket_location,
        alice.list_objects_v2,
        alice.get_bucket_versioning,
        alice.get_bucket_acl,
        alice.get_bucket_cors,
        alice.delete_bucket,
        alice.create_bucket,
    ):
        if bucket == "no-bucket!":
            continue
        with denied():
            call(Bucket=bucket)
    for method, target in (("GET", f"/{bucket}/a"), ("PUT", f"/{bucket}/a"), ("DELETE", f"/{bucket}/a")):
        answer = guarded.signed("alice", method, target, b"" if method == "PUT" else None)
        assert (answer.status, answer.code) == (403, "AccessDenied")
    answers = {guarded.signed("alice", "GET", f"/{bucket}?list-type=2").element("Message") for _ in range(2)}
    assert answers == {guarded.signed("alice", "GET", f"/{HIDDEN}?list-type=2").element("Message")}


def test_buckets_are_made_and_removed_by_whoever_may(guarded):
    name = f"dev.{PREFIX}made"
    with denied():
        guarded.carol.create_bucket(Bucket=name)
    with denied():
        guarded.maker.create_bucket(Bucket=f"master.{PREFIX}made")
    guarded.maker.create_bucket(Bucket=name)
    with denied():
        guarded.maker.delete_bucket(Bucket=name)
    guarded.root.delete_bucket(Bucket=name)
    with denied():  # a right on some keys is none on the bucket
        guarded.alice.delete_bucket(Bucket=COMMON)


def test_a_bucket_is_judged_by_what_it_is_whatever_it_is_called(guarded):
    head = guarded.root.head_object(Bucket=COMMON, Key="b/x")["VersionId"]
    for name in (
        COMMON,
        f"{PREFIX}common",
        f"{COMMON}.default",
        COMMON.replace(".", "%2E"),
        f"{head}.{COMMON}",
    ):
        assert guarded.signed("bob", "GET", f"/{name}/b/x").status == 200, name
        for target in (f"/{name}/a/x", f"/{name}/b%2Fx%00", f"/{name}/b%2e/x", f"/{name}/a/../b/x"):
            assert guarded.signed("bob", "GET", target).status in (403, 404), target
        assert guarded.signed("bob", "GET", f"/{name}/a/x").code == "AccessDenied", name
        assert guarded.signed("bob", "GET", f"/{name}/a/%2e%2e/b/x").code == "AccessDenied", name


# --- copies and renames --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "HIDDEN/a/x",
        "/HIDDEN/a/x",
        "Nhidden/a/x",
        "master%2ENhidden/a%2Fx",
        "master.Nmissing/a/x",
        "COMMON/abc/x",
        "COMMON/abc/x?versionId=VERSION",
        "VERSION.COMMON/abc/x",
    ],
)
def test_what_may_not_be_read_is_not_copied_either(guarded, source):
    version = guarded.root.head_object(Bucket=COMMON, Key="abc/x")["VersionId"]
    for word, stands_for in (("VERSION", version), ("HIDDEN", HIDDEN), ("COMMON", COMMON), ("N", PREFIX)):
        source = source.replace(word, stands_for)
    headers = {"x-amz-copy-source": source}
    answer = guarded.signed("alice", "PUT", f"/{COMMON}/a/stolen", headers=headers)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    upload = guarded.alice.create_multipart_upload(Bucket=COMMON, Key="a/stolen")["UploadId"]
    answer = guarded.signed(
        "alice", "PUT", f"/{COMMON}/a/stolen?partNumber=1&uploadId={upload}", headers=headers
    )
    assert (answer.status, answer.code) == (403, "AccessDenied")
    guarded.alice.abort_multipart_upload(Bucket=COMMON, Key="a/stolen", UploadId=upload)
    assert "a/stolen" not in keys(guarded.root.list_objects_v2(Bucket=COMMON))


def test_a_rename_takes_away_only_what_may_be_read_and_removed(guarded):
    for source, target in (("b/x", "a/x2"), ("a/x", "b/x2")):
        answer = guarded.signed(
            "alice", "PUT", f"/{COMMON}/{target}?renameObject", headers={"x-amz-rename-source": f"/{source}"}
        )
        assert (answer.status, answer.code) == (403, "AccessDenied")
    assert keys(guarded.root.list_objects_v2(Bucket=COMMON)) == ["a/x", "ab", "abc/x", "b/x", "c"]


def test_of_many_keys_the_forbidden_ones_stay(guarded):
    for key in ("b/1", "b/2"):
        guarded.root.put_object(Bucket=COMMON, Key=key, Body=b"")
    answer = guarded.bob.delete_objects(
        Bucket=COMMON, Delete={"Objects": [{"Key": key} for key in ("b/1", "a/x", "b/2", "ba")]}
    )
    assert [entry["Key"] for entry in answer["Deleted"]] == ["b/1", "b/2"]
    assert [(entry["Key"], entry["Code"]) for entry in answer["Errors"]] == [
        ("a/x", "AccessDenied"),
        ("ba", "AccessDenied"),
    ]
    assert keys(guarded.root.list_objects_v2(Bucket=COMMON)) == ["a/x", "ab", "abc/x", "b/x", "c"]
    with denied():
        guarded.reader.delete_objects(Bucket=OPEN, Delete={"Objects": [{"Key": "a/x"}]})


# --- what belongs to somebody else ---------------------------------------------------------------


def test_an_upload_of_somebody_else_is_out_of_reach(guarded):
    place = {"Bucket": OPEN, "Key": "up/load"}
    upload = guarded.carol.create_multipart_upload(**place)["UploadId"]
    part = guarded.carol.upload_part(**place, UploadId=upload, PartNumber=1, Body=PART)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    dave = guarded.dave
    for call, more in (
        (dave.upload_part, {"PartNumber": 1, "Body": b"dave"}),
        (dave.upload_part_copy, {"PartNumber": 1, "CopySource": f"{OPEN}/a/x"}),
        (dave.list_parts, {}),
        (dave.complete_multipart_upload, {"MultipartUpload": parts}),
        (dave.abort_multipart_upload, {}),
    ):
        with denied():
            call(**place, UploadId=upload, **more)
    done = guarded.carol.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    assert content(guarded, OPEN, "up/load") == PART
    with denied():
        dave.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    again = guarded.carol.complete_multipart_upload(**place, UploadId=upload, MultipartUpload=parts)
    assert again["ETag"] == done["ETag"]
    forged = f"{upload[:-1]}{'0' if upload[-1] != '0' else '1'}"
    with denied():
        dave.list_parts(**place, UploadId=forged)


def test_a_session_of_somebody_else_is_out_of_reach(guarded):
    def ask(who: str, method: str, target: str, body: bytes | None = None, **headers: str) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return guarded.signed(who, method, target, body, sent)

    session = ask("carol", "POST", f"/{OPEN}?s3gw-session", b"").headers["x-s3gw-session"]
    assert ask("carol", "PUT", f"/{OPEN}/staged", b"carol", x_s3gw_session=session).status == 200
    for method, target, body in (
        ("GET", f"/{OPEN}/staged", None),
        ("HEAD", f"/{OPEN}/staged", None),
        ("GET", f"/{OPEN}?list-type=2", None),
        ("PUT", f"/{OPEN}/staged", b"dave"),
        ("DELETE", f"/{OPEN}/staged", None),
        ("POST", f"/{OPEN}/staged?uploads", b""),
        ("POST", f"/{OPEN}?delete", b"<Delete><Object><Key>staged</Key></Object></Delete>"),
    ):
        assert ask("dave", method, target, body, x_s3gw_session=session).status == 403, (method, target)
    copied = ask("dave", "PUT", f"/{OPEN}/c", x_amz_copy_source=f"{OPEN}/staged", x_s3gw_session=session)
    assert copied.status == 403
    for method, body in (("POST", b""), ("DELETE", None)):
        assert ask("dave", method, f"/{OPEN}?s3gw-session={session}", body).status == 403
    assert ask("carol", "POST", f"/{OPEN}?s3gw-session={session}", b"").status == 200
    assert content(guarded, OPEN, "staged") == b"carol"


def test_versions_are_judged_as_what_they_are_versions_of(guarded):
    version = guarded.root.put_object(Bucket=COMMON, Key="b/x", Body=b"b/x")["VersionId"]
    for call in (guarded.alice.get_object, guarded.alice.head_object, guarded.alice.delete_object):
        with denied():
            call(Bucket=COMMON, Key="b/x", VersionId=version)
    with denied():
        guarded.alice.list_object_versions(Bucket=COMMON)
    answer = guarded.signed("alice", "GET", f"/{version}.{COMMON}/b/x")
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert guarded.signed("alice", "GET", f"/{version}.{COMMON}/a/x").status == 200


# --- rights --------------------------------------------------------------------------------------


def test_a_reader_only_reads(guarded):
    reader = guarded.reader
    assert reader.get_object(Bucket=OPEN, Key="a/x")["Body"].read() == b"open"
    place = {"Bucket": OPEN, "Key": "a/x"}
    for call, more in (
        (reader.put_object, {"Body": b"no"}),
        (reader.delete_object, {}),
        (reader.copy_object, {"CopySource": f"{OPEN}/a/x", "MetadataDirective": "REPLACE"}),
        (reader.create_multipart_upload, {}),
        (reader.put_object_tagging, {"Tagging": {"TagSet": []}}),
        (reader.put_object_acl, {"ACL": "private"}),
    ):
        with denied():
            call(**place, **more)
    for call, more in (
        (reader.delete_bucket, {}),
        (reader.put_bucket_versioning, {"VersioningConfiguration": {"Status": "Enabled"}}),
        (reader.put_bucket_acl, {"ACL": "private"}),
    ):
        with denied():
            call(Bucket=OPEN, **more)
    assert guarded.signed("reader", "POST", f"/{OPEN}?s3gw-session", b"").status == 403
    assert content(guarded, OPEN, "a/x") == b"open"


def test_what_is_not_supported_is_told_to_whoever_may_ask_for_it_alone(guarded):
    assert guarded.signed("alice", "PUT", f"/{OPEN}?policy", b"{}").code == "AccessDenied"
    assert guarded.signed("root", "PUT", f"/{OPEN}?policy", b"{}").code == "NotImplemented"
    assert guarded.gateway.request("PUT", f"/{OPEN}?policy", b"{}").code == "AccessDenied"


def test_nobody_in_particular_reads_what_is_public_and_nothing_else(guarded):
    ask = guarded.gateway.request
    assert ask("GET", f"/{PUBLIC}/www/index").body == b"www/index"
    assert ask("GET", f"/{PUBLIC}/www/../secret").code == "NoSuchKey"  # a key like any other
    for method, target in (
        ("GET", "/"),
        ("GET", f"/{PUBLIC}"),
        ("GET", f"/{PUBLIC}?list-type=2&prefix=www/"),
        ("GET", f"/{PUBLIC}/wwwx"),
        ("GET", f"/{PUBLIC}/secret"),
        ("GET", f"/{OPEN}/a/x"),
        ("GET", f"/{PUBLIC}?unknown-thing"),
        ("PUT", f"/{PUBLIC}/www/index"),
        ("DELETE", f"/{PUBLIC}/www/index"),
        ("PUT", f"/master.{PREFIX}mine"),
        ("POST", f"/{PUBLIC}?delete"),
        ("POST", f"/{PUBLIC}/www/index?uploads"),
    ):
        answer = ask(method, target, b"" if method in ("PUT", "POST") else None)
        assert (answer.status, answer.code) == (403, "AccessDenied"), (method, target)


@pytest.mark.parametrize("header", ["ExpectedBucketOwner", "ExpectedSourceBucketOwner"])
def test_the_expected_owner_is_judged(guarded, header):
    def copy(owner: str) -> None:
        guarded.carol.copy_object(Bucket=OPEN, Key="owned", CopySource=f"{OPEN}/a/x", **{header: owner})

    copy("123456789012")
    for owner in ("210987654321", "12345678901"):
        with denied():
            copy(owner)
    with denied():
        guarded.carol.get_object(Bucket=OPEN, Key="a/x", ExpectedBucketOwner="210987654321")


def test_a_refused_body_is_not_read(guarded):
    head = f"PUT /{OPEN}/a/x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n"
    answer = guarded.gateway.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"100 Continue" not in answer


def test_the_log_tells_who_asked_for_what_right_and_the_verdict(guarded):
    def told(answer: Response) -> list[str]:
        line = guarded.gateway.log_line(answer.headers["x-amz-request-id"])
        assert "secret-of" not in line
        return [word for word in line.split() if word.startswith(("identity=", "right=", "verdict="))]

    signed = guarded.signed
    assert told(signed("reader", "GET", f"/{OPEN}/a/x")) == [
        "identity=reader",
        "right=read",
        "verdict=allowed",
    ]
    assert told(signed("reader", "PUT", f"/{OPEN}/a/x", b"")) == [
        "identity=reader",
        "right=write",
        "verdict=denied",
    ]
    copied = signed("alice", "PUT", f"/{COMMON}/a/y", headers={"x-amz-copy-source": f"{HIDDEN}/a/x"})
    assert told(copied) == ["identity=alice", "right=write", "verdict=denied"]
    assert told(guarded.gateway.request("GET", "/")) == ["identity=anonymous", "right=list", "verdict=denied"]
    forged = guarded.gateway.request(
        "GET", f"/{OPEN}/a/x", headers={"Authorization": "AWS KEYOFROOT:forged="}
    )
    assert told(forged) == ["identity=-", "right=read", "verdict=denied"]
