"""A few hundred damaged files; `make fuzz` reads over 10,000."""

from __future__ import annotations

import sys

import matlab_files
import pytest
from fuzz_files import MAX_BYTES, MAX_SECONDS, fuzz


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures memory as POSIX systems do")
def test_damaged_files_give_a_model_or_an_error_of_ours() -> None:
    counts, longest, largest, _ = fuzz(250, 1, matlab_files.KINDS)
    assert {outcome for _, outcome in counts} == {"sound", "SpikingError"}
    assert sum(counts.values()) == 250
    assert min(counts["7.3", "SpikingError"], counts["uncompressed", "sound"]) > 10
    assert longest < MAX_SECONDS
    assert largest < MAX_BYTES
