"""The whole way once, on a slide made by the program: case, region, clinical data, prediction, export.

The synthetic slide is drawn by `imaging.synthetic` and is not tuned to any model: what a model says of it
shows that the machinery works and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lnm_desktop.app.commands import AddAnnotations, SetClinicalValue, SetGroups
from lnm_desktop.app.export import export_annotations
from lnm_desktop.app.models import Models
from lnm_desktop.app.predict import predict
from lnm_desktop.app.session import Session
from lnm_desktop.domain.annotation import AnnotationGroup, new_annotation
from lnm_desktop.domain.case import Case, CaseImage
from lnm_desktop.domain.clinical import Absent, Value
from lnm_desktop.domain.geometry import Geometry, Point, Shape
from lnm_desktop.domain.ids import RunId, new_id
from lnm_desktop.domain.image import ImageKind
from lnm_desktop.formats.clinical_schema import load_default_schema
from lnm_desktop.formats.prediction_bundle import Bundle, load_bundle, save_bundle
from lnm_desktop.imaging.fingerprint import quick_fingerprint
from lnm_desktop.imaging.synthetic import DEFAULT_SIZE_PX, write_synthetic_slide
from lnm_desktop.inference.events import OnEvent
from lnm_desktop.inference.request import PredictionRequest

MODEL = "lnm-tumor-tiles"
SYNTHETIC_SLIDE = "synthetic-lymph-node.tif"
REAL_SLIDE = Path("slides/aperio_svs/CMU-1-Small-Region.svs")
GROUPS = (
    AnnotationGroup("Tumor", "#D55E00"),
    AnnotationGroup("Lymph node", "#0072B2"),
    AnnotationGroup("Exclusion", "#CC79A7"),
)
# Made up: they describe nobody.
CLINICAL: dict[str, Value] = {
    "age": 54.0,
    "menopausal_status": "postmenopausal",
    "laterality": "left",
    "clinical_t": "cT2",
    "tumor_size": 23.0,
    "multifocality": False,
    "grade": "2",
    "er_percent": 90.0,
    "er_status": "positive",
    "pr_status": "positive",
    "her2_ihc": "1+",
    "ki67": Absent.UNKNOWN,
    "axillary_ultrasound": "suspicious",
}
# Around the nests that `imaging.synthetic` draws with the demo's seed, in parts of the slide's width and height.
OUTLINE = ((0.155, 0.47), (0.20, 0.40), (0.28, 0.38), (0.31, 0.45), (0.30, 0.57), (0.24, 0.61), (0.17, 0.56))
Say = Callable[[str], None]


@dataclass(frozen=True)
class DemoResult:
    """One image of the demo with its prediction and where everything was written."""

    image: CaseImage
    bundle: Bundle
    folder: Path
    annotations: Path


@dataclass(frozen=True)
class Demo:
    """A prepared demo: the workspace, the case to show first, one result per slide."""

    workspace: Path
    case: Case
    results: tuple[DemoResult, ...]


def prepare_demo(folder: Path, models: Models, *, real_data: Path | None, say: Say, on_event: OnEvent) -> Demo:
    """Make the demo below `folder`; what an earlier run has made is used again."""
    workspace = folder / "workspace"
    folder.mkdir(parents=True, exist_ok=True)
    with Session.open(workspace, author="demo", schema=load_default_schema()) as session:
        images = [_synthetic_image(session, folder, say)]
        if real_data is not None and (real_data / REAL_SLIDE).is_file():
            images.append(_real_image(session, real_data / REAL_SLIDE, say))
        results = tuple(_result(session, image, folder, models, say, on_event) for image in images)
        return Demo(workspace, session.case(images[0].case_id), results)


def _synthetic_image(session: Session, folder: Path, say: Say) -> CaseImage:
    slide = folder / SYNTHETIC_SLIDE
    if not slide.is_file():
        say(f"Drawing the synthetic slide {SYNTHETIC_SLIDE} …")
        draft = slide.with_suffix(".part.tif")
        write_synthetic_slide(draft, seed=7)
        draft.replace(slide)
    known = _known_image(session, slide)
    return known or _new_synthetic_case(session, slide)


def _new_synthetic_case(session: Session, slide: Path) -> CaseImage:
    case = session.add_case("DEMO", synthetic=True)
    image = session.add_image(case.id, str(slide), ImageKind.SLIDE, "Synthetic lymph node", quick_fingerprint(slide))
    session.execute(SetGroups(image.id, GROUPS))
    session.execute(AddAnnotations(image.id, (new_annotation(_outline(), "Tumor", name="Region 1", author="demo"),)))
    for field_id, value in CLINICAL.items():
        session.execute(SetClinicalValue(case.id, field_id, value))
    return image


def _outline() -> Geometry:
    """A region over some of the nests of the synthetic slide."""
    width, height = DEFAULT_SIZE_PX
    return Geometry(Shape.POLYGON, tuple(Point(x * width, y * height) for x, y in OUTLINE))


def _real_image(session: Session, slide: Path, say: Say) -> CaseImage:
    known = _known_image(session, slide)
    if known:
        return known
    say(f"Adding the real slide {slide.name} (a small region; not known to be a lymph node) …")
    case = session.add_case("DEMO, real slide")
    image = session.add_image(case.id, str(slide.resolve()), ImageKind.SLIDE, slide.stem, quick_fingerprint(slide))
    session.execute(SetGroups(image.id, GROUPS))
    return image


def _known_image(session: Session, slide: Path) -> CaseImage | None:
    images = (image for case in session.cases() for image in session.images(case.id))
    return next((image for image in images if Path(image.path).name == slide.name), None)


def _result(
    session: Session, image: CaseImage, folder: Path, models: Models, say: Say, on_event: OnEvent
) -> DemoResult:
    target = folder / Path(image.path).stem
    bundle = _earlier(session, image, models)
    if bundle is None:
        say(f"Running {MODEL} on {image.label} …")
        bundle = _predict(session, image, models, on_event)
    save_bundle(bundle, target)
    report = export_annotations(session.annotations(image.id), target / "drawn.xml")
    return DemoResult(image, bundle, target, report.path)


def _earlier(session: Session, image: CaseImage, models: Models) -> Bundle | None:
    """The newest run with the model as it is installed now, if there is one."""
    spec = models.find(MODEL).spec
    for record in session.predictions(image.id):
        if (record.model_id, record.model_version) == (spec.id, spec.version):
            return load_bundle(session.prediction_folder(record.id))
    return None


def _predict(session: Session, image: CaseImage, models: Models, on_event: OnEvent) -> Bundle:
    run_id = RunId(new_id())
    request = PredictionRequest(
        run_id=run_id,
        model_id=MODEL,
        image_path=image.path,
        out_dir=str(session.prediction_folder(run_id)),
        synthetic_input=session.case(image.case_id).synthetic,
    )
    bundle = predict(models, request, on_event)
    session.add_prediction(image.id, bundle.prediction)
    return bundle
