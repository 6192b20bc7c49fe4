"""Between the View panel and the active pane: what is set is shown, and kept per image until the window closes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from lnm_desktop.domain.ids import ImageId
from lnm_desktop.domain.image import Window
from lnm_desktop.imaging.windowing import robust_window
from lnm_desktop.ui.pane_links import PaneLinks
from lnm_desktop.ui.panels.look import LookPanel
from lnm_desktop.ui.panes import Seat
from lnm_desktop.ui.viewer.view_state import ChannelView, Look
from lnm_desktop.ui.workbench import Workbench

if TYPE_CHECKING:
    from lnm_desktop.ui.viewer.pane import ViewerPane  # napari: it comes in after the window is shown

CHANNEL_PERCENTILES = (1.0, 99.8)
EIGHT_BITS = Window(128.0, 256.0)


@dataclass(frozen=True)
class _Shown:
    """How an image was shown last."""

    look: Look
    channels: tuple[ChannelView, ...]
    window: Window | None
    inverted: bool


class ShowingLook(QObject):
    """Connects the panel with whichever pane is active; the same image in two panes is kept as it was set last."""

    def __init__(self, panel: LookPanel, bench: Workbench) -> None:
        super().__init__(bench)
        self._panel = panel
        self._bench = bench
        self._pane: ViewerPane | None = None
        self._links = PaneLinks()
        self._kept: dict[ImageId, _Shown] = {}
        bench.pane_changed.connect(self._use_pane)
        bench.panes.image_shown.connect(self._show_as_kept)
        panel.colors.look_changed.connect(self._set_look)
        panel.channels.channels_changed.connect(self._set_channels)
        panel.channels.automatic_wanted.connect(self._fit_channels)
        panel.window_controls.window_wanted.connect(self._set_window)
        panel.window_controls.full_wanted.connect(self._show_all_values)
        panel.window_controls.automatic_wanted.connect(self._show_most_values)
        panel.window_controls.inverted_changed.connect(self._set_inverted)

    def _use_pane(self, pane: ViewerPane) -> None:
        """Another pane is the active one."""
        self._pane = pane
        self._links.renew((pane.image_changed, self._show_panel), (pane.window_changed, self._window_changed))
        self._show_panel()

    def _show_as_kept(self, seat: Seat) -> None:
        """A pane, active or not, has another image: it is shown as it was last."""
        image, pane = seat.slot.image, seat.pane
        kept = self._kept.get(image.id) if image is not None else None
        if pane is None:
            return
        if kept is not None:
            pane.set_look(kept.look)
            pane.set_channels(kept.channels)
            if kept.window is not None:
                pane.set_window(kept.window)
            pane.set_inverted(kept.inverted)
        if pane is self._pane:
            self._show_panel()

    def _show_panel(self) -> None:
        if self._pane is not None:
            info = self._pane.image_info
            self._panel.show_image(info)
            self._panel.colors.show_look(self._pane.look)
            self._panel.channels.show_channels(info, self._pane.channels)
            self._show_window()

    def _show_window(self) -> None:
        if self._pane is not None:
            self._panel.window_controls.show_window(self._pane.grey_window, inverted=self._pane.inverted)

    def _window_changed(self) -> None:
        """By the panel, by the right button, or by the first pixels."""
        self._show_window()
        self._keep()

    def _keep(self) -> None:
        image, pane = self._bench.current.image, self._pane
        if image is not None and pane is not None and pane.image_info is not None:
            self._kept[image.id] = _Shown(pane.look, pane.channels, pane.grey_window, pane.inverted)

    def _set_look(self, look: Look) -> None:
        if self._pane is not None:
            self._pane.set_look(look)
            self._keep()

    def _set_channels(self, channels: tuple[ChannelView, ...]) -> None:
        if self._pane is not None:
            self._pane.set_channels(channels)
            self._keep()

    def _set_window(self, window: Window) -> None:
        if self._pane is not None:
            self._pane.set_window(window)

    def _set_inverted(self, inverted: bool) -> None:
        if self._pane is not None:
            self._pane.set_inverted(inverted)

    def _show_all_values(self) -> None:
        pane = self._pane
        values = pane.values() if pane is not None else None
        if pane is None or pane.image_info is None or values is None:
            return
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        is_byte = pane.image_info.dtype == "uint8"
        self._set_window(EIGHT_BITS if is_byte else Window((low + high) / 2 + 0.5, max(high - low, 1.0) + 1))

    def _show_most_values(self) -> None:
        values = self._pane.values() if self._pane is not None else None
        if values is not None:
            self._set_window(robust_window(values))

    def _fit_channels(self) -> None:
        """Give each shown channel the range of its own pixels."""
        pane = self._pane
        values = pane.values() if pane is not None else None
        if pane is None or values is None:
            return
        fitted = fitted_channels(pane.channels, values)
        self._set_channels(fitted)
        self._panel.channels.show_channels(pane.image_info, fitted)


def fitted_channels(views: tuple[ChannelView, ...], values: NDArray[np.generic]) -> tuple[ChannelView, ...]:
    """Views whose shown channels span their values, (number, channels shown); the others stay."""
    shown = [view.index for view in views if view.visible]
    if values.ndim != 2 or values.shape[1] != len(shown):
        return views
    lows, highs = np.percentile(values.astype(np.float32), CHANNEL_PERCENTILES, axis=0).tolist()
    found = {
        index: (low, high if high > low else low + 1) for index, low, high in zip(shown, lows, highs, strict=True)
    }
    ranges = [found.get(view.index, (view.low, view.high)) for view in views]
    return tuple(replace(view, low=low, high=high) for view, (low, high) in zip(views, ranges, strict=True))
