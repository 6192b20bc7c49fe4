"""A plugin of LNM Desktop with the benchmark's networks."""
