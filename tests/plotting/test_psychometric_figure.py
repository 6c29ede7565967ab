"""The psychometric figure keeps its texts inside and apart, in a column of print and in a wide figure."""

from itertools import pairwise

import pytest

from spiking import datasets, plotting, sweep


@pytest.fixture(scope="module")
def curves():
    grid = {"task.offset": [0.1, 0.4], "scaling_factor": [20.0, 25.0]}
    result = sweep(datasets.load("mante"), grid=grid, trials=4, seed=1, rate_network=True)
    return result.psychometric(resamples=100)


@pytest.mark.parametrize(("width", "beside"), [(85, False), (158, True)])
def test_texts_are_inside_and_panels_are_as_wide_as_they_can_be(curves, width, beside):
    with plotting.publication(width=width):
        figure = plotting.psychometric(curves)
    figure.canvas.draw()
    (legend,), (first, second) = figure.legends, figure.axes
    texts = [ax.xaxis.label for ax in figure.axes] + [ax.yaxis.label for ax in figure.axes]
    for item in (legend, *texts):
        box = item.get_window_extent()
        assert 0 <= box.x0 < box.x1 <= figure.bbox.width, item
        assert 0 <= box.y0 < box.y1 <= figure.bbox.height, item
    left, right = (ax.get_window_extent() for ax in (first, second))
    assert (left.x1 < right.x0) == beside
    assert (right.y1 < left.y0) == (not beside)
    ticks = [label.get_window_extent() for label in first.get_xticklabels()]
    assert all(a.x1 < b.x0 for a, b in pairwise(ticks))
    words = "Left: " if beside else "Above: "
    assert plotting.caption_of(figure).startswith(f"{words}fraction of responses +1")


def test_curves_are_named_in_words(curves):
    figure = plotting.psychometric(curves)
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [
        "spiking, scaling factor 20",
        "rate, scaling factor 20",
        "spiking, scaling factor 25",
        "rate, scaling factor 25",
    ]
    assert "rate, scaling factor 25: no fit:" in plotting.caption_of(figure)
