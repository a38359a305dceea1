"""Whether the model fits, and what carries its result.

::

    threshold_support                  what separates each threshold, before any fit
    brant  proportional_odds           one effect at every threshold?
    residuals  cell_labels  fitted_counts   observed against expected
    information  influence  within_between  what carries the result
"""
