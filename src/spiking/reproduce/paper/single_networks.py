"""Panels in which the paper shows one network; here, several are measured and one is drawn.

Sources as in `panels`. If the paper does not give the number of units or the range of the decays of a
network, they are those of the panel that the network belongs to.
"""

from __future__ import annotations

from spiking.neuron.params import LIFParams
from spiking.reproduce.conditions import Condition, Panel, Paper
from spiking.reproduce.paper import activity, pictures
from spiking.reproduce.paper.spec import NetworkSpec
from spiking.tasks import ContextIntegration, GoNoGo

_SHORT, _LONG = (20.0, 50.0), (20.0, 100.0)  # ranges of the decay
_GO = NetworkSpec(GoNoGo(), 200, _SHORT)
_MANTE = NetworkSpec(ContextIntegration(), 250, _SHORT)
_TYPES = NetworkSpec(GoNoGo(), 200, _SHORT, {"p_inh": 0.33, "n_som": 20})
_NO_DALE = NetworkSpec(GoNoGo(), 200, _SHORT, {"dale": False})
_SOFTPLUS = NetworkSpec(GoNoGo(), 250, _SHORT, {"activation": "softplus"})
_LARGE = NetworkSpec(ContextIntegration(), 400, _LONG)
_QUADRATIC = LIFParams(neuron="quadratic", threshold=30.0, bias=0.0)
_CONVERTED = ("spiking", "success", "rate", "trained")
_OWN = "own factor"  # the factor is tuned for each network
_RATES = {"pyr_go": 4.7, "pv_go": 9.3, "sst_go": 27.0, "pyr_nogo": 3.1, "pv_nogo": 10.8, "sst_nogo": 25.5}


def _at(factor: float, network: NetworkSpec, paper: Paper | None = None) -> Condition:
    given = {} if paper is None else {"spiking": paper}
    return Condition(f"factor {factor:g}", network, tuned=factor, paper=given)


def _one(value: float) -> Paper:
    return Paper(value, networks=1)


SINGLES = (
    Panel(
        "fig1b",
        "Go-NoGo, rate networks and their decays (N = 200, decay 20 to 50 ms)",
        "",
        ("trained", "rate", "decay", "decay_sd"),
        (Condition("rate networks", _GO, None, paper={"decay": _one(28.2), "decay_sd": _one(9.4)}),),
        picture=pictures.rate_network,
    ),
    Panel(
        "fig2b",
        "Go-NoGo at three scaling factors (N = 200, decay 20 to 50 ms)",
        "",
        _CONVERTED,
        (_at(1, _GO), _at(10, _GO), _at(25, _GO), Condition(_OWN, _GO)),
        "The paper, one network: fluctuating at 1, insufficient at 10, correct at 25.",
        picture=pictures.outputs,
    ),
    Panel(
        "fig3b",
        "Context integration, rate networks and their decays (N = 250, decay 20 to 50 ms)",
        "",
        ("trained", "rate", "decay", "decay_sd"),
        (Condition("rate networks", _MANTE, None, paper={"decay": _one(38.9), "decay_sd": _one(9.3)}),),
        "The paper's decay is that of the network of 4A to C.",
        picture=pictures.rate_network,
    ),
    Panel(
        "fig4a",
        "Context integration at factor 60, 4A to C (N = 250, decay 20 to 50 ms)",
        "",
        _CONVERTED,
        (_at(60, _MANTE, _one(0.98)), Condition(_OWN, _MANTE)),
        picture=pictures.outputs,
    ),
    Panel(
        "figs1",
        "Go-NoGo, rates of both networks at factor 25 (N = 200, decay 20 to 50 ms)",
        "",
        ("rates_alike", "spiking"),
        (Condition("factor 25", _GO, tuned=25.0, activity=activity.components_from_onset),),
        "The paper: similar.",
        picture=pictures.one_trial,
    ),
    Panel(
        "figs2",
        "Go-NoGo, principal components of both networks at factor 25 (N = 200, decay 20 to 50 ms)",
        "",
        ("rate_explained", "spiking_explained", "pc_alike", "spiking"),
        (
            Condition(
                "factor 25",
                _GO,
                tuned=25.0,
                paper={"rate_explained": _one(0.99), "spiking_explained": _one(0.99)},
                activity=activity.components_from_onset,
            ),
        ),
        "The paper: similar; three components hold 99 %.",
        picture=pictures.principal_components,
    ),
    Panel(
        "figs3",
        "Go-NoGo, rates of PYR, PV and SST cells at factor 50 (N = 200, 20 SST, decay 20 to 50 ms)",
        "",
        (*_RATES, "spiking", "trained"),
        (
            Condition(
                "factor 50",
                _TYPES,
                tuned=50.0,
                paper={name: _one(rate) for name, rate in _RATES.items()},
                activity=activity.population_rates,
            ),
        ),
        "The paper's network has 134 PYR, 46 PV and 20 SST cells; here each unit is inhibitory by a chance "
        "of 0.33, and the first 20 of these are SST cells.",
        picture=pictures.rasters,
    ),
    Panel(
        "figs4",
        "Go-NoGo without Dale's law at factor 50 (N = 200, decay 20 to 50 ms)",
        "",
        _CONVERTED,
        (_at(50, _NO_DALE), Condition(_OWN, _NO_DALE)),
        "The paper, one network: converts.",
        picture=pictures.outputs,
    ),
    Panel(
        "figs5",
        "Context integration, mixed selectivity and choice axis (N = 400, decay 20 to 100 ms)",
        "",
        ("mixed", "spiking", "trained"),
        (Condition(_OWN, _LARGE, activity=activity.selectivity),),
        "The paper, one network: units of mixed selectivity, and a line attractor along the choice axis.",
        picture=pictures.mixed_selectivity,
    ),
    Panel(
        "figs6",
        "Go-NoGo, softplus networks at factor 10 (N = 250, decay 20 to 50 ms)",
        "",
        _CONVERTED,
        (_at(10, _SOFTPLUS, _one(0.78)), Condition(_OWN, _SOFTPLUS)),
        picture=pictures.outputs,
    ),
    Panel(
        "figs7",
        "Context integration, quadratic integrate-and-fire neurons (N = 400, decay 20 to 100 ms)",
        "",
        _CONVERTED,
        (
            Condition("quadratic", _LARGE, _QUADRATIC),
            Condition("leaky", _LARGE),
        ),
        "The paper: the network of S5 performs with quadratic neurons. Own factors of both.",
        compared=("spiking",),
        picture=pictures.outputs,
    ),
)
