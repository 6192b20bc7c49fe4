"""The seed of every run, apart from torch so that it can be recorded without loading it."""

SEED = 0
