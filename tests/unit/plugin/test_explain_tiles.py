"""Attributions of networks whose answer can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lnm_desktop.learning.cam_layer import CamLayer, last_layer
from lnm_desktop.learning.explain_tiles import attribute


class RedMean(nn.Module):
    """Answers with half the mean of red in the left half; linear, so that it can be checked."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        self.conv.weight.data = torch.tensor([[[[1.0]], [[0.0]], [[0.0]]]])

    def forward(self, x: Tensor) -> Tensor:
        red = self.conv(x)[:, 0]
        share = red[:, :, : red.shape[2] // 2].mean((1, 2)) / 2
        return torch.stack([1 - share, share], dim=1)


def a_tile(side: int = 16) -> np.ndarray:
    tile = np.full((side, side, 3), 255, np.uint8)
    tile[:, : side // 4, 0] = 0
    return tile


def test_integrated_gradients_of_a_linear_network_are_weight_times_difference() -> None:
    network, tile = RedMean().eval().requires_grad_(False), a_tile()
    found = attribute(network, tile, 1, "integrated-gradients", lambda: last_layer(network, 16))
    expected = np.zeros((16, 16))
    expected[:, :4] = -1 / (16 * 8) / 2
    assert found.values == pytest.approx(expected, abs=1e-6)
    assert found.gap < 1e-5
    assert found.probabilities == pytest.approx([0.75, 0.25])


def test_the_sum_is_the_difference_to_a_white_tile() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    network.append(nn.Softmax(1)).eval().requires_grad_(False)
    tile = np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8)
    found = attribute(network, tile, 1, "integrated-gradients", lambda: last_layer(network, 16))
    with torch.no_grad():
        white = network(torch.ones(1, 3, 16, 16))[0, 1]
    assert found.values.sum() == pytest.approx(found.probabilities[1] - float(white), abs=1e-3)
    assert found.gap < 1e-3
    again = attribute(network, tile, 1, "integrated-gradients", lambda: last_layer(network, 16))
    assert np.array_equal(found.values, again.values)


def test_grad_cam_lights_up_where_the_class_comes_from_and_keeps_its_margin() -> None:
    network, tile = RedMean().eval().requires_grad_(False), a_tile()
    values = attribute(network, tile, 1, "grad-cam", lambda: last_layer(network, 16)).values
    assert values[:, 5:].min() > 0
    assert np.abs(values[:, :3]).max() == pytest.approx(0, abs=1e-6)
    framed = attribute(network, tile, 1, "grad-cam", lambda: CamLayer(network.conv, margin_px=4)).values
    assert framed.shape == (16, 16)
    assert not framed[:4].any()
    assert framed[4:12, 4:12].any()


def test_a_network_without_a_picture_inside_has_no_layer() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2))
    with pytest.raises(LookupError):
        last_layer(network, 16)


def test_integrated_gradients_ask_for_no_layer() -> None:
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 2), nn.Softmax(1)).eval().requires_grad_(False)

    def layer() -> CamLayer:
        return last_layer(network, 16)

    assert attribute(network, a_tile(), 1, "integrated-gradients", layer).values.shape == (16, 16)
    with pytest.raises(LookupError):
        attribute(network, a_tile(), 1, "grad-cam", layer)
