"""The window's way to export a picture: in a process of its own, which alone loads decoders and may die of a file."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Calibration, CalibrationSource
from lnm_desktop.domain.picture import Picture, PictureJob, PictureReport
from lnm_desktop.errors import Cancelled, ImageTimeout
from lnm_desktop.formats import geojson
from lnm_desktop.process.channel import Message
from lnm_desktop.process.child import Child, ChildDied, ChildSpec
from lnm_desktop.process.loop import Request, serve

if TYPE_CHECKING:
    from lnm_desktop.app.picture_export import OnProgress

POLL_S = 0.05
CANCEL_S = 5.0
STALL_S = 180.0
_FOR_EVER_S = 30 * 24 * 3600.0


def export_in_process(
    job: PictureJob, log_file: Path, on_progress: OnProgress, stop: threading.Event
) -> PictureReport:
    """Export beside the caller's process; progress arrives on another thread.

    Raises ImageError, FormatError, Cancelled after `stop`, ImageTimeout where the process died or hung.
    """
    child = Child(ChildSpec("picture export", run, log_file))
    try:
        return _report(_wait(child, job, on_progress, stop), job)
    except ChildDied as death:
        reason = death.facts.get("reason", "ended")
        raise ImageTimeout(
            f"{job.target.name} was not written: the export's process {reason}",
            hint="Try again, or a smaller region.",
        ) from death
    finally:
        child.close()


def run(connection: Connection, log_file: str) -> None:
    """Body of the process."""
    serve(connection, log_file, {"export": _export})


def job_to_dict(job: PictureJob) -> Message:
    """JSON form."""
    picture = job.picture
    calibration = None
    if picture.calibration.is_known:
        calibration = [picture.calibration.mpp_x, picture.calibration.mpp_y, picture.calibration.source.value]
    facts = {"plane": picture.plane, "srgb": picture.srgb, "scale_bar": picture.scale_bar, "label": picture.label}
    return {
        "source": str(job.source),
        "target": str(job.target),
        "lossless": job.lossless,
        "region": asdict(picture.region),
        "downsample": picture.downsample,
        "calibration": calibration,
        "annotations": geojson.dumps(picture.annotations).decode(),
        "facts": facts,
    }


def job_from_dict(data: Mapping[str, Any]) -> PictureJob:
    """Rebuild what `job_to_dict` made."""
    known = data["calibration"]
    calibration = Calibration(known[0], known[1], CalibrationSource(known[2])) if known else Calibration()
    drawn = geojson.loads(str(data["annotations"]).encode(), name="annotations").annotations
    picture = Picture(Region(**data["region"]), data["downsample"], calibration, annotations=drawn, **data["facts"])
    return PictureJob(Path(data["source"]), picture, Path(data["target"]), bool(data["lossless"]))


def _export(request: Request) -> Message:
    from lnm_desktop.app.picture_export import run_picture_job  # noqa: PLC0415 - decoders: in this process only

    beat = _Beat(request)
    report = run_picture_job(job_from_dict(request.arguments), beat.tell, request.cancelled)
    return {"size": [report.width_px, report.height_px], "notes": list(report.notes)}


@dataclass
class _Beat:
    """Passes progress on, a few times a second."""

    request: Request
    at: float = 0.0

    def tell(self, done: int, total: int) -> None:
        if done == total or time.monotonic() - self.at > 0.1:
            self.at = time.monotonic()
            self.request.emit({"done": done, "total": total})


def _wait(child: Child, job: PictureJob, on_progress: OnProgress, stop: threading.Event) -> Message:
    heard = [time.monotonic()]

    def take(event: Message) -> None:
        heard[0] = time.monotonic()
        on_progress(int(event["done"]), int(event["total"]))

    request_id, future = child.submit("export", job_to_dict(job), deadline_s=_FOR_EVER_S, on_event=take)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            return future.result(POLL_S)
        if time.monotonic() - heard[0] > STALL_S:
            child.kill(f"made no progress for {STALL_S:.0f} s and was stopped")
    return _cancelled(child, request_id, future)


def _cancelled(child: Child, request_id: int, future: Future[Message]) -> Message:
    """The process cleans up after itself; one that does not answer is ended. It may have been done just before."""
    child.cancel(request_id)
    with contextlib.suppress(TimeoutError):
        return future.result(CANCEL_S)
    child.kill("did not answer a cancel and was stopped")
    raise Cancelled("The export was cancelled")


def _report(answer: Message, job: PictureJob) -> PictureReport:
    width, height = answer["size"]
    return PictureReport(job.target, width, height, job.picture.pixel_um, tuple(answer["notes"]))
