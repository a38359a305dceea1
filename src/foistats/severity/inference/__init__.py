"""How sure an estimate is, and which of two models the data prefer.

::

    intervals  profile           Wald and t; profile likelihood, one-sided where separated
    simulate  bootstrap          new data from a fit; parametric bootstrap
    sandwich                     robust and cluster-robust covariance
    comparison  heterogeneity    tests of models; how much groups differ
"""
