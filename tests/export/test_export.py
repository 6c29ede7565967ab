"""Exports, each opened by the library that it is for, and compared with what was simulated."""

import json
import re
import sys
from datetime import UTC, datetime

import h5py
import in_process
import numpy as np
import pytest
import scipy.io
from cue import Cue
from networks import pulse_input, random_network

from spiking import (
    ArgumentError,
    LIFParams,
    Record,
    Simulation,
    SpikingNetwork,
    datasets,
    export,
    simulate,
    tasks,
)
from spiking.export.parts import settings
from spiking.simulation.trial_streams import initial_uniforms

RECORD = Record(
    spikes=True,
    filtered_rates=True,
    voltage=[7, 3],
    interval={"output": 1.0, "filtered_rates": 1.0, "voltage": 0.5},
)
N_TRIALS = 6


@pytest.fixture(scope="module", params=["memory", "disk"])
def run(request, tmp_path_factory):
    """Trials of a task, on the shipped model that has SST cells or none; as they are, and from a file."""
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 35)
    found = simulate(network, tasks.get("go-nogo"), seed=1, trials=N_TRIALS, record=RECORD)
    if request.param == "memory":
        return found
    path = tmp_path_factory.mktemp("run") / "run.h5"
    found.save(path)
    return Simulation.load(path)


def spikes_of(run, trial, neuron):
    neurons, times = run.spikes.of_trial(trial)
    return times[neurons == neuron]


def busy_neuron(run):
    return int(np.argmax(np.asarray(run.rates).mean(axis=0)))


def test_xarray(run, tmp_path):
    xarray = pytest.importorskip("xarray")
    data = export.to_xarray(run)
    assert isinstance(data, xarray.Dataset)
    assert np.array_equal(data.output, run.output)
    assert np.array_equal(data.output.sel(trial=3, time=500, method="nearest"), run.output[3, :, 499])
    assert data.output.groupby("condition").mean("trial").sizes["condition"] == len(set(run.conditions))
    assert data.filtered_rates.dims == ("trial", "neuron", "time")
    assert data.voltage.dims == ("trial", "neuron_voltage", "time_voltage")
    assert data.neuron_voltage.values.tolist() == [7, 3]
    assert data.correct.dtype == bool
    exc = data.rates.where(data.population == "exc", drop=True)
    assert exc.sizes["neuron"] == run.network.populations["exc"].sum()
    assert data.spike_initial.values.tolist() == run.spikes.initial.tolist()
    assert "leave these out" in data.attrs["initial_spikes"]
    assert "without the spikes of its first 9 steps" in data.rates.attrs["description"]
    own = data.spike_time[(data.spike_trial == 2) & (data.spike_neuron == 11)]
    assert np.array_equal(own, spikes_of(run, 2, 11))
    assert json.loads(data.attrs["parameters"])["refractory"] == 2.0
    assert data.inputs.shape == (N_TRIALS, 1, 201)


def test_pandas(run):
    pandas = pytest.importorskip("pandas")
    spikes = export.to_pandas(run)
    assert isinstance(spikes, pandas.DataFrame)
    assert len(spikes) == len(run.spikes)
    assert spikes.query("trial == 2 and neuron == 11").time_ms.tolist() == spikes_of(run, 2, 11).tolist()
    counted = spikes[~spikes.initial].groupby(["trial", "neuron"]).size()  # trials of 1 s
    np.testing.assert_allclose(counted.sum() / N_TRIALS / 200, np.mean(run.rates))
    trials = export.to_pandas(run, "trials")
    assert trials.condition.tolist() == list(run.conditions)
    assert trials.correct.mean() == run.correct.mean()
    neurons = export.to_pandas(run, "neurons")
    exc = run.network.populations["exc"]
    np.testing.assert_allclose(
        neurons.groupby("population", observed=True).rate_hz.mean()["exc"], run.rates.mean(axis=0)[exc].mean()
    )
    rates = export.to_pandas(run, "rates").pivot(index="trial", columns="neuron", values="rate_hz")
    assert np.array_equal(rates, run.rates)
    output = export.to_pandas(run, "output").pivot(index="trial", columns="time_ms", values="output")
    assert np.array_equal(output, run.output[:, 0])
    with pytest.raises(ArgumentError, match="expected one of spikes, trials"):
        export.to_pandas(run, "weights")


