"""GeoJSON as QuPath writes and reads it."""

from lnm_desktop.formats.geojson.reader import loads
from lnm_desktop.formats.geojson.writer import dumps, losses

__all__ = ["dumps", "loads", "losses"]
