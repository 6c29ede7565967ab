"""Draw figures of models, simulations and experiments, for print.

Functions for one panel draw into the axes `ax` (a Matplotlib ``Axes``) and return them; without `ax` they
make a new figure, as wide as a column of print (85 mm). Functions for several panels do the same with
`figure` (a Matplotlib ``Figure``), and write their caption under it with ``caption=True``; `caption_of`
returns the caption of any of these figures. They do not save or show figures, and do not change Matplotlib's
settings. The colours, by Okabe and Ito (and one by Tol), can be distinguished by colour-blind readers.
"""

from spiking.plotting.both.faithfulness import faithfulness
from spiking.plotting.both.fixed_points import fixed_points
from spiking.plotting.both.state_space import state_space, trajectories
from spiking.plotting.both.trial import activity, outputs_of_both, trial
from spiking.plotting.captions import caption_of
from spiking.plotting.comparison import accuracies, comparison, rates_against
from spiking.plotting.conversion import conversion
from spiking.plotting.curves import scaling_factor, training_curve
from spiking.plotting.distributions import firing_rates, time_constants
from spiking.plotting.marks import shade_stimulation, shade_stimulus
from spiking.plotting.overview import overview
from spiking.plotting.raster import psth, raster
from spiking.plotting.style import publication
from spiking.plotting.sweeps import psychometric, sweep
from spiking.plotting.traces import inputs, output, outputs
from spiking.plotting.weights import weights

__all__ = [
    "accuracies",
    "activity",
    "caption_of",
    "comparison",
    "conversion",
    "faithfulness",
    "firing_rates",
    "fixed_points",
    "inputs",
    "output",
    "outputs",
    "outputs_of_both",
    "overview",
    "psth",
    "psychometric",
    "publication",
    "raster",
    "rates_against",
    "scaling_factor",
    "shade_stimulation",
    "shade_stimulus",
    "state_space",
    "sweep",
    "time_constants",
    "training_curve",
    "trajectories",
    "trial",
    "weights",
]
