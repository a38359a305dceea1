"""How severe outcomes are, by role and force.

::

    groups       register → groups of cases: what enters the model, and why
    engine       the likelihood of coarse data and its maximum
    model        the question: `CumulativeLinkModel`
    results      the answer: `SeverityFit`; predictions, summary
    inference    how sure it is
    checks       whether the model fits, and what carries the result
    what_if      printing that depends on the outcome, worst cases, totals
    analysis  sensitivity  robustness   the study's result, and what it rests on
    flow  tell   flow charts, tables and sentences of the report
"""