def test_neo(run):
    neo = pytest.importorskip("neo")
    block = export.to_neo(run)
    assert isinstance(block, neo.Block)
    assert block.annotations["initial_spikes"].startswith(
        f"{run.spikes.n_initial} of {len(run.spikes)} spikes"
    )
    assert [segment.annotations["condition"] for segment in block.segments] == list(run.conditions)
    assert [segment.annotations["correct"] for segment in block.segments] == run.correct.tolist()
    for k in (0, N_TRIALS - 1):
        segment = block.segments[k]
        assert len(segment.spiketrains) == 200
        neuron = busy_neuron(run)
        train = segment.spiketrains[neuron]
        assert np.array_equal(train.rescale("ms").magnitude, spikes_of(run, k, neuron))
        assert train.annotations["population"] == export.parts.population_names(run.network)[neuron]
        output, rates, voltage, inputs = segment.analogsignals
        assert np.array_equal(output.magnitude, run.output[k].T)
        np.testing.assert_allclose(output.times.rescale("ms").magnitude, run.time)
        assert (rates.name, rates.shape) == ("filtered_rates", (1000, 200))
        assert str(voltage.dimensionality) == "mV"
        np.testing.assert_allclose(voltage.times.rescale("ms").magnitude, run.times("voltage"))
        assert np.array_equal(inputs.magnitude, run.inputs[k].T)


def test_pynapple(run):
    nap = pytest.importorskip("pynapple")
    data = export.to_pynapple(run, gap=500)
    neuron = busy_neuron(run)
    for k in range(N_TRIALS):
        own = data.units[neuron].restrict(data.trials[k]).times() - 1.5 * k
        np.testing.assert_allclose(own, spikes_of(run, k, neuron) / 1000, atol=1e-9)
    assert isinstance(data.units, nap.TsGroup)
    np.testing.assert_allclose(data.units["rate_hz"], np.asarray(run.rates).mean(axis=0))
    assert sum(len(data.units[unit]) for unit in data.units.keys()) == len(run.spikes)  # noqa: SIM118 - no dict
    assert data.trials["condition"].tolist() == list(run.conditions)
    assert list(data.units["population"]) == export.parts.population_names(run.network)
    assert np.array_equal(data.signals["output"].restrict(data.trials[2]).values, run.output[2].T)
    assert data.signals["voltage"].columns.tolist() == [7, 3]
    tuning = nap.compute_perievent(data.units[neuron], nap.Ts(data.trials.start), (0, 1))
    assert len(tuning) == N_TRIALS
    with pytest.raises(ArgumentError, match="gap is -1"):
        export.to_pynapple(run, gap=-1)


