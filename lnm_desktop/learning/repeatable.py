"""Settings of torch under which a run gives the same numbers again."""

from __future__ import annotations

import os

import torch

from lnm_desktop.learning.seed import SEED


def prepare_torch(threads: int, seed: int = SEED) -> None:
    """Set threads, seed and deterministic kernels for this process.

    A kernel that has no deterministic form warns instead of failing: the model decides what it is built of.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(max(1, threads))
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
