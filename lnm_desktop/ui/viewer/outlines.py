"""Annotations on napari's canvas, drawn by two calls: areas, and over them lines and dots as wide as on the screen.

napari's own shapes layer builds all triangles anew for each change, and has its lines grow with the zoom.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual

from lnm_desktop.ui.viewer.outline_vertices import AREA, LINE
from lnm_desktop.ui.viewer.slots import Slots

EDGE_PX = 3.0
DOT_PX = 12.0
FILL_ALPHA = 0.10

_UNPACK = """
vec3 unpacked(float color) {
    return vec3(floor(color / 65536.0), floor(mod(color, 65536.0) / 256.0), mod(color, 256.0)) / 255.0;
}
"""
_LINE_VERTEX = (
    _UNPACK
    + """
attribute vec2 a_from;
attribute vec2 a_to;
attribute float a_corner;
attribute float a_color;
uniform vec2 u_half_size;
uniform float u_edge;
uniform float u_dot;
varying vec3 v_color;
varying vec2 v_offset;
varying float v_radius;
varying float v_is_dot;
void main() {
    v_color = unpacked(a_color);
    v_is_dot = step(3.5, a_corner);
    float corner = a_corner - 4.0 * v_is_dot;
    float at_end = step(0.5, corner) * step(corner, 2.5);
    float side = step(1.5, corner) * 2.0 - 1.0;
    vec4 from_ = $transform(vec4(a_from, 0.0, 1.0));
    vec4 to = $transform(vec4(a_to, 0.0, 1.0));
    vec2 start = from_.xy / from_.w * u_half_size;
    vec2 end = to.xy / to.w * u_half_size;
    vec2 along = end - start;
    float length_px = length(along);
    along = length_px > 0.001 ? along / length_px : vec2(1.0, 0.0);
    v_radius = mix(u_edge, u_dot, v_is_dot) / 2.0;
    v_offset = vec2(at_end * 2.0 - 1.0, side) * (v_radius + 1.0);
    vec2 place = mix(start, end, at_end) + along * v_offset.x + vec2(-along.y, along.x) * v_offset.y;
    gl_Position = vec4(place / u_half_size, 0.0, 1.0);
}
"""
)
_LINE_FRAGMENT = """
varying vec3 v_color;
varying vec2 v_offset;
varying float v_radius;
varying float v_is_dot;
void main() {
    float away = mix(abs(v_offset.y), length(v_offset), v_is_dot);
    float cover = clamp(v_radius + 0.5 - away, 0.0, 1.0);
    float rim = v_is_dot * clamp(away - v_radius + 2.0, 0.0, 1.0);
    gl_FragColor = vec4(mix(v_color, vec3(1.0), rim), cover);
}
"""
_AREA_VERTEX = (
    _UNPACK
    + """
attribute vec2 a_place;
attribute float a_color;
varying vec3 v_color;
void main() {
    v_color = unpacked(a_color);
    gl_Position = $transform(vec4(a_place, 0.0, 1.0));
}
"""
)
_AREA_FRAGMENT = """
uniform float u_alpha;
varying vec3 v_color;
void main() {
    gl_FragColor = vec4(v_color, u_alpha);
}
"""


class _SlotVisual(Visual):
    """Triangles of many things, each in its slot."""

    def __init__(self, vertex: str, fragment: str, dtype: np.dtype[np.void]) -> None:
        super().__init__(vertex, fragment)
        self.slots = Slots(dtype)
        self._bound = 0
        self._draw_mode = "triangles"
        self.set_gl_state("translucent", depth_test=False, cull_face=False)

    def show_changes(self) -> None:
        """Draw what the slots hold by now."""
        if self._bound != self.slots.buffer.size:  # what is bound is a view of a fixed length
            self._bound = self.slots.buffer.size
            self.shared_program.bind(self.slots.buffer)
        self.update()

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any = None) -> Any:
        return len(self.slots) > 0

    def _compute_bounds(self, axis: int, view: Any) -> None:
        return None


class LinesVisual(_SlotVisual):
    """Lines and dots of a width in logical screen pixels, smooth at their edges."""

    def __init__(self) -> None:
        super().__init__(_LINE_VERTEX, _LINE_FRAGMENT, LINE)
        self.freeze()

    def _prepare_draw(self, view: Any = None) -> Any:
        canvas = view.transforms.canvas
        width, height = canvas.physical_size
        self.shared_program["u_half_size"] = (width / 2, height / 2)
        self.shared_program["u_edge"] = EDGE_PX * canvas.pixel_scale
        self.shared_program["u_dot"] = DOT_PX * canvas.pixel_scale
        return super()._prepare_draw(view)


class AreasVisual(_SlotVisual):
    """Areas in a tint through which the tissue is seen."""

    def __init__(self) -> None:
        super().__init__(_AREA_VERTEX, _AREA_FRAGMENT, AREA)
        self.shared_program["u_alpha"] = FILL_ALPHA
        self.freeze()


Lines: Any = create_visual_node(LinesVisual)
Areas: Any = create_visual_node(AreasVisual)