def test_nwb(run, tmp_path):
    pynwb, nwbinspector = pytest.importorskip("pynwb"), pytest.importorskip("nwbinspector")
    path = tmp_path / "run.nwb"
    start = datetime(2026, 1, 2, tzinfo=UTC)
    export.to_nwb(run, path, session_start_time=start)
    assert [item.name for item in tmp_path.iterdir()] == ["run.nwb"]
    worst = nwbinspector.Importance.BEST_PRACTICE_VIOLATION
    messages = list(nwbinspector.inspect_nwbfile(nwbfile_path=path, importance_threshold=worst))
    assert messages == []
    with pynwb.NWBHDF5IO(path, "r") as io:
        file = io.read()
        assert file.session_start_time == start
        neuron = busy_neuron(run)
        times = file.units["spike_times"][neuron]
        for k in range(N_TRIALS):
            own = times[(times >= 2 * k) & (times < 2 * k + 1.5)] - 2 * k
            np.testing.assert_allclose(own, spikes_of(run, k, neuron) / 1000, atol=1e-9)
        assert (
            f"{run.spikes.n_initial} of {len(run.spikes)} spikes are in the first 9" in file.units.description
        )
        observed = file.units["obs_intervals"][neuron]
        assert observed.tolist() == [[2.0 * k, 2.0 * k + 1] for k in range(N_TRIALS)]
        # rates over the observed time are those of the run, but for the initial spikes
        lengths = (observed[:, 1] - observed[:, 0]).sum()
        rates = [len(file.units["spike_times"][unit]) / lengths for unit in range(200)]
        initial = run.spikes.n_initial / N_TRIALS / 200
        np.testing.assert_allclose(np.mean(rates), np.mean(run.rates) + initial)
        np.testing.assert_allclose(file.units["rate_hz"][:], np.asarray(run.rates).mean(axis=0))
        assert file.units["population"][:].tolist() == export.parts.population_names(run.network)
        trials = file.trials.to_dataframe()
        assert trials.condition.tolist() == list(run.conditions)
        assert trials.correct.tolist() == run.correct.tolist()
        assert trials.stop_time.tolist() == [2.0 * k + 1 for k in range(N_TRIALS)]
        output = file.acquisition["output"]
        assert np.array_equal(output.data[1000:2000], run.output[1].T)
        np.testing.assert_allclose(output.timestamps[1000:2000], 2 + run.time / 1000)
        assert np.array_equal(file.acquisition["filtered_rates"].data[-1000:], run.filtered_rates[-1].T)
        voltage = file.acquisition["voltage"]
        assert (voltage.unit, voltage.conversion) == ("volts", 1e-3)
        inputs = file.stimulus["inputs"]
        assert np.array_equal(inputs.data[201:402], run.inputs[1].T)
        neurons = file.processing["misc"]["neurons"]
        assert np.array_equal(neurons["recurrent_weights"][:], run.network.dense_weights)
        assert np.array_equal(neurons["readout_weights"][:], run.network.readout.T)
        assert "seed: 1\n" in file.notes
        assert '"refractory": 2.0' in file.notes


def test_nwb_rates_in_pynapple(run, tmp_path):
    nap = pytest.importorskip("pynapple")
    export.to_nwb(run, tmp_path / "run.nwb")
    shared = nap.load_file(tmp_path / "run.nwb")
    units = shared["units"].restrict(shared["trials"])  # otherwise pynapple divides by gaps, too
    rates = np.mean(units.rates)
    counted = np.asarray(units["rate_hz"])
    shared.close()
    np.testing.assert_allclose(rates, np.mean(run.rates) + run.spikes.n_initial / N_TRIALS / 200)
    np.testing.assert_allclose(counted, np.asarray(run.rates).mean(axis=0))


def test_nwb_metadata(run, tmp_path):
    pynwb, nwbinspector = pytest.importorskip("pynwb"), pytest.importorskip("nwbinspector")
    about = {
        "experimenter": "Lovelace, Ada",
        "institution": "A University",
        "lab": "A Laboratory",
        "related_publications": ["10.1073/pnas.1905926116"],
        "keywords": "working memory, inhibition",
        "session_id": "run 7",
        "identifier": "mine",
        "experiment_description": "An experiment.",
    }
    export.to_nwb(run, tmp_path / "run.nwb", metadata=about)
    with pynwb.NWBHDF5IO(tmp_path / "run.nwb", "r") as io:
        file = io.read()
        assert tuple(file.experimenter) == ("Lovelace, Ada",)
        assert (file.institution, file.lab) == ("A University", "A Laboratory")
        assert tuple(file.related_publications) == ("doi:10.1073/pnas.1905926116",)
        assert list(file.keywords[:]) == ["working memory", "inhibition"]
        assert (file.session_id, file.experiment_description) == ("run 7", "An experiment.")
        assert file.identifier == "mine"
        assert file.session_description.startswith("Simulation of a spiking network")  # the usual one
    found = {
        item.check_function_name for item in nwbinspector.inspect_nwbfile(nwbfile_path=tmp_path / "run.nwb")
    }
    assert not found


