"""Numbers in all the clothes in which other libraries hold them, and the places that take arrays."""

import array
from fractions import Fraction

import numpy as np
import scipy.sparse
from models import model_mapping
from networks import pulse_input, random_network

from spiking import (
    LIF_network_fnc,
    LIFParams,
    RandomDraws,
    RateModel,
    Record,
    Smoothing,
    SpikingError,
    Stimulation,
    Waveform,
    analysis,
    connectivity,
    simulate,
    tasks,
)
from spiking.importing import from_named_arrays

N = 12
RNG = np.random.default_rng(1)
NETWORK = random_network(N, strength=2.0, n_inputs=2)
MODEL = RateModel.load(model_mapping(N, n_inputs=2))
U = np.vstack([pulse_input(11), -pulse_input(11)])
SQUARE = np.round(np.abs(RNG.standard_normal((N, N))) * 8) / 64  # as float32 and float64 have them
ACTIVITY = np.round(RNG.standard_normal((N, 30)) * 64) / 64
LABELS = ["go", "nogo"] * (N // 2)
PLAIN = {"tau": 20.0, "step": 5.0, "form": "current", "activation": "relu"}


def spikes(run):
    return run.spikes.step, run.spikes.neuron, run.output


def simulated(u=U, network=NETWORK, **settings):
    return spikes(simulate(network, u, seed=1, record=Record(spikes=True), **settings))


def arrays(**changes):
    given = {"w": SQUARE, "w_in": np.ones((N, 2)), "w_out": np.ones((1, N)), **PLAIN, **changes}
    model = RateModel.from_arrays(**given)
    return model.w, model.w_in, model.w_out, model.tau_decay(), model.initial


def named(w):
    names = {"w": "a", "w_in": "b", "w_out": "c"}
    source = {"a": w, "b": np.ones((N, 2)), "c": np.ones((1, N))}
    return from_named_arrays(source, names, **PLAIN).model.w


def replayed(**changes):
    draws = RandomDraws.from_seed(1, 0, n_neurons=N, n_steps=1000)
    return simulated(draws=RandomDraws(**{"v0": draws.v0, "noise": draws.noise, **changes}))[0]


# What is made of a matrix, (N, N) or another shape, and the matrix.
MATRICES = {
    "simulate.inputs": (simulated, U),
    "RateModel.run.inputs": (lambda u: MODEL.run(u, seed=1).output, U),
    "LIF_network_fnc.u": (lambda u: LIF_network_fnc(MODEL, 30, u, {"mode": "none"}, 1, False, seed=1)[3], U),
    "Stepper.advance.inputs": (lambda u: NETWORK.stepper(seed=1).advance(u, 5.0).output, U[:, :5]),
    "from_inputs.inputs": (lambda u: tasks.from_inputs(u).trials(2, seed=1).inputs, U),
    "from_inputs.targets": (lambda z: tasks.from_inputs(U, z).trials(2, seed=1).targets, U[:1]),
    "from_arrays.w": (lambda w: arrays(w=w), SQUARE),
    "from_arrays.w_in": (lambda w: arrays(w_in=w), SQUARE[:, :2]),
    "from_arrays.w_out": (lambda w: arrays(w_out=w), SQUARE[:1]),
    "from_named_arrays.w": (named, SQUARE),
    "RateModel.load.w": (lambda w: RateModel.load({**model_mapping(N), "w": w}).w, model_mapping(N)["w"]),
    "untrained.connectivity": (
        lambda w: RateModel.untrained(N, n_inputs=1, connectivity=w).w,
        np.float64(SQUARE > 0.05),
    ),
    "with_weights": (lambda w: NETWORK.with_weights(w).weights, SQUARE),
    "with_input_weights": (lambda w: NETWORK.with_input_weights(w).w_in, SQUARE[:, :2]),
    "principal_components": (lambda a: analysis.principal_components(a).components, ACTIVITY),
    "project": (lambda a: analysis.principal_components(ACTIVITY).project(a), ACTIVITY),
    "selectivity.activity": (lambda a: analysis.selectivity(a, np.arange(N) < 5).auc, ACTIVITY),
    "condition_means": (lambda a: analysis.condition_means(a, LABELS)["go"], ACTIVITY),
    "time_scale": (
        lambda a: analysis.time_scale(a, 5.0),
        np.float64(np.float32(np.exp(-np.arange(8) / [[2.0], [3.0]]))),
    ),
    "agreement": (lambda a: analysis.agreement(a, ACTIVITY**2).correlation, ACTIVITY),
    "fixed_points.starts": (lambda x: analysis.fixed_points(MODEL, starts=x).outputs, ACTIVITY[:, :4].T),
    "Smoothing.apply": (lambda x: Smoothing("gaussian", 10.0).apply(x, 5.0), ACTIVITY),
    "RandomDraws.noise": (
        lambda z: replayed(noise=z),
        RandomDraws.from_seed(1, 0, n_neurons=N, n_steps=1000).noise,
    ),
}
# The same of a vector of numbers, of unit numbers and of a mask.
VECTORS = {
    "from_arrays.tau": (lambda x: arrays(tau=x), 10.0 + 5.0 * np.arange(N)),
    "from_arrays.initial": (lambda x: arrays(initial=x), np.arange(N) / 16),
    "LIFParams.initial_voltage": (
        lambda x: LIFParams(initial_voltage=x).initial_voltage,
        -60.0 + np.arange(N),
    ),
    "simulate.input_noise": (lambda x: simulated(input_noise=x), np.array([0.125, 0.25])),
    "Stimulation.amplitude": (
        lambda x: Stimulation("exc", (0, 9), amplitude=x).amplitude,
        np.array([0.125, 0.5]),
    ),
    "Waveform.samples": (lambda x: Waveform("exc", x, 5.0).samples, np.array([0.0, 0.5, 0.25])),
    "agreement": (lambda x: analysis.agreement(x, np.arange(5.0)).correlation, np.array([1.0, 4, 2, 5, 3])),
    "find_fixed_points.inputs": (
        lambda x: analysis.fixed_points(MODEL, x, starts=2).outputs,
        np.array([0.5, 1.0]),
    ),
    "RandomDraws.v0": (lambda x: replayed(v0=x), np.arange(N) / 16),
    "FICurve": (lambda x: fi_curve(x), np.array([-50.0, -20.0, 10.0])),
}
UNITS = {
    "Stimulation.units": lambda x: Stimulation(x, (0, 9)).units,
    "Record.voltage": lambda x: simulate(NETWORK, U, seed=1, record=Record(voltage=x)).voltage.shape,
    "lesion": lambda x: NETWORK.lesion(x).lesioned,
    "stims['units']": lambda x: LIF_network_fnc(
        MODEL, 30, U, {"mode": "exc", "dur": [10, 90], "units": x}, 1, False, seed=1
    )[3],
    "area_mask": lambda x: connectivity.area_mask(N, {"a": x}, {("a", "a"): 0.5}),
    "simulate.trials": lambda x: simulate(NETWORK, U, trials=x).trials,
}
MASKS = {
    "Stimulation.units": lambda x: Stimulation(x, (0, 9)).units,
    "lesion": lambda x: NETWORK.lesion(x).lesioned,
    "with_populations": lambda x: NETWORK.with_populations(a=x).populations["a"],
    "selectivity.first": lambda x: analysis.selectivity(ACTIVITY, x).auc,
}


def fi_curve(x):
    from spiking.neuron import fi_curve

    return fi_curve()(x)


def memory_map(values, folder):
    path = folder / "values.npy"
    np.save(path, values)
    return np.load(path, mmap_mode="r")


def masked(values):
    mask = np.zeros(values.shape, bool)
    mask.flat[1] = True
    return np.ma.array(values, mask=mask)


def jax_array(values):
    import jax.numpy as jnp

    return jnp.asarray(values)


def bfloat16(values):
    import jax.numpy as jnp

    return jnp.asarray(values, jnp.bfloat16)


def objects(values):
    out = np.empty(values.shape, object)
    out[...] = values.tolist()
    return out


def fractions(values):
    return np.array([Fraction(float(x)) for x in values.ravel()], object).reshape(values.shape)


def table(values):
    import pandas as pd

    return (pd.DataFrame if values.ndim == 2 else pd.Series)(values)


def nullable(values):
    return table(values).convert_dtypes()


def sparse_table(values):
    import pandas as pd

    return pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csc_array(values))


