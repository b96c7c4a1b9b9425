"""What the catalogue must mean: a function for each rule.

A rule yields problems as lines ``file: entry: what is wrong: how to mend it``. That the files keep
to their schemas is checked before, by `codegen.catalogue.load`. Most rules look at the operations as
each profile has them.

* `beside`         entries beside each other: no request may be two operations
* `references`     what entries refer to: profiles, parameters, handlers, answers, each other
* `errors`         the table of errors, and what refers to it
* `shapes`         XML shapes, and what refers to them
* `wire`           what requests have in common, beside the AWS model and the code
* `rights`         what each entry takes of whoever asks
* `members`        every member of a request is read, dropped by name, or refused
* `against_model`  the entries beside the AWS model
"""

from __future__ import annotations

import itertools
from pathlib import Path

from codegen.catalogue import Catalogue
from codegen.lint import against_model, beside, errors, members, references, rights, shapes, wire
from codegen.model import ModelOperation, operations
from codegen.profiles import resolve


def lint(catalogue: Catalogue, root: Path, model: dict[str, ModelOperation] | None = None) -> list[str]:
    """Apply all rules.

    Args:
        catalogue: What `load` has read.
        root: The tree, for the handlers and the errors of the PFS interface.
        model: The AWS model; the installed one by default.
    """
    model = operations() if model is None else model
    for first in (beside.duplicate_names(catalogue.operations), references.profiles(catalogue, root)):
        problems = list(first)
        if problems:  # what the profiles make of such entries would only be told in other words
            return problems
    resolved = [resolve(catalogue, profile.name) for profile in catalogue.profiles]
    rules = [
        beside.same_marks(catalogue.operations),
        beside.twins(catalogue.operations),
        beside.no_order(catalogue.operations),
        beside.values_overlap(catalogue.operations),
        beside.unreachable(catalogue),
        references.handlers(resolved, root),
        errors.error_table(catalogue),
        errors.error_members(catalogue),
        errors.error_uses(catalogue, root),
        errors.pfs_errors(catalogue, root),
        shapes.shapes(catalogue),
        rights.rights(catalogue),
        wire.digests(catalogue, root),
        wire.writes(catalogue, model),
        members.drops(resolved, catalogue),
        against_model.missing_from_catalogue(catalogue.operations, model),
        against_model.missing_from_model(catalogue.operations, model),
    ]
    for of_profile in resolved:
        rules += [
            references.parameters(of_profile),
            references.likes(of_profile),
            references.answers(of_profile, catalogue),
            references.answer_errors(of_profile, catalogue),
            members.members(of_profile, catalogue, model),
            members.unknown(of_profile, catalogue, model),
            members.elements(of_profile, catalogue, model),
            against_model.differs_from_model(of_profile, model),
        ]
    return list(dict.fromkeys(itertools.chain.from_iterable(rules)))