def test_exports_hold_the_task_its_rule_and_the_conversion(tmp_path):
    network = SpikingNetwork.from_rate(datasets.load("xor")).lesion([3])
    task = tasks.get("xor", delay=100.0)
    run = simulate(network, task, trials=2, seed=1, record=Record(spikes=True, interval=5.0))
    known = settings(run)
    assert json.loads(known["task_settings"]) == task.settings
    assert (known["task"], known["rule"], known["conversion"]) == ("xor", task.rule(), "trained")
    assert (known["gain"], known["changes"]) == (1.0, "1 neuron lesioned, number 3")
    assert known["conversion_in_words"].startswith("trained on the f-I curve")
    pytest.importorskip("pandas")
    assert export.to_pandas(run, "trials").attrs == known
    run.save(tmp_path / "run.h5")
    assert settings(Simulation.load(tmp_path / "run.h5")) == known
    export.to_mat(run, tmp_path / "run.mat")
    found = scipy.io.loadmat(tmp_path / "run.mat", simplify_cells=True, spmatrix=False)["simulation"]
    assert found["rule"] == task.rule()
    pytest.importorskip("pynwb")
    export.to_nwb(run, tmp_path / "run.nwb")
    with h5py.File(tmp_path / "run.nwb") as file:
        notes = file["general/notes"][()].decode()
    assert f"\nrule: {task.rule()}\n" in notes
    assert "delay" in notes
    own = simulate(random_network(5), Cue(), trials=2, seed=1)
    assert "rule" not in settings(own)  # its file is not run because a record names it
    assert json.loads(settings(own)["task_settings"]) == Cue().settings


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"experimentor": "Lovelace, Ada"}, "metadata has 'experimentor'; expected fields of experimenter"),
        ({"experimenter": "Ada Lovelace"}, "experimenter is 'Ada Lovelace'; expected 'Last, First'"),
        ({"keyword": ["a"]}, "identifier; is it keywords"),
        ({"related_publications": ["10.1/x"]}, "related_publications has '10.1/x'; expected a DOI"),
        ({"institution": ["a", "b"]}, "institution is .*; expected one text"),
        ({"keywords": []}, "keywords is .*; expected texts, not empty"),
        ({"lab": 3}, "lab is 3; expected one text"),
        ({"session_start_time": "2026"}, "session_start_time'; .*; it is an argument of its own"),
    ],
)
def test_nwb_metadata_that_cannot_be_used(run, tmp_path, about, message):
    pytest.importorskip("pynwb")
    with pytest.raises(ArgumentError, match=message):
        export.to_nwb(run, tmp_path / "run.nwb", metadata=about)
    assert not list(tmp_path.iterdir())


def test_nwb_of_one_trial_without_a_task(tmp_path):
    pynwb, nwbinspector = pytest.importorskip("pynwb"), pytest.importorskip("nwbinspector")
    run = simulate(random_network(10, strength=3.0), pulse_input(), seed=1, record=Record(spikes=[3, 1]))
    export.to_nwb(run, tmp_path / "run.nwb")
    worst = nwbinspector.Importance.BEST_PRACTICE_VIOLATION
    assert (
        list(nwbinspector.inspect_nwbfile(nwbfile_path=tmp_path / "run.nwb", importance_threshold=worst))
        == []
    )
    with pynwb.NWBHDF5IO(tmp_path / "run.nwb", "r") as io:
        file = io.read()
        assert file.units.id[:].tolist() == [3, 1]
        np.testing.assert_allclose(file.units["spike_times"][0], spikes_of(run, 0, 3) / 1000)
        assert file.acquisition["output"].rate == pytest.approx(20_000)
    with pytest.raises(ArgumentError, match="time zone"):
        export.to_nwb(run, tmp_path / "b.nwb", session_start_time=datetime(2026, 1, 2))
    with pytest.raises(ArgumentError, match="does not exist"):
        export.to_nwb(run, tmp_path / "nowhere" / "b.nwb")


