#!/bin/sh
# Every table of this folder from nothing (about six minutes on one core).
set -e
rm -f fits.csv estimates.csv tests.csv sandwich.csv profiles.csv versions.csv
for script in data clm clmm polr vglm bias_reduction coarse tests sandwich profiles; do
  Rscript "$script.R" > /dev/null
done
