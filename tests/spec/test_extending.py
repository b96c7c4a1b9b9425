"""The gateway is extended by editing the YAML: docs/extending.md, done as a user would do it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import botocore.session
import pytest
from botocore.config import Config

from codegen.catalogue import ROOT
from tests.serving import serving

FLIPPED = """
- name: GetBucketAbac
  feature: ABAC
  level: bucket
  method: GET
  match: {query: [abac]}
  right: list
  supported:
    profile: classic
    summary: Tags give nobody access.
    answer: {Status: Disabled}
    pfs: [InspectBranch]
    status: 200
    drops: [x-amz-expected-bucket-owner]
    response: {body: AbacStatus}
"""
FLIPPED_TO_AN_ERROR = """
- name: GetBucketMetadataConfiguration
  feature: Metadata tables
  level: bucket
  method: GET
  match: {query: [metadataConfiguration]}
  right: list
  supported:
    profile: classic
    summary: No bucket has metadata tables.
    answer_error: MetadataConfigurationNotFound
    pfs: [InspectBranch]
    drops: [x-amz-expected-bucket-owner]
"""
ERRORS = """errors:
  - {code: MetadataConfigurationNotFound, status: 404, message: The metadata configuration was not found, members: [BucketName]}
"""
NEW = """
- name: GetBucketGreeting
  feature: Buckets
  level: bucket
  method: GET
  match: {query: [greeting]}
  right: list
  outside_model: It is our own.
  supported:
    profile: classic
    summary: Greets somebody in the name of the branch.
    handler: greetings.get_bucket_greeting
    pfs: [InspectBranch]
    status: 200
    request:
      query:
        name: {type: string, default: world}
        tone: {type: string, values: [kind, grim], default: kind}
      headers: {x-amz-greeting-mark: {type: string, default: .}}
    response: {body: Greeting}
  overlays:
    extended:
      summary: Greets somebody in the name of the branch, and as loudly as is asked for.
      request: {query: {loud: boolean}}
      response: {headers: {x-amz-greeting-length: integer}}
- name: PutBucketGreeting
  feature: Buckets
  level: bucket
  method: PUT
  match: {query: [greeting]}
  right: create
  outside_model: It is our own.
  supported:
    profile: extended
    summary: Learns a greeting.
    handler: greetings.put_bucket_greeting
    pfs: [InspectBranch]
    status: 204
    request: {headers: {x-amz-greeting: string}}
    drops: [x-amz-acl]
    refuses: [{feature: Website configuration, headers: [x-amz-song-*], answer: InvalidRequest}]
  unsupported:
    why: The classic profile knows its greetings by heart.
    instead: Greet by yourself.
"""
HANDLER = '''"""Greetings."""

from s3gw.context import Context
from s3gw.generated.documents import Greeting
from s3gw.generated.requests import GetBucketGreetingRequest, GetBucketGreetingResult, PutBucketGreetingRequest


def get_bucket_greeting(context: Context, request: GetBucketGreetingRequest) -> GetBucketGreetingResult:
    """Greet somebody."""
    info = context.pfs.inspect_branch(request.branch)
    mark = request.greeting_mark if request.tone == "kind" else "!"
    text = f"Hello {request.name}, from {info.branch}{mark}"
    return GetBucketGreetingResult(Greeting(text.upper() if request.loud else text), len(text))


def put_bucket_greeting(context: Context, request: PutBucketGreetingRequest) -> None:
    """Learn a greeting."""
    context.pfs.inspect_branch(request.branch)
'''
SHAPES = """
  AbacStatus:
    members: {Status: string}

  Greeting:
    members: {Text: string}

requests:
"""
FLIPPED_BACK = """
- name: GetBucketVersioning
  feature: Versioning configuration
  level: bucket
  method: GET
  match: {query: [versioning]}
  right: list
  unsupported:
    why: It is flipped back.
