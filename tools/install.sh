#!/bin/sh
# Make the environment: tools/install.sh FOLDER [PYTHON]
# Installs what requirements.lock names, by hash, then this project itself.
set -eu

venv=$1
lowest=11
highest=14

supported() {
    "$1" -c "import sys; sys.exit(not (3, $lowest) <= sys.version_info[:2] <= (3, $highest))" 2>/dev/null
}

python=${2:-}
if [ -n "$python" ]; then
    supported "$python" || { echo "foistats needs Python 3.$lowest to 3.$highest, and '$python' is not one: make PYTHON=python3.$highest …" >&2; exit 2; }
else
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if supported "$candidate"; then python=$candidate; break; fi
    done
fi
[ -n "$python" ] || { echo "foistats needs Python 3.$lowest to 3.$highest and found none: apt-get install python3 python3-venv" >&2; exit 2; }
"$python" -c 'import ensurepip, venv' 2>/dev/null || { echo "foistats needs Python's venv and found none: apt-get install python3-venv" >&2; exit 2; }

echo "foistats: installing into $venv with $("$python" --version) (about a minute, once)"
"$python" -m venv --clear "$venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
"$venv/bin/python" -m pip install --quiet --no-deps --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --no-deps --no-build-isolation --editable .
