"""Dihedral-equivariant convolutional network for 96x96 H&E lymph node tiles.

A lymph node section has no preferred orientation, so the filters are shared over the eight symmetries of the
square (Cohen & Welling 2016, "Group equivariant convolutional networks"; Veeling et al. 2018, "Rotation
equivariant CNNs for digital pathology"). With few labelled tiles this saves the network from learning every
nucleus eight times. Pure torch; preprocessing is part of the module.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from lnm_tumor_tiles.stain import optical_density
from lnm_tumor_tiles.texture import TextureReader

TILE_SIZE = 96  # px at 0.97 um/px
FIELD_SIZE = 64  # px of the tile the network looks at
CENTRE_SIZE = 32  # px the label speaks of
ORDER = 8  # symmetries of the square


def dihedral_matrices() -> list[tuple[int, int, int, int]]:
    """Return the eight symmetries of the square as row-major 2x2 integer matrices."""
    rotations = [(1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0)]
    return rotations + [(a, -b, c, -d) for a, b, c, d in rotations]


def _multiply(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return (
        p[0] * q[0] + p[1] * q[2],
        p[0] * q[1] + p[1] * q[3],
        p[2] * q[0] + p[3] * q[2],
        p[2] * q[1] + p[3] * q[3],
    )


def filter_index(kernel: int, lifted: bool) -> Tensor:
    """Return the gather index of the transformed copies of one filter.

    Shape (8, 8 * kernel**2) for a filter on the group, (8, kernel**2) for one on the image (`lifted` False).
    Row g holds L_g psi(y, h) = psi(g^-1 y, g^-1 h); orthogonal matrices, so the inverse is the transpose.
    """
    elements = dihedral_matrices()
    sources = range(ORDER) if lifted else range(1)
    rows = []
    for g in elements:
        inverse = (g[0], g[2], g[1], g[3])
        row = []
        for h in sources:
            plane = elements.index(_multiply(inverse, elements[h])) if lifted else 0
            row += [plane * kernel**2 + _rotated(inverse, i, kernel) for i in range(kernel**2)]
        rows.append(row)
    return torch.tensor(rows)


def _rotated(matrix: tuple[int, int, int, int], flat: int, kernel: int) -> int:
    """Return the flat index of the pixel to which `matrix` carries pixel `flat`, about the kernel's centre."""
    # Doubled coordinates keep the centre of an even kernel an integer.
    y, x = 2 * (flat // kernel) - kernel + 1, 2 * (flat % kernel) - kernel + 1
    new_y, new_x = matrix[0] * y + matrix[1] * x, matrix[2] * y + matrix[3] * x
    return (new_y + kernel - 1) // 2 * kernel + (new_x + kernel - 1) // 2


class DihedralConv(nn.Module):
    """Convolution, batch norm and ReLU over the group: (N, in * 8, H, W) -> (N, out * 8, H', W').

    With `lifted` False the input is an image (N, in, H, W). A stride of 2 goes with an even kernel so that the
    sampling grid stays symmetric and equivariance exact.
    """

    index: Tensor
    running_mean: Tensor
    running_var: Tensor

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, lifted: bool = True) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, (kernel - stride + 1) // 2
        planes = ORDER if lifted else 1
        fan_in = inputs * planes * kernel**2
        self.weight = nn.Parameter(torch.randn(outputs, inputs, planes * kernel**2) * (2.0 / fan_in) ** 0.5)
        self.gain = nn.Parameter(torch.ones(outputs))
        self.shift = nn.Parameter(torch.zeros(outputs))
        self.register_buffer("index", filter_index(kernel, lifted), persistent=False)
        self.register_buffer("running_mean", torch.zeros(outputs * ORDER))
        self.register_buffer("running_var", torch.ones(outputs * ORDER))

    def filters(self) -> Tensor:
        """Return the ordinary filter bank (out * 8, in * planes, k, k) that the shared weights stand for."""
        outputs = len(self.weight)
        bank = self.weight[:, :, self.index].transpose(1, 2)
        return bank.reshape(outputs * ORDER, -1, self.kernel, self.kernel)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.conv2d(x, self.filters(), None, self.stride, self.padding)
        gain, shift = self.gain.repeat_interleave(ORDER), self.shift.repeat_interleave(ORDER)
        mean, var = self.running_mean, self.running_var
        if not self.training:  # one statistic for a whole orbit, else evaluation would not be invariant
            mean, var = _orbit_mean(mean), _orbit_mean(var)
        return functional.relu(functional.batch_norm(x, mean, var, gain, shift, self.training, 0.1))


