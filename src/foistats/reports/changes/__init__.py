"""What changed from one version to another: in words, as tables, and in each version's record.

::

    side          a version to compare, and the bytes that it was made from
    sheets        which row of one CSV text is which of another
    rows          the rows that came, went or changed; and the way back
    amounts       by how much a number moved
    estimates     what a move means: interval, sign, significance
    values        the values that moved
    tables        the tables that moved, number by number
    study_words   a statement in the words of its study
    settings      settings and prose
    inputs        the data that changed, down to the row
    code          the package's source and the notebook
    surroundings  parameters, installed packages, the lock file
    wordings      the claims whose wording no longer holds
    document      all of it, as one document
    stored        the document in a version, and what a removed version said
    publication   the document of a version that is about to be published
    compare       any two versions, one of them perhaps removed
    made_from, moves, phrases   the words
    terminal, page              where they are read
    why           what moved each number
"""
