"""A broken catalogue is told from a sound one: each rule names file, entry and mend."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen.__main__ import main
from codegen.catalogue import ROOT, CatalogueError, load
from codegen.lint import lint
from codegen.model import operations


class Tree:
    """A copy of what the lint reads, to be broken."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(ROOT / "spec", root / "spec")
        (root / "s3gw").symlink_to(ROOT / "s3gw")  # nobody edits it

    def edit(self, file: str, change: Callable[[Any], Any]) -> None:
        path = self.root / "spec" / file
        document = yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        changed = change(document)
        path.write_text(yaml.safe_dump(document if changed is None else changed, sort_keys=False))

    def entry(self, file: str, name: str, **changes: Any) -> None:
        """Change keys of an entry; None takes one away."""

        def change(entries: list[dict[str, Any]]) -> None:
            (entry,) = [entry for entry in entries if entry["name"] == name]
            for key, value in changes.items():
                if value is None:
                    entry.pop(key)
                else:
                    entry[key] = value

        self.edit(f"operations/{file}", change)

    def supported(self, file: str, name: str, **changes: Any) -> None:
        """Change keys below `supported` of an entry; None takes one away."""

        def change(entries: list[dict[str, Any]]) -> None:
            (entry,) = [entry for entry in entries if entry["name"] == name]
            entry["supported"] = {k: v for k, v in {**entry["supported"], **changes}.items() if v is not None}

        self.edit(f"operations/{file}", change)

    def add(self, file: str, **entry: Any) -> None:
        base = {
            "feature": "Objects",
            "level": "object",
            "right": "read",
            "method": "PUT",
            "outside_model": "A test.",
        }
        if "supported" not in entry:
            base["unsupported"] = {"why": "It is a test."}
        self.edit(f"operations/{file}", lambda entries: entries.append({**base, **entry}))

    def problems(self) -> list[str]:
        try:
            return lint(load(self.root), self.root)
        except CatalogueError as error:
            return error.problems


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


SUPPORTED = {"profile": "classic", "summary": "A test.", "pfs": [], "status": 200}

