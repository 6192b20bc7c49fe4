"""Reading a case before the model is seen: the reader's opinion and then the model's, both in the journal."""

from __future__ import annotations

from lnm_desktop.app.commands import AddReading
from lnm_desktop.app.session import Session
from lnm_desktop.domain.ids import CaseId, ReadingId, new_id
from lnm_desktop.domain.reading import Reading, Source
from lnm_desktop.store.journal import utc_now


def read_by_reader(session: Session, case_id: CaseId, probability: float) -> Reading:
    """Keep what the reader thinks, before the model is shown. Raises StoreError."""
    return _keep(session, case_id, Source.READER, probability, "")


def shown_by_model(session: Session, case_id: CaseId, probability: float, model: str) -> Reading:
    """Keep what the reader was then shown. Raises StoreError."""
    return _keep(session, case_id, Source.MODEL, probability, model)


def own_reading(session: Session, case_id: CaseId) -> Reading | None:
    """What this session's author thought first, if anything."""
    own = [
        reading
        for reading in session.readings(case_id)
        if reading.source is Source.READER and reading.author == session.author
    ]
    return own[0] if own else None


def _keep(session: Session, case_id: CaseId, source: Source, probability: float, model: str) -> Reading:
    reading = Reading(ReadingId(new_id()), case_id, source, probability, session.author, utc_now(), model)
    session.execute(AddReading(reading))
    return reading
