"""The compatibility table, all profiles side by side."""

from __future__ import annotations

from typing import Any

from codegen.catalogue import Catalogue
from codegen.profiles import Entry, entries
from codegen.render.facts import pfs_answers
from codegen.render.routes import row


def page_view(catalogue: Catalogue) -> dict[str, Any]:
    """What the template of the page needs."""
    every = entries(catalogue)
    names = [profile.name for profile in catalogue.profiles]
    return {
        "profiles": [
            {
                "name": profile.name,
                "summary": profile.summary,
                "extends": profile.extends,
                "supported": sum(profile.name in entry.supported_in for entry in every),
            }
            for profile in catalogue.profiles
        ],
        "total": len(every),
        "operations": [_beside(entry, catalogue) for entry in every],
        "supported": [
            {**row(catalogue, entry, profile), "profiles": _profiles(entry, profile, names)}
            for entry in every
            for profile in entry.served
        ],
        "unsupported": [
            {**row(catalogue, entry, profile), "profiles": _profiles(entry, profile, names)}
            for entry in sorted(every, key=_by_feature)
            for profile in entry.variants
            if entry.by_profile[profile].supported is None
        ],
        "rights": catalogue.authentication.rights,
        "drops": sorted(catalogue.drops.items()),
        "errors": catalogue.errors,
        "pfs_errors": [
            {"error": first["error"], "answers": [answer["answer"] for answer in (first, *others)]}
            for first, *others in zip(*(pfs_answers(catalogue, name) for name in names), strict=True)
        ],
    }


def _by_feature(entry: Entry) -> tuple[str, str]:
    operation = next(iter(entry.by_profile.values()))
    return operation.feature.lower(), operation.name


def _profiles(entry: Entry, home: str, names: list[str]) -> list[str]:
    """Name the profiles that have the variant which is named after `home`."""
    return [name for name in names if entry.home(name) == home]


def _beside(entry: Entry, catalogue: Catalogue) -> dict[str, Any]:
    """An operation with a mark for each profile: yes, the same; yes, with more; or 501."""
    first = next(iter(entry.by_profile))
    marks = []
    for name, operation in entry.by_profile.items():
        grown = entry.home(name) != next(iter(entry.served), name)
        marks.append("501" if operation.supported is None else "yes, more" if grown else "yes")
    return {**row(catalogue, entry, first), "beside": marks}
