"""How severe outcomes are, by role and force.

::

    cells        register → groups of cases                what enters the model, and why
    case_groups  cells, groups and the space of cases   ┐
    links  integer_tables  likelihood                   │
    quadrature  marginal  maximum  profile              │  the engine
    identification  ladders                             │
    estimates  intervals  predictions  results  fit     ┘
    analysis     the fit and the primary result
    sensitivity  what it rests on, and what it would be otherwise
    flow  tell   flow charts, tables and sentences of the report
"""
