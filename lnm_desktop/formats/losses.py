"""What of an annotation set a format would not keep, told before anything is written."""

from __future__ import annotations

from lnm_desktop.domain.annotation import AnnotationSet
from lnm_desktop.formats import geojson, ndpa
from lnm_desktop.formats.annotations import writer_of
from lnm_desktop.formats.asap_xml.plain import lost_records


def losses(annotations: AnnotationSet, name: str, ending: str = "") -> tuple[str, ...]:
    """All that the format of that file name does not keep, in words. Raises FormatError for an unknown ending."""
    return writer_of(name, ending).losses(annotations)


def losses_of_work(annotations: AnnotationSet, name: str, ending: str = "") -> tuple[str, ...]:
    """The same without what no export to another program keeps: who drew, when, identifiers, rounding by the format.

    What is left was drawn, named, written or set by somebody: worth a question before it goes.
    """
    if writer_of(name, ending) is geojson:
        return ()  # This program reads everything back.
    usual = {*lost_records(annotations), *ndpa.usual_losses(annotations)}
    return tuple(line for line in losses(annotations, name, ending) if line not in usual)
