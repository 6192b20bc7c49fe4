"""Every family by its name."""

from __future__ import annotations

from lnm_clinical.families import Family
from lnm_clinical.families.logistic import LOGISTIC
from lnm_clinical.families.mlp import MLP
from lnm_clinical.families.svm import SVM
from lnm_clinical.families.tabnet import TABNET
from lnm_clinical.families.trees import BOOSTING, FOREST

FAMILIES: dict[str, Family] = {family.id: family for family in (LOGISTIC, FOREST, SVM, BOOSTING, MLP, TABNET)}
