"""The published spiking network in NumPy, from its equations alone: nothing of this package is used.

Kim, Li & Sejnowski (PNAS 2019), equations 5 to 8 and Table S1, as their LIF_network_fnc.m computes them; many
trials at once.
"""

import numpy as np
from scipy.io import loadmat

DT, TM, TREF, TR = 0.00005, 0.010, 0.002, 0.002  # s
RESET, THRESHOLD, BIAS, PEAK = -65.0, -40.0, -40.0, 30.0  # mV
STEPS = 100  # a column of the input


def outputs(path, scaling_factor, u, seed):
    """Return outputs (trials, n_outputs, steps) of inputs (trials, n_inputs, columns), and the rate in Hz."""
    file = loadmat(path)
    n = int(file["N"].item())
    w = file["w"].astype(float)
    if file["inh"].any():
        w = np.maximum(w, 0)
    w = w @ file["m"].astype(float) * file["som_m"] / scaling_factor
    taus = file["taus"].ravel()
    td = np.full(n, taus[0] * 0.005)
    if taus.size > 1:
        share = 1 / (1 + np.exp(-file["taus_gaus"].ravel().astype(float)))
        td = (share * (taus[1] - taus[0]) + taus[0]) * 0.005
    readout = file["w_out"].reshape(-1, n).astype(float) / scaling_factor
    rng = np.random.default_rng(seed)
    drive = np.einsum("nc,kct->ktn", file["w_in"].reshape(n, -1).astype(float), u)
    trials, columns, _ = drive.shape
    steps = STEPS * (columns - 1)
    v = RESET + (PEAK - RESET) * rng.random((trials, n))
    ipsc, h, r, hr, last = (np.zeros((trials, n)) for _ in range(5))
    decay, rise, jump = np.exp(-DT / td), np.exp(-DT / TR), 1 / (TR * td)
    out, count = np.empty((trials, len(readout), steps)), 0
    for i in range(1, steps + 1):
        current = ipsc + BIAS + drive[:, int(i / STEPS + 0.5)]
        v = v + DT * ((DT * i > last + TREF) * (current - v) / TM) + rng.standard_normal((trials, n)) / 10
        spiked = v >= THRESHOLD
        last = last + (DT * i - last) * spiked
        ipsc = ipsc * decay + h * DT
        h *= rise
        r = r * decay + hr * DT
        hr *= rise
        for k in np.flatnonzero(spiked.any(axis=1)):
            h[k] += w[:, spiked[k]].sum(axis=1) * jump
            hr[k, spiked[k]] += jump[spiked[k]]
        v = np.where(spiked, RESET, v)
        out[:, :, i - 1] = r @ readout.T
        count += np.count_nonzero(spiked)
    return out, count / (trials * n * steps * DT)
