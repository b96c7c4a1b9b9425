"""Copies and renames: objects made of others, by reference."""

from __future__ import annotations

import hashlib
import random
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

import pytest

from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch, Put
from tests.folders import sizes
from tests.serving import Gateway, Response, create_project, serving

LEAST = 5 * 1024 * 1024
FIVE = random.Random(5).randbytes(LEAST)
EXTENDED = ("--profile", "extended")
KEPT = {
    "Content-Type": "text/x-test",
    "Cache-Control": "no-store",
    "x-amz-meta-colour": "blue",
    "x-amz-tagging": "a=b&c=d",
}


def put(gateway: Gateway, bucket: str, key: str, body: bytes = b"data", **headers: str) -> Response:
    answer = gateway.request("PUT", f"/{bucket}/{quote(key)}", body, headers)
    assert answer.status == 200, answer
    return answer


def get(gateway: Gateway, bucket: str, key: str, query: str = "") -> Response:
    return gateway.request("GET", f"/{bucket}/{quote(key)}{query}")


def copy(gateway: Gateway, bucket: str, key: str, source: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return gateway.request("PUT", f"/{bucket}/{quote(key)}", None, {"x-amz-copy-source": source, **named})


def rename(gateway: Gateway, bucket: str, key: str, source: str, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = f"/{bucket}/{quote(key)}?renameObject"
    return gateway.request("PUT", target, None, {"x-amz-rename-source": source, **named})


def refused(answer: Response, status: int, code: str) -> None:
    assert (answer.status, answer.code) == (status, code), answer


def made(answer: Response) -> Response:
    assert answer.status == 200, answer
    return answer


@pytest.fixture
def source(extended, extended_bucket) -> Response:
    """An object `source` of the bucket, with all that an object can carry."""
    return put(extended, extended_bucket, "source", b"data", **KEPT)


# --- from where to where ----------------------------------------------------------------------------


def test_a_copy_is_what_its_source_was(extended, extended_bucket, source):
    answer = made(copy(extended, extended_bucket, "dir/copy", f"/{extended_bucket}/source"))
    found = get(extended, extended_bucket, "dir/copy")
    assert found.body == b"data"
    assert answer.element("ETag") == found.headers["etag"].replace('"', "&quot;")
    assert found.headers["etag"] == source.headers["etag"]
    assert answer.headers["x-amz-copy-source-version-id"] == source.headers["x-amz-version-id"]
    assert answer.headers["x-amz-version-id"] == found.headers["x-amz-version-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.element("LastModified") or "")
    assert get(extended, extended_bucket, "source").body == b"data"
    if extended.pachd is None:
        said = [found.headers.get(name) for name in ("content-type", "cache-control", "x-amz-meta-colour")]
        assert said == ["text/x-test", "no-store", "blue"]
        assert found.headers["x-amz-tagging-count"] == "2"


def test_copies_go_across_branches_repos_and_projects(extended, extended_bucket, source):
    repo = extended_bucket.removeprefix("master.")
    places = [f"other.{repo}", f"master.{repo}-2"]
    if extended.pachd is not None:
        create_project(extended.pachd, "elsewhere")
        places.append(f"master.{repo}.elsewhere")
    for place in places:
        assert extended.request("PUT", f"/{place}").status == 200
        made(copy(extended, place, "copy", f"{extended_bucket}/source"))
        assert get(extended, place, "copy").body == b"data"
        made(copy(extended, extended_bucket, "back", f"{place}/copy"))
        assert get(extended, extended_bucket, "back").body == b"data"
    assert extended.request("DELETE", f"/{places[0]}/copy").status == 204
    assert extended.request("DELETE", f"/{places[0]}").status == 204
    assert get(extended, extended_bucket, "back").body == b"data"


def test_a_source_may_be_a_version_or_in_a_commit(extended, extended_bucket, source):
    first = source.headers["x-amz-version-id"]
    second = put(extended, extended_bucket, "source", b"later").headers["x-amz-version-id"]
    old = f"{extended_bucket}/source?versionId={first}"
    answer = made(copy(extended, extended_bucket, "old", old))
    assert answer.headers["x-amz-copy-source-version-id"] == first
    assert get(extended, extended_bucket, "old").body == b"data"
    for commit, body in {first: b"data", second: b"later"}.items():
        made(copy(extended, extended_bucket, "copy", f"{commit}.{extended_bucket}/source"))
        assert get(extended, extended_bucket, "copy").body == body
    made(copy(extended, extended_bucket, "source", old))  # to itself, from another version
    assert get(extended, extended_bucket, "source").body == b"data"
    assert extended.request("DELETE", f"/{extended_bucket}/source").status == 204
    made(copy(extended, extended_bucket, "source", f"{extended_bucket}/source?versionId={second}"))
    assert get(extended, extended_bucket, "source").body == b"later"


def test_a_plus_in_the_name_of_a_source_is_a_space(extended, extended_bucket):
    """As s5cmd writes it; a plus that is meant is encoded by all clients, since S3 reads it so."""
    put(extended, extended_bucket, "ä b/c d", b"spaces")
    put(extended, extended_bucket, "ä+b/c+d", b"pluses")
    for encoded, body in (
        ("%C3%A4+b/c+d", b"spaces"),
        ("%C3%A4+b%2Fc%20d", b"spaces"),
        ("%C3%A4%2Bb/c%2Bd", b"pluses"),
    ):
        made(copy(extended, extended_bucket, "copy", f"{extended_bucket}/{encoded}"))
        assert get(extended, extended_bucket, "copy").body == body


@pytest.mark.parametrize(
    "key", ["a b", "a+b", "é/ü", "what?", "?versionId", "100%", "%41", "a&b=c", "<x>", "dir/#1", "it's (1)"]
)
def test_a_source_is_named_percent_encoded(extended, extended_bucket, key):
    put(extended, extended_bucket, key, key.encode())
    for begin in ("", "/"):
        for safe in ("/", "", "/'()"):
            answer = copy(
                extended, extended_bucket, "copy", f"{begin}{quote(f'{extended_bucket}/{key}', safe=safe)}"
            )
            made(answer)
            assert get(extended, extended_bucket, "copy").body == key.encode()
            assert extended.request("DELETE", f"/{extended_bucket}/copy").status == 204
    client = extended.boto3()
    client.copy_object(
        Bucket=extended_bucket, Key=f"{key}.copy", CopySource={"Bucket": extended_bucket, "Key": key}
    )
    assert get(extended, extended_bucket, f"{key}.copy").body == key.encode()


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        ("{}/none", 404, "NoSuchKey"),
        ("{}/dir", 404, "NoSuchKey"),
        ("{}/dir/", 404, "NoSuchKey"),
        ("{}/a//b", 404, "NoSuchKey"),
        ("{}/dir/file/below", 404, "NoSuchKey"),
        ("master.none/source", 404, "NoSuchBucket"),
        ("a.b.c.d.e/source", 404, "NoSuchBucket"),
        ("uploads._s3gw_/source", 404, "NoSuchBucket"),
        ("{}", 400, "InvalidArgument"),
        ("/{}/", 400, "InvalidArgument"),
        ("", 400, "InvalidArgument"),
        ("/", 400, "InvalidArgument"),
        ("{}/source?versionId=", 400, "InvalidArgument"),
        ("{}/source?versionId=x", 400, "InvalidArgument"),
        ("{}/source?versionId=" + "0" * 12 + "4" + "0" * 19, 404, "NoSuchVersion"),
    ],
)
def test_what_is_no_source_is_refused(extended, extended_bucket, source, named, status, code):
    put(extended, extended_bucket, "dir/file")
    refused(copy(extended, extended_bucket, "copy", named.format(extended_bucket)), status, code)
    assert extended.keys(extended_bucket) == ["dir/file", "source"]


def test_a_delete_marker_is_no_source(extended, extended_bucket, source):
    deleted = extended.request("DELETE", f"/{extended_bucket}/source")
    refused(copy(extended, extended_bucket, "copy", f"{extended_bucket}/source"), 404, "NoSuchKey")
    version = deleted.headers["x-amz-version-id"]
    answer = copy(extended, extended_bucket, "copy", f"{extended_bucket}/source?versionId={version}")
    refused(answer, 400, "InvalidRequest")
    assert answer.element("Message") == (
        "The source of a copy request may not specifically refer to a delete marker by version id."
    )


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("a//b", "InvalidFilePath"),
        ("source/below", "InvalidFilePath"),
        ("dir", "InvalidFilePath"),
        ("marker/", "InvalidRequest"),
        ("x" * 1025, "KeyTooLongError"),
    ],
)
def test_what_can_be_no_object_is_refused(extended, extended_bucket, source, key, code):
    put(extended, extended_bucket, "dir/file")
    refused(copy(extended, extended_bucket, key, f"{extended_bucket}/source"), 400, code)
    if key != "dir":  # which the rename would free
        refused(rename(extended, extended_bucket, key, "dir/file"), 400, code)
    assert extended.keys(extended_bucket) == ["dir/file", "source"]


