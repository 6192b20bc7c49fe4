"""Child of `slide_size.py`: opens one slide in the product's pane, makes a tour, prints one line of JSON."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil
from PySide6.QtWidgets import QApplication

TOUR = ((0.2, 0.3, 1.0), (0.7, 0.6, 1.0), (0.5, 0.5, 4.0), (0.3, 0.8, 8.0), (0.8, 0.2, 2.0), (0.45, 0.35, 1.0))
WAIT_MS = 60_000


def main() -> None:
    """`first_picture.py SLIDE`"""
    from lnm_desktop.domain.geometry import Point
    from lnm_desktop.imaging.remote import PixelServer
    from lnm_desktop.ui.viewer.pane import ViewerPane

    app = QApplication([])
    pane = ViewerPane()
    pane.resize(1510, 991)
    pane.show()
    pane.wait_until_sharp(1000)
    server = PixelServer(Path(tempfile.mkdtemp()) / "pixels.log")
    begin = time.perf_counter()
    reader = server.open(Path(sys.argv[1]))
    pane.show_image(reader, "slide", reader.info.calibration)
    while not pane.is_sharp:
        app.processEvents()
    pane.canvas_widget.repaint()
    first_s = time.perf_counter() - begin
    for x, y, downsample in TOUR:
        pane.move_to(Point(x * reader.info.size.width, y * reader.info.size.height), downsample)
        assert pane.wait_until_sharp(WAIT_MS)
    process = psutil.Process()
    window, readers = process.memory_info().rss, sum(p.memory_info().rss for p in process.children(recursive=True))
    facts = {"first_picture_ms": first_s * 1000, "window_mb": window / 1024**2, "readers_mb": readers / 1024**2}
    print(json.dumps(facts), flush=True)
    pane.close()
    server.close()
    os._exit(0)


if __name__ == "__main__":
    main()
