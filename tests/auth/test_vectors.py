"""Requests that others have signed, as figures: AWS's own examples, and what clients have sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3gw.generated import errors
from s3gw.s3_error import S3Error
from tests.auth.signing import ask, at, refusal, sent

FIGURES = [
    pytest.param(figure, id=f"{path.stem}: {figure['name']}")
    for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))
    for figure in json.loads(path.read_text())
]


@pytest.mark.parametrize("figure", FIGURES)
def test_what_others_have_signed_is_right_for_them_alone(figure):
    signed = ask(sent(figure["method"], figure["target"], figure["headers"]), at(figure["at"]))
    assert signed is not None
    assert signed.credentials.identity.name == "ann"
    other = "GET" if figure["method"] != "GET" else "HEAD"
    error = refusal(sent(other, figure["target"], figure["headers"]), at(figure["at"]))
    assert error.kind is errors.SignatureDoesNotMatch


@pytest.mark.parametrize("figure", [figure for figure in FIGURES if "body" in figure.values[0]])
def test_the_chunks_that_others_have_signed_are_right_until_they_are_changed(figure):
    body = figure["body"].encode("latin-1")
    request = sent(figure["method"], figure["target"], figure["headers"], body)
    assert ask(request, at(figure["at"]))
    assert b"".join(request.body()) == b"hello"
    changed = sent(figure["method"], figure["target"], figure["headers"], body.replace(b"hello", b"jello"))
    assert ask(changed, at(figure["at"]))
    with pytest.raises(S3Error) as refused:
        list(changed.body())
    assert refused.value.kind is errors.SignatureDoesNotMatch
