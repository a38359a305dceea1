"""Severity against volume: one correlation in one model of outcomes and counts.

::

    volume         a count given the severity intercept, the rest of its rate integrated out
    likelihood     both together, the severity intercept integrated out
    profile        the maximum, and what it falls to with the correlation held
    answer         the correlation with its interval, or why there is none
    tell           the same as a sentence

With ``u_f`` the random intercept of the severity model (`foistats.severity`) and ``v_f`` the log
relative rate of the number of cases, for each force *f*::

    outcomes | u_f  as the severity model says
    n_f | v_f     ~ Poisson( e_f exp(a + v_f) )
    (u_f, v_f)    ~ N( 0, [[sigma^2, rho sigma tau], [rho sigma tau, tau^2]] )

Everything is estimated at once, by maximum marginal likelihood: thresholds, effects, sigma, ``a``,
tau and rho. No force's place on either axis is an answer, only rho is.
"""
