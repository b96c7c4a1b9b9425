"""What tools ask that has a plain answer, in the profile extended: as S3 answers for what nobody has configured."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from s3gw.generated.routes import PROFILES
from tests.sdk import sdk_request

OWNER = {"ID": "0" * 32, "DisplayName": "pachyderm"}
GRANTS = [{"Grantee": {**OWNER, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]
XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
ACL = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f"<AccessControlPolicy {XMLNS}><Owner><ID>{OWNER['ID']}</ID><DisplayName>pachyderm</DisplayName></Owner>"
    f'<AccessControlList><Grant><Grantee {XSI} xsi:type="CanonicalUser"><ID>{OWNER["ID"]}</ID>'
    "<DisplayName>pachyderm</DisplayName></Grantee><Permission>FULL_CONTROL</Permission></Grant>"
    "</AccessControlList></AccessControlPolicy>"
)
ID = {"Id": "any"}
KEY = {"Key": "dir/a.txt"}

# Operation -> its members besides the bucket, and the answer: an error's status, code and message, or members.
PLAIN: dict[str, tuple[dict[str, str], tuple[int, str, str] | dict[str, object]]] = {
    "GetBucketAccelerateConfiguration": ({}, {}),
    "GetBucketAcl": ({}, {"Owner": OWNER, "Grants": GRANTS}),
    "GetBucketAnalyticsConfiguration": (ID, (404, "NoSuchConfiguration", "The specified configuration does not exist.")),
    "GetBucketCors": ({}, (404, "NoSuchCORSConfiguration", "The CORS configuration does not exist")),
    "GetBucketEncryption": ({}, (404, "ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found")),
    "GetBucketIntelligentTieringConfiguration": (ID, (404, "NoSuchConfiguration", "The specified configuration does not exist.")),
    "GetBucketInventoryConfiguration": (ID, (404, "NoSuchConfiguration", "The specified configuration does not exist.")),
    "GetBucketLifecycle": ({}, (404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
    "GetBucketLifecycleConfiguration": ({}, (404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")),
    "GetBucketLogging": ({}, {}),
    "GetBucketMetricsConfiguration": (ID, (404, "NoSuchConfiguration", "The specified configuration does not exist.")),
    "GetBucketNotificationConfiguration": ({}, {}),
    "GetBucketOwnershipControls": ({}, (404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")),
    "GetBucketPolicy": ({}, (404, "NoSuchBucketPolicy", "The bucket policy does not exist")),
    "GetBucketPolicyStatus": ({}, (404, "NoSuchBucketPolicy", "The bucket policy does not exist")),
    "GetBucketReplication": ({}, (404, "ReplicationConfigurationNotFoundError", "The replication configuration was not found")),
    "GetBucketRequestPayment": ({}, {"Payer": "BucketOwner"}),
    "GetBucketTagging": ({}, (404, "NoSuchTagSet", "The TagSet does not exist")),
    "GetBucketVersioning": ({}, {"Status": "Enabled"}),
    "GetBucketWebsite": ({}, (404, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")),
    "GetObjectAcl": (KEY, {"Owner": OWNER, "Grants": GRANTS}),
    "GetObjectLegalHold": (KEY, (400, "InvalidRequest", "Bucket is missing Object Lock Configuration")),
    "GetObjectLockConfiguration": ({}, (404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")),
    "GetObjectRetention": (KEY, (400, "InvalidRequest", "Bucket is missing Object Lock Configuration")),
    "GetPublicAccessBlock": ({}, (404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")),
    "ListBucketAnalyticsConfigurations": ({}, {"IsTruncated": False}),
    "ListBucketIntelligentTieringConfigurations": ({}, {"IsTruncated": False}),
    "ListBucketInventoryConfigurations": ({}, {"IsTruncated": False}),
    "ListBucketMetricsConfigurations": ({}, {"IsTruncated": False}),
}  # fmt: skip
WITHOUT_BUCKET_NAME = ("InvalidRequest", "NoSuchConfiguration")


def asked(client, operation: str, bucket: str, members: dict[str, str]) -> dict[str, object]:
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
    answer = getattr(client, method)(Bucket=bucket, **members)
    del answer["ResponseMetadata"]
    return answer


@pytest.fixture
def kept(extended, extended_bucket) -> str:
    """A bucket with one object."""
    assert extended.request("PUT", f"/{extended_bucket}/{KEY['Key']}", b"kept").status == 200
    return extended_bucket


@pytest.mark.parametrize("operation", PLAIN)
def test_the_sdk_reads_what_s3_answers_where_nothing_is_configured(extended, kept, operation):
    members, expected = PLAIN[operation]
    if isinstance(expected, dict):
        assert asked(extended.boto3(), operation, kept, members) == expected
        return
    status, code, message = expected
    with pytest.raises(ClientError) as refused:
        asked(extended.boto3(), operation, kept, members)
    error = refused.value.response["Error"]
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert (error["Code"], error["Message"]) == (code, message)
    assert error.get("BucketName") == (None if code in WITHOUT_BUCKET_NAME else kept)


@pytest.mark.parametrize("query", ["legal-hold", "retention", "retention&versionId=0"])
def test_locks_are_looked_for_at_the_bucket_before_the_object(extended, extended_bucket, query):
    answer = extended.request("GET", f"/{extended_bucket}/none?{query}")
    assert (answer.status, answer.code) == (400, "InvalidRequest")


@pytest.mark.parametrize("operation", [*PLAIN, "PutBucketAcl", "PutObjectAcl", "PutBucketVersioning"])
def test_a_bucket_that_is_missing_is_said_first(extended, operation):
    request = sdk_request(operation, "no.where", KEY["Key"])
    answer = extended.request(request.method, request.target, request.body, request.headers)
    assert (answer.status, answer.code) == (404, "NoSuchBucket")


@pytest.mark.parametrize("operation", PLAIN)
def test_the_classic_profile_answers_none_of_these_but_the_versioning_that_it_always_had(
    gateway, bucket, operation
):
    request = sdk_request(operation, bucket, KEY["Key"])
    answer = gateway.request(request.method, request.target, request.body, request.headers)
    if operation == "GetBucketVersioning":
        document = f"<VersioningConfiguration {XMLNS}></VersioningConfiguration>"
        assert (answer.status, answer.body.decode().partition("\n")[2]) == (200, document)
    else:
        assert (answer.status, answer.code) == (501, "NotImplemented")


def test_what_configures_stays_unsupported():
    supported = {
        o.name for o in PROFILES["extended"].operations if o.support and o.method in ("PUT", "DELETE")
    }
    asked_for = {name.removeprefix("Get") for name in PLAIN if name.startswith("Get")}
    changed = {f"{verb}{what}" for verb in ("Put", "Delete") for what in asked_for}
    assert supported & changed == {"PutBucketAcl", "PutObjectAcl", "PutBucketVersioning"}


def test_an_acl_is_laid_out_as_s3_does(extended, kept):
    version = extended.request("HEAD", f"/{kept}/{KEY['Key']}").headers["x-amz-version-id"]
    for target in (
        f"/{kept}?acl",
        f"/{kept}/{KEY['Key']}?acl",
        f"/{kept}/{KEY['Key']}?acl&versionId={version}",
    ):
        answer = extended.request("GET", target)
        assert (answer.status, answer.body.decode()) == (200, ACL)


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("dir?acl", "NoSuchKey"),
        ("none?acl", "NoSuchKey"),
        (f"dir/a.txt?acl&versionId={'0' * 12}4{'0' * 19}", "NoSuchVersion"),
    ],
)
def test_the_acl_of_what_is_missing_is_404(extended, kept, method, target, code):
    answer = extended.request(method, f"/{kept}/{target}", b"", {"x-amz-acl": "private"})
    assert (answer.status, answer.code) == (404, code)


PLACES = pytest.mark.parametrize("place", ["", "/dir/a.txt"], ids=["bucket", "object"])


@PLACES
@pytest.mark.parametrize(
    ("headers", "document"),
    [
        ({"x-amz-acl": "private"}, ""),
        ({"x-amz-acl": "bucket-owner-full-control"}, ""),
        ({"x-amz-acl": "bucket-owner-read"}, ""),
        ({}, ACL),
        ({}, ACL.replace("<DisplayName>pachyderm</DisplayName>", "")),
        ({}, ACL.replace(f" {XMLNS}", "")),
        ({"x-amz-acl": ""}, ACL),
    ],
)
def test_an_acl_that_says_the_obvious_is_accepted(extended, kept, place, headers, document):
    answer = extended.request("PUT", f"/{kept}{place}?acl", document.encode(), headers)
    assert (answer.status, answer.body) == (200, b"")
    assert extended.request("GET", f"/{kept}{place}?acl").body.decode() == ACL
    assert extended.request("GET", f"/{kept}/dir/a.txt").body == b"kept"


GROUP = re.sub(
    r"<Grantee.*</Grantee>",
    f'<Grantee {XSI} xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>',
    ACL,
)


@PLACES
@pytest.mark.parametrize(
    ("headers", "document"),
    [
        ({"x-amz-acl": "public-read"}, ""),
        ({"x-amz-acl": "authenticated-read"}, ""),
        ({"x-amz-grant-read": 'id="1"'}, ""),
        ({"x-amz-grant-full-control": f'id="{OWNER["ID"]}"'}, ""),
        ({}, GROUP),
        ({}, ACL.replace("FULL_CONTROL", "READ")),
        ({}, ACL.replace('"CanonicalUser"', '"Group"')),
        ({}, ACL.replace("</Grantee>", "<URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>")),
        ({}, re.sub("<Grant>.*</Grant>", r"\g<0>" + re.search("<Grant>.*</Grant>", GROUP)[0], ACL)),
        ({}, re.sub("<Grant>.*</Grant>", "", ACL)),
        ({}, ACL.replace("0" * 32, "1" * 32)),
        ({}, ACL.replace("0" * 32, "1" * 32, 1)),
    ],
)  # fmt: skip
def test_another_acl_is_501_and_says_what_is_accepted(extended, kept, place, headers, document):
    answer = extended.request("PUT", f"/{kept}{place}?acl", document.encode(), headers)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert "bucket-owner-full-control, bucket-owner-read, private" in answer.element("Message")
    assert f"FULL_CONTROL to the CanonicalUser {OWNER['ID']}" in answer.element("Message")


@PLACES
@pytest.mark.parametrize(
    ("headers", "document", "code"),
    [
        ({"x-amz-acl": "private"}, ACL, "UnexpectedContent"),
        ({"x-amz-grant-read": 'id="1"'}, ACL, "UnexpectedContent"),
        ({"x-amz-acl": "private", "x-amz-grant-read": 'id="1"'}, "", "InvalidRequest"),
        ({"x-amz-acl": "privat"}, "", "InvalidArgument"),
        ({}, "", "MissingSecurityHeader"),
        ({}, ACL.replace(' xsi:type="CanonicalUser"', ""), "MalformedXML"),
        ({}, re.sub("<Owner>.*</Owner>", "", ACL), "MalformedXML"),
        ({"Content-MD5": "XUFAKrxLKna5cZ2REBfFkg=="}, ACL, "BadDigest"),
    ],
)
def test_an_acl_that_is_none_is_400(extended, kept, place, headers, document, code):
    answer = extended.request("PUT", f"/{kept}{place}?acl", document.encode(), headers)
    assert (answer.status, answer.code) == (400, code)
    if code == "MissingSecurityHeader":
        assert answer.element("MissingHeaderName") == "x-amz-acl"


def test_what_the_sdk_got_it_may_put_again(extended, kept):
    client = extended.boto3()
    for get, put, where in (
        (client.get_bucket_acl, client.put_bucket_acl, {"Bucket": kept}),
        (client.get_object_acl, client.put_object_acl, {"Bucket": kept, **KEY}),
    ):
        acl = get(**where)
        put(**where, AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]})
        put(**where, ACL="private")
        with pytest.raises(ClientError) as refused:
            put(**where, ACL="public-read")
        assert refused.value.response["Error"]["Code"] == "NotImplemented"


def test_versioning_may_be_enabled_and_not_suspended(extended, kept):
    client = extended.boto3()
    for given in ({"Status": "Enabled"}, {"Status": "Enabled", "MFADelete": "Disabled"}):
        client.put_bucket_versioning(Bucket=kept, VersioningConfiguration=given)
    with pytest.raises(ClientError) as refused:
        client.put_bucket_versioning(Bucket=kept, VersioningConfiguration={"Status": "Suspended"})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert refused.value.response["Error"]["Code"] == "InvalidBucketState"
    assert "every write is a commit of PFS" in refused.value.response["Error"]["Message"]
    assert asked(client, "GetBucketVersioning", kept, {}) == {"Status": "Enabled"}


@pytest.mark.parametrize(
    ("inside", "headers", "status", "code"),
    [
        ("", {}, 400, "IllegalVersioningConfigurationException"),
        ("<Status></Status>", {}, 400, "IllegalVersioningConfigurationException"),
        ("<Status>enabled</Status>", {}, 400, "IllegalVersioningConfigurationException"),
        ("<MfaDelete>Disabled</MfaDelete>", {}, 400, "IllegalVersioningConfigurationException"),
        ("<Status>Enabled</Status><MfaDelete>Yes</MfaDelete>", {}, 400, "IllegalVersioningConfigurationException"),
        ("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>", {}, 501, "NotImplemented"),
        ("<Status>Enabled</Status>", {"x-amz-mfa": "serial 123456"}, 501, "NotImplemented"),
        ("<Status>Enabled</Status><Days>5</Days>", {}, 400, "MalformedXML"),
        (None, {}, 400, "MissingRequestBodyError"),
    ],
)  # fmt: skip
def test_a_versioning_that_is_none_is_refused(extended, kept, inside, headers, status, code):
    document = (
        b"" if inside is None else f"<VersioningConfiguration>{inside}</VersioningConfiguration>".encode()
    )
    answer = extended.request("PUT", f"/{kept}?versioning", document, headers)
    assert (answer.status, answer.code) == (status, code)
