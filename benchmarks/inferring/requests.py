"""The patches of a job as our reader is asked for them."""

from __future__ import annotations

from inferring.pipelines.job import CELL_PX, PATCH_PX, Job
from lnm_desktop.domain.geometry import Region
from lnm_desktop.domain.image import Kernel, RegionRequest


def patch_requests(job: Job) -> list[RegionRequest]:
    """One for each patch, in the job's order."""
    step, kernel = CELL_PX / PATCH_PX, Kernel(job.resampling)
    return [RegionRequest(Region(x, y, CELL_PX, CELL_PX), step, kernel=kernel) for x, y in job.patches]
