"""The contract of everything that gives pixels, in this process or across a process border."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from lnm_desktop.domain.image import ImageInfo, RegionRequest


class ImageReader(ABC):
    """Pixels of one open image.

    `thread_safe` says whether `read_region` may be called from several threads at once.
    """

    thread_safe: bool = False

    @property
    @abstractmethod
    def info(self) -> ImageInfo:
        """What is known without decoding pixels."""

    @abstractmethod
    def read_region(self, request: RegionRequest) -> NDArray[np.generic]:
        """Pixels of a level-0 region at any downsample, placed exactly (no factor is rounded).

        Returns uint8 (height, width, 3) for RGB, else (height, width) in `info.dtype`, with
        `request.output` giving width and height. Resampled from the next finer native level with
        Pillow's antialiased bilinear filter. Outside the image RGB is white, grey is the dtype's minimum of 0
        or the lowest stored value.

        Raises ImageDamaged for pixels that cannot be decoded, ImageTimeout across a process border.
        """

    @abstractmethod
    def read_associated(self, name: str) -> NDArray[np.uint8]:
        """An associated image named in `info.associated`, uint8 (height, width, 3). Raises ImageError."""

    @abstractmethod
    def close(self) -> None:
        """Release the file; calling it twice is allowed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
