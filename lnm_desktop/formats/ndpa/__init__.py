"""Hamamatsu NDPA: annotations of NDP.view in nanometres from the middle of the glass slide."""

from lnm_desktop.formats.ndpa.placement import SlidePlacement, placement_of
from lnm_desktop.formats.ndpa.plain import losses, usual_losses
from lnm_desktop.formats.ndpa.reader import loads
from lnm_desktop.formats.ndpa.writer import dumps

__all__ = ["SlidePlacement", "dumps", "loads", "losses", "placement_of", "usual_losses"]
