"""Tasks: trials, targets and scoring, the same for training, evaluation, tuning and plotting.

>>> from spiking import tasks
>>> tasks.names()[:4]
('go-nogo', 'xor', 'mante', 'dms')
>>> tasks.STEP_MS  # a step of a rate model, ms
5.0
"""

from spiking.tasks.answers import Answers
from spiking.tasks.base import Task
from spiking.tasks.combined import CombinedTasks, combine
from spiking.tasks.given_inputs import GivenInputs, from_inputs
from spiking.tasks.recorded.record import TaskRecord
from spiking.tasks.registry import get, names
from spiking.tasks.standard import XOR, ContextIntegration, DelayedMatchToSample, GoNoGo
from spiking.tasks.trials import Trials
from spiking.timing import STEP_MS

__all__ = [
    "STEP_MS",
    "XOR",
    "Answers",
    "CombinedTasks",
    "ContextIntegration",
    "DelayedMatchToSample",
    "GivenInputs",
    "GoNoGo",
    "Task",
    "TaskRecord",
    "Trials",
    "combine",
    "from_inputs",
    "get",
    "names",
]
