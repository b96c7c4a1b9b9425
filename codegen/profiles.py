"""What a profile makes of the catalogue: each entry supported or not, overlays laid over it.

An entry says with `supported.profile` from which profile on it is served; in the others its
`unsupported` answers. An overlay of a profile changes what the entry says in that profile and in
those that extend it: maps are merged key by key, anything else replaces what was there, null takes
it away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from codegen.catalogue import Catalogue, Operation, Profile

# What an operation has from the one that it is like.
INHERITED = ("status", "request", "response", "refuses", "drops", "lane", "keeps_waiting", "makes_object")


def lineage(catalogue: Catalogue, profile: str) -> list[str]:
    """Name the profiles whose operations `profile` serves, the one that extends no other first."""
    by_name = {known.name: known for known in catalogue.profiles}
    names: list[str] = []
    current: Profile | None = by_name[profile]
    while current is not None and current.name not in names:
        names.insert(0, current.name)
        current = by_name.get(current.extends or "")
    return names


def resolve(catalogue: Catalogue, profile: str) -> tuple[Operation, ...]:
    """Give the operations as `profile` has them: each with `supported` or `unsupported`, not both."""
    names = lineage(catalogue, profile)
    resolved = {operation.name: _resolved(operation, names) for operation in catalogue.operations}
    return tuple(_inheriting(operation, resolved) for operation in resolved.values())


@dataclass(frozen=True)
class Entry:
    """An operation across the profiles.

    Attributes:
        by_profile: Profile -> the operation there, in the order of ``spec/profiles.yaml``.
    """

    by_profile: dict[str, Operation]

    @property
    def variants(self) -> dict[str, Operation]:
        """The different forms that it has: the first profile that has one -> the operation there."""
        found: dict[str, Operation] = {}
        for profile, operation in self.by_profile.items():
            if operation not in found.values():
                found[profile] = operation
        return found

    @property
    def served(self) -> dict[str, Operation]:
        """Those of the variants that are supported."""
        return {profile: o for profile, o in self.variants.items() if o.supported is not None}

    @property
    def supported_in(self) -> tuple[str, ...]:
        """The profiles that support it."""
        return tuple(profile for profile, o in self.by_profile.items() if o.supported is not None)

    def home(self, profile: str) -> str:
        """Name the profile that its variant in `profile` is named after."""
        here = self.by_profile[profile]
        return next(name for name, operation in self.variants.items() if operation == here)


def entries(catalogue: Catalogue) -> list[Entry]:
    """Give all operations across the profiles, sorted by name."""
    resolved = {profile.name: resolve(catalogue, profile.name) for profile in catalogue.profiles}
    return [
        Entry({profile: operations[index] for profile, operations in resolved.items()})
        for index in range(len(catalogue.operations))
    ]


def _resolved(operation: Operation, names: list[str]) -> Operation:
    supported = operation.supported
    if supported is None or supported["profile"] not in names:
        unsupported = dict(operation.unsupported or {})
        said = unsupported.pop("in", {})
        for name in names:
            unsupported |= said.get(name, {})
        return replace(operation, supported=None, unsupported=unsupported or None, overlays={})
    for name in names:
        supported = merge(supported, operation.overlays.get(name, {}))
    return replace(operation, supported=supported, unsupported=None, overlays={})


def _inheriting(operation: Operation, resolved: dict[str, Operation]) -> Operation:
    supported = operation.supported
    if supported is None or "like" not in supported:
        return operation
    model = resolved.get(supported["like"])
    if model is None or model.supported is None:  # the lint tells it
        return operation
    inherited = {key: model.supported[key] for key in INHERITED if key in model.supported}
    return replace(operation, supported={**inherited, **supported})


def merge(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Lay an overlay over a map."""
    merged = dict(base)
    for key, value in overlay.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged
