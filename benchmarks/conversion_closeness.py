"""Compare spiking networks with their rate networks, unit by unit: published against matched conversion.

python benchmarks/conversion_closeness.py docs/conversion/go-nogo.csv docs/conversion/closeness.csv
python benchmarks/conversion_closeness.py --table docs/conversion/closeness.csv
python benchmarks/conversion_closeness.py --figure docs/conversion/closeness.csv docs/images/closeness.png

Takes the first networks of each activation in the first table (they are trained again), each with the factor
and the conversion that stand there.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from spiking import plotting
from spiking.analysis import conversion_quality, perturbation_response
from spiking.conversion.conversion import Conversion
from spiking.conversion.fit import fit_conversion
from spiking.evaluation.both_networks import run_both
from spiking.reproduce.paper.spec import NetworkSpec
from spiking.reproduce.train_and_convert import train_network
from spiking.tasks import GoNoGo

NETWORKS = 12  # of each activation


def conversions(model, row):
    kind, gain = row["variant"], float(row["gain"])
    fitted = fit_conversion(model, TASK, kind=kind, gain=gain)
    factor = float(row["multiple"]) * fitted.fitted_factor
    yield "published", Conversion(kind="published", factor=float(row["published_factor"]))
    yield "matched", fit_conversion(model, TASK, kind=kind, gain=gain, factor=factor)


def closeness(model, conversion):
    both = run_both(model, TASK, 20, seed=2, conversion=conversion, threads=1)
    quality, rates = conversion_quality(both), both.spiking.rates
    pushed = perturbation_response(model, TASK, seed=3, conversion=conversion, threads=1)
    alike = {
        "recurrent drive": quality.drive,
        "output, means": quality.mean_output,
        "average rates": quality.rates,
        "principal components": quality.trajectories,
        "response to a push, units": pushed.units,
        "response to a push, output": pushed.output,
    }
    found = {f"{name}: {part}": value for name, of in alike.items() for part, value in asdict(of).items()}
    return {"rate": rates.mean(), "fastest unit": rates.mean(axis=0).max(), **found}


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def figure(path, picture):
    rows = read(path)
    measures = [name for name in rows[0] if name.endswith(": error")]
    activations = list(dict.fromkeys(row["activation"] for row in rows))
    with plotting.publication():
        drawn, axes = plt.subplots(
            1, len(activations), figsize=(6.7, 2.2), sharex=True, sharey=True, layout="constrained"
        )
        for ax, activation in zip(axes, activations, strict=True):
            for how, colour, shift in (("published", "0.6", -0.15), ("matched", "#7A1F4F", 0.15)):
                own = [row for row in rows if (row["activation"], row["conversion"]) == (activation, how)]
                values = np.array([[float(row[measure]) for measure in measures] for row in own])
                places = np.arange(len(measures)) + shift
                ax.scatter(values, np.broadcast_to(places, values.shape), s=4, color=colour, alpha=0.5, lw=0)
                ax.plot(np.nanmedian(values, axis=0), places, "|", markersize=8, color=colour, label=how)
            ax.axvline(1, color="0.8", linewidth=0.8, zorder=0)
            ax.set(title=activation, xscale="log", xlabel="Relative error", ylim=(len(measures) - 0.5, -0.5))
            ax.xaxis.set_major_formatter("{x:g}")
            ax.set_yticks(range(len(measures)), [name.split(":")[0] for name in measures])
        axes[0].legend(fontsize=6, frameon=False)
        drawn.savefig(picture, dpi=200)


def table(path):
    rows = read(path)
    measures = [name for name in rows[0] if name not in ("activation", "seed", "conversion")]
    for activation in dict.fromkeys(row["activation"] for row in rows):
        own = [row for row in rows if row["activation"] == activation]
        print(f"\n{activation}, {len({row['seed'] for row in own})} networks: median (middle half)")
        for measure in measures:
            cells = []
            for how in ("published", "matched"):
                values = [float(row[measure]) for row in own if row["conversion"] == how]
                low, middle, high = np.nanquantile(values, (0.25, 0.5, 0.75))
                cells.append(f"{middle:7.2f} ({low:.2f} to {high:.2f})".ljust(28))
            print(f"{measure:42}", *cells)


def main():
    if sys.argv[1] == "--table":
        table(Path(sys.argv[2]))
        return
    if sys.argv[1] == "--figure":
        figure(*map(Path, sys.argv[2:]))
        return
    source, output = map(Path, sys.argv[1:])
    rows = read(source)
    with output.open("w", newline="") as file:
        writer = None
        for activation in dict.fromkeys(row["activation"] for row in rows):
            options = {"p_rec": 0.2} | ({} if activation == "sigmoid" else {"activation": activation})
            network = NetworkSpec(TASK, 250, (20.0, 50.0), options)
            for row in [row for row in rows if row["activation"] == activation][:NETWORKS]:
                model = train_network(network, int(row["seed"]), None)[1]
                for how, conversion in conversions(model, row):
                    line = {"activation": activation, "seed": row["seed"], "conversion": how}
                    line |= {name: f"{value:.4g}" for name, value in closeness(model, conversion).items()}
                    if writer is None:
                        writer = csv.DictWriter(file, line, lineterminator="\n")
                        writer.writeheader()
                    writer.writerow(line)
                    file.flush()


TASK = GoNoGo()

if __name__ == "__main__":
    main()
