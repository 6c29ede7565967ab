"""Run as a program: compile a small function as the kernel is; print its results and cache hits."""

import json
import sys

from spiking.simulation.kernel.disk_cache import compiled


def twice(x):
    return 2 * x


def main():
    function = compiled(twice)
    result = [function(21), function(0.5)]
    stats = function.stats
    print(json.dumps([result, sum(stats.cache_hits.values()), sum(stats.cache_misses.values())]))


if __name__ == "__main__":
    sys.exit(main())