def test_where_a_copy_goes_must_be_there_and_no_commit(extended, extended_bucket, source):
    named = f"{extended_bucket}/source"
    refused(copy(extended, "master.none", "copy", named), 404, "NoSuchBucket")
    commit = source.headers["x-amz-version-id"]
    refused(copy(extended, f"{commit}.{extended_bucket}", "copy", named), 403, "AccessDenied")


def test_folder_markers_and_objects_without_bytes_are_copied(extended, extended_bucket):
    put(extended, extended_bucket, "folder/", b"")
    made(copy(extended, extended_bucket, "other/", f"{extended_bucket}/folder/"))
    made(copy(extended, extended_bucket, "empty", f"{extended_bucket}/folder/"))
    made(copy(extended, extended_bucket, "third/", f"{extended_bucket}/empty"))
    for key in ("other/", "empty", "third/"):
        found = get(extended, extended_bucket, key)
        assert (found.status, found.body) == (200, b"")


# --- conditions ---------------------------------------------------------------------------------------

CONDITIONS = [
    ({"match": "{etag}"}, None),
    ({"match": '"0123"'}, "match"),
    ({"none-match": '"0123"'}, None),
    ({"none-match": "{etag}"}, "none-match"),
    ({"modified-since": "{before}"}, None),
    ({"modified-since": "{now}"}, "modified-since"),
    ({"unmodified-since": "{now}"}, None),
    ({"unmodified-since": "{before}"}, "unmodified-since"),
    ({"match": "{etag}", "unmodified-since": "{before}"}, None),
    ({"none-match": "{etag}", "modified-since": "{before}"}, "none-match"),
    ({"none-match": '"0123"', "modified-since": "{now}"}, None),
    ({"match": "no-quotes"}, "match"),
]


