"""Connect to the cluster that is given on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spiking.errors import ArgumentError
from spiking.optional import library

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def cluster_client(address: str | None) -> Iterator[Client | None]:
    """Connect to the scheduler at an address; None without one."""
    if address is None:
        yield None
        return
    distributed = library("distributed", "cluster", "--scheduler")
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ArgumentError(
            f"there is no scheduler at {address} ({reason}); start one: dask scheduler"
        ) from None
    try:
        yield client
    finally:
        client.close()
