"""The likelihood of a cumulative link model for coarse data, and its maximum.

::

    formula  links  integer_tables            what it is made of
    coded_columns  collapse  statements → observations   a frame, or groups of cases, as cells
    design  atoms → conditional → marginal    edges; given the intercepts; integrated
    maximum  penalties  bias_reduction        the search
    separation  fitting                       what has no estimate; the whole way
    subsets                                   the same data, some forces only
"""