def filled(headers: dict[str, str], prefix: str, found: Response) -> dict[str, str]:
    """Write conditions as headers."""
    now = parsedate_to_datetime(found.headers["last-modified"])
    values = {
        "etag": found.headers["etag"],
        "now": format_datetime(now, usegmt=True),
        "before": format_datetime(now - timedelta(hours=1), usegmt=True),
    }
    return {f"{prefix}{name}": value.format(**values) for name, value in headers.items()}


@pytest.mark.parametrize(("headers", "failed"), CONDITIONS)
def test_conditions_on_the_source_of_a_copy_and_of_a_rename(
    extended, extended_bucket, source, headers, failed
):
    found = get(extended, extended_bucket, "source")
    status, code = (200, None) if failed is None else (412, "PreconditionFailed")
    prefix = "x-amz-copy-source-if-"
    answer = copy(
        extended, extended_bucket, "copy", f"{extended_bucket}/source", **filled(headers, prefix, found)
    )
    assert (answer.status, answer.code) == (status, code)
    if failed is not None:
        assert (answer.element("Condition") or "").lower() == f"{prefix}{failed}"
    assert get(extended, extended_bucket, "copy").status == (200 if failed is None else 404)
    prefix = "x-amz-rename-source-if-"
    found = get(extended, extended_bucket, "source")  # a cluster tells the time of HEAD
    answer = rename(extended, extended_bucket, "renamed", "source", **filled(headers, prefix, found))
    assert (answer.status, answer.code) == (status, code)
    assert get(extended, extended_bucket, "source").status == (404 if failed is None else 200)


