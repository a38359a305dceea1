"""What a claim asks of the table: quantities, and the requirements that make a claim true.

::

    terms      counts, sums and places; what can be required of them
    measured   claim → quantity
    required   claim → requirements
"""

from foistats.claims.quantities.measured import claimed_quantity, quantity_of
from foistats.claims.quantities.required import requirements_of, within
from foistats.claims.quantities.terms import (
    Amount,
    Answers,
    Atom,
    Few,
    Linear,
    Place,
    Placed,
    Quantity,
    Requirement,
    Shared,
    Sum,
)

__all__ = [
    "Amount",
    "Answers",
    "Atom",
    "Few",
    "Linear",
    "Place",
    "Placed",
    "Quantity",
    "Requirement",
    "Shared",
    "Sum",
    "claimed_quantity",
    "quantity_of",
    "requirements_of",
    "within",
]