"""
UNUSED = """  VersioningConfiguration:
    members:
      Status: {type: string, optional: true}

"""
# The new operation, told to botocore by its own means for that.
SDK_EXTRAS = {
    "version": 1.0,
    "merge": {
        "operations": {
            "GetBucketGreeting": {
                "name": "GetBucketGreeting",
                "http": {"method": "GET", "requestUri": "/{Bucket}?greeting"},
                "input": {"shape": "GetBucketAbacRequest"},
                "output": {"shape": "GetBucketGreetingOutput"},
            }
        },
        "shapes": {
            "GetBucketGreetingOutput": {"type": "structure", "members": {"Text": {"shape": "Payer"}}},
        },
    },
}


def replace_entry(path: Path, name: str, entry: str) -> None:
    """Take an entry out of a file, and put another at its end."""
    entries = path.read_text().split("\n- ")
    kept = [text for text in entries if not text.startswith(f"name: {name}\n")]
    assert len(kept) == len(entries) - (name in path.read_text())
    path.write_text("\n- ".join(kept).rstrip() + "\n" + entry)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, with the YAML edited and one handler added."""
    tree = tmp_path_factory.mktemp("tree")
    for folder in ("codegen", "docs", "s3gw", "spec"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    operations = tree / "spec" / "operations"
    replace_entry(operations / "access.yaml", "GetBucketAbac", FLIPPED)
    replace_entry(operations / "reporting.yaml", "GetBucketMetadataConfiguration", FLIPPED_TO_AN_ERROR)
    replace_entry(operations / "buckets.yaml", "GetBucketVersioning", FLIPPED_BACK)
    replace_entry(operations / "buckets.yaml", "GetBucketGreeting", NEW)
    errors = tree / "spec" / "errors.yaml"
    errors.write_text(errors.read_text().replace("errors:\n", ERRORS, 1))
    shapes = tree / "spec" / "shapes.yaml"
    without = shapes.read_text().replace(UNUSED, "")
    shapes.write_text(without.replace("\nrequests:\n", SHAPES))
    (tree / "s3gw" / "operations" / "greetings.py").write_text(HANDLER)
    done = subprocess.run(
        [sys.executable, "-m", "codegen"], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return tree


@pytest.fixture(scope="module")
def client(tree, tmp_path_factory):
    """A boto3 client that knows the new operation, of a gateway that runs from the copy."""
    models = tree / "models" / "s3" / "2006-03-01"
    models.mkdir(parents=True)
    (models / "service-2.sdk-extras.json").write_text(json.dumps(SDK_EXTRAS))
    session = botocore.session.Session()
    session.set_config_variable("data_path", str(tree / "models"))
    with serving(tmp_path_factory.mktemp("data") / "pfs", tree=tree) as gateway:
        yield boto3.Session(botocore_session=session).client(
            "s3",
            endpoint_url=gateway.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@pytest.fixture(scope="module")
def bucket(client) -> str:
    client.create_bucket(Bucket="master.extended")
    return "master.extended"


def test_an_unsupported_operation_is_flipped_to_a_constant_answer(client, bucket):
    assert client.get_bucket_abac(Bucket=bucket)["AbacStatus"]["Status"] == "Disabled"
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.get_bucket_abac(Bucket="no.where")


def test_an_unsupported_operation_is_flipped_to_a_constant_error(client, bucket):
    for name, code in ((bucket, "MetadataConfigurationNotFound"), ("no.where", "NoSuchBucket")):
        with pytest.raises(client.exceptions.ClientError) as refused:
            client.get_bucket_metadata_configuration(Bucket=name)
        assert refused.value.response["Error"]["Code"] == code
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
        assert refused.value.response["Error"].get("BucketName") == (bucket if name == bucket else None)


def test_a_wholly_new_operation_is_a_yaml_entry_and_three_lines(client, bucket):
    assert client.get_bucket_greeting(Bucket=bucket)["Text"] == "Hello world, from default/extended@master."


@pytest.fixture(scope="module", params=["classic", "extended"])
def profile(request, tree, tmp_path_factory):
    """A gateway of the copy in each profile, with its name."""
    with serving(tmp_path_factory.mktemp("data") / "pfs", "--profile", request.param, tree=tree) as gateway:
        gateway.request("PUT", "/b.r")
        yield request.param, gateway


def test_an_overlay_reads_and_answers_more_in_its_profile(profile):
    name, gateway = profile
    answer = gateway.request("GET", "/b.r?greeting&loud=true")
    more = name == "extended"
    assert answer.element("Text") == (
        "HELLO WORLD, FROM DEFAULT/R@B." if more else "Hello world, from default/r@b."
    )
    assert answer.headers.get("x-amz-greeting-length") == ("30" if more else None)


def test_an_operation_is_supported_in_one_profile_and_not_in_another(profile):
    name, gateway = profile
    answer = gateway.request("PUT", "/b.r?greeting", b"")
    if name == "extended":
        assert (answer.status, answer.body) == (204, b"")
        assert gateway.request("PUT", "/b.r?greeting", b"", {"x-amz-song-of": "joy"}).code == "InvalidRequest"
        assert gateway.request("PUT", "/b.r?greeting", b"", {"If-Match": "x"}).code == "NotImplemented"
    else:
        assert (answer.status, answer.code) == (501, "NotImplemented")
        assert answer.element("Message") == (
            "PutBucketGreeting (Buckets) is not supported. The classic profile knows its greetings by heart. "
            "Greet by yourself. The profile extended has it."
        )


def test_a_supported_operation_is_flipped_back(client, bucket):
    with pytest.raises(client.exceptions.ClientError) as refused:
        client.get_bucket_versioning(Bucket=bucket)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "GetBucketVersioning" in refused.value.response["Error"]["Message"]


def test_the_rest_is_as_it_was(client, bucket):
    client.put_object(Bucket=bucket, Key="a", Body=b"x")
    assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"


def test_the_page_and_the_commands_tell_it_too(tree):
    page = (tree / "docs" / "operations.md").read_text()
    assert "| GetBucketGreeting | `GET bucket ?greeting` | Buckets | yes | yes, more |" in page
    assert "| PutBucketGreeting | `PUT bucket ?greeting` | Buckets | 501 | yes |" in page

    def said(*words: str) -> str:
        command = [sys.executable, "-m", "s3gw", *words]
        return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=True).stdout

    assert "Tags give nobody access." in said("explain", "GET", "/b.r?abac")
    assert "tables. Answers 404 MetadataConfigurationNotFound." in said(
        "explain", "GET", "/b.r?metadataConfiguration"
    )
    assert "501 NotImplemented: PutBucketGreeting" in said("explain", "PUT", "/b.r?greeting")
    in_extended = said("explain", "PUT", "/b.r?greeting", "-H", "x-amz-acl: private", "--profile", "extended")
    assert "Learns a greeting." in in_extended
    assert "dropped    x-amz-acl: There are no ACLs" in in_extended
    rows = {
        row["operation"]: row
        for row in json.loads(said("operations", "--format", "json", "--profile", "extended"))
    }
    assert rows["PutBucketGreeting"]["profiles"] == ["extended"]
    assert "?loud" in rows["GetBucketGreeting"]["reads"]


def test_nothing_else_was_touched(tree):
    allowed = {"spec", "docs/operations.md", "s3gw/generated", "s3gw/operations/greetings.py"}
    for path in (p for folder in ("codegen", "docs", "s3gw") for p in (tree / folder).rglob("*")):
        name = str(path.relative_to(tree))
        if path.is_dir() or "__pycache__" in name or any(name.startswith(prefix) for prefix in allowed):
            continue
        assert path.read_bytes() == (ROOT / name).read_bytes(), name
