"""A few hundred damaged files; `make fuzz` reads over 10,000."""

from __future__ import annotations

import sys

import pytest
from fuzz_model_file import MAX_BYTES, MAX_SECONDS, fuzz


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measures memory as POSIX systems do")
def test_damaged_files_give_a_model_or_a_model_file_error() -> None:
    counts, longest, largest, _ = fuzz(250, seed=1)
    assert {outcome for _, outcome in counts} == {"model", "ModelFileError"}
    assert sum(counts.values()) == 250
    assert min(counts["7.3", "ModelFileError"], counts["uncompressed", "model"]) > 10
    assert longest < MAX_SECONDS
    assert largest < MAX_BYTES