def test_nwb_of_a_run_without_a_spike_has_no_empty_table(tmp_path):
    pynwb, nwbinspector = pytest.importorskip("pynwb"), pytest.importorskip("nwbinspector")
    silent = random_network(10, density=0.0, bias=-60.0, noise=0.0, initial_voltage="resting")
    run = simulate(silent, pulse_input() * 0, seed=1, record=Record(spikes=True))
    assert len(run.spikes) == 0
    export.to_nwb(run, tmp_path / "run.nwb")
    worst = nwbinspector.Importance.BEST_PRACTICE_VIOLATION
    found = list(nwbinspector.inspect_nwbfile(nwbfile_path=tmp_path / "run.nwb", importance_threshold=worst))
    assert found == []
    with pynwb.NWBHDF5IO(tmp_path / "run.nwb", "r") as io:
        file = io.read()
        assert file.units is None
        assert file.acquisition["output"].data.shape[0] == run.n_steps


def test_mat(run, tmp_path):
    path = tmp_path / "run.mat"
    export.to_mat(run, path)
    found = scipy.io.loadmat(path, simplify_cells=True, spmatrix=False)["simulation"]
    assert np.array_equal(found["output"], run.output[:, 0])
    assert np.array_equal(found["spike_times"][2, 11], spikes_of(run, 2, 11))
    assert found["spikes"]["initial"].tolist() == run.spikes.initial.tolist()
    assert found["conditions"].tolist() == list(run.conditions)
    assert found["seed"] == 1


@pytest.mark.parametrize("function", ["to_neo", "to_pynapple", "to_nwb", "to_mat", "to_pandas"])
def test_spikes_that_were_not_recorded(function, tmp_path):
    run = simulate(random_network(10), pulse_input(), seed=1)
    path = [tmp_path / f"run.{function[3:]}"] if function in ("to_nwb", "to_mat") else []
    with pytest.raises(ArgumentError, match="spikes, which were not recorded"):
        getattr(export, function)(run, *path)


def test_a_library_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "xarray", None)
    run = simulate(random_network(10), pulse_input(), seed=1)
    with pytest.raises(ArgumentError, match=re.escape("pip install 'spikernn[export]'")):
        export.to_xarray(run)


def step_by_step(graph, inputs, v0, steps, dt):
    """NIR's equations: integrators decay exactly, and what arrives at a step is added; Euler for the rest."""
    weight = {name: node.weight for name, node in graph.nodes.items() if hasattr(node, "weight")}
    integrators = {name: node for name, node in graph.nodes.items() if type(node).__name__ == "LI"}
    assert graph.edges.count(("neurons", "recurrent_weights")) == 1
    source = {b: a for a, b in graph.edges if b in integrators or b in weight}
    values = {name: np.zeros_like(node.tau) for name, node in integrators.items()}
    neurons, readout = graph.nodes["neurons"], graph.nodes["readout_weights"]
    v, spikes, outputs = v0, [], []
    for k in range(steps):
        current = weight["input_weights"] @ inputs[:, int((k + 1) / 100 + 0.5)] + values["synapses"]
        v = v + dt / neurons.tau * (neurons.v_leak - v + neurons.r * current)
        fired = v >= neurons.v_threshold
        v = np.where(fired, neurons.v_reset, v)
        values["neurons"] = fired / dt  # Dirac pulses
        values["recurrent_weights"] = weight["recurrent_weights"] @ values["neurons"]
        values |= {
            name: values[name] * np.exp(-dt / node.tau) + dt / node.tau * node.r * values[source[name]]
            for name, node in integrators.items()
        }
        spikes.append(fired)
        outputs.append(readout.weight @ values[source["readout_weights"]] + readout.bias)
    return np.array(spikes), np.array(outputs)


@pytest.mark.parametrize("synapse", ["single_exponential", "double_exponential"])
def test_nir(synapse, tmp_path):
    nir = pytest.importorskip("nir")
    params = LIFParams(synapse=synapse, refractory=0.0, noise=0.0)
    network = SpikingNetwork.from_rate(datasets.load("go-nogo-sigmoid"), 50, params=params)
    nir.write(tmp_path / "network.nir", export.to_nir(network))
    graph = nir.read(tmp_path / "network.nir")
    assert np.array_equal(graph.nodes["recurrent_weights"].weight, network.dense_weights)
    u = 5 * pulse_input(41)
    run = simulate(network, u, seed=1, record=Record(spikes=True))
    v0 = -65 + 95 * initial_uniforms(1, 0, 200)
    spikes, outputs = step_by_step(graph, u, v0, run.n_steps, 0.00005)
    assert len(run.spikes) > 400
    assert np.array_equal(spikes.T, run.spike_matrix())
    np.testing.assert_allclose(outputs[:, 0], run.output[0, 0], atol=1e-9)


