"""Aperio ImageScope XML: layers of regions in level-0 pixels."""

from lnm_desktop.formats.imagescope.plain import losses
from lnm_desktop.formats.imagescope.reader import loads
from lnm_desktop.formats.imagescope.writer import dumps

__all__ = ["dumps", "loads", "losses"]
