"""Funnel plots: forces against limits that narrow as their exposure grows."""
