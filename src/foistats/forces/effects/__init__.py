"""Relative rates of forces as draws from one distribution: its parameters, and shrunken rates.

The count of a force is Poisson with mean ``e lambda``: *e* its exposure (the expected count),
*lambda* its relative rate, drawn from one of two distributions with mean *mu*::

    gamma       lambda ~ Gamma(shape 1/s^2, mean mu)           spread s: coefficient of variation
    log-normal  log lambda ~ Normal(log mu - s^2/2, s^2)       spread s: sd of the log rates

::

    atoms            every count that a force can have
    mixing → gamma, normal_posterior → log_normal   the distributions
    likelihood → climbing → profile   its maximum, proven, and how it falls from there
    grid             mean and spread with posterior weights
    fit              the question `force_effects`, the answer `ForceEffects`
    hyperparameters  posterior   what it says: mean and spread; rates and draws of them

Sources: Clayton and Kaldor 1987 (both models); Lawless 1987 (negative binomial); Liu and Pierce
1994 (quadrature); Gelman 2006 (priors); Self and Liang 1987 (the boundary).
"""
