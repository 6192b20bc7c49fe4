"""The window's way in: its arguments, its layout file, and a real start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDockWidget, QMainWindow
from pytestqt.qtbot import QtBot

from lnm_desktop.ui.main import parse_arguments
from lnm_desktop.ui.window_state import restore_window, save_window

PROBE = """
import json, sys
from lnm_desktop.ui.main import main
code = main(sys.argv[1:])
heavy = ["torch", "openslide", "tifffile", "imagecodecs", "pydicom", "pluggy"]
print(json.dumps({"code": code, "heavy": [name for name in heavy if name in sys.modules]}))
"""


def test_arguments() -> None:
    arguments = parse_arguments(["a.svs", "--workspace", "w", "--theme", "light", "--case", "c"])
    assert (arguments.files, arguments.workspace, arguments.theme, arguments.case) == (["a.svs"], "w", "light", "c")


def test_unknown_arguments_end_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parse_arguments(["--nonsense"])
    assert end.value.code == 2


def test_layout_is_kept_in_a_file(qtbot: QtBot, tmp_path: Path) -> None:
    file = tmp_path / "window.toml"
    for visible in (False, True):
        window, dock = QMainWindow(), QDockWidget("Cases")
        dock.setObjectName("cases")
        window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
        qtbot.addWidget(window)
        window.show()
        if visible:
            assert restore_window(window, file)
            assert dock.isHidden()
        else:
            dock.hide()
            save_window(window, file)


@pytest.mark.parametrize("text", ["", "geometry = 1", "geometry = '!'\npanels = '!'", "\x00"])
def test_a_damaged_layout_file_is_no_obstacle(qtbot: QtBot, tmp_path: Path, text: str) -> None:
    file = tmp_path / "window.toml"
    file.write_text(text, encoding="utf-8")
    window = QMainWindow()
    qtbot.addWidget(window)
    assert not restore_window(window, file)


SAFE = """
import json, sys
from lnm_desktop.ui import main

def start(desktop, begin=main.Desktop.start):
    begin(desktop)
    print(json.dumps([desktop.safe_mode.on, [notice.text for notice in desktop.notices]]), flush=True)

main.Desktop.start = start
main.main(sys.argv[1:])
"""


@pytest.mark.gl
@pytest.mark.timeout(300)
def test_the_third_start_after_two_killed_ones_is_a_safe_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SAFE, "--workspace", str(tmp_path / "workspace")]
    environment = {**os.environ, "LNM_HOME": str(tmp_path / "home"), "LNM_TEST_QUIT_AFTER": "1"}
    told = []
    for killed in (True, True, False, False):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
            assert program.stdout is not None
            told.append(json.loads(program.stdout.readline()))
            if killed:
                program.kill()
    assert [safe for safe, _ in told] == [False, False, True, False]
    assert any("safe mode" in text for text in told[2][1])


@pytest.mark.gl
@pytest.mark.timeout(400)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_a_real_start_takes_a_picture_and_loads_no_codec_and_no_torch(
    tmp_path: Path, shared_data: Path, theme: str
) -> None:
    slide = shared_data / "slides" / "aperio_svs" / "CMU-1-Small-Region.svs"
    picture = tmp_path / "window.png"
    command = [sys.executable, "-c", PROBE, str(slide), "--screenshot", str(picture), "--theme", theme]
    command += ["--workspace", str(tmp_path / "workspace")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=380, check=False, env=dict(os.environ))
    answer = json.loads(ended.stdout.strip().splitlines()[-1])
    assert answer == {"code": 0, "heavy": []}, ended.stderr
    image = QImage(str(picture))
    assert image.width() >= 900
    middle = image.copy(image.width() // 4, image.height() // 4, image.width() // 2, image.height() // 2)
    colors = {middle.pixel(x, y) for x in range(0, middle.width(), 7) for y in range(0, middle.height(), 7)}
    assert len(colors) > 500, "tissue has many colours; an empty canvas has few"
