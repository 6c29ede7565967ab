"""Simulation, training and start-up, each on a model that comes with the package."""

import subprocess
import sys

import spiking
from spiking import Record, SpikingNetwork, datasets, evaluate, simulate, tasks


class Simulation:
    """Ten Go-NoGo trials of one second, 200 neurons, one thread."""

    timeout = 300

    def setup(self):
        self.network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), scaling_factor=30)
        self.task = tasks.get("go-nogo")
        self.inputs = self.task.trials(10, seed=1).spiking_inputs
        simulate(self.network, self.inputs[:1], seed=1)  # compiles

    def time_output(self):
        simulate(self.network, self.inputs, seed=1, threads=1)

    def time_everything(self):
        record = Record(spikes=True, filtered_rates=True, voltage=True, currents=True)
        simulate(self.network, self.inputs, seed=1, threads=1, record=record)

    def peakmem_output(self):
        simulate(self.network, self.inputs, seed=1, threads=1)

    def time_evaluate(self):
        evaluate(self.network, self.task, 10, seed=1, threads=1)


class PublishedFunction:
    """`LIF_network_fnc`, with everything that it returns."""

    timeout = 300

    def setup(self):
        self.model = datasets.load("go-nogo-sigmoid")
        self.u = tasks.get("go-nogo").trials(1, seed=1).spiking_inputs[0]
        self.time_call()  # compiles

    def time_call(self):
        spiking.LIF_network_fnc(self.model, 30, self.u, {"mode": "none"}, 1, False, seed=1)


class Training:
    """Two hundred updates, compilation included."""

    timeout = 600

    def time_updates(self):
        spiking.train("go-nogo", 200, seed=1, max_updates=200)


class Start:
    """What a user waits for before anything happens."""

    def time_import(self):
        subprocess.run([sys.executable, "-c", "import spiking"], check=True)

    def time_help(self):
        subprocess.run([sys.executable, "-m", "spiking", "--help"], check=True, stdout=subprocess.DEVNULL)
