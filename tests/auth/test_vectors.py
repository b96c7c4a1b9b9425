"""Requests that others have signed, as figures: AWS's own examples, and what clients have sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from s3gw.generated import errors
from tests.auth.signing import Keys, ask, at, refusal, sent

RECORDED = [
    {"client": path.stem, **figure}
    for path in sorted((Path(__file__).parent / "vectors").glob("*.json"))
    for figure in json.loads(path.read_text())
]


@pytest.mark.parametrize(
    "figure", [pytest.param(row, id=f"{row['client']}: {row['name']}") for row in RECORDED]
)
def test_what_others_have_signed_is_right_for_them_alone(figure):
    request = sent(figure["method"], figure["target"], figure["headers"])
    keys = Keys()
    signed = ask(request, at(figure["at"]), keys)
    assert signed is not None
    assert signed.credentials.identity.name == "ann"
    request = sent("DELETE", figure["target"], figure["headers"])
    assert refusal(request, at(figure["at"]), keys).kind is errors.SignatureDoesNotMatch