@pytest.mark.parametrize(
    ("there", "headers", "status", "code"),
    [
        (None, {"if-none-match": "*"}, 200, None),
        (b"old", {"if-none-match": "*"}, 412, "PreconditionFailed"),
        (b"old", {"if-match": "{etag}"}, 200, None),
        (b"old", {"if-match": '"0123"'}, 412, "PreconditionFailed"),
        (None, {"if-match": '"0123"'}, 404, "NoSuchKey"),
    ],
)
@pytest.mark.parametrize("way", ["copy", "rename"])
def test_conditions_on_what_is_replaced(extended, extended_bucket, source, there, headers, status, code, way):
    if there is not None:
        etag = put(extended, extended_bucket, "there", there).headers["etag"]
        headers = {name: value.format(etag=etag) for name, value in headers.items()}
    if way == "copy":
        answer = copy(extended, extended_bucket, "there", f"{extended_bucket}/source", **headers)
    else:
        answer = rename(extended, extended_bucket, "there", "source", **headers)
    assert (answer.status, answer.code) == (status, code)
    if status == 200:
        assert get(extended, extended_bucket, "there").body == b"data"
    elif there is not None:
        assert get(extended, extended_bucket, "there").body == there
    assert get(extended, extended_bucket, "source").status == (
        404 if (way, status) == ("rename", 200) else 200
    )


def test_of_copies_on_a_condition_one_wins(extended, extended_bucket):
    for number in range(6):
        put(extended, extended_bucket, f"source {number}", b"%d" % number)

    def send(number: int) -> int:
        named = f"{extended_bucket}/source%20{number}"
        return copy(extended, extended_bucket, "copy", named, **{"if-none-match": "*"}).status

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(send, range(6)))
    assert sorted(statuses) == [200] + [412] * 5
    assert get(extended, extended_bucket, "copy").body == b"%d" % statuses.index(200)


# --- what a copy carries --------------------------------------------------------------------------------


def test_a_copy_to_itself_must_change_something(extended, extended_bucket, source):
    named = f"{extended_bucket}/source"
    for headers in ({}, {"x-amz-metadata-directive": "COPY"}, {"x-amz-meta-colour": "red"}):
        answer = copy(extended, extended_bucket, "source", named, **headers)
        refused(answer, 400, "InvalidRequest")
        assert (answer.element("Message") or "").startswith(
            "This copy request is illegal because it is trying"
        )
    for headers in (
        {"x-amz-metadata-directive": "REPLACE", "x-amz-meta-colour": "red"},
        {"x-amz-tagging-directive": "REPLACE", "x-amz-tagging": "e=f"},
        {"x-amz-checksum-algorithm": "SHA256"},
        {"x-amz-storage-class": "STANDARD_IA"},
    ):
        made(copy(extended, extended_bucket, "source", named, **headers))
    assert get(extended, extended_bucket, "source").body == b"data"


@pytest.mark.parametrize("directive", ["copy", "x", "KEEP"])
@pytest.mark.parametrize("name", ["x-amz-metadata-directive", "x-amz-tagging-directive"])
def test_directives_are_two(extended, extended_bucket, source, name, directive):
    refused(
        copy(extended, extended_bucket, "copy", f"{extended_bucket}/source", **{name: directive}),
        400,
        "InvalidArgument",
    )


@pytest.mark.parametrize("extended", ["embedded"], indirect=True)
@pytest.mark.parametrize("key", ["copy", "source"])
def test_replace_and_copy_of_metadata_and_tags(extended, extended_bucket, source, key):
    client, named = extended.boto3(), {"Bucket": extended_bucket, "Key": "source"}
    place = {"Bucket": extended_bucket, "Key": key}
    tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}]

    client.copy_object(
        **place, CopySource=named, MetadataDirective="REPLACE", Metadata={"size": "9"}, ContentType="x/y"
    )
    found = client.head_object(**place)
    assert (found["Metadata"], found["ContentType"], "CacheControl" in found) == ({"size": "9"}, "x/y", False)
    assert client.get_object_tagging(**place)["TagSet"] == tags

    client.copy_object(
        **place, CopySource=named, TaggingDirective="REPLACE", Tagging="e=f", Metadata={"not": "taken"}
    )
    found = client.head_object(**place)
    assert found["Metadata"] == ({"colour": "blue"} if key == "copy" else {"size": "9"})
    assert client.get_object_tagging(**place)["TagSet"] == [{"Key": "e", "Value": "f"}]

    client.copy_object(**place, CopySource=named, TaggingDirective="REPLACE", MetadataDirective="REPLACE")
    assert client.head_object(**place)["Metadata"] == {}
    assert client.get_object_tagging(**place)["TagSet"] == []


