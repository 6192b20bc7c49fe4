"""LNM Desktop: a workstation for lymph node metastasis in breast cancer. Research use only."""

__version__ = "0.1.0"
