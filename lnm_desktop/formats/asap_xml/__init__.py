"""ASAP XML, the annotation format of ASAP and CAMELYON."""

from lnm_desktop.formats.asap_xml.plain import losses
from lnm_desktop.formats.asap_xml.reader import loads
from lnm_desktop.formats.asap_xml.writer import dumps

__all__ = ["dumps", "loads", "losses"]
