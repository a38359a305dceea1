"""Forces side by side: how many, out of how many person-years, and how sure one can be.

::

    columns  settings       what tables must hold; what questions may be set to
    counts → exposures      counts of one unit; beside what they are divided by
    comparable              both in one object, for effects and ranks
    exact                   exact intervals of counts and proportions
    denominators            headcounts on given days → person-years of a period
    rates                   crude and standardised rates, proportions, two forces
    funnels                 scales, control limits, dispersion → who lies outside
    effects                 the distribution of relative rates, and shrunken rates
    ranks                   ranks as intervals and as probabilities; pairs told apart
    joint                   severity against volume: one correlation of one model
    study                   a study's register and workforce → all of the above, for its reports

What others call:

    denominators.snapshots.read_snapshots   denominators.person_years.person_years
    rates.crude.crude_rates                 rates.proportions.proportions
    rates.indirect.expected_counts          rates.indirect.indirect
    rates.direct.direct                     rates.ratio.rate_ratio
    funnels.funnel.funnel                   comparable.comparable_counts
    effects.fit.force_effects
    effects.hyperparameters.hyperparameters effects.hyperparameters.no_variation
    effects.posterior.shrunken_rates        effects.posterior.posterior_draws
    ranks.intervals.rank_intervals          ranks.intervals.pointwise_ranks
    ranks.intervals.simultaneous_ranks      ranks.region.rate_region
    ranks.pairs.pairs_told_apart            ranks.pairs.pairs_summary
    ranks.probabilities.rank_probabilities  ranks.probabilities.pairwise_probabilities
    joint.answer.severity_and_volume
    study.comparison.compare                study.standing.standing

Every answer is a frame: ``force`` (or ``term``), ``unit, n_low, n_high``, the exposure,
``estimate`` (``estimate_low, estimate_high`` where the count is known as an interval),
``std_error, conf_low, conf_high, statistic, p_value, level, method, note`` as far as they apply.
What has no answer is empty, and the note says why.
"""
