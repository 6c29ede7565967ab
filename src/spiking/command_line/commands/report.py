"""`spiking report`: write one page about a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from spiking.command_line import loading, options
from spiking.command_line.output import check_can_draw, echo, print_failures, print_json
from spiking.command_line.progress import progress_bar
from spiking.errors import ArgumentError, SpikingError


def report(
    models: options.Networks,
    output: Annotated[
        Path | None,
        options.output_to(
            "Page to write (.html), which is replaced; of several networks the folder. Default: report.html, "
            "or a page beside each file."
        ),
    ] = None,
    task_name: options.TaskName = None,
    settings: options.Settings = None,
    trials: options.Trials = 100,
    seed: options.Seed = 1,
    scaling_factor: options.ScalingFactor = None,
    rate_model: options.RateModelFile = None,
    threads: options.Threads = None,
    as_json: options.AsJson = False,
) -> None:
    """Write a page about a model.

    The page shows accuracy, trials, faithfulness of the conversion, tuning and warnings. It is one file that
    opens in any browser and needs no internet connection. A network file is compared with the rate model in
    --rate-model. Several files, or a folder, get a page each (a.mat: a.html); if one of them fails, the
    others are still written, and the exit status is 1.

    Example: spiking report model.mat --task go-nogo -o report.html
    """
    from spiking.files.output import check_outputs, keep_text
    from spiking.report import report as make

    files = loading.model_files(models, networks=rate_model is not None)
    many = files != models or len(files) > 1
    pages = _pages(files, output) if many else {files[0]: Path("report.html") if output is None else output}
    check_outputs([(page, (".html", ".htm")) for page in pages.values()], [*files, task_name])
    check_can_draw("a report")

    def write(model: str, page: Path, advance: Callable[[int], None]) -> None:
        rates, _ = loading.both_networks(model, rate_model, scaling_factor, task=(task_name, settings))
        if rates is None:
            raise ArgumentError(f"{model} is a network file; expected --rate-model with its rate model")
        text = make(
            rates if rate_model is None else rate_model,
            loading.chosen_task(rates, task_name, settings),
            trials,
            network=None if rate_model is None else model,
            task_file=task_name,
            seed=seed,
            scaling_factor=scaling_factor,
            name=model,
            threads=threads,
            progress=advance,
        )
        keep_text(page, text)
        rows.append({"file": model, "output": page, "bytes": len(text.encode())})
        echo(f"wrote {page} ({len(text) / 1e6:.1f} MB)")

    rows: list[dict[str, Any]] = []
    errors: dict[str, Exception] = {}
    with progress_bar("trials", trials * len(files)) as show:
        for k, (model, page) in enumerate(pages.items()):
            try:
                write(model, page, lambda done, before=k * trials: show(before + done))  # type: ignore[misc]
            except SpikingError as error:  # the other pages are still written
                if not many:
                    raise
                errors[model] = error
                rows.append({"file": model, "error": str(error)})
    if as_json:
        print_json(rows)
    print_failures(errors)


def _pages(files: list[str], folder: Path | None) -> dict[str, Path]:
    """Return the page of each file: in the folder, or beside the file."""
    if folder is not None and not folder.is_dir():
        raise ArgumentError(f"--output is {folder}, and {len(files)} networks are given; expected a folder")
    pages = {file: (folder or Path(file).parent) / f"{Path(file).stem}.html" for file in files}
    for file, page in pages.items():
        if list(pages.values()).count(page) > 1:
            raise ArgumentError(
                f"{file} and another file have the page {page}; expected files of other names"
            )
    return pages
