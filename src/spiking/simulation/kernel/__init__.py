"""The fast kernel: one trial, compiled by Numba, with the same spikes as `simulation.reference`.

Between spikes the synapses are linear. So their state is kept as it was at the start of a block of steps
(the base), and read `b` steps later from tables:

    IPSC[b] = IPSC[0] decay[b] + h[0] rise[b]        decay[b] = e^(-b dt/td)
    h[b]    = h[0] fade[b]                           fade[b]  = e^(-b dt/tr)
    rise[b] = dt (decay[b - 1] + decay[b - 2] fade[1] + ... + fade[b - 1])

Only the membrane is stepped. `rise` is a sum of positive terms, so td near or equal to tr needs no care.
A spike that adds x to h at step b adds to the state at the base what is x at step b: `x unfade[b]` to h, and
to IPSC what cancels its effect until then, `x lift[b]`. The single exponential adds to IPSC instead: there
`rise` and `unfade` are 0 and `lift[b]` is 1/decay[b]. The filtered rates r, hr are carried in the same way.

`prepare` makes the arguments of `trial.run_trial`.
"""
