"""What the CAMELYON data sets mean by their groups, and which of their slides are not outlined in full.

Facts from the data sets' own README files (CAMELYON16 on GigaDB, CAMELYON17 on grand-challenge.org).
"""

from __future__ import annotations

import re

TUMOR_GROUPS = frozenset({"metastases", "tumor", "tumour", "_0", "_1"})
CUT_OUT_GROUPS = frozenset({"_2", "normal", "exclusion"})
_SPARSE_16 = frozenset(
    (10, 15, 18, 20, 25, 29, 33, 34, 44, 46, 51, 54, 55, 56, 67, 79, 85, 92, 95, 110),
)
_TRAINING_16 = re.compile(r"tumor_0*(\d+)")
_NODE_17 = re.compile(r"patient_\d+_node_\d+")


def is_tumor_group(name: str) -> bool:
    """True for the groups by which CAMELYON's readers know tumour; `_2`, `normal` and others are cut out of it."""
    return name.strip().lower() in TUMOR_GROUPS


def is_cut_out_group(name: str) -> bool:
    """True for the groups whose outlines CAMELYON cuts out of the tumour that they lie in."""
    return name.strip().lower() in CUT_OUT_GROUPS


def outlined_in_part(stem: str) -> str:
    """Why the outlines of a slide with this file name may not show every lesion, in words; empty where they do."""
    name = stem.lower()
    training = _TRAINING_16.match(name)
    if (training and int(training[1]) in _SPARSE_16) or name.startswith("test_114"):
        return "CAMELYON16 has not outlined every lesion of this slide."
    if _NODE_17.match(name):
        return "CAMELYON17 has not outlined every group of isolated tumour cells."
    return ""
