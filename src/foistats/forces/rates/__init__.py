"""Rates and proportions of forces, observed over expected, and the ratio of two forces."""
