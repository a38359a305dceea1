"""Standard output stays clean, whatever compiled code writes to it."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import LinearConstraint

from foistats.highs import milp, silence


def test_what_compiled_code_writes_is_not_seen(capfd):
    os.write(1, b"before\n")
    with silence():
        os.write(1, b"a line of HiGHS\n")
    os.write(1, b"after\n")
    assert capfd.readouterr().out == "before\nafter\n"


def test_it_is_put_back_after_an_error(capfd):
    with pytest.raises(ZeroDivisionError), silence():
        os.write(1, b"lost\n" * (1 // 0))
    os.write(1, b"kept\n")
    assert capfd.readouterr().out == "kept\n"


def test_what_c_holds_back_is_not_seen_later():
    program = (
        "import ctypes, sys\n"
        "from foistats.highs import silence\n"
        "c = ctypes.CDLL('ucrtbase' if sys.platform == 'win32' else None)\n"
        "c.printf(b'before\\n')\n"
        "with silence():\n    c.printf(b'a line of HiGHS\\n')\n"
        "c.printf(b'after\\n')"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"before", b"after"]


def test_no_standard_output_at_all():
    program = (
        "import os; os.close(1)\n"
        "from foistats.highs import silence\n"
        "with silence():\n    done = True\n"
        "os._exit(0 if done else 1)"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == 0


def test_answers_are_those_of_scipy():
    rows = LinearConstraint(np.array([[2.0, 3.0]]), 7, np.inf)
    assert milp(np.ones(2), constraints=rows, integrality=np.ones(2)).fun == 3
