"""Published figures on trial: whether all can be true, and whether the register agrees."""
