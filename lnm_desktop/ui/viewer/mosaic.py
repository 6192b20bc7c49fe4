"""The picture itself: tiles in one texture, drawn by one call as quads on napari's canvas.

napari's own image layer uploads all of a view for each new tile; here a tile is uploaded once and moving the
view uploads nothing. Tiles come from `QuadPlan`s; colours are adjusted while drawing and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy.gloo import Texture2D, VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual
from vispy.visuals.transforms import MatrixTransform

from lnm_desktop.imaging.pyramid import TILE_PX
from lnm_desktop.ui.viewer.atlas import Atlas
from lnm_desktop.ui.viewer.quads import VERTEX, QuadPlan
from lnm_desktop.ui.viewer.stains import stain_matrix
from lnm_desktop.ui.viewer.view_state import Look, StainView

BELOW_ALL_LAYERS = -1000

_VERTEX_SHADER = """
attribute vec2 a_place;
attribute vec2 a_texel;
attribute vec4 a_inside;
attribute float a_kind;
uniform vec2 u_atlas;
varying vec2 v_uv;
varying vec4 v_inside;
varying float v_kind;
void main() {
    v_uv = a_texel / u_atlas;
    v_inside = a_inside / u_atlas.xyxy;
    v_kind = a_kind;
    gl_Position = $transform(vec4(a_place, 0.0, 1.0));
}
"""

_FRAGMENT_SHADER = """
uniform sampler2D u_tiles;
uniform vec3 u_blank;
uniform vec2 u_hatch;
uniform float u_grey;
uniform vec2 u_range;
uniform float u_stained;
uniform mat3 u_stain;
uniform float u_adjusted;
uniform vec4 u_look;
varying vec2 v_uv;
varying vec4 v_inside;
varying float v_kind;
void main() {
    vec3 color = texture2D(u_tiles, clamp(v_uv, v_inside.xy, v_inside.zw)).rgb;
    if (u_grey > 0.5) {
        color = vec3(clamp((color.r - u_range.x) / (u_range.y - u_range.x), 0.0, 1.0));
    }
    if (u_stained > 0.5) {
        color = exp(-(u_stain * -log(max(color, vec3(0.004)))));
    }
    if (u_adjusted > 0.5) {
        color = clamp((color - 0.5) * u_look.y + 0.5 + u_look.x, 0.0, 1.0);
        color = pow(color, vec3(1.0 / u_look.z));
        color = clamp(mix(vec3(dot(color, vec3(0.2126, 0.7152, 0.0722))), color, u_look.w), 0.0, 1.0);
    }
    if (v_kind > 1.5) {
        float stripe = step(0.5, fract((gl_FragCoord.x + gl_FragCoord.y) / 32.0));
        color = vec3(mix(u_hatch.x, u_hatch.y, stripe));
    } else if (v_kind > 0.5) {
        color = u_blank;
    }
    gl_FragColor = vec4(color, 1.0);
}
"""
_HATCH = (0.55, 0.75)


class MosaicVisual(Visual):
    """Quads that show parts of the atlas's tiles, blank glass or hatching."""

    def __init__(self) -> None:
        super().__init__(_VERTEX_SHADER, _FRAGMENT_SHADER)
        self._atlas_shape: tuple[int, int, bool] | None = None
        self._texture: Any = None
        self._vertices: NDArray[Any] = np.zeros(0, VERTEX)
        self._buffer = VertexBuffer(np.zeros(6, VERTEX))
        self._draw_mode = "triangles"
        self.set_gl_state(depth_test=False, cull_face=False, blend=False)
        self.freeze()

    def use_atlas(self, atlas: Atlas, *, grey: bool) -> None:
        """Make room for tiles of colour (uint8, 3 channels) or of one value (any number, kept as float32)."""
        shape = (atlas.rows * TILE_PX, atlas.columns * TILE_PX, grey)
        if shape == self._atlas_shape:
            return
        self._atlas_shape = shape
        rows, columns, _ = shape
        size = (rows, columns, 1 if grey else 3)
        self._texture = Texture2D(size, internalformat="r32f" if grey else "rgb8", interpolation="linear")
        self.shared_program["u_tiles"] = self._texture
        self.shared_program["u_atlas"] = (float(columns), float(rows))
        self.shared_program["u_grey"] = float(grey)

    def upload(self, column: int, row: int, tile: NDArray[Any]) -> None:
        """Put a tile into a square of the atlas; it is copied to the card when the next frame is drawn."""
        pixels = tile.astype(np.float32)[..., np.newaxis] if tile.ndim == 2 else tile
        self._texture.set_data(np.ascontiguousarray(pixels), offset=(row * TILE_PX, column * TILE_PX))

    def show_quads(self, plan: QuadPlan) -> None:
        """Draw these from now on."""
        self._vertices = plan.vertices()
        if len(self._vertices):
            self._buffer.set_data(self._vertices)
            self.shared_program.bind(self._buffer)
        self.update()

    def set_smooth(self, smooth: bool) -> None:
        """Blend between pixels, or show each as the square it is."""
        wanted = "linear" if smooth else "nearest"
        if self._texture is not None and self._texture.interpolation != (wanted, wanted):
            self._texture.interpolation = wanted

    def set_look(self, look: Look, blank: tuple[float, float, float]) -> None:
        """Adjust colours; `blank` is the colour of what has not been read yet, 0 to 1."""
        program = self.shared_program
        numbers = (look.brightness, look.contrast, look.gamma, look.saturation)
        program["u_stained"] = float(look.stain is not StainView.ALL)
        program["u_stain"] = stain_matrix(look.stain).T.ravel()  # OpenGL wants columns
        program["u_adjusted"] = float(numbers != (0.0, 1.0, 1.0, 1.0))
        program["u_look"] = numbers
        program["u_blank"] = blank
        program["u_hatch"] = _HATCH
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """Grey values from black to white; `low` above `high` inverts."""
        self.shared_program["u_range"] = (low, high if high != low else low + 1e-6)
        self.update()

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any = None) -> Any:
        return self._texture is not None and len(self._vertices) > 0

    def _compute_bounds(self, axis: int, view: Any) -> None:
        return None


Mosaic: Any = create_visual_node(MosaicVisual)


def matrix_transform(matrix: NDArray[np.float64]) -> MatrixTransform:
    """vispy's transform of an affine (3, 3) that maps a column (x, y, 1)."""
    full = np.eye(4)
    full[:2, :2] = matrix[:2, :2].T
    full[3, :2] = matrix[:2, 2]
    return MatrixTransform(full)