def data_array(values):
    import xarray

    return xarray.DataArray(values)


def with_missing(values):
    import pandas as pd

    out = nullable(values)
    if values.ndim == 2:
        out.iloc[0, 0] = pd.NA
    else:
        out.iloc[0] = pd.NA
    return out


# How an array is given, and whether it is taken (else refused); None: as the place takes NaN or None.
KINDS = {
    "nested lists": (lambda x, _: x.tolist(), True),
    "list of rows": (lambda x, _: list(x), True),
    "tuple": (lambda x, _: tuple(x), True),
    "memory map": (memory_map, True),
    "masked without a mask": (lambda x, _: np.ma.array(x), True),
    "masked": (lambda x, _: masked(x), False),
    "rows of which one is masked": (lambda x, _: [np.ma.array(x[0], mask=True), *x[1:]], False),
    "JAX": (lambda x, _: jax_array(x), True),
    "list of JAX": (lambda x, _: [jax_array(row) for row in x], True),
    "JAX bfloat16": (lambda x, _: bfloat16(x), False),
    "table": (lambda x, _: table(x), True),
    "table of nullable numbers": (lambda x, _: nullable(x), True),
    "table with a missing number": (lambda x, _: with_missing(x), None),
    "table of texts": (lambda x, _: table(x.astype(str)), False),
    "xarray": (lambda x, _: data_array(x), True),
    "xarray dataset": (lambda x, _: data_array(x).to_dataset(name="a"), False),
    "objects": (lambda x, _: objects(x), True),
    "fractions": (lambda x, _: fractions(x), True),
    "object of objects": (lambda x, _: np.array([{"a": 1}] * len(x), object), False),
    "texts": (lambda x, _: x.astype(str), False),
    "dates": (lambda x, _: x.astype("datetime64[s]"), False),
    "structured": (lambda x, _: np.zeros(x.shape, [("a", float)]), False),
    "big-endian": (lambda x, _: x.astype(x.dtype.newbyteorder(">")), True),
    "longdouble": (lambda x, _: x.astype(np.longdouble), True),
    "Fortran": (lambda x, _: np.asfortranarray(x), True),
    "strided": (lambda x, _: np.repeat(x, 2, axis=0)[::2], True),
    "generator": (lambda x, _: (row for row in x), False),
    "set": (lambda x, _: {1, 2, 3}, False),
    "ragged": (lambda x, _: [[1.0, 2.0], [3.0]] + [[1.0]] * (len(x) - 2), False),
    "no numbers": (lambda x, _: None, None),
    "a module": (lambda x, _: np, False),
    "a class": (lambda x, _: np.ndarray, False),
    "huge integers": (lambda x, _: [[10**400] * len(row) for row in np.atleast_2d(x)], False),
}
OF_MATRICES = {
    "matrix": (lambda x, _: np.asmatrix(x), True),
    "csr": (lambda x, _: scipy.sparse.csr_matrix(x), True),
    "coo array": (lambda x, _: scipy.sparse.coo_array(x), True),
    "lil": (lambda x, _: scipy.sparse.lil_matrix(x), True),
    "table of sparse columns": (
        lambda x, _: sparse_table(x),
        True,
    ),
}
OF_VECTORS = {
    "array.array": (lambda x, _: array.array("d", x), True),
    "memoryview": (lambda x, _: memoryview(np.ascontiguousarray(x)), True),
}


def outcome(call, given):
    """Return the result of a call, or the line with which it refused what was given."""
    try:
        return call(given)
    except SpikingError as error:
        return str(error)


def problems(places, kinds, folder):
    """Yield in words what became of arrays that should have been taken or refused."""
    for place, (call, plain) in places.items():
        expected = call(plain)
        for kind, (convert, taken) in kinds.items():
            given = convert(plain, folder)
            try:
                result = outcome(call, given)
            except Exception as error:  # noqa: BLE001 - foreign ones are listed
                yield f"{place}: {kind}: {type(error).__name__}: {error!s:.90}"
                continue
            if isinstance(result, str):
                if taken:
                    yield f"{place}: {kind}: refused: {result:.150}"
                elif "\n" in result or len(result) > 400:
                    yield f"{place}: {kind}: refused at length: {result}"
            elif taken is None:
                continue
            elif not taken:
                yield f"{place}: {kind}: taken: {result!s:.60}"
            else:
                try:
                    np.testing.assert_equal(result, expected)
                except AssertionError:
                    yield f"{place}: {kind}: another result"