@pytest.mark.parametrize("extended", ["embedded"], indirect=True)
def test_checksums_are_copied_or_computed_anew(extended, extended_bucket):
    client = extended.boto3()
    client.put_object(Bucket=extended_bucket, Key="source", Body=b"data", ChecksumAlgorithm="SHA1")
    named, place = {"Bucket": extended_bucket, "Key": "source"}, {"Bucket": extended_bucket, "Key": "copy"}
    client.copy_object(**place, CopySource=named)
    assert client.head_object(**place, ChecksumMode="ENABLED")["ChecksumSHA1"]
    answer = client.copy_object(**place, CopySource=named, ChecksumAlgorithm="SHA256")["CopyObjectResult"]
    found = client.head_object(**place, ChecksumMode="ENABLED")
    digest = "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc="
    assert answer["ChecksumSHA256"] == found["ChecksumSHA256"] == digest
    assert answer["ChecksumType"] == found["ChecksumType"] == "FULL_OBJECT"
    assert "ChecksumSHA1" not in found
    refused(
        copy(
            extended,
            extended_bucket,
            "copy",
            f"{extended_bucket}/source",
            **{"x-amz-checksum-algorithm": "MD4"},
        ),
        400,
        "InvalidRequest",
    )


def begin(gateway: Gateway, bucket: str, key: str, **headers: str) -> str:
    answer = made(gateway.request("POST", f"/{bucket}/{quote(key)}?uploads", headers=headers))
    return answer.element("UploadId") or ""


def part_copy(
    gateway: Gateway, upload: tuple[str, str, str], number: int, source: str, **headers: str
) -> Response:
    bucket, key, id_ = upload
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    target = f"/{bucket}/{quote(key)}?partNumber={number}&uploadId={id_}"
    return gateway.request("PUT", target, None, {"x-amz-copy-source": source, **named})


def complete(gateway: Gateway, upload: tuple[str, str, str], *etags: str) -> Response:
    bucket, key, id_ = upload
    listed = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        for number, etag in enumerate(etags, 1)
    )
    document = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    return gateway.request("POST", f"/{bucket}/{quote(key)}?uploadId={id_}", document)


def etag(data: bytes) -> str:
    return f"&quot;{hashlib.md5(data).hexdigest()}&quot;"


def test_parts_are_made_of_objects_and_of_ranges(extended, extended_bucket):
    put(extended, extended_bucket, "five", FIVE)
    put(extended, extended_bucket, "a + é", b"0123456789")
    upload = extended_bucket, "made", begin(extended, extended_bucket, "made")
    whole = made(part_copy(extended, upload, 1, f"{extended_bucket}/five"))
    assert whole.element("ETag") == etag(FIVE)
    assert whole.element("LastModified")
    named = f"/{extended_bucket}/{quote('a + é')}"
    ranges = {"bytes=0-0": b"0", "bytes=9-9": b"9", "bytes=0-9": b"0123456789", "bytes=3-6": b"3456"}
    for text, expected in ranges.items():
        answer = made(part_copy(extended, upload, 2, named, x_amz_copy_source_range=text))
        assert answer.element("ETag") == etag(expected)
    answer = made(complete(extended, upload, etag(FIVE), etag(b"3456")))
    found = get(extended, extended_bucket, "made")
    assert found.body == FIVE + b"3456"
    assert answer.element("ETag") == found.headers["etag"].replace('"', "&quot;")

    # of what was made of parts, ranges that lie across them
    again = extended_bucket, "again", begin(extended, extended_bucket, "again")
    first = made(
        part_copy(
            extended, again, 1, f"{extended_bucket}/made", x_amz_copy_source_range=f"bytes=2-{LEAST + 1}"
        )
    )
    whole = made(part_copy(extended, again, 2, f"{extended_bucket}/made"))
    expected = [(FIVE + b"3456")[2 : LEAST + 2], FIVE + b"3456"]
    assert [first.element("ETag"), whole.element("ETag")] == [etag(data) for data in expected]
    made(complete(extended, again, *(etag(data) for data in expected)))
    assert get(extended, extended_bucket, "again").body == b"".join(expected)


