"""Reports: declared in foistats.toml, run from notebooks, published as numbered versions."""
