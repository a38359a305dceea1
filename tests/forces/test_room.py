"""The room as a whole: what it names is there, and importing it loads nothing heavy."""

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import foistats.forces


def test_the_functions_it_names_are_there():
    listed = foistats.forces.__doc__.split("What others call:")[1].split("Every answer")[0]
    names = re.findall(r"[\w.]+\.\w+", listed)
    assert len(names) == len(set(names)) == 26
    for name in names:
        module, function = name.rsplit(".", 1)
        found = getattr(importlib.import_module(f"foistats.forces.{module}"), function)
        assert found.__doc__


def test_importing_it_loads_nothing_heavy():
    probe = "import foistats.forces, sys; print({'numpy', 'pandas', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_example_of_the_documentation_runs():
    page = Path(__file__).parents[2] / "docs" / "comparing-forces.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 130
    example = "\n".join(line for line in lines if not line.startswith("```"))
    test = doctest.DocTestParser().get_doctest(example, {}, page.name, str(page), 0)
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(test, out=said.append)
    assert test.examples
    assert not said, "".join(said)
