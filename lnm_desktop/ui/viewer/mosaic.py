"""The picture itself: tiles in one texture, drawn by one call as quads on napari's canvas.

napari's own image layer uploads all of a view for each new tile; here a tile is uploaded once and moving the
view uploads nothing. Tiles come from `QuadPlan`s; colours are adjusted while drawing and nowhere else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from vispy.gloo import Texture2D, VertexBuffer
from vispy.scene.visuals import create_visual_node
from vispy.visuals import Visual
from vispy.visuals.shaders import Function
from vispy.visuals.transforms import MatrixTransform

from lnm_desktop.ui.viewer.atlas import SQUARE_PX, Atlas, Square
from lnm_desktop.ui.viewer.quads import VERTEX, QuadPlan
from lnm_desktop.ui.viewer.stains import stain_matrix
from lnm_desktop.ui.viewer.view_state import Look, StainView

BELOW_ALL_LAYERS = -1000
Pixels = NDArray[Any]

_VERTEX_SHADER = """
attribute vec2 a_place;
attribute vec2 a_texel;
uniform vec2 u_atlas;
varying vec2 v_uv;
void main() {
    v_uv = a_texel / u_atlas;
    gl_Position = $transform(vec4(a_place, 0.0, 1.0));
}
"""
_FRAGMENT_SHADER = """
uniform sampler2D u_tiles;
varying vec2 v_uv;
void main() {
    gl_FragColor = vec4($look($shade(texture2D(u_tiles, v_uv).rgb)), 1.0);
}
"""
# Each way of colouring is a function that is put into the shader only when it is used: a renderer without a
# graphics card works out both sides of every condition for every pixel.
_PLAIN = "vec3 plain(vec3 color) { return color; }"
_GREY = """
vec3 grey(vec3 color) {
    return vec3(clamp((color.r - $low) * $slope, 0.0, 1.0));
}
"""
_ADJUSTED = """
vec3 adjusted(vec3 color) {
    vec3 kept = exp(-($stain * -log(max(color, vec3(0.004)))));
    kept = clamp((kept - 0.5) * $contrast + 0.5 + $brightness, 0.0, 1.0);
    kept = pow(kept, vec3($exponent));
    vec3 grey = vec3(dot(kept, vec3(0.2126, 0.7152, 0.0722)));
    return clamp(mix(grey, kept, $saturation), 0.0, 1.0);
}
"""


class MosaicVisual(Visual):
    """Quads that show parts of the squares of one texture."""

    def __init__(self) -> None:
        super().__init__(_VERTEX_SHADER, _FRAGMENT_SHADER)
        self._size: tuple[int, int, int] | None = None
        self._texture: Any = None
        self._vertices: NDArray[Any] = np.zeros(0, VERTEX)
        self._buffer = VertexBuffer(np.zeros(6, VERTEX))
        self._grey = Function(_GREY)
        self._adjusted = Function(_ADJUSTED)
        self._draw_mode = "triangles"
        self.shared_program.frag["shade"] = Function(_PLAIN)
        self.shared_program.frag["look"] = Function(_PLAIN)
        self.set_gl_state(depth_test=False, cull_face=False, blend=False)
        self.freeze()

    def use_atlas(self, atlas: Atlas, blank: Pixels, hatched: Pixels) -> None:
        """Make room for tiles like `blank`, which fills what is not read yet; `hatched` fills what cannot be read.

        Both are whole tiles: uint8 (rows, columns, 3), or (rows, columns) of any number, which is kept as float32.
        """
        channels = 4 if blank.ndim == 3 else 1
        size = (atlas.rows * SQUARE_PX, atlas.columns * SQUARE_PX, channels)
        if size != self._size:
            self._size = size
            form = "rgba8" if channels == 4 else "r32f"
            self._texture = Texture2D(size, internalformat=form, interpolation="linear")
            self.shared_program["u_tiles"] = self._texture
            self.shared_program["u_atlas"] = (float(size[1]), float(size[0]))
        self.upload(atlas.blank, blank)
        self.upload(atlas.hatched, hatched)

    def upload(self, square: Square, tile: Pixels) -> None:
        """Put a tile into a square of the atlas; it is copied to the card when the next frame is drawn."""
        offset = (square.row * SQUARE_PX, square.column * SQUARE_PX)
        self._texture.set_data(_with_border(tile), offset=offset)

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
        if self._texture is not None and self._texture.interpolation != wanted:
            self._texture.interpolation = wanted

    def set_look(self, look: Look) -> None:
        """Adjust colours."""
        numbers = (look.brightness, look.contrast, look.gamma, look.saturation)
        if look.stain is StainView.ALL and numbers == (0.0, 1.0, 1.0, 1.0):
            self.shared_program.frag["look"] = Function(_PLAIN)
        else:
            self._adjusted["stain"] = np.ascontiguousarray(stain_matrix(look.stain).T)  # OpenGL wants columns
            self._adjusted["brightness"], self._adjusted["contrast"] = look.brightness, look.contrast
            self._adjusted["exponent"], self._adjusted["saturation"] = 1.0 / look.gamma, look.saturation
            self.shared_program.frag["look"] = self._adjusted
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """Show one value from black to white; `low` above `high` inverts."""
        self._grey["low"], self._grey["slope"] = low, 1.0 / ((high - low) or 1e-6)
        self.shared_program.frag["shade"] = self._grey
        self.update()

    def _prepare_transforms(self, view: Any) -> None:
        view.view_program.vert["transform"] = view.get_transform()

    def _prepare_draw(self, view: Any = None) -> Any:
        return self._texture is not None and len(self._vertices) > 0

    def _compute_bounds(self, axis: int, view: Any) -> None:
        return None


def _with_border(tile: Pixels) -> Pixels:
    """A tile with its edge repeated once around, so that filtering meets no neighbour in the atlas.

    Colours get a fourth byte here: the driver would add it too, in six times the time.
    """
    height, width = tile.shape[:2]
    if tile.ndim == 3:
        rgb = np.ascontiguousarray(tile)
        image = QImage(rgb.data, width, height, rgb.strides[0], QImage.Format.Format_RGB888)
        four = image.convertToFormat(QImage.Format.Format_RGBX8888)
        framed = np.empty((height + 2, width + 2, 4), np.uint8)
        framed[1:-1, 1:-1] = np.frombuffer(four.constBits(), np.uint8).reshape(height, width, 4)
    else:
        framed = np.empty((height + 2, width + 2, 1), np.float32)
        framed[1:-1, 1:-1, 0] = tile
    framed[0, 1:-1], framed[-1, 1:-1] = framed[1, 1:-1], framed[-2, 1:-1]
    framed[:, 0], framed[:, -1] = framed[:, 1], framed[:, -2]
    return framed


Mosaic: Any = create_visual_node(MosaicVisual)


def matrix_transform(matrix: NDArray[np.float64]) -> MatrixTransform:
    """vispy's transform of an affine (3, 3) that maps a column (x, y, 1)."""
    full = np.eye(4)
    full[:2, :2] = matrix[:2, :2].T
    full[3, :2] = matrix[:2, 2]
    return MatrixTransform(full)
