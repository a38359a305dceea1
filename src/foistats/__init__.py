"""foistats: checked, versioned statistical reports from Freedom of Information answers.

Names load when they are first used, so that ``import foistats`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "CumulativeLinkModel": "foistats.severity.model",
    "audit_claims": "foistats.claims.audit",
    "read_register": "foistats.register",
    "read_study": "foistats.study",
    "severity_data": "foistats.severity.groups.cells",
}

__all__ = [*_HOMES, "__version__"]

if TYPE_CHECKING:
    from foistats.claims.audit import audit_claims as audit_claims
    from foistats.register import read_register as read_register
    from foistats.severity.groups.cells import severity_data as severity_data
    from foistats.severity.model import CumulativeLinkModel as CumulativeLinkModel
    from foistats.study import read_study as read_study


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'foistats' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
