"""What counts say about the order of forces: ranks as intervals and as probabilities.

Rank 1 is the highest rate. Forces whose true rates are equal may stand in any order among
themselves. A count known as an interval takes the end that favours "cannot tell". A force without a
count can be anywhere, 1 to K, and leaves each other force one place more uncertain. Nothing here
compares units of count: `foistats.forces.counts.one_unit` refuses them.
"""
