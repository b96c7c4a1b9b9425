"""What the code is told of the wire, the errors and the profiles: tables, without decisions."""

from __future__ import annotations

from typing import Any

from codegen.catalogue import Catalogue
from codegen.profiles import lineage
from codegen.render.names import snake
from codegen.render.routes import subresources


def errors_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of errors needs: the table, and how each profile answers errors of PFS."""
    return {
        "errors": [
            {**error, "members": tuple(snake(member) for member in error.get("members", ()))}
            for error in catalogue.errors
        ],
        "http_errors": catalogue.http_errors,
        "profiles": [
            {"name": profile.name, "answers": pfs_answers(catalogue, profile.name)}
            for profile in catalogue.profiles
        ],
    }


def pfs_answers(catalogue: Catalogue, profile: str) -> list[dict[str, Any]]:
    """Give the rows of PFS's errors as a profile has them."""
    names = lineage(catalogue, profile)
    answers = []
    for row in catalogue.pfs_errors:
        said = [row["in"][name] for name in names if name in row.get("in", {})]
        answers.append({**row, "answer": [row["answer"], *said][-1], "tell": row.get("tell", False)})
    return answers


def authentication_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of authentication needs."""
    authentication = catalogue.authentication
    v4, v4a, v2 = (authentication.signatures[name] for name in ("v4", "v4a", "v2"))
    return {
        "rights": tuple(authentication.rights),
        "owners": authentication.owners,
        "v4": {
            **v4,
            "marks": sorted(name.lower() for name in v4["marks"]),
            "payloads": tuple(v4["payloads"]),
            "services": tuple(v4["services"]),
            "parameters": {name.lower(): name for name in v4["parameters"]},
        },
        "v4a": v4a,
        "v2": {
            **v2,
            "parameters": tuple(v2["parameters"]),
            "usual": sorted({*v2["signed"], *v2["subresources"]}),
            "all": sorted({*v2["signed"], *v2["subresources"], *subresources(catalogue)}),
        },
        "clock_skew_s": authentication.clock_skew_s,
        "presigned_s": authentication.presigned_s,
        "forms": {
            **{name: tuple(fields) for name, fields in authentication.forms.items()},
            **{name: {field.lower(): field for field in authentication.forms[name]} for name in ("v4", "v2")},
        },
    }


def wire_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of the wire needs."""
    wire = catalogue.wire
    return {
        "namespace": wire.namespace,
        "header_prefix": wire.header_prefix,
        "moved_headers": sorted(wire.moved_headers),
        "signatures": sorted(name.lower() for name in wire.signatures),
        "writes": sorted(wire.writes),
        "checksums": wire.checksums,
        "drops": catalogue.drops,
    }
