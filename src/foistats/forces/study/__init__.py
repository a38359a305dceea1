"""A study's forces side by side: from its register and its workforce to what a report shows.

::

    workforce       headcounts, breaks, and whom a source covers: files and [workforce]
    workforce_rules what those may hold
    answers         every force asked: its count or why there is none, its period and population
    reference       the rates of the whole survey by role, which expected counts are made from
    role_counts     how many cases of each role a force printed
    comparison      all of it as one frozen object, and the questions the library answers of it
    reasons         why a force has no size, ratio, chance or direct rate, for readers
    standing        shrunken ratios, places as intervals and probabilities, pairs
    unprinted       what is known of forces without a count, alone and together
    worst           how many cases had the gravest outcome, as far as an answer bounds it
    severity        the severity model's intercepts, and severity against volume
    survey_groups   surveys as read from a register: groups, areas, selection
    survey_words  survey_differences    what they counted; why they cannot be compared
    surveys         several surveys side by side, never added: tables
    tables funnels places tiles     what readers see: tables, lines, squares
    tell            sentences
    profile  profile_tell           one force: tables, and a sentence
"""
