"""What is rendered: committed, the same each time, formatted, headed by its contents."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from codegen.__main__ import main
from codegen.catalogue import ROOT, load
from codegen.render import render


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    return render(load())


def test_the_committed_files_are_what_the_catalogue_gives(rendered):
    assert {name: (ROOT / name).read_text() for name in rendered} == rendered


def test_nothing_else_lies_among_the_generated_files(rendered):
    found = {str(path.relative_to(ROOT)) for path in (ROOT / "s3gw" / "generated").glob("*.py")}
    assert found - {name for name in rendered if name.endswith(".py")} == {"s3gw/generated/__init__.py"}


def test_every_generated_file_names_its_generator_and_its_contents(rendered):
    for name, text in rendered.items():
        head = text[:2000]
        assert "codegen" in head, name
        assert "tox -e codegen" in head, name
        assert "Contents" in head, name


def test_check_shows_a_diff_and_fails_when_a_file_is_stale(tmp_path: Path, capsys):
    for folder in ("spec", "s3gw", "docs"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    assert main(["--check", str(tmp_path)]) == 0
    page = tmp_path / "docs" / "operations.md"
    page.write_text(page.read_text().replace("# Operations", "# Old"))
    assert main(["--check", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "-# Old" in output.out
    assert "+# Operations" in output.out
    assert "tox -e codegen" in output.err
    assert main([str(tmp_path)]) == 0
    assert "wrote docs/operations.md" in capsys.readouterr().out
    assert main(["--check", str(tmp_path)]) == 0


def test_the_page_lists_every_operation(rendered):
    page = rendered["docs/operations.md"]
    assert all(f"| {operation.name} |" in page for operation in load().operations)