@pytest.mark.parametrize(
    "text",
    [
        "0-2",
        "bytes=0",
        "bytes=hello-world",
        "bytes=0-bar",
        "bytes=hello-",
        "bytes=0-2,3-5",
        "bytes=-5",
        "bytes=2-",
        "bytes=4-2",
        "",
    ],
)
def test_a_range_of_a_source_has_two_ends(extended, extended_bucket, source, text):
    upload = extended_bucket, "made", begin(extended, extended_bucket, "made")
    answer = part_copy(extended, upload, 1, f"{extended_bucket}/source", x_amz_copy_source_range=text)
    refused(answer, 400, "InvalidArgument")
    assert answer.element("Message") == (
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
        "the zero-based offsets of the first and last bytes to copy"
    )


@pytest.mark.parametrize("text", ["bytes=0-4", "bytes=4-4", "bytes=0-999999999999999999"])
def test_a_range_of_a_source_lies_in_it(extended, extended_bucket, source, text):
    upload = extended_bucket, "made", begin(extended, extended_bucket, "made")
    answer = part_copy(extended, upload, 1, f"{extended_bucket}/source", x_amz_copy_source_range=text)
    refused(answer, 400, "InvalidArgument")
    assert answer.element("Message") == "Range specified is not valid for source object of size: 4"


def test_a_part_of_an_object_has_conditions_versions_and_refusals(extended, extended_bucket, source):
    upload = extended_bucket, "made", begin(extended, extended_bucket, "made")
    put(extended, extended_bucket, "source", b"later")
    version = source.headers["x-amz-version-id"]
    answer = made(part_copy(extended, upload, 1, f"{extended_bucket}/source?versionId={version}"))
    assert answer.headers["x-amz-copy-source-version-id"] == version
    assert answer.element("ETag") == etag(b"data")
    found = get(extended, extended_bucket, "source")
    for headers, failed in CONDITIONS:
        named = filled(headers, "x-amz-copy-source-if-", found)
        answer = part_copy(extended, upload, 2, f"{extended_bucket}/source", **named)
        assert (answer.status, answer.code) == (
            (200, None) if failed is None else (412, "PreconditionFailed")
        )
    refused(part_copy(extended, upload, 1, f"{extended_bucket}/none"), 404, "NoSuchKey")
    refused(part_copy(extended, upload, 1, "master.none/source"), 404, "NoSuchBucket")
    refused(part_copy(extended, upload, 1, ""), 400, "InvalidArgument")
    made(complete(extended, upload, etag(b"data")))
    assert get(extended, extended_bucket, "made").body == b"data"


def test_a_copied_part_has_the_checksum_of_its_upload(extended, extended_bucket, source):
    id_ = begin(extended, extended_bucket, "made", **{"x-amz-checksum-algorithm": "SHA256"})
    answer = made(part_copy(extended, (extended_bucket, "made", id_), 1, f"{extended_bucket}/source"))
    assert answer.element("ChecksumSHA256") == "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc="


@pytest.mark.parametrize("extended", ["embedded"], indirect=True)
def test_a_copy_of_an_object_of_parts_keeps_its_etag_and_parts(extended, extended_bucket):
    put(extended, extended_bucket, "five", FIVE)
    put(extended, extended_bucket, "small", b"small")
    upload = extended_bucket, "made", begin(extended, extended_bucket, "made")
    for number, key in enumerate(("five", "small"), 1):
        made(part_copy(extended, upload, number, f"{extended_bucket}/{key}"))
    made(complete(extended, upload, etag(FIVE), etag(b"small")))
    made(copy(extended, extended_bucket, "copy", f"{extended_bucket}/made"))
    made(rename(extended, extended_bucket, "renamed", "made"))
    for key in ("copy", "renamed"):
        found = get(extended, extended_bucket, key, "?partNumber=2")
        assert (found.status, found.body, found.headers["x-amz-mp-parts-count"]) == (206, b"small", "2")
        assert found.headers["etag"].endswith('-2"')