def test_nir_says_what_it_loses():
    pytest.importorskip("nir")
    network = random_network(10)
    with pytest.raises(ArgumentError, match="refractory period of 2 ms and the noise"):
        export.to_nir(network)
    graph = export.to_nir(network, approximate=True)
    assert graph.metadata["left_out"] == "the refractory period of 2 ms, the noise of 0.1 mV per step"
    with pytest.raises(ArgumentError, match=r"NIR cannot represent the noise of .* per step"):
        export.to_nir(random_network(10, refractory=0.0))
    with pytest.raises(ArgumentError, match="the only one of them that NIR has"):
        export.to_nir(random_network(10, neuron="quadratic"), approximate=True)


def spiking(folder, *arguments):
    return in_process.run(*arguments, cwd=folder)


def test_the_help_of_the_command_names_each_format(tmp_path):
    text = spiking(tmp_path, "export", "--help").stdout
    assert "|".join(export.FORMATS) in text
    names = {"mat": "MATLAB"}
    for ending in export.FORMATS:
        assert re.search(rf"\b{names.get(ending, ending.upper())}\b", text.partition("Example: ")[0])


@pytest.mark.slow
def test_the_command_line(tmp_path):
    run = simulate(
        random_network(10, strength=3.0), pulse_input(), seed=1, trials=2, record=Record(spikes=True)
    )
    run.save(tmp_path / "run.h5")
    for arguments, name in (
        (("--to", "nwb", "-o", "other.nwb"), "other.nwb"),
        (("-o", "run.mat"), "run.mat"),
        (("--to", "csv"), "run.csv"),
    ):
        done = spiking(tmp_path, "export", "run.h5", *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"saved {name}\n", "")
    header, *rows = (tmp_path / "run.csv").read_text().splitlines()
    assert header == "trial,neuron,population,time_ms,initial"
    assert len(rows) == len(run.spikes)
    assert scipy.io.loadmat(tmp_path / "run.mat", simplify_cells=True)["simulation"]["seed"] == 1
    for arguments, words in (
        (("run.h5",), "format is not given; expected --to nwb, mat, csv"),
        (("run.h5", "--to", "pdf"), "format is pdf"),
        (("nothing.h5", "--to", "mat"), "no such file"),
        (("run.csv", "-o", "new.mat"), "not a readable simulation"),
        (("run.h5", "-o", "run.mat"), "run.mat, which exists already"),
        (("run.h5", "-o", "nowhere/run.nwb"), "the folder nowhere does not exist"),
    ):
        done = spiking(tmp_path, "export", *arguments)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert words in done.stderr


METADATA = """
experimenter = ["Lovelace, Ada", "Hodgkin, Alan"]
institution = "A University"
keywords = ["working memory"]
session_start_time = 2026-01-31T14:00:00+01:00
"""


@pytest.fixture
def file_of_run(tmp_path):
    simulate(random_network(10, strength=3.0), pulse_input(), seed=1, record=Record(spikes=True)).save(
        tmp_path / "run.h5"
    )
    (tmp_path / "about.toml").write_text(METADATA, encoding="utf-8")
    return tmp_path


