"""Which device a run takes, on machines that are made up."""

from __future__ import annotations

import pytest

from lnm_desktop.errors import InferenceError
from lnm_desktop.learning.devices import choose_device, probe_devices


@pytest.mark.parametrize(
    ("found", "device"),
    [(("cuda", "mps", "cpu"), "cuda"), (("mps", "cpu"), "mps"), (("cpu",), "cpu")],
)
def test_auto_takes_the_best_and_says_of_what(found: tuple[str, ...], device: str) -> None:
    choice = choose_device("auto", lambda: found)
    assert choice.device == device
    assert ", ".join(found) in choice.reason


def test_a_request_is_obeyed() -> None:
    assert choose_device("cpu", lambda: ("cuda", "cpu")).device == "cpu"


def test_an_absent_device_is_refused_not_replaced() -> None:
    with pytest.raises(InferenceError) as caught:
        choose_device("cuda", lambda: ("mps", "cpu"))
    assert caught.value.hint == "Choose mps or cpu, or auto."


def test_an_unknown_device_is_refused_before_probing() -> None:
    with pytest.raises(InferenceError, match="'gpu'"):
        choose_device("gpu", lambda: pytest.fail("probed"))


def test_the_processor_is_always_there() -> None:
    assert probe_devices()[-1] == "cpu"