def test_copies_renames_and_completions_write_no_bytes_on_the_embedded_pfs(tmp_path):
    with serving(tmp_path, *EXTENDED) as gateway:
        assert gateway.request("PUT", "/data").status == 200
        assert gateway.request("PUT", "/other").status == 200
        put(gateway, "data", "source", FIVE)
        before = sum(sizes(tmp_path / "objects").values())
        assert before >= LEAST
        made(copy(gateway, "other", "copy", "data/source"))
        made(rename(gateway, "data", "renamed", "source"))
        upload = "data", "made", begin(gateway, "data", "made")
        made(part_copy(gateway, upload, 1, "data/renamed"))
        made(part_copy(gateway, upload, 2, "other/copy", x_amz_copy_source_range=f"bytes=1-{LEAST - 1}"))
        made(complete(gateway, upload, etag(FIVE), etag(FIVE[1:])))
        assert get(gateway, "data", "made").body == FIVE + FIVE[1:]
        assert sum(sizes(tmp_path / "objects").values()) == before


# --- renames --------------------------------------------------------------------------------------------


def test_a_rename_is_one_commit(extended, extended_bucket, source):
    answer = made(rename(extended, extended_bucket, "dir/ä + b", "source"))
    assert answer.body == b""
    assert extended.keys(extended_bucket) == ["dir/ä + b"]
    found = get(extended, extended_bucket, "dir/ä + b")
    assert (found.body, found.headers["etag"]) == (b"data", source.headers["etag"])
    commit = found.headers["x-amz-version-id"]
    missing = get(extended, extended_bucket, "source")
    assert missing.status == 404
    if extended.pachd is None:
        assert missing.headers["x-amz-version-id"] == commit
        assert (found.headers["x-amz-meta-colour"], found.headers["content-type"]) == ("blue", "text/x-test")
    made(rename(extended, extended_bucket, "source", f"/{quote('dir/ä + b')}"))
    assert extended.keys(extended_bucket) == ["source"]


def test_a_rename_replaces_what_is_there_unless_it_may_not(extended, extended_bucket, source):
    put(extended, extended_bucket, "there", b"old")
    refused(
        rename(extended, extended_bucket, "there", "source", **{"if-none-match": "*"}),
        412,
        "PreconditionFailed",
    )
    assert extended.keys(extended_bucket) == ["source", "there"]
    made(rename(extended, extended_bucket, "there", "source"))
    assert get(extended, extended_bucket, "there").body == b"data"
    assert extended.keys(extended_bucket) == ["there"]


def test_a_file_takes_the_name_of_a_directory_and_back(extended, extended_bucket, source):
    made(rename(extended, extended_bucket, "source/below", "source"))
    assert extended.keys(extended_bucket) == ["source/below"]
    made(rename(extended, extended_bucket, "source", "source/below"))
    assert extended.keys(extended_bucket) == ["source"]
    assert get(extended, extended_bucket, "source").body == b"data"


def test_a_folder_marker_is_renamed(extended, extended_bucket):
    put(extended, extended_bucket, "folder/", b"")
    put(extended, extended_bucket, "folder/file")
    made(rename(extended, extended_bucket, "other/", "folder/"))
    assert extended.keys(extended_bucket) == ["folder/file", "other/"]
    made(rename(extended, extended_bucket, "empty", "other/"))
    made(rename(extended, extended_bucket, "again/", "empty"))
    assert extended.keys(extended_bucket) == ["again/", "folder/file"]