def _orbit_mean(values: Tensor) -> Tensor:
    return values.view(-1, ORDER).mean(1).repeat_interleave(ORDER)


def standardised_density(x: Tensor) -> Tensor:
    """Return optical densities of zero mean and near unit deviation per tile and channel.

    What a laboratory's stain and a scanner's white point change most is taken out before the first filter.
    """
    density = optical_density(x)
    spread, mean = torch.std_mean(density, dim=(2, 3), keepdim=True)
    return (density - mean) / (spread + 0.05)  # 0.05 keeps an empty tile from being blown up to noise


class DihedralNet(nn.Module):
    """One network of the average: (N, 3, 64, 64) RGB in [0, 1] -> (N,) logits.

    Seven equivariant convolutions, down to a map of 8x8 places of 8 px each. The head sees the mean and maximum
    over the centre 4x4 places, which are the 32x32 px of the label, and the mean over the whole field.
    """

    def __init__(self, widths: tuple[int, int, int], dropout: float = 0.3) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.layers = nn.ModuleList(
            [
                DihedralConv(3, fine, kernel=6, stride=2, lifted=False),
                DihedralConv(fine, fine, kernel=3),
                DihedralConv(fine, middle, kernel=4, stride=2),
                DihedralConv(middle, middle, kernel=3),
                DihedralConv(middle, coarse, kernel=4, stride=2),
                DihedralConv(coarse, coarse, kernel=3),
                DihedralConv(coarse, coarse, kernel=3),
            ]
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(3 * coarse, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = standardised_density(x).contiguous(memory_format=torch.channels_last)
        for layer in self.layers:
            y = layer(x)
            x = x + y if x.shape == y.shape else y  # a residual path wherever the shape is kept
        centre = x[:, :, 2:6, 2:6]
        pooled = torch.cat([centre.mean((2, 3)), centre.amax((2, 3)), x.mean((2, 3))], dim=1)
        invariant = pooled.view(x.shape[0], -1, ORDER).mean(2)
        return self.head(self.dropout(invariant))[:, 0]


class TumorTileNet(nn.Module):
    """Networks and a texture reading together: float32 RGB tiles (N, 3, 96, 96) in [0, 1] -> (N,) logits.

    Tiles at 0.97 um/px. The logit speaks of "at least one tumour pixel in the centre 32x32" (the label of
    PatchCamelyon, Veeling et al. 2018). All preprocessing happens inside. The mean logit of the dihedral networks,
    which look at the centre 64x64, and the logit of the texture reading, which sees the whole tile, are
    summed with weights from cross-validation. The output does not change under rotations by 90 degrees and
    mirroring, so that averaging over such views would gain nothing.
    """

    mixture: Tensor
    temperature: Tensor

    def __init__(self, members: int = 2, widths: tuple[int, int, int] = (3, 6, 8)) -> None:
        super().__init__()
        self.members = nn.ModuleList([DihedralNet(widths) for _ in range(members)])
        self.texture = TextureReader()
        self.register_buffer("mixture", torch.tensor([0.0, 0.5, 0.5]))  # intercept, networks, texture
        self.register_buffer("temperature", torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        margin = (TILE_SIZE - FIELD_SIZE) // 2
        field = x[:, :, margin:-margin, margin:-margin]
        networks = torch.stack([member(field) for member in self.members]).mean(0)
        return self.mixture[0] + self.mixture[1] * networks + self.mixture[2] * self.texture(x)

    def probabilities(self, x: Tensor) -> Tensor:
        """Return calibrated probabilities (N,): the logits over the temperature, through the logistic curve."""
        return torch.sigmoid(self(x) / self.temperature)
