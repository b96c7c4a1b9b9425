"""Render the catalogue: decisions are made here, the templates only lay out.

Output files, each headed by its generator and its contents, and the module that decides on it:

* ``s3gw/generated/errors.py``     `facts`     the error table, and how errors of PFS and HTTP are answered
* ``s3gw/generated/wire.py``       `facts`     what all requests and documents have in common
* ``s3gw/generated/authentication.py``  `facts`  rights, and what is asked of whoever asks
* ``s3gw/generated/documents.py``  `shapes`    XML that the gateway sends: dataclasses and renderers
* ``s3gw/generated/parsers.py``    `shapes`    XML that clients send: dataclasses and what reads them
* ``s3gw/generated/requests.py``   `requests`  a typed request and result for each supported operation
* ``s3gw/generated/routes.py``     `routes`    the operations, the tables of each profile, Falcon's resources
* ``docs/operations.md``           `page`      the compatibility table
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2

from codegen.catalogue import Catalogue
from codegen.render.facts import authentication_view, errors_view, wire_view
from codegen.render.page import page_view
from codegen.render.requests import requests_view
from codegen.render.routes import routes_view
from codegen.render.shapes import typed_shapes

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


def render(catalogue: Catalogue) -> dict[str, str]:
    """Render everything: path from the root of the tree -> text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is Python and Markdown
    )
    views: dict[str, dict[str, Any]] = {
        "errors": errors_view(catalogue),
        "wire": wire_view(catalogue),
        "authentication": authentication_view(catalogue),
        "documents": {"shapes": typed_shapes(catalogue.responses), "wire": catalogue.wire},
        "parsers": {"shapes": typed_shapes(catalogue.requests), "wire": catalogue.wire},
        "requests": requests_view(catalogue),
        "routes": routes_view(catalogue),
    }
    rendered = {
        f"s3gw/generated/{name}.py": _format(environment.get_template(f"{name}.py.j2").render(view))
        for name, view in views.items()
    }
    page = environment.get_template("operations.md.j2").render(page_view(catalogue))
    return {**rendered, "docs/operations.md": page}


def _format(source: str) -> str:
    """Format with ruff and the project's own settings: the pinned version makes it repeatable."""
    ours = 'lint.isort.known-first-party=["s3gw"]'
    settings = ["--quiet", "--isolated", "--config", "line-length=110", "--config", ours, "-"]
    for command in (["check", "--select", "I,F401", "--fix-only"], ["format"]):
        source = subprocess.run(  # noqa: S603 - a fixed command line
            [sys.executable, "-m", "ruff", *command, *settings],
            input=source,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return source
