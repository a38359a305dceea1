"""What counts are divided by: headcounts on given days, summed to person-years of a period."""
