"""What would follow if outcomes were printed in another way, or totals were used.

::

    not_at_random  rung_grid                         printing that depends on the outcome
    worst_case                                       bounds without a model
    total_statements  total_polynomials  total_counts  totals  national   sums over forces
"""