def test_nwb_metadata_of_the_command_line(file_of_run):
    pynwb = pytest.importorskip("pynwb")
    words = ["--to", "nwb", "--metadata", "about.toml", "--institution", "Another", "--lab", "A Laboratory"]
    words += ["--doi", "10.1073/pnas.1905926116", "--doi", "doi:10.1000/x", "--session", "7"]
    done = spiking(file_of_run, "export", "run.h5", *words, "--description", "A run.", "--json")
    assert (done.returncode, done.stderr) == (0, "saved run.nwb\n")
    assert json.loads(done.stdout) == {
        **{"file": "run.h5", "output": "run.nwb", "format": "nwb", "trials": 1, "unfinished": False}
    }
    with pynwb.NWBHDF5IO(file_of_run / "run.nwb", "r") as io:
        file = io.read()
        assert tuple(file.experimenter) == ("Lovelace, Ada", "Hodgkin, Alan")
        assert (file.institution, file.lab, file.session_id) == ("Another", "A Laboratory", "7")
        assert tuple(file.related_publications) == ("doi:10.1073/pnas.1905926116", "doi:10.1000/x")
        assert list(file.keywords[:]) == ["working memory"]
        assert file.session_description == "A run."
        assert file.session_start_time.isoformat() == "2026-01-31T14:00:00+01:00"


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("", "--to mat --experimenter A,B", "--experimenter is given with --to mat; expected it only with"),
        ("", "--to csv --metadata about.toml", "--metadata is given with --to csv; expected it only with"),
        ("", "--to nwb --experimenter Ada", "--experimenter is 'Ada'; expected 'Last, First'"),
        ("", "--to nwb --doi pnas", "--doi has 'pnas'; expected a DOI, such as 'doi:10.1073/"),
        ("", "--to nwb --metadata no.toml", "--metadata is no.toml, which cannot be read: No such file"),
        ("a = ", "--to nwb --metadata about.toml", "about.toml, which is not TOML: Invalid value"),
        ("Lab = 'x'", "--to nwb --metadata about.toml", "about.toml: metadata has 'Lab'; expected fields of"),
        ("institut = 'x'", "--to nwb --metadata about.toml", "is it institution?"),
        ("lab = 3", "--to nwb --metadata about.toml", "about.toml: metadata: lab is 3; expected one text"),
        (
            "session_start_time = 2026-01-31T14:00:00",
            "--to nwb --metadata about.toml",
            "about.toml: session_start_time is 2026-01-31 14:00:00; expected a time with a time zone",
        ),
        (
            "session_start_time = '2026-01-31'",
            "--to nwb --metadata about.toml",
            "expected a time with a time zone",
        ),
    ],
)
def test_metadata_of_the_command_line_that_cannot_be_used(file_of_run, text, words, message):
    (file_of_run / "about.toml").write_text(text, encoding="utf-8")
    done = spiking(file_of_run, "export", "run.h5", *words.split())
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert message in done.stderr
    assert sorted(path.name for path in file_of_run.iterdir()) == ["about.toml", "run.h5"]


def test_nwb_on_a_full_disk(tmp_path):
    pytest.importorskip("pynwb")
    resource, signal = pytest.importorskip("resource"), pytest.importorskip("signal")
    run = simulate(random_network(10), pulse_input(), seed=1, record=Record(spikes=True))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(ArgumentError, match="File too large; no file was written"):
            export.to_nwb(run, tmp_path / "run.nwb")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert list(tmp_path.iterdir()) == []


def test_every_table_as_csv_without_pandas(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    run = simulate(
        random_network(6, strength=3.0),
        pulse_input(),
        seed=1,
        trials=2,
        record=Record(spikes=True, output=True),
    )
    for table, columns, rows in (
        ("spikes", "trial,neuron,population,time_ms,initial", len(run.spikes)),
        ("trials", "rate_hz", 2),
        ("neurons", "neuron,population,tau_decay_ms,rate_hz", 6),
        ("rates", "trial,neuron,population,rate_hz", 12),
        ("output", "trial,channel,time_ms,output", run.output.size),
    ):
        path = tmp_path / f"{table}.csv"
        export.to_csv(run, path, table)
        header, *lines = path.read_text().splitlines()
        assert (header.endswith(columns), len(lines)) == (True, rows)
    rates = np.loadtxt(tmp_path / "rates.csv", delimiter=",", skiprows=1, usecols=3)
    np.testing.assert_allclose(rates, run.rates.ravel())
