"""What moved each number: the later version's data, code or parameters, or the environment.

The recorded notebooks are run again with the inputs of the two versions mixed, and each number
is held against what it was with one input changed, and with all but that one.
"""
