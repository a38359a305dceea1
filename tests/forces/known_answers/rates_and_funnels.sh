#!/bin/sh
# The tables of rates, standardisation and funnels from nothing (a few seconds).
set -e
for script in forces_data intervals standardised funnels; do
  Rscript "$script.R" > /dev/null
done
