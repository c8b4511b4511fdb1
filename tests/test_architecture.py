"""The structure of the code, held as tests; the layers themselves are checked by import-linter."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "workbench").rglob("*.py"))
SLOW_TO_IMPORT = {
    "torch", "transformers", "sentence_transformers", "setfit", "small_text", "sklearn", "scipy", "pandas",
    "spacy", "matplotlib", "onnx", "datasets", "nervaluate", "hnswlib",
}  # fmt: skip
DANGEROUS_CALLS = {
    ("pickle", "load"),
    ("pickle", "loads"),
    ("joblib", "load"),
    ("torch", "load"),
    ("dill", "load"),
}
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60


def modules_loaded_by(statement: str) -> set[str]:
    """Run a statement in a new process and return the top-level modules that it loaded."""
    code = f"{statement}\nimport sys\nprint(','.join({{name.partition('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.strip().splitlines()[-1].split(","))


@pytest.mark.slow
def test_the_command_line_starts_without_heavy_packages() -> None:
    assert modules_loaded_by("import workbench.cli.main") & SLOW_TO_IMPORT == set()


@pytest.mark.slow
def test_every_use_case_can_be_imported_without_heavy_packages() -> None:
    files = (ROOT / "workbench" / "usecases").rglob("*.py")
    verbs = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    statement = "\n".join(f"import {verb.removesuffix('.__init__')}" for verb in verbs)
    assert len(verbs) > 10
    assert modules_loaded_by(statement) & SLOW_TO_IMPORT == set()


@pytest.mark.slow
def test_strategies_of_small_text_are_listed_and_made_without_it() -> None:
    make_all = (
        "from workbench import catalog\n"
        "made = [catalog.strategy(name) for name in catalog.strategy_names() if name.startswith('small-text/')]\n"
        "assert len(made) == 14 and all(strategy.needs for strategy in made)"
    )
    assert modules_loaded_by(make_all) & SLOW_TO_IMPORT == set()


@pytest.mark.slow
def test_serving_needs_only_the_base_install() -> None:
    loaded = modules_loaded_by("import workbench.serving.bundle")
    assert loaded & (SLOW_TO_IMPORT | {"sqlalchemy", "safetensors", "streamlit", "jinja2"}) == set()


def test_every_name_in_the_catalogue_leads_to_a_file() -> None:
    from workbench import catalog

    targets = [
        *catalog.SOURCES.values(),
        *catalog.ENCODERS.values(),
        *catalog.STRATEGIES.values(),
        *catalog.SMALL_TEXT_STRATEGIES.values(),
        *(target for learners in catalog.LEARNERS.values() for target in learners.values()),
        catalog.NAMED_ENCODER,
    ]
    for target in targets:
        module, _, attribute = target.partition(":")
        path = ROOT / (module.replace(".", "/") + ".py")
        assert path.exists(), target
        names = {
            name
            for node in ast.parse(path.read_text()).body
            for name in (
                [node.name]
                if isinstance(node, ast.ClassDef | ast.FunctionDef)
                else [t.id for t in node.targets if isinstance(t, ast.Name)]
                if isinstance(node, ast.Assign)
                else []
            )
        }
        assert attribute in names, target


def test_nothing_loads_code_from_data() -> None:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                if isinstance(owner, ast.Name) and (owner.id, node.func.attr) in DANGEROUS_CALLS:
                    found.append(f"{path.name}:{node.lineno}")
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is False
    assert found == []


def test_files_and_functions_stay_readable() -> None:
    long_files = [str(p) for p in SOURCES if len(p.read_text().splitlines()) > MOST_LINES_OF_A_FILE]
    long_functions = [
        f"{path.name}:{node.lineno} {node.name}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and (node.end_lineno or 0) - node.lineno > MOST_LINES_OF_A_FUNCTION
    ]
    assert (long_files, long_functions) == ([], [])
