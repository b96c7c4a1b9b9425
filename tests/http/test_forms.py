"""HTML forms: what S3 makes of their fields, of the file, and of forms that are none."""

from __future__ import annotations

import io
import itertools
import re
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from s3gw.addressing.hosts import Domains
from s3gw.context import Context
from s3gw.http.application import Application
from s3gw.http.layout import Response
from s3gw.http.request import Request
from s3gw.pfs.embedded import EmbeddedPFS
from s3gw.pfs.interface import Branch
from tests.forms import BOUNDARY, CONTENT_TYPE, Fields, form, part

BUCKET = "master.images"
BRANCH = Branch("images", "master")
KEY = {"key": "a.txt"}
ETAG = "5d41402abc4b2a76b9719d911017c592"
END = f"--{BOUNDARY}--\r\n".encode()


class House:
    """An application over a PFS, and what it answers."""

    def __init__(self, pfs: EmbeddedPFS) -> None:
        self.pfs = pfs
        self.application = Application(Context(pfs), "extended")

    def post(self, body: bytes, content_type: str = CONTENT_TYPE, **headers: str) -> Response:
        given = {"content-type": content_type, "content-length": str(len(body)), **headers}
        return self.send("POST", f"/{BUCKET}", body, given)

    def send(
        self, method: str, target: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Response:
        return self.application.answer(Request(method, target, headers or {}, io.BytesIO(body)))

    def head(self, key: str) -> dict[str, str]:
        response = self.send("HEAD", f"/{BUCKET}/{key}")
        assert response.status == 200
        return dict(response.headers)

    def content(self, key: str) -> bytes:
        response = self.send("GET", f"/{BUCKET}/{key}")
        assert response.status == 200
        assert response.body is not None
        return response.body if isinstance(response.body, bytes) else b"".join(response.body)

    @property
    def is_empty(self) -> bool:
        return not self.pfs.snapshot(BRANCH).list_files().files


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    pfs = EmbeddedPFS(tmp_path_factory.mktemp("pfs"), "process")
    pfs.create_branch(BRANCH)
    yield House(pfs)
    pfs.close()


@pytest.fixture
def empty(tmp_path) -> Iterator[House]:
    pfs = EmbeddedPFS(tmp_path, "process")
    pfs.create_branch(BRANCH)
    yield House(pfs)
    pfs.close()


def refusal(response: Response) -> tuple[int, str, str]:
    assert isinstance(response.body, bytes), response
    code, message = re.findall("<(?:Code|Message)>(.*?)</", response.body.decode())
    return response.status, code, message.replace("&apos;", "'")


def told(response: Response, element: str) -> str | None:
    assert isinstance(response.body, bytes)
    found = re.search(f"<{element}>(.*?)</{element}>", response.body.decode())
    return found and found[1]


def test_a_file_is_uploaded_as_putobject_would_have_it(house):
    fields = {
        "key": "dir/photo.txt",
        "acl": "public-read",
        "Content-Type": "image/png",
        "cache-control": "no-store",
        "Content-Disposition": "inline",
        "Content-Encoding": "gzip",
        "Expires": "Thu, 01 Dec 2030 16:00:00 GMT",
        "x-amz-meta-Color": "grün",
        "x-amz-storage-class": "STANDARD",
        "tagging": "<Tagging><TagSet><Tag><Key>k</Key><Value>v w</Value></Tag></TagSet></Tagging>",
        "x-amz-checksum-crc32": "NhCmhg==",
    }
    response = house.post(form(fields))
    headers = dict(response.headers)
    assert (response.status, response.body) == (204, None)
    assert headers["ETag"] == f'"{ETAG}"'
    assert headers["Location"] == f"/{BUCKET}/dir/photo.txt"
    assert headers["X-Amz-Version-Id"]
    assert headers["X-Amz-Checksum-Crc32"] == "NhCmhg=="
    kept = house.head("dir/photo.txt")
    assert kept["Content-Type"] == "image/png"
    assert kept["Cache-Control"] == "no-store"
    assert kept["Content-Disposition"] == "inline"
    assert kept["Content-Encoding"] == "gzip"
    assert kept["Expires"] == "Thu, 01 Dec 2030 16:00:00 GMT"
    assert kept["x-amz-meta-color"] == "=?UTF-8?B?Z3LDvG4=?="
    assert kept["X-Amz-Tagging-Count"] == "1"
    assert kept["X-Amz-Version-Id"] == headers["X-Amz-Version-Id"]
    assert house.content("dir/photo.txt") == b"hello"


@pytest.mark.parametrize(
    ("asked", "status"), [("200", 200), ("201", 201), ("204", 204), ("404", 204), ("", 204), ("2 01", 204)]
)
def test_the_status_of_success_is_what_the_form_asks_for(house, asked, status):
    response = house.post(form({"key": "dir/ä b.txt", "success_action_status": asked}))
    assert response.status == status
    if status == 201:
        assert response.body == (
            b'<?xml version="1.0" encoding="UTF-8"?>\n'
            b"<PostResponse><Location>/master.images/dir/%C3%A4%20b.txt</Location><Bucket>master.images</Bucket>"
            b"<Key>dir/\xc3\xa4 b.txt</Key><ETag>&quot;" + ETAG.encode() + b"&quot;</ETag></PostResponse>"
        )
        assert ("Content-Type", "application/xml") in response.headers
    else:
        assert not response.body


@pytest.mark.parametrize(
    ("field", "url", "location"),
    [
        ("success_action_redirect", "http://page.example/done", "http://page.example/done?bucket={b}&key=a%20%26b.txt&etag=%22{e}%22"),
        ("redirect", "https://page.example/done?x=1#end", "https://page.example/done?x=1&bucket={b}&key=a%20%26b.txt&etag=%22{e}%22#end"),
        ("success_action_redirect", "http://page.example/grün", "http://page.example/gr%C3%BCn?bucket={b}&key=a%20%26b.txt&etag=%22{e}%22"),
        ("success_action_redirect", "page.example", None),
        ("success_action_redirect", "javascript:alert(1)", None),
        ("success_action_redirect", "http://", None),
        ("success_action_redirect", "http://[::1", None),
        ("success_action_redirect", "http://page.example/\r\nSet-Cookie: a=b", None),
        ("success_action_redirect", "", None),
    ],
)  # fmt: skip
def test_a_redirect_tells_what_was_uploaded_and_one_that_is_no_url_is_ignored(house, field, url, location):
    response = house.post(form({"key": "a &b.txt", field: url}))
    expected = (303, location.format(b=BUCKET, e=ETAG)) if location else (204, f"/{BUCKET}/a%20%26b.txt")
    assert (response.status, dict(response.headers)["Location"]) == expected


@pytest.mark.parametrize(
    ("key", "filename", "stored"),
    [
        ("up/${filename}", "photo.txt", "up/photo.txt"),
        ("up/${filename}", "C:\\Users\\me\\photo.txt", "up/photo.txt"),
        ("up/${filename}", "/home/me/photo.txt", "up/photo.txt"),
        ("${filename}-${filename}", "x", "x-x"),
        ("up/${filename}", "фото 1;2.txt", "up/фото 1;2.txt"),
        ("up/${filename}", "a%22b%22.txt", "up/a%22b%22.txt"),
        ("up/x${filename}", "", "up/x"),
        ("${FILENAME}", "x", "${FILENAME}"),
    ],
)
def test_the_name_of_the_file_stands_for_itself_in_the_key(house, key, filename, stored):
    response = house.post(form({"key": key, "success_action_status": "201"}, filename=filename))
    assert (response.status, told(response, "Key")) == (201, stored)


def test_a_file_name_with_escaped_quotes_and_one_in_the_form_of_rfc_5987(house):
    for rest, stored in (
        ('; filename="a \\"b\\".txt"', "a &quot;b&quot;.txt"),
        ("; filename=\"x\"; filename*=UTF-8''%e2%82%ac.txt", "€.txt"),
        ("; filename=plain.txt", "plain.txt"),
        ("", "q"),
    ):
        body = part("key", b"q${filename}" if not rest else b"${filename}") + part("file", b"", rest) + END
        response = house.post(part("success_action_status", b"201") + body)
        assert (response.status, told(response, "Key")) == (201, stored)


def test_names_of_fields_count_in_any_case_and_what_stands_behind_the_file_not_at_all(house):
    body = (
        part("kEY", b"case.txt") + part("FILE", b"hello") + part("key", b"other") + part("x", b"y" * 50_000)
    )
    assert house.post(body + END + b"epilogue").status == 204
    assert house.content("case.txt") == b"hello"


def test_a_field_may_be_in_latin_1_where_it_says_so(house):
    body = part("success_action_status", b"201") + part(
        "key", b"gr\xfcn", head="Content-Type: text/plain; charset=ISO-8859-1\r\n"
    )
    response = house.post(body + part("file", b"") + END)
    assert (response.status, told(response, "Key")) == (201, "grün")


@pytest.mark.parametrize(
    "content",
    [b"", b"\r\n", b"\r\n--", f"\r\n--{BOUNDARY[:-1]}".encode(), b"\r\n" * 70_000, bytes(range(256)) * 5000],
)
def test_the_file_is_stored_byte_by_byte(house, content):
    assert house.post(form({"key": "bytes"}, content)).status == 204
    assert house.content("bytes") == content


def test_memory_does_not_grow_with_the_file(house):
    before, behind = form(KEY, b"|").split(b"|")
    size = 64 * 1024 * 1024
    pieces = itertools.chain([before], itertools.repeat(b"x" * 65_536, size // 65_536), [behind])
    length = str(len(before) + size + len(behind))

    class Pieces:
        def read(self, size: int, /) -> bytes:
            return next(pieces, b"")

    tracemalloc.start()
    try:
        given = {"content-type": CONTENT_TYPE, "content-length": length}
        assert house.application.answer(Request("POST", f"/{BUCKET}", given, Pieces())).status == 204
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert house.head("a.txt")["Content-Length"] == str(size)


def test_a_folder_marker_is_made_of_an_empty_file_alone(empty):
    assert refusal(empty.post(form({"key": "dir/"})))[:2] == (400, "InvalidRequest")
    assert empty.is_empty
    assert empty.post(form({"key": "dir/"}, b"")).status == 204
    assert empty.content("dir/") == b""


FILE = "POST requires exactly one file upload per request."
MISSING_KEY = (
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
)
NO_FORM = "At least one of the preconditions you specified did not hold."
MALFORMED = "The body of your POST request is not well-formed multipart/form-data."
TOO_LARGE = "Your POST request fields preceding the upload file were too large."

REFUSED: dict[str, tuple[bytes, str, tuple[int, str, str]]] = {
    "no key": (form({}), CONTENT_TYPE, (400, "InvalidArgument", MISSING_KEY)),
    "key behind the file": (form({}, behind=part("key", b"a")), CONTENT_TYPE, (400, "InvalidArgument", MISSING_KEY)),
    "empty key": (form({"key": ""}), CONTENT_TYPE, (400, "InvalidArgument", "User key must have a length greater than 0.")),
    "empty by its file": (form({"key": "${filename}"}, filename="C:\\"), CONTENT_TYPE, (400, "InvalidArgument", "User key must have a length greater than 0.")),
    "long key": (form({"key": "k" * 1025}), CONTENT_TYPE, (400, "KeyTooLongError", "Your key is too long.")),
    "two keys": (form([("key", "a"), ("Key", "b")]), CONTENT_TYPE, (400, "InvalidArgument", "The form has more than one field named 'key'.")),
    "no file": (part("key", b"a") + END, CONTENT_TYPE, (400, "InvalidArgument", FILE)),
    "nothing": (END, CONTENT_TYPE, (400, "InvalidArgument", FILE)),
    "two files": (form(KEY, behind=part("file", b"x")), CONTENT_TYPE, (400, "InvalidArgument", FILE)),
    "no form": (b"key=a", "application/x-www-form-urlencoded", (412, "PreconditionFailed", NO_FORM)),
    "no type": (form(KEY), "", (412, "PreconditionFailed", NO_FORM)),
    "another multipart": (form(KEY), "multipart/mixed; boundary=x", (412, "PreconditionFailed", NO_FORM)),
    "no boundary": (form(KEY), "multipart/form-data", (400, "MalformedPOSTRequest", MALFORMED)),
    "long boundary": (form(KEY), f"multipart/form-data; boundary={'x' * 71}", (400, "MalformedPOSTRequest", MALFORMED)),
    "another boundary": (form(KEY), "multipart/form-data; boundary=other", (400, "MalformedPOSTRequest", MALFORMED)),
    "empty body": (b"", CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "no end": (form(KEY)[: -len(END)], CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "an end within a head": (form(KEY)[:60], CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "an end within the file": (form(KEY, b"x" * 100_000)[:80_000], CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "lines of LF": (form(KEY).replace(b"\r\n", b"\n"), CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a part without a name": (part("key", b"a").replace(b'; name="key"', b"") + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a head that is not UTF-8": (part("key", b"a") + part("file", b"x", "; filename=F").replace(b"=F", b"=\xff") + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "an unknown charset": (part("key", b"a", head="Content-Type: text/plain; charset=punycode\r\n") + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "base64 of old": (part("key", b"a", head="Content-Transfer-Encoding: base64\r\n") + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a field of 20 KB": (form({**KEY, "x-amz-meta-x": "x" * 20480}), CONTENT_TYPE, (400, "MaxPostPreDataLengthExceededError", TOO_LARGE)),
    "fields of 20 KB": (form({**KEY, **{f"x{n}": "x" * 200 for n in range(110)}}), CONTENT_TYPE, (400, "MaxPostPreDataLengthExceededError", TOO_LARGE)),
    "many empty fields": (form({f"{n}": "" for n in range(9000)}), CONTENT_TYPE, (400, "MaxPostPreDataLengthExceededError", TOO_LARGE)),
    "many parts behind the file": (form(KEY, behind=part("x", b"") * 101), CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a long preamble": (b"x" * 10_000_000 + form(KEY), CONTENT_TYPE, (400, "MaxPostPreDataLengthExceededError", TOO_LARGE)),
    "a long type": (form(KEY), f'{CONTENT_TYPE}; a="{";" * 2000}', (400, "MalformedPOSTRequest", MALFORMED)),
    "a long type of a field": (part("key", b"a", head=f'Content-Type: text/plain; a="{";" * 1500}\r\n') + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a head of parameters": (part("key", b"a", f'; a="{";" * 4000}') + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "a long head": (part("key", b"a", head=f"X: {'x' * 9000}\r\n") + END, CONTENT_TYPE, (400, "MalformedPOSTRequest", MALFORMED)),
    "metadata of 2 KB": (form({**KEY, "x-amz-meta-x": "x" * 2048}), CONTENT_TYPE, (400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size.")),
    "a name that no header has": (form({**KEY, "x-amz-meta-ä": "x"}), CONTENT_TYPE, (400, "InvalidArgument", "A header cannot have such a name.")),
    "a value that no header has": (form({**KEY, "x-amz-meta-x": "a\r\nb: c"}), CONTENT_TYPE, (400, "InvalidArgument", "A header cannot carry such a value.")),
    "tags that are none": (form({**KEY, "tagging": "<Tagging>"}), CONTENT_TYPE, (400, "MalformedXML", "")),
    "encryption": (form({**KEY, "x-amz-server-side-encryption": "AES256"}), CONTENT_TYPE, (501, "NotImplemented", "x-amz-server-side-encryption asks for Encryption, which is not supported here: leave it out.")),
    "a lock": (form({**KEY, "X-Amz-Object-Lock-Mode": "GOVERNANCE"}), CONTENT_TYPE, (501, "NotImplemented", "x-amz-object-lock-mode asks for Object locks, which is not supported here: leave it out.")),
    "a condition": (form({**KEY, "If-None-Match": "*"}), CONTENT_TYPE, (501, "NotImplemented", "if-none-match asks for Conditions, which is not supported here: leave it out.")),
    "a wrong checksum": (form({**KEY, "x-amz-checksum-crc32": "AAAAAA=="}), CONTENT_TYPE, (400, "BadDigest", "The CRC32 you specified did not match the calculated checksum.")),
    "a wrong MD5": (form({**KEY, "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}), CONTENT_TYPE, (400, "BadDigest", "The Content-MD5 you specified did not match what we received.")),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_changes_nothing(empty, name):
    body, content_type, (status, code, message) = REFUSED[name]
    answered = refusal(empty.post(body, content_type))
    assert answered[:2] == (status, code)
    assert answered[2].startswith(message)
    assert empty.is_empty


def test_errors_tell_what_s3_tells(house):
    assert (
        told(house.post(b"", "text/plain"), "Condition")
        == "Bucket POST must be of the enclosure-type multipart/form-data"
    )
    no_file = house.post(part("key", b"a") + END)
    assert (told(no_file, "ArgumentName"), told(no_file, "ArgumentValue")) == ("file", "0")
    assert told(house.post(form({})), "ArgumentName") == "key"


def test_a_body_that_ends_early_or_is_not_what_its_digest_says_commits_nothing(empty):
    body = form(KEY)
    headers: dict[str, Any] = {"content-type": CONTENT_TYPE, "content-length": str(len(body) + 1)}
    assert refusal(empty.send("POST", f"/{BUCKET}", body, headers))[:2] == (400, "IncompleteBody")
    wrong = {**headers, "content-length": str(len(body)), "content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}
    assert refusal(empty.send("POST", f"/{BUCKET}", body, wrong))[:2] == (400, "BadDigest")
    assert refusal(empty.send("POST", f"/{BUCKET}", body, {"content-type": CONTENT_TYPE}))[:2] == (
        411,
        "MissingContentLength",
    )
    assert empty.is_empty


def test_the_bucket_of_a_form_may_stand_in_the_host(house):
    application = Application(Context(house.pfs), "extended", domains=Domains(["s3.example"]))
    body = form({"key": "in the host"})
    headers = {"host": f"{BUCKET}.s3.example", "content-type": CONTENT_TYPE, "content-length": str(len(body))}
    response = application.answer(Request("POST", "/", headers, io.BytesIO(body)))
    assert response.status == 204
    assert dict(response.headers)["Location"] == f"http://{BUCKET}.s3.example/in%20the%20host"
    assert house.content("in%20the%20host") == b"hello"


def test_buckets_that_are_not_there_and_those_that_are_read_only(house):
    headers = {"content-type": CONTENT_TYPE, "content-length": str(len(form(KEY)))}
    assert refusal(house.send("POST", "/no.where", form(KEY), headers))[:2] == (404, "NoSuchBucket")
    commit = dict(house.post(form(KEY)).headers)["X-Amz-Version-Id"]
    assert refusal(house.send("POST", f"/{commit}.{BUCKET}", form(KEY), headers))[:2] == (403, "AccessDenied")


PIECES = st.sampled_from(
    [
        b"\r\n",
        b"--",
        b'"',
        b";",
        b":",
        b"=",
        b"%",
        b"\\",
        b"\x00",
        b"\xff",
        b"*=utf-7''+",
        BOUNDARY.encode(),
        END,
    ]
)
WHOLE = form({"key": "${filename}", "x-amz-meta-a": "b", "tagging": "<Tagging/>"}, behind=part("x", b"y"))


@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), PIECES), max_size=4),
    st.sampled_from(["", " ", ";x", "; boundary=", '"', "é"]),
)
@settings(max_examples=200, deadline=None)
def test_no_form_is_an_internal_error(house, edits, behind):
    body = WHOLE
    for at, length, piece in edits:
        body = body[:at] + piece + body[at + length :]
    assert house.post(body, CONTENT_TYPE + behind).status < 500


def test_classic_takes_no_forms(house):
    fields: Fields = KEY
    body = form(fields)
    request = Request(
        "POST",
        f"/{BUCKET}",
        {"content-type": CONTENT_TYPE, "content-length": str(len(body))},
        io.BytesIO(body),
    )
    assert refusal(Application(Context(house.pfs), "classic").answer(request)) == (
        501, "NotImplemented",
        "PostObject (HTML form uploads) is not supported. Forms are not taken apart. Send the file with a PutObject. The profile extended has it.",
    )  # fmt: skip
