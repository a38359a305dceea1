"""Does a published version follow from its record? Run again, compared number by number.

The recorded notebook is executed once more with the recorded source of this package, the
recorded data and parameters, in today's environment and in a scratch folder; what comes out is
held against what was published. Nothing here writes below ``reports/``.

::

    lookup       the bytes of an input, by hash: objects, the work tree, git
    recorded     everything a version was made from, gathered and checked against its hashes
    parameters   which parameters were given, and which of them are studies
    scratch      the recorded project and source, laid out in a temporary folder
    kernel       a process of its own, with the recorded source first on its path
    replay       the recorded notebook, executed
    texts        when two texts say the same
    drawings     when two drawings look the same
    verdicts     identical, within tolerance, different, missing or new, number by number
    shown        the notebook's cells and outputs
    pages        the page, word by word
    restate      what else a version says of itself, said again by the recorded source
    restating    where that source is asked, beside the notebook
    statements   what it says, compared
    surroundings  Python, packages, processor: then and now
    trust        what was made here, and what was not
    signature    who signed a manifest, by a key that the reviewer brings
    follows      all of it, and the answer
    certificate  the answer on one page
"""
