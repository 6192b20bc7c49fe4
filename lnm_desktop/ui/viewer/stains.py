"""Stain views as one matrix on optical density (Ruifrok and Johnston, Anal Quant Cytol Histol 2001;23:291–299)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.ui.viewer.view_state import StainView

_HAEMATOXYLIN = (0.650, 0.704, 0.286)
_EOSIN = (0.072, 0.990, 0.105)
_DAB = (0.268, 0.570, 0.776)
_KEPT = {StainView.HAEMATOXYLIN: 0, StainView.EOSIN: 1, StainView.DAB: 1, StainView.RESIDUAL: 2}


def stain_matrix(stain: StainView) -> NDArray[np.float32]:
    """What keeps one stain of an optical density (a column of R, G, B), shape (3, 3); the unit matrix keeps all.

    Haematoxylin and eosin are separated from each other, DAB from haematoxylin; the residual is what neither
    haematoxylin nor eosin explains.
    """
    if stain is StainView.ALL:
        return np.eye(3, dtype=np.float32)
    vectors = _vectors(_DAB if stain is StainView.DAB else _EOSIN)
    kept = np.zeros((3, 3))
    kept[_KEPT[stain], _KEPT[stain]] = 1.0
    return (vectors @ kept @ np.linalg.inv(vectors)).astype(np.float32)


def _vectors(second: tuple[float, float, float]) -> NDArray[np.float64]:
    """Haematoxylin, the second stain and what stands upright on both, as unit columns."""
    both = np.array([_HAEMATOXYLIN, second]).T
    vectors = np.column_stack([both, np.cross(both[:, 0], both[:, 1])])
    return vectors / np.linalg.norm(vectors, axis=0)
