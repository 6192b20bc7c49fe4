"""What draws OpenGL in this process, asked without napari: there may be nothing that does."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os

from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext

from lnm_desktop.errors import EnvironmentFault

SOFTWARE_RENDERERS = ("llvmpipe", "softpipe", "swrast", "swiftshader", "gdi generic")
GL_RENDERER = 0x1F01
# Screens of Qt's own that cannot show OpenGL inside a window, even where a context can be had.
WITHOUT_WIDGETS = ("offscreen", "minimal", "linuxfb", "vnc")


@functools.cache
def renderer() -> str:
    """What draws, in lower case; empty where OpenGL does not work at all. The same for all of a process's windows."""
    if QGuiApplication.platformName() in WITHOUT_WIDGETS:
        return ""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return ""
    _tell_pyopengl()
    name = str(context.functions().glGetString(GL_RENDERER) or "")
    context.doneCurrent()
    return name.lower()


def _tell_pyopengl() -> None:
    """PyOpenGL, through which napari draws, guesses GLX; where Qt took EGL (no GLX, Wayland) it must be told so."""
    with contextlib.suppress(OSError, AttributeError):
        current = ctypes.CDLL("libEGL.so.1").eglGetCurrentContext
        current.restype = ctypes.c_void_p
        if current():
            os.environ.setdefault("PYOPENGL_PLATFORM", "egl")


def is_software() -> bool:
    """True where no graphics card draws: Mesa's renderers on the processor name themselves."""
    return any(name in renderer() for name in SOFTWARE_RENDERERS)


def check_renderer() -> None:
    """Raises EnvironmentFault where pictures cannot be drawn."""
    if not renderer():
        raise EnvironmentFault(
            "Images cannot be shown: OpenGL does not work on this screen.",
            hint="Install the driver of the graphics card, or Mesa where there is none, and start again. "
            "Cases, clinical data and exports can be used meanwhile.",
        )