BROKEN: dict[str, tuple[Callable[[Tree], None], str]] = {
    "supported and unsupported at once": (
        lambda t: t.entry("objects.yaml", "GetObject", unsupported={"why": "It is both."}),
        "objects.yaml: GetObject: supported and unsupported exclude each other: keep one of the two",
    ),
    "unsupported in a profile that nothing is said of": (
        lambda t: t.entry("bucket-configuration.yaml", "GetBucketLogging", unsupported=None),
        "bucket-configuration.yaml: GetBucketLogging: nothing is said of it in the profile classic: add unsupported, with why",
    ),
    "an unknown profile": (
        lambda t: t.supported("objects.yaml", "GetObject", profile="modern"),
        "objects.yaml: GetObject: the profile modern is unknown: choose one of classic, extended",
    ),
    "a profile that extends none": (
        lambda t: t.edit("profiles.yaml", lambda d: d[1].update(extends="modern")),
        "profiles.yaml: extended: it extends modern, which does not stand before it: name one that does",
    ),
    "a profile that stands twice": (
        lambda t: t.edit("profiles.yaml", lambda d: d.append({**d[1]})),
        "profiles.yaml: extended: the name stands more than once: delete all but one",
    ),
    "an overlay of an unknown profile": (
        lambda t: t.entry("objects.yaml", "GetObject", overlays={"modern": {"summary": "More."}}),
        "objects.yaml: GetObject: the profile modern of an overlay is unknown: choose one of classic, extended",
    ),
    "an overlay of the profile itself": (
        lambda t: t.entry("objects.yaml", "GetObject", overlays={"classic": {"summary": "More."}}),
        "objects.yaml: GetObject: its overlay for classic changes nothing: write it into supported (classic)",
    ),
    "an overlay that breaks the schema": (
        lambda t: t.entry("objects.yaml", "GetObject", overlays={"extended": {"summary": None}}),
        "objects.yaml: GetObject: with its overlay for extended: 'summary' is a required property: mend the overlay",
    ),
    "an overlay that changes a type": (
        lambda t: t.entry(
            "objects.yaml",
            "GetObject",
            overlays={"extended": {"request": {"query": {"partNumber": "string"}}}},
        ),
        "objects.yaml: GetObject: its overlay for extended gives partNumber another type: keep the type",
    ),
    "an overlay with another body": (
        lambda t: t.entry(
            "objects.yaml", "DeleteObjects", overlays={"extended": {"request": {"body": "content"}}}
        ),
        "objects.yaml: DeleteObjects: its overlay for extended has another request body: keep the body",
    ),
    "an overlay of what is unsupported": (
        lambda t: t.entry("access.yaml", "PutBucketAbac", overlays={"extended": {"summary": "More."}}),
        "access.yaml: PutBucketAbac: 'supported' is a required property",
    ),
    "an answer by a profile that is unknown": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"][0].update({"in": {"modern": "NoSuchKey"}})),
        "errors.yaml: BranchExists: the profile modern is unknown: choose one of classic, extended",
    ),
    "an answer by a profile that is no code": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"][0].update({"in": {"extended": "NoSuchCode"}})),
        "errors.yaml: BranchExists: its answer NoSuchCode is no code of the table: add a row, or choose another",
    ),
    "an answer to a fault of HTTP that is no code": (
        lambda t: t.edit("errors.yaml", lambda d: d["http"][0].update(answer="NoSuchCode")),
        "errors.yaml: 400: its answer NoSuchCode is no code of the table: add a row, or choose another",
    ),
    "a member that its error cannot tell": (
        lambda t: t.edit("errors.yaml", lambda d: d["errors"][0].update(members=["Weather"])),
        "errors.yaml: AccessDenied: it tells Weather, which is no optional member of the shape Error: add it",
    ),
    "a member that no error tells": (
        lambda t: t.edit(
            "shapes.yaml",
            lambda d: d["responses"]["Error"]["members"].update(Weather={"type": "string", "optional": True}),
        ),
        "shapes.yaml: Error: no error tells Weather: name it in errors.yaml, or delete it",
    ),
    "a header that nothing is said of": (
        lambda t: t.supported("objects.yaml", "DeleteObject", drops=None),
        "objects.yaml: DeleteObject: nothing is said of x-amz-mfa, which the AWS model has in the headers: "
        "read it (request.headers), or name it in drops or refuses",
    ),
    "a parameter that nothing is said of": (
        lambda t: t.supported("listing.yaml", "ListObjects", request={"query": {"prefix": "string"}}),
        "listing.yaml: ListObjects: nothing is said of delimiter, which the AWS model has in the query: "
        "read it (request.query), or name it in drops or refuses",
    ),
    "an element that nothing is said of": (
        lambda t: t.edit(
            "shapes.yaml",
            lambda d: d["requests"]["CreateBucketConfiguration"]["refuses"].__delitem__("Tags"),
        ),
        "shapes.yaml: CreateBucketConfiguration: nothing is said of <Tags>, which the AWS model has in "
        "CreateBucketConfiguration: add it to members, or to refuses with the feature that it asks for",
    ),
    "an element of a part that nothing is said of": (
        lambda t: t.edit(
            "shapes.yaml", lambda d: d["requests"]["ObjectIdentifier"]["members"].__delitem__("Size")
        ),
        "shapes.yaml: ObjectIdentifier: nothing is said of <Size>, which the AWS model has in Delete/Object",
    ),
    "a digest that nobody has written": (
        lambda t: t.edit("wire.yaml", lambda d: d["checksums"][6].update(digest="sha5122")),
        "wire.yaml: sha512: no function sha5122 in s3gw/digests.py: write it, or correct the name",
    ),
    "a checksum that is missing": (
        lambda t: t.edit("wire.yaml", lambda d: d["checksums"].__delitem__(6)),
        "wire.yaml: sha512: the AWS model has this checksum: add it to checksums",
    ),
    "a checksum that the model has not": (
        lambda t: t.edit("wire.yaml", lambda d: d["checksums"][6].update(name="crc16")),
        "wire.yaml: crc16: the AWS model has no such checksum: delete it",
    ),
    "a condition that is missing": (
        lambda t: t.edit("wire.yaml", lambda d: d["conditions"].__delitem__("if-none-match")),
        "wire.yaml: if-none-match: it makes requests of the AWS model conditional: add it to conditions",
    ),
    "a method that writes and is missing": (
        lambda t: t.edit("wire.yaml", lambda d: d["writes"].remove("PUT")),
        "wire.yaml: PUT: operations of the AWS model change something with it: add it to writes",
    ),
    "an element that is read and refused": (
        lambda t: t.edit(
            "shapes.yaml",
            lambda d: d["requests"]["CreateBucketConfiguration"]["refuses"].update(
                LocationConstraint="Regions"
            ),
        ),
        "shapes.yaml: CreateBucketConfiguration: <LocationConstraint> is a member and refused: keep one of these",
    ),
    "an element that the model has not": (
        lambda t: t.edit("shapes.yaml", lambda d: d["requests"]["Delete"]["members"].update(Force="boolean")),
        "shapes.yaml: Delete: the AWS model has no <Force> in Delete: correct the name, or drop it",
    ),
    "a parameter that the model has not": (
        lambda t: t.supported("objects.yaml", "DeleteObject", request={"query": {"version": "string"}}),
        "objects.yaml: DeleteObject: the AWS model has no version that it could mean: correct the name, or drop it",
    ),
    "a drop that the model has not": (
        lambda t: t.supported(
            "buckets.yaml", "HeadBucket", drops=["x-amz-expected-bucket-owner", "x-amz-mfa"]
        ),
        "buckets.yaml: HeadBucket: the AWS model has no x-amz-mfa that it could mean: correct the name, or drop it",
    ),
    "a refusal that the model has not": (
        lambda t: t.supported(
            "buckets.yaml", "HeadBucket", refuses=[{"feature": "Encryption", "headers": ["x-amz-weather"]}]
        ),
        "buckets.yaml: HeadBucket: the AWS model has no x-amz-weather that it could mean: correct the name",
    ),
    "a refusal for an unknown feature": (
        lambda t: t.supported(
            "buckets.yaml", "HeadBucket", refuses=[{"feature": "Songs", "headers": ["x-amz-a"]}]
        ),
        "buckets.yaml: HeadBucket: supported.refuses.feature: 'Songs' is not",
    ),
    "an unsupported entry that says otherwise in no profile": (
        lambda t: t.entry(
            "bucket-configuration.yaml",
            "PutBucketCors",
            unsupported={"why": "It is so.", "in": {"classic": {"why": "It is not so."}}},
        ),
        "bucket-configuration.yaml: PutBucketCors: its unsupported says something else in the profile classic: choose one of extended",
    ),
    "a field with a document that nobody knows": (
        lambda t: t.supported(
            "further-object-operations.yaml",
            "PostObject",
            request={"body": "form", "fields": {"tagging": {"type": "document", "shape": "Tags"}}},
        ),
        "further-object-operations.yaml: PostObject: the shape Tags is unknown: add it to `requests` of shapes.yaml",
    ),
    "a reason that stands twice": (
        lambda t: t.edit("members.yaml", lambda d: d.append(d[0])),
        "members.yaml: cache-control: it stands more than once: delete all rows but one",
    ),
    "a status that stands twice": (
        lambda t: t.edit("errors.yaml", lambda d: d["http"].append(d["http"][0])),
        "errors.yaml: 400: the status stands more than once: delete all rows but one",
    ),
    "an answer of the base profile that stands twice": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"][0].update({"in": {"classic": "NoSuchKey"}})),
        "errors.yaml: BranchExists: its answer in classic stands twice: say it in `answer` alone",
    ),
    "a member that is read and dropped": (
        lambda t: t.supported("objects.yaml", "DeleteObject", drops=["if-match", "x-amz-mfa"]),
        "objects.yaml: DeleteObject: if-match is read and dropped: keep one of these",
    ),
    "a drop without a reason": (
        lambda t: t.edit("members.yaml", lambda d: [row for row in d if row["member"] != "x-amz-mfa"]),
        "objects.yaml: DeleteObject: it drops x-amz-mfa, and nothing says why that harms nobody: "
        "add `{member: x-amz-mfa, because: ...}` to members.yaml, or read it, or refuse it",
    ),
    "a reason that nobody needs": (
        lambda t: t.edit(
            "members.yaml", lambda d: d.append({"member": "x-amz-weather", "because": "It rains."})
        ),
        "members.yaml: x-amz-weather: no entry drops it: delete it",
    ),
    "neither supported nor unsupported": (
        lambda t: t.entry("access.yaml", "PutBucketAbac", unsupported=None),
        "access.yaml: PutBucketAbac: has neither supported nor unsupported: say which",
    ),
    "an unknown key": (
        lambda t: t.entry("access.yaml", "GetBucketAcl", verb="GET"),
        "access.yaml: GetBucketAcl: Additional properties are not allowed ('verb' was unexpected)"
        " (see spec/schema/operations.schema.json)",
    ),
    "an unknown feature": (
        lambda t: t.entry("access.yaml", "GetBucketAcl", feature="Acles"),
        "access.yaml: GetBucketAcl: feature: 'Acles' is not one of",
    ),
    "handler and answer at once": (
        lambda t: t.supported("objects.yaml", "GetObject", answer={}),
        "objects.yaml: GetObject: supported:",
    ),
    "a duplicate entry": (
        lambda t: t.add("tagging.yaml", name="GetObject", outside_model="A test.", method="GET"),
        "tagging.yaml: GetObject: the name stands more than once: delete all entries but one",
    ),
    "the same marks": (
        lambda t: t.add("tagging.yaml", name="ZetObject", method="GET"),
        "tagging.yaml: ZetObject: the same requests are GetObject (objects.yaml): "
        "add a mark that tells them apart, or `twin_of: GetObject`",
    ),
    "a twin that is no entry": (
        lambda t: t.entry("directory-buckets.yaml", "ListDirectoryBuckets", twin_of="ListBucket"),
        "directory-buckets.yaml: ListDirectoryBuckets: its twin ListBucket is no entry: name an operation",
    ),
    "a twin of a twin": (
        lambda t: t.add(
            "bucket-configuration.yaml",
            name="ReadBucketLifecycle",
            level="bucket",
            method="GET",
            match={"query": ["lifecycle"]},
            twin_of="GetBucketLifecycle",
        ),
        "bucket-configuration.yaml: ReadBucketLifecycle: its twin GetBucketLifecycle is a twin itself: "
        "name GetBucketLifecycleConfiguration instead",
    ),
    "a twin with other requests": (
        lambda t: t.entry("directory-buckets.yaml", "ListDirectoryBuckets", twin_of="HeadBucket"),
        "directory-buckets.yaml: ListDirectoryBuckets: its requests differ from those of its twin HeadBucket",
    ),
    "its own twin": (
        lambda t: t.entry("access.yaml", "GetBucketAcl", twin_of="GetBucketAcl"),
        "access.yaml: GetBucketAcl: it is its own twin: drop twin_of",
    ),
    "a supported twin": (
        lambda t: t.add(
            "tagging.yaml",
            name="ZetObject",
            method="GET",
            twin_of="GetObject",
            supported={**SUPPORTED, "answer": {}},
        ),
        "tagging.yaml: ZetObject: GetObject answers for it: make it unsupported, or drop twin_of",
    ),
    "no order between two entries": (
        lambda t: t.add("tagging.yaml", name="ZutObject", match={"headers": ["x-amz-other"]}),
        "tagging.yaml: ZutObject: a request with the headers x-amz-copy-source, x-amz-other matches CopyObject "
        "(object-copying.yaml) as well, and nothing decides: tell them apart by a query mark",
    ),
    "an order only at another level": (
        lambda t: (
            t.add("tagging.yaml", name="ZutObject", match={"headers": ["x-amz-other"]}),
            t.add(
                "tagging.yaml",
                name="ZutBucket",
                level="bucket",
                match={"headers": ["x-amz-copy-source", "x-amz-other"]},
            ),
        )[0],
        "tagging.yaml: ZutObject: a request with the headers x-amz-copy-source, x-amz-other matches CopyObject ",
    ),
    "a mark with and without a value": (
        lambda t: t.add(
            "tagging.yaml",
            name="ZistObjects",
            level="bucket",
            method="GET",
            match={"query": ["list-type"]},
        ),
        "tagging.yaml: ZistObjects: a request can match ListObjectsV2 (listing.yaml) as well, since only one of them "
        "asks for a value of list-type: give both a value, or tell them apart by another mark",
    ),
    "contradicting values": (
        lambda t: t.entry("listing.yaml", "ListObjectsV2", match={"query": ["list-type=1", "list-type=2"]}),
        "listing.yaml: ListObjectsV2: no request has list-type twice: keep one mark for it",
    ),
    "a mark that is never looked at": (
        lambda t: t.add("tagging.yaml", name="ZutObject", match={"query": ["x-id"]}),
        "tagging.yaml: ZutObject: it can never be reached: x-id takes no part in routing: choose another mark",
    ),
    "a default of another type": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"versionId": {"type": "string", "default": 1}}},
        ),
        "objects.yaml: DeleteObject: the parameter versionId has the default 1: give it a string",
    ),
    "bounds of a string": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"versionId": {"type": "string", "cap": 1}}},
        ),
        "objects.yaml: DeleteObject: the parameter versionId is a string with cap: these are for integers: drop them",
    ),
    "a default out of bounds": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"n": {"type": "integer", "default": 0, "minimum": 1}}},
        ),
        "objects.yaml: DeleteObject: the parameter n has the default 0, which it would refuse: move the default",
    ),
    "a default above the cap": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"n": {"type": "integer", "default": 9, "cap": 1}}},
        ),
        "objects.yaml: DeleteObject: the parameter n has the default 9, which it would refuse: move the default",
    ),
    "bounds that leave nothing": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"n": {"type": "integer", "minimum": 5, "maximum": 1}}},
        ),
        "objects.yaml: DeleteObject: the parameter n has the minimum 5 above 1: move the bounds",
    ),
    "a default that is none of the values": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"n": {"type": "string", "default": "x", "values": ["url"]}}},
        ),
        "objects.yaml: DeleteObject: the parameter n has the default 'x', which it would refuse: "
        "add it to the values, or drop it",
    ),
    "two parameters of one name in Python": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"versionId": "string"}, "headers": {"x-amz-version-id": "string"}},
        ),
        "objects.yaml: DeleteObject: two parameters are named version_id in Python: keep one of them",
    ),
    "values of an integer": (
        lambda t: t.supported(
            "objects.yaml",
            "DeleteObject",
            request={"query": {"n": {"type": "integer", "values": ["1"]}}},
        ),
        "objects.yaml: DeleteObject: the parameter n is a integer with values: these are for strings: drop them",
    ),
    "like an unknown operation": (
        lambda t: t.supported("objects.yaml", "HeadObject", like="GetObjects"),
        "objects.yaml: HeadObject: it is like GetObjects: name a supported operation that is like no other",
    ),
    "a duplicate error": (
        lambda t: t.edit("errors.yaml", lambda d: d["errors"].append(d["errors"][0])),
        "errors.yaml: AccessDenied: the code stands more than once: delete all rows but one",
    ),
    "an unknown error code": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"][0].update(answer="NoSuchCode")),
        "errors.yaml: BranchExists: its answer NoSuchCode is no code of the table: add a row, or choose another",
    ),
    "an error code that the code uses and the table lacks": (
        lambda t: t.edit(
            "errors.yaml",
            lambda d: d.update(errors=[e for e in d["errors"] if e["code"] != "InvalidRange"]),
        ),
        "errors.yaml: InvalidRange: s3gw/operations/_conditions.py:",
    ),
    "an unknown PFS error": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"][0].update(error="BranchIsThere")),
        "errors.yaml: BranchIsThere: no such error in s3gw/pfs/interface.py: define it there, or delete the row",
    ),
    "a PFS error without an answer": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"].__delitem__(0)),
        "errors.yaml: BranchExists: an error of s3gw/pfs/interface.py without an answer: add a row below `pfs`",
    ),
    "a PFS error answered twice": (
        lambda t: t.edit("errors.yaml", lambda d: d["pfs"].append(d["pfs"][0])),
        "errors.yaml: BranchExists: it is answered twice: delete all rows but one",
    ),
    "an unknown response shape": (
        lambda t: t.supported("listing.yaml", "ListObjects", response={"body": "ListResult"}),
        "listing.yaml: ListObjects: the shape ListResult is unknown: add it to `responses` of shapes.yaml",
    ),
    "an unknown request shape": (
        lambda t: t.supported("objects.yaml", "DeleteObjects", request={"body": "Deletes"}),
        "objects.yaml: DeleteObjects: the shape Deletes is unknown: add it to `requests` of shapes.yaml",
    ),
    "an unknown shape of a member": (
        lambda t: t.edit(
            "shapes.yaml",
            lambda d: d["responses"]["ListAllMyBucketsResult"]["members"].update(Owner="Owners"),
        ),
        "shapes.yaml: ListAllMyBucketsResult: Owner is of an unknown shape Owners: add it to `responses`",
    ),
    "a document as a member": (
        lambda t: t.edit("shapes.yaml", lambda d: d["responses"]["Owner"].__delitem__("part")),
        "shapes.yaml: Owner: it is a member of ListAllMyBucketsResult: say `part: true`",
    ),
    "a part as a document": (
        lambda t: t.supported("listing.yaml", "ListObjects", response={"body": "Owner"}),
        "listing.yaml: ListObjects: the shape Owner is only a part of others: choose a document",
    ),
    "a shape that nothing uses": (
        lambda t: t.edit("shapes.yaml", lambda d: d["responses"].update(Leftover={"members": {}})),
        "shapes.yaml: Leftover: nothing uses it: delete it",
    ),
    "an answer with an unknown member": (
        lambda t: t.supported("buckets.yaml", "GetBucketVersioning", answer={"Weather": "Fine"}),
        "buckets.yaml: GetBucketVersioning: its answer has Weather, which VersioningConfiguration lacks: add it to the shape",
    ),
    "an answer that lacks a member": (
        lambda t: t.edit(
            "shapes.yaml",
            lambda d: d["responses"]["VersioningConfiguration"]["members"].update(Status="string"),
        ),
        "buckets.yaml: GetBucketVersioning: its answer lacks Status of VersioningConfiguration: give it a value",
    ),
    "an answer of another type": (
        lambda t: t.supported("buckets.yaml", "GetBucketVersioning", answer={"Status": 5}),
        "buckets.yaml: GetBucketVersioning: its answer has 5 for Status: give it a string",
    ),
    "an answer that is no constant": (
        lambda t: (
            t.edit(
                "shapes.yaml",
                lambda d: d["responses"]["VersioningConfiguration"]["members"].update(Owner="Owner"),
            ),
            t.supported("buckets.yaml", "GetBucketVersioning", answer={"Owner": "me"}),
        )[0],
        "buckets.yaml: GetBucketVersioning: its answer has Owner, which is no constant: write a handler",
    ),
    "an answer and a constant error at once": (
        lambda t: t.supported("buckets.yaml", "GetBucketVersioning", answer_error="NoSuchKey"),
        "buckets.yaml: GetBucketVersioning: supported:",
    ),
    "a constant error with a status": (
        lambda t: t.supported("tagging.yaml", "GetBucketTagging", status=200),
        "tagging.yaml: GetBucketTagging: supported:",
    ),
    "a constant error with a response": (
        lambda t: t.supported("tagging.yaml", "GetBucketTagging", response={"body": "Owner"}),
        "tagging.yaml: GetBucketTagging: supported: False schema does not allow",
    ),
    "a constant error that is no code": (
        lambda t: t.supported(
            "tagging.yaml", "GetBucketTagging", answer_error={"code": "NoSuchCode", "message": "None."}
        ),
        "tagging.yaml: GetBucketTagging: its answer NoSuchCode is no code of errors.yaml: add a row, or choose another",
    ),
    "a constant error of the service": (
        lambda t: t.supported(
            "buckets.yaml", "ListBuckets", handler=None, status=None, response=None, answer_error="NoSuchKey"
        ),
        "buckets.yaml: ListBuckets: a constant error is about a bucket: write a handler",
    ),
    "an attribute that nothing is said of": (
        lambda t: t.edit(
            "shapes.yaml", lambda d: d["requests"]["Grantee"]["members"].__delitem__("xsi:type")
        ),
        "shapes.yaml: Grantee: nothing is said of <xsi:type>, which the AWS model has in "
        "AccessControlPolicy/AccessControlList/Grant/Grantee",
    ),
    "an answer with headers": (
        lambda t: t.supported("buckets.yaml", "GetBucketVersioning", response={"headers": {"ETag": "etag"}}),
        "buckets.yaml: GetBucketVersioning: a constant answer has no headers and no content: write a handler",
    ),
    "an unknown handler": (
        lambda t: t.supported("objects.yaml", "GetObject", handler="objects.fetch_object"),
        "objects.yaml: GetObject: the handler objects.fetch_object is unknown: write `def fetch_object` in s3gw/operations/objects.py",
    ),
    "a handler that no entry names": (
        lambda t: t.entry("buckets.yaml", "HeadBucket", supported=None, unsupported={"why": "It is a test."}),
        "s3gw/operations/buckets.py: head_bucket: no entry names this handler: "
        "name it in spec/operations, or make it private (_head_bucket)",
    ),
    "a handler of two entries": (
        lambda t: t.supported("objects.yaml", "GetObject", handler="objects.head_object"),
        "objects.yaml: HeadObject: GetObject has the handler objects.head_object too: write a handler for each",
    ),
    "an operation that the catalogue lacks": (
        lambda t: t.edit("operations/access.yaml", lambda d: [e for e in d if e["name"] != "GetBucketAcl"]),
        "spec/operations: GetBucketAcl: the AWS model has it and the catalogue lacks it: add to a file there "
        "`- {name: GetBucketAcl, feature: ..., level: bucket, method: GET, match: {query: [acl]}, unsupported: {why: ...}}`",
    ),
    "an operation that the model lacks": (
        lambda t: t.entry("further-object-operations.yaml", "PostObject", outside_model=None),
        "further-object-operations.yaml: PostObject: the AWS model has no such operation: correct the name, or say why",
    ),
    "an operation that the model has after all": (
        lambda t: t.entry("objects.yaml", "GetObject", outside_model="A test."),
        "objects.yaml: GetObject: the AWS model has it: drop outside_model",
    ),
    "another method than the model's": (
        lambda t: t.entry("access.yaml", "GetBucketAcl", method="HEAD"),
        "access.yaml: GetBucketAcl: its method is HEAD: the model has GET",
    ),
    "another level than the model's": (
        lambda t: t.entry("access.yaml", "GetBucketPolicyStatus", level="object"),
        "access.yaml: GetBucketPolicyStatus: its level is object: the model has bucket",
    ),
    "other marks than the model's": (
        lambda t: t.entry("access.yaml", "GetBucketPolicyStatus", match={"query": ["status"]}),
        "access.yaml: GetBucketPolicyStatus: its query marks are status: the model has policyStatus, and may add none",
    ),
    "headers that the model does not require": (
        lambda t: t.entry("object-copying.yaml", "CopyObject", match={"headers": ["x-amz-copy"]}),
        "object-copying.yaml: CopyObject: its headers are x-amz-copy: the model requires x-amz-copy-source",
    ),
    "another status than the model's": (
        lambda t: t.supported("objects.yaml", "DeleteObject", status=200),
        "objects.yaml: DeleteObject: its status is 200: the model has 204",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_catalogue_is_told_with_file_entry_and_mend(tree, case):
    breaks, expected = BROKEN[case]
    breaks(tree)
    assert any(problem.startswith(expected) for problem in tree.problems()), tree.problems()


def test_the_catalogue_itself_is_sound(tree):
    assert tree.problems() == []


def test_a_file_that_is_not_yaml_is_named(tree):
    (tree.root / "spec" / "operations" / "objects.yaml").write_text("- {name: [\n")
    assert tree.problems()[0].startswith("objects.yaml: not YAML: ")


@pytest.mark.parametrize(
    ("file", "name", "changes", "line"),
    [
        ("objects.yaml", "GetObject", {"right": None}, "nothing says which right it needs: add `right: ` and one of read, list, write, delete, create, anybody"),
        ("multipart.yaml", "UploadPart", {"right": "upload"}, "there is no right upload: name one of spec/authentication.yaml, or add it there"),
        ("objects.yaml", "GetObject", {"reach": "bucket"}, "the right of an operation at the level object cannot be needed at bucket: write one of key, or drop reach"),
        ("buckets.yaml", "DeleteBucket", {"reach": "prefix"}, "its reach is prefix, which it does not read: read it, or write part"),
        ("bucket-configuration.yaml", "CorsPreflight", {"reach": "part"}, "it asks nobody, so its reach part says nothing: drop reach"),
    ],
)  # fmt: skip
def test_every_operation_names_the_right_that_it_needs(tree, file, name, changes, line):
    tree.entry(file, name, **changes)
    assert f"{file}: {name}: {line}" in tree.problems()


def test_a_key_that_stands_twice_is_an_error(tree):
    (tree.root / "spec" / "errors.yaml").write_text("errors: []\npfs: []\nerrors: []\n")
    assert "key 'errors' stands twice" in tree.problems()[0]


def test_when_the_model_grows_the_lint_says_what_to_add(tree):
    grown = replace(
        operations()["GetBucketAcl"],
        name="GetBucketWeather",
        literals=frozenset({"weather"}),
        required_query=frozenset({"id"}),
    )
    (problem,) = lint(load(tree.root), tree.root, {**operations(), grown.name: grown})
    assert problem.startswith(
        "spec/operations: GetBucketWeather: the AWS model has it and the catalogue lacks it"
    )
    assert "level: bucket, method: GET, match: {query: [id, weather]}" in problem


def test_when_an_operation_of_the_model_grows_the_lint_names_the_member(tree):
    put = operations()["PutObject"]
    grown = replace(put, members=put.members | {("headers", "x-amz-weather")})
    (problem,) = lint(load(tree.root), tree.root, {**operations(), grown.name: grown})
    assert problem.startswith("objects.yaml: PutObject: nothing is said of x-amz-weather")


def test_the_order_of_entries_and_files_means_nothing(tree):
    before = load(tree.root)
    shuffle = random.Random(7).shuffle
    for path in (tree.root / "spec" / "operations").glob("*.yaml"):
        tree.edit(f"operations/{path.name}", shuffle)
    assert load(tree.root) == before


def test_a_broken_catalogue_writes_nothing(tree, capsys):
    tree.entry("access.yaml", "GetBucketAcl", method="HEAD")
    assert main([str(tree.root)]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert not (tree.root / "docs").exists()
