"""Undo and redo against a model, over restarts, with the tables rebuilt from the journal at the end."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from lnm_desktop.app.commands import (
    AddAnnotations,
    RemoveAnnotations,
    ReplaceAnnotation,
    SetClinicalValue,
    SetGroups,
    SetUserMpp,
)
from lnm_desktop.app.history import HistoryEntry
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import Annotation, AnnotationGroup, new_annotation
from lnm_desktop.domain.clinical import Absent, ClinicalField, ClinicalSchema, FieldKind
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.image import ImageKind

SCHEMA = ClinicalSchema("test", 1, (ClinicalField("age", "Age", FieldKind.NUMBER, minimum=0, maximum=120),))
FINITE = st.floats(allow_nan=False, allow_infinity=False, width=64)
POINTS = st.lists(st.builds(Point, FINITE, FINITE), min_size=3, max_size=6).map(tuple)
AGE = st.one_of(st.floats(0, 120), st.just(Absent.UNKNOWN), st.just(Absent.NOT_ASKED))
NAMES = st.text(min_size=1, max_size=8)
State = tuple[tuple[Annotation, ...], tuple[AnnotationGroup, ...], object, float]


class Undoing(RuleBasedStateMachine):
    """The model is a list of whole states and two stacks."""

    @initialize()
    def start(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name) / "ws"
        self.session = Session.open(self.folder, author="test", schema=SCHEMA)
        self.case = self.session.add_case("SYNTHETIC", synthetic=True)
        self.image = self.session.add_image(self.case.id, "synthetic.tif", ImageKind.SLIDE, "S")
        self.state: State = ((), (), Absent.NOT_ASKED, 0.0)
        self.done: list[State] = []
        self.undone: list[State] = []

    def teardown(self) -> None:
        self.session.close()
        self.temporary.cleanup()

    def go(self, state: State) -> None:
        """The model's side of an edit; one that changes nothing is no edit."""
        if state != self.state:
            self.done.append(self.state)
            self.undone.clear()
            self.state = state

    @rule(points=st.lists(POINTS, min_size=1, max_size=3), group=NAMES)
    def add(self, points: list[tuple[Point, ...]], group: str) -> None:
        new = tuple(new_annotation(Geometry(Shape.POLYGON, ring), group) for ring in points)
        self.session.execute(AddAnnotations(self.image.id, new))
        self.go((self.state[0] + new, *self.state[1:]))

    @precondition(lambda self: self.state[0])
    @rule(data=st.data(), points=POINTS)
    def replace(self, data: st.DataObject, points: tuple[Point, ...]) -> None:
        old = data.draw(st.sampled_from(self.state[0]))
        new = Annotation(old.id, Geometry(Shape.SPLINE, points), old.group)
        self.session.execute(ReplaceAnnotation(self.image.id, new))
        self.go((tuple(new if item.id == old.id else item for item in self.state[0]), *self.state[1:]))

    @precondition(lambda self: self.state[0])
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        gone = data.draw(st.sets(st.sampled_from([item.id for item in self.state[0]]), min_size=1))
        self.session.execute(RemoveAnnotations(self.image.id, tuple(gone)))
        self.go((tuple(item for item in self.state[0] if item.id not in gone), *self.state[1:]))

    @rule(names=st.lists(NAMES, max_size=3, unique=True))
    def set_groups(self, names: list[str]) -> None:
        groups = tuple(AnnotationGroup(name) for name in names)
        self.session.execute(SetGroups(self.image.id, groups))
        self.go((self.state[0], groups, *self.state[2:]))

    @rule(age=AGE)
    def set_age(self, age: float | Absent) -> None:
        self.session.execute(SetClinicalValue(self.case.id, "age", age))
        self.go((*self.state[:2], age, self.state[3]))

    @rule(mpp=st.sampled_from([0.25, 0.5]))
    def set_mpp(self, mpp: float) -> None:
        self.session.execute(SetUserMpp(self.image.id, mpp))
        self.go((*self.state[:3], mpp))

    @rule()
    def undo(self) -> None:
        assert (self.session.undo(self.case.id) is not None) == bool(self.done)
        if self.done:
            self.undone.append(self.state)
            self.state = self.done.pop()

    @rule()
    def redo(self) -> None:
        assert (self.session.redo(self.case.id) is not None) == bool(self.undone)
        if self.undone:
            self.done.append(self.state)
            self.state = self.undone.pop()

    @rule()
    def add_another_image(self) -> None:
        """Not undoable, so neither stack may notice."""
        self.session.add_image(self.case.id, "other.tif", ImageKind.SLIDE, "Other")

    @rule()
    def restart(self) -> None:
        self.session.close()
        self.session = Session.open(self.folder, author="test", schema=SCHEMA, create=False)

    @rule()
    def verify(self) -> None:
        report = self.session.verify()
        assert report.ok, report.problem

    @invariant()
    def the_session_holds_what_the_model_holds(self) -> None:
        drawn = self.session.annotations(self.image.id)
        age = self.session.clinical(self.case.id).get("age")
        mpp = self.session.image(self.image.id).user_mpp
        assert (drawn.annotations, drawn.groups, age, mpp) == self.state
        assert (self.session.can_undo(self.case.id) is not None) == bool(self.done)
        assert (self.session.can_redo(self.case.id) is not None) == bool(self.undone)


TestUndoing = Undoing.TestCase
TestUndoing.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_history_tells_what_was_done_in_one_case(tmp_path: Path) -> None:
    with Session.open(tmp_path, author="Dr A", schema=SCHEMA) as session:
        case = session.add_case("P-1")
        session.add_case("P-2")
        session.execute(SetClinicalValue(case.id, "age", 54.0))
        session.undo(case.id)
        entries = session.history(case.id)
        assert [(entry.seq, entry.user, entry.words) for entry in entries] == [
            (1, "Dr A", "Add case P-1"),
            (3, "Dr A", "Set Age to 54"),
            (4, "Dr A", "Undo: Set Age to 54"),
        ]
        assert isinstance(entries[0], HistoryEntry)
        assert session.last_saved_utc == entries[-1].utc
