"""What may be asked for: reports, their parameters, and the requests made of them."""
