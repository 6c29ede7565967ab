"""The options of a search for the scaling factor, checked, with their defaults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spiking.check_arguments import check_arguments, unchecked
from spiking.checks import positive_number
from spiking.conversion.choose import warn_of_lambda
from spiking.conversion.conversion import VARIANTS, Asked
from spiking.errors import ArgumentError
from spiking.neuron.params import LIFParams
from spiking.random_streams import SEARCH_FIRST
from spiking.short_repr import short_repr
from spiking.tuning.candidates import checked_grid, checked_noises

Method = Literal["auto", "grid"]
Choice = Literal["plateau", "first"]


@check_arguments(margin=positive_number, candidates=unchecked, noises=unchecked)
@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """The options of a search; their meaning is that of the arguments of `find_scaling_factor`.

    The defaults stand here only: the signature of that function takes them from this class.

    Examples
    --------
    >>> from spiking.tuning import SearchOptions
    >>> SearchOptions().method
    'auto'
    """

    method: Method = "auto"
    candidates: Sequence[float] | None = None
    trials: int = 100
    choice: Choice = "plateau"
    margin: float = 0.05
    extend: bool = True
    downsample: int = 1
    params: LIFParams | None = None
    conversion: Asked = "published"
    noises: Sequence[float] | None = None

    __repr__ = short_repr

    def __post_init__(self) -> None:
        if self.candidates is not None:
            warn_of_lambda("candidates", checked_grid(self.candidates).factors[0])
        if self.conversion != "published":
            for name in ("method", "candidates", "choice", "margin", "extend"):
                if getattr(self, name) != getattr(SearchOptions, name):
                    raise ArgumentError(
                        f"conversion is {self.conversion!r}; expected 'published' with {name}"
                    )
        if self.noises is not None:
            if self.conversion not in ("matched", *VARIANTS):
                raise ArgumentError(
                    f"conversion is {self.conversion!r}; expected 'matched', 'one_offset' or 'mean_drive' "
                    f"with noises"
                )
            checked_noises(self.noises)
        if self.trials > SEARCH_FIRST:
            raise ArgumentError(f"trials is {self.trials}; expected at most {SEARCH_FIRST}")
