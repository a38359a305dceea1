"""Who signed a manifest: OpenSSH's answer, by the keys that the reviewer brings.

A signature lies beside the version, as ``v001.sig``. It is checked against a file of allowed
signers that the reviewer has from elsewhere; a key that comes with the version proves nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

NAMESPACE = "foistats"
State = Literal["good", "bad", "none", "cannot be checked"]

_PROGRAM = "ssh-keygen"
_SECONDS = 30
_LARGEST = 100_000
_NO_USER = "No user exists"
_GOOD = re.compile(r'^Good "[^"]*" signature for (.+) with (.+) key (SHA256:\S+)$', re.MULTILINE)


@dataclass(frozen=True)
class Signature:
    """What was found.

    Attributes
    ----------
    state
        "good", "bad", "none" (there is no signature) or "cannot be checked".
    words
        The same in a sentence.
    by, key
        Who signed, as the reviewer's file names them, and the fingerprint of the key.
    """

    state: State
    words: str
    by: str = ""
    key: str = ""

    @property
    def is_good(self) -> bool:
        """Whether a signer whom the reviewer allows signed this very manifest."""
        return self.state == "good"


def checked(manifest: bytes, signature: Path, allowed: Path) -> Signature:
    """Check a signature.

    Parameters
    ----------
    manifest : bytes
        The manifest, as it is.
    signature : Path
        The signature, as ``ssh-keygen -Y sign -n foistats`` writes it.
    allowed : Path
        The reviewer's file of allowed signers.
    """
    try:
        with signature.open("rb") as file:
            written = file.read(_LARGEST)
    except OSError as fault:
        return Signature("none", f"not signed: {signature.name} ({fault.strerror})")
    with tempfile.TemporaryDirectory(prefix="foistats-signature-") as folder:
        copy = Path(folder, "signature")
        copy.write_bytes(written)
        try:
            return _checked(manifest, copy, allowed.absolute())
        except FileNotFoundError:
            words = f"the signature cannot be checked: there is no {_PROGRAM}; install OpenSSH"
            return Signature("cannot be checked", words)
        except (OSError, subprocess.SubprocessError) as fault:
            words = f"the signature cannot be checked: {_PROGRAM} {type(fault).__name__}"
            return Signature("cannot be checked", words)


def _checked(manifest: bytes, signature: Path, allowed: Path) -> Signature:
    found = _asked("find-principals", "-s", str(signature), "-f", str(allowed))
    if _NO_USER in found.stderr:
        words = f"the signature cannot be checked: {_PROGRAM} says {_last_line(found.stderr)}"
        return Signature("cannot be checked", words)
    names = [name for line in found.stdout.splitlines() for name in line.split(",") if name]
    if found.returncode or not names:
        why = _last_line(found.stderr)
        return Signature("bad", f"signed by nobody whom {allowed.name} allows ({why})")
    for name in names:
        arguments = ("-n", NAMESPACE, "-f", str(allowed), "-I", name, "-s", str(signature))
        answer = _asked("verify", *arguments, given=manifest)
        good = _GOOD.search(answer.stdout)
        if answer.returncode == 0 and good is not None:
            by, kind, key = (_plain(part) for part in good.groups())
            return Signature("good", f"signed by {by} ({kind} key {key})", by=by, key=key)
    why = _last_line(answer.stdout + answer.stderr)
    return Signature(
        "bad", f"the signature of {_plain(names[0])} is not one of this manifest ({why})"
    )


def _asked(command: str, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [_PROGRAM, "-Y", command, *arguments],
        input=given,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    told = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, *told)


def _last_line(said: str) -> str:
    lines = [_plain(line) for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it gives no reason"


def _plain(text: str) -> str:
    mark = "\N{REPLACEMENT CHARACTER}"
    return "".join(letter if letter.isprintable() else mark for letter in text).strip()[:200]
