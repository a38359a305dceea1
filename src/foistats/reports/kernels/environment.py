"""The environment of a kernel: a few variables inherited, everything else fixed.

A report must not depend on who runs it and where: not on the user's home, with its start-up
files, styles and fonts, nor on the number of threads, the language or the hash seed.
"""

from __future__ import annotations

import os
from pathlib import Path

from foistats.reports.ask.declare import PROJECT_VARIABLE

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
_FIXED = {
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "LANG": "C.UTF-8",
    "COLUMNS": "80",
    "SOURCE_DATE_EPOCH": "315532800",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
#: Folders of a kernel, below its scratch folder, and the variables that name them.
_FOLDERS = {
    "HOME": "home",
    "TMPDIR": "tmp",
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter",
    "JUPYTER_DATA_DIR": "jupyter",
    "JUPYTER_RUNTIME_DIR": "jupyter",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
}
FONT_CACHE = ".matplotlib"


def shared_environment(reports: Path, root: Path) -> dict[str, str]:
    """Return the variables that every kernel of a project has alike."""
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        **_FIXED,
        "MPLCONFIGDIR": str(reports / FONT_CACHE),
        PROJECT_VARIABLE: str(root),
    }


def private_environment(scratch: Path) -> dict[str, str]:
    """Return the variables that name a kernel's own folders, and make those folders."""
    folders = {name: scratch / folder for name, folder in _FOLDERS.items()}
    for folder in {*folders.values(), scratch / "work"}:
        folder.mkdir(parents=True, exist_ok=True)
    return {name: str(folder) for name, folder in folders.items()}
