"""A study's forces side by side: from its register and its workforce to what a report shows.

::

    workforce       headcounts, breaks, and whom a source covers: files and [workforce]
    workforce_rules what those may hold
    answers         every force asked: its count or why there is none, its period and population
    reference       the rates of the whole survey by role, which expected counts are made from
    role_counts     how many cases of each role a force printed
    comparison      all of it as one frozen object, and the questions the library answers of it
    standing        shrunken ratios, places as intervals and probabilities, pairs
    unprinted       what is known of forces without a count, alone and together
    worst           how many cases had the gravest outcome, as far as an answer bounds it
    severity        the severity model's intercepts, and severity against volume
    surveys         several surveys side by side, never added
    tables funnels places tiles     what readers see: tables, lines, squares
    tell            sentences
    profile  profile_tell           one force: tables, and a sentence
"""
