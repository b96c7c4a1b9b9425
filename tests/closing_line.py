"""Add up the JUnit reports of all environments in one closing line: 'N passed, N failed, N skipped'."""

import sys
from xml.etree import ElementTree


def main(reports: list[str]) -> None:
    """Print the line; a report that is missing or broken counts as nothing."""
    passed = failed = skipped = 0
    for report in reports:
        for suite in ElementTree.parse(report).iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            out = int(suite.get("skipped", 0))
            failed += bad
            skipped += out
            passed += int(suite.get("tests", 0)) - bad - out
    print(f"{passed} passed, {failed} failed, {skipped} skipped")


if __name__ == "__main__":
    main([report for report in sys.argv[1:] if not report.endswith("*.xml")])
