"""Every topic: figures that can be read, lines, the same twice."""

import pkgutil
import subprocess
import sys
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lightning_course import explain
from lightning_course.explain import TOPICS, Explanation, drawing
from lightning_course.reports.figures import render


@cache
def explained(topic: str) -> Explanation:
    return explain.explain(topic)


def shown_axes(figure: Any) -> list[Any]:
    return [axes for axes in figure.axes if axes.axison]


def test_the_registry_lists_every_module() -> None:
    modules = {module.name for module in pkgutil.iter_modules(explain.__path__)}
    assert modules - {"base", "drawing"} == set(TOPICS)
    for topic in TOPICS.values():
        assert topic.chapter
        assert len(topic.summary) <= 65, "one line of --list"


def test_an_unknown_topic() -> None:
    with pytest.raises(ValueError, match=r"must be one of .*convolution.*got 'colvolution'"):
        explain.explain("colvolution")


@pytest.mark.parametrize("topic", TOPICS)
def test_figures_say_what_they_show(topic: str) -> None:
    for name, figure in explained(topic).figures.items():
        assert name.isidentifier(), "it is a file's name"
        assert figure.get_suptitle()
        for axes in shown_axes(figure):
            # Panels that share a scale have its label once, at the side.
            below = axes.get_shared_x_axes().get_siblings(axes)
            beside = axes.get_shared_y_axes().get_siblings(axes)
            assert any(panel.get_xlabel() for panel in below) or not len(axes.get_xticks())
            assert any(panel.get_ylabel() for panel in beside) or not len(axes.get_yticks())
            curves = [line for line in axes.lines if not line.get_label().startswith("_")]
            if len(curves) > 1:
                assert axes.get_legend() or figure.legends


@pytest.mark.parametrize("topic", TOPICS)
def test_lines(topic: str) -> None:
    lines = explained(topic).lines
    assert len(lines) >= 4
    assert not any("nan" in line.split() for line in lines)
    # Tables, which a terminal must not wrap.
    assert all(len(line) <= 100 for line in lines if "  " in line)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_pixels_twice(topic: str, tmp_path: Path) -> None:
    again = explain.explain(topic)
    assert again.lines == explained(topic).lines
    assert again.figures.keys() == explained(topic).figures.keys()
    for name, figure in explained(topic).figures.items():
        pixels = render(figure, tmp_path / "first.png")
        height, width, _ = pixels.shape
        assert width == 902, "a README's width"
        assert 250 < height < 1_000
        assert np.ptp(pixels) > 200
        np.testing.assert_array_equal(render(again.figures[name], tmp_path / "again.png"), pixels)
        border = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
        assert all((side == 255).all() for side in border), f"{name} is cut off"
        check_texts_lie_apart(figure)


def check_texts_lie_apart(figure: Any) -> None:
    """Fail where titles or labels of a drawn figure cover each other."""
    texts = [figure._suptitle, *([figure._supxlabel] if figure._supxlabel else [])]
    for axes in shown_axes(figure):
        texts += [axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            # Those beyond the scale's ends are there, and not drawn.
            texts += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in texts
        if text.get_text() and text.get_visible()
    ]
    for (one, box), (other, another) in combinations(boxes, 2):
        assert not box.overlaps(another), (one, other)


def test_the_random_state_of_others_stays_as_it_was() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for topic in ("dropout", "embedding", "vanishing_gradient"):
        explain.explain(topic)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_needs_no_lightning() -> None:
    code = "import sys, lightning_course.explain.convolution; "
    code += "assert not {'torch', 'pytorch_lightning'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_tables_have_straight_columns() -> None:
    assert drawing.table(["", "b"], [["one", "2"], ["three", "4,000"]]) == [
        "           b",
        "one        2",
        "three  4,000",
    ]


def test_the_photo_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        drawing.photo()[0] = 0
