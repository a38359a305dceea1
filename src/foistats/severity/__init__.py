"""How severe outcomes are, by role and force.

::

    cells        register → groups of cases                what enters the model, and why
    case_groups  cells, groups and the space of cases   ┐
    links  integer_tables  likelihood                   │
    quadrature  marginal  maximum  profile              │  the engine
    identification  ladders                             │
    estimates  intervals  predictions  results  fit     ┘
    proportional_odds  brant  residuals  fitted_counts  threshold_support   is the model right?
    information  influence  within_between                                  what carries it?
    profile  simulate  bootstrap  sandwich  comparison  heterogeneity  summary   how sure is it?
    rung_grid  not_at_random  worst_case                            what if?
    total_statements  total_counts  total_polynomials  totals  national   with totals
    analysis     the fit and the primary result
    sensitivity  what it rests on, and what it would be otherwise
    flow  tell   flow charts, tables and sentences of the report
"""
