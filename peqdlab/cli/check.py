"""`peqdlab check`: read protocol files like a colleague, with every doubt at its place."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from peqdlab.cli.folders import folders_for
from peqdlab.cli.options import AsJson
from peqdlab.cli.running import callout, command, print_json, show_blocks
from peqdlab.errors import EXIT_FINDINGS, EXIT_USAGE


@command
def check(
    files: Annotated[list[str], typer.Argument(help="TOML files, or names of families, shipped or your own.", metavar="FILE...")],
    as_json: AsJson = False,
) -> None:
    """Read protocol files and print every doubt about them."""
    from peqdlab.catalog import check_file
    from peqdlab.document import finding_row
    from peqdlab.findings import has_errors, sort_findings

    findings = sort_findings(finding for name in files for finding in check_file(name, folders_for(name)))
    if as_json:
        print_json({"findings": [finding_row(finding) for finding in findings]})
    elif findings:
        show_blocks([callout(finding) for finding in findings])
    if not has_errors(findings):
        if not as_json:
            print(f"{len(files)} file{'s' if len(files) > 1 else ''} read: no errors", file=sys.stderr)
        return
    unread = any(finding.code.startswith("T") for finding in findings if finding.severity == "error")
    sys.exit(EXIT_USAGE if unread else EXIT_FINDINGS)
