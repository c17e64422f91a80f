"""The shape of the package: who may import whom, how long files and functions may be, and that only the command line prints."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "peqdlab"

# Lowest first: a module imports only from lower layers, or from its own where a comment says why.
LAYERS = [
    {"spelling"},
    {"findings", "codes", "blocks", "examples", "canonical", "atomic_weights", "outcomes", "statements", "air"},
    {"errors", "units", "event", "shipped"},
    {"source", "expressions", "chemistry", "language", "store_file", "fitting"},
    {"reagents", "preparation", "film_points"},
    {"scaling", "solving", "instruments"},
    {"reading", "ledger", "inherit", "language_page"},
    {"values", "config"},
    {"family", "step_reader"},
    {"moment_reader"},
    {"protocol", "books", "standalone", "schema", "lineage", "apart"},
    {"dispensing", "lots", "centrifuge", "flow", "queries", "parameters", "forming", "layers", "joining", "step_settings"},
    {"cutting"},
    {"stocks"},
    {"vessels"},
    {"films"},
    {"booking"},
    {"moments", "stoichiometry", "general", "tolerance", "washes"},
    {"judging", "injection"},
    {"knobs", "fits", "enough", "baths", "thickness", "tells"},
    {"remedies"},
    {"checks"},
    {"remarks", "wording", "uncertainty"},
    {"plan"},
    {"pumping"},
    {"blocking"},
    {"factors", "resized", "frozen", "schedule", "waste", "hazards"},
    {"sweep", "confounding"},
    {"doubts_of_set"},
    {"asked", "of_a_set"},
    {"supplies", "readiness", "estimates"},
    {"document", "sheet"},
    {"set_document"},
    {"bench_sheet"},
    {"set_sheet"},
    {"saved", "record", "store", "catalog", "plan_difference", "typed"},
    {"entries", "listing", "literature", "standing"},
    {"record_sheet", "comparison", "systems_page"},
    {"answer", "filled_sheet"},
    {"writers.text"},
    {"writers.markdown", "writers.terminal", "writers.page"},
    {"writers.html", "writers.pdf"},
    {"cli.streams"},
    {"cli.running", "cli.options", "cli.folders"},
    {"cli.stores", "cli.sizing", "cli.lab", "cli.pages"},
    {"cli.feeding"},
    {"cli.planning"},
    {"cli.differing", "cli.new", "cli.sweeping"},
    {"cli.check", "cli.config", "cli.plan", "cli.protocols", "cli.run_sheet", "cli.batches", "cli.show", "cli.compare", "cli.verify"},
    {"cli.log_batch"},
    {"cli.measure"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}
FILES = {path.relative_to(PACKAGE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__"): path for path in PACKAGE.rglob("*.py")}
MODULES = {name: path for name, path in FILES.items() if name not in ("__init__", "writers")}


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("peqdlab"):
            base = node.module.removeprefix("peqdlab").removeprefix(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}".removeprefix(".")
                yield inner if inner in MODULES else base
        elif isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("peqdlab.") for alias in node.names if alias.name.startswith("peqdlab."))


def test_every_module_has_a_layer():
    assert set(MODULES) == set(RANK)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_from_lower_layers(name):
    above = {used for used in imports_of(ast.parse(MODULES[name].read_text())) if used and RANK[used] >= RANK[name]}
    assert above == set()


@pytest.mark.parametrize("name", sorted(MODULES))
def test_files_have_at_most_400_lines_and_functions_40(name):
    text = MODULES[name].read_text()
    long = [
        node.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and _body_lines(node) > 40
    ]
    assert text.count("\n") <= 400
    assert long == []


def _body_lines(node):
    first = node.body[0]
    is_doc = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return node.end_lineno - node.lineno + 1 - (first.end_lineno - first.lineno + 1 if is_doc else 0)


@pytest.mark.parametrize("name", sorted(name for name in MODULES if not name.startswith(("cli", "__main__"))))
def test_only_the_command_line_prints_asks_reads_the_clock_or_exits(name):
    tree = ast.parse(MODULES[name].read_text())
    main = [node for node in tree.body if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)]
    skipped = {id(inner) for node in main for inner in ast.walk(node)}
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call) and id(node) not in skipped}
    forbidden = {"print", "input", "exit", "sys.exit", "datetime.now", "datetime.utcnow", "time.time", "os.environ.get", "os.getenv"}
    assert calls & forbidden == set()
