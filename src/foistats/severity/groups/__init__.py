"""What the register says, as groups of cases: sets of roles, sets of rungs, counts.

::

    cells         register → groups of cases: what enters the model, and why
    coding        statements → cells
    composition   the shares of the roles
    case_groups   cells, groups and their rules
    identification  ladders  expectation   what they can tell; merging what they cannot
"""
