"""What readers get: pages, the index, and the descriptions that other tools read."""