@pytest.mark.parametrize(
    ("key", "named", "status", "code"),
    [
        ("new", "none", 404, "NoSuchKey"),
        ("new", "dir", 404, "NoSuchKey"),
        ("new", "a//b", 404, "NoSuchKey"),
        ("new", "", 400, "InvalidArgument"),
        ("source", "source", 400, "InvalidRequest"),
        ("marker/", "source", 400, "InvalidRequest"),
    ],
)
def test_renames_that_are_refused_change_nothing(extended, extended_bucket, source, key, named, status, code):
    put(extended, extended_bucket, "dir/file")
    refused(rename(extended, extended_bucket, key, named), status, code)
    refused(rename(extended, "master.none", key, named or "x"), 404, "NoSuchBucket")
    assert extended.keys(extended_bucket) == ["dir/file", "source"]


def test_of_renames_of_one_object_one_wins(extended, extended_bucket, source):
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: rename(extended, extended_bucket, f"new {n}", "source"), range(6)))
    statuses = [answer.status for answer in answers]
    assert sorted(statuses) == [200] + [404] * 5
    assert extended.keys(extended_bucket) == [f"new {statuses.index(200)}"]


def test_a_file_that_no_key_has_is_copied_and_renamed(tmp_path):
    pfs = EmbeddedPFS(tmp_path)
    pfs.create_branch(Branch("data", "master"))
    for path in ("notes.txt~", "a~b", "a~0b"):
        with pfs.stage(Branch("data", "master"), path) as staging:
            staging.write(path.encode())
            pfs.change(Branch("data", "master"), [Put(path, staging.finish())])
    pfs.close()
    with serving(tmp_path, *EXTENDED) as gateway:
        made(copy(gateway, "data", "copy", "data/notes.txt~"))
        made(rename(gateway, "data", "notes", "notes.txt~"))
        made(rename(gateway, "data", "renamed", "a~b"))
        assert gateway.keys("data") == ["copy", "notes", "renamed"]
        assert [get(gateway, "data", key).body for key in ("copy", "notes", "renamed")] == [
            b"notes.txt~",
            b"notes.txt~",
            b"a~0b",
        ]


# --- within a session -----------------------------------------------------------------------------------


def test_copies_and_renames_within_a_session(extended, extended_bucket, source):
    repo = extended_bucket.removeprefix("master.")
    other = f"other.{repo}"
    assert extended.request("PUT", f"/{other}").status == 200
    put(extended, other, "far", b"from afar")
    session = extended.request("POST", f"/{extended_bucket}?s3gw-session").headers["x-s3gw-session"]
    within = {"x-s3gw-session": session}
    put(extended, extended_bucket, "staged", b"staged", **within)
    made(copy(extended, extended_bucket, "copy of staged", f"{extended_bucket}/staged", **within))
    made(copy(extended, extended_bucket, "copy of source", f"{extended_bucket}/source", **within))
    made(copy(extended, extended_bucket, "copy from afar", f"{other}/far", **within))
    version = source.headers["x-amz-version-id"]
    made(copy(extended, extended_bucket, "copy of commit", f"{version}.{extended_bucket}/source", **within))
    refused(
        copy(extended, extended_bucket, "x", f"{version}.{extended_bucket}/staged", **within),
        404,
        "NoSuchKey",
    )
    made(rename(extended, extended_bucket, "renamed", "source", **within))
    made(rename(extended, extended_bucket, "renamed too", "staged", **within))
    upload = extended_bucket, "outside", begin(extended, extended_bucket, "outside")
    made(part_copy(extended, upload, 1, f"{extended_bucket}/copy%20of%20staged", **within))
    refused(part_copy(extended, upload, 1, f"{extended_bucket}/copy%20of%20staged"), 404, "NoSuchKey")
    assert extended.keys(extended_bucket) == ["source"]
    made(extended.request("POST", f"/{extended_bucket}?s3gw-session={session}"))
    expected = {
        "copy from afar": b"from afar",
        "copy of commit": b"data",
        "copy of source": b"data",
        "copy of staged": b"staged",
        "renamed": b"data",
        "renamed too": b"staged",
    }
    assert extended.keys(extended_bucket) == list(expected)
    for key, body in expected.items():
        assert get(extended, extended_bucket, key).body == body
    made(complete(extended, upload, etag(b"staged")))
    assert get(extended, extended_bucket, "outside").body == b"staged"
