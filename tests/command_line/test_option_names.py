"""Messages on the command line name options, not the arguments of functions."""

import in_process
import pytest

from spiking.command_line.output import set_options, with_options


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "go-nogo", "--scaling-factor", "0"], "--scaling-factor is 0"),
        (["simulate", "go-nogo", "--scaling-factor", "nan"], "--scaling-factor is nan"),
        (["simulate", "go-nogo", "--interval", "-1"], "--interval is -1"),
        (["simulate", "go-nogo", "--condition", "left"], "--condition is 'left'"),
        (["tune", "go-nogo", "--method", "fast", "--no-write"], "--method is 'fast'"),
        (["tune", "go-nogo", "--margin", "-1", "--no-write"], "--margin is -1"),
        (["tune", "go-nogo", "--conversion", "quick", "--no-write"], "--conversion is 'quick'"),
        (["train", "go-nogo", "-o", "m.mat", "--max-updates", "0"], "--max-updates is 0"),
        (["train", "go-nogo", "-o", "m.mat", "--stop-accuracy", "2"], "--stop-accuracy is 2.0"),
        (["plot", "weights", "go-nogo", "-o", "w.txt"], "--output is w.txt"),
        (["sweep", "go-nogo", "--vary", "noise=0.1", "-o", "t.txt"], "--output is t.txt"),
        (["reproduce", "fig7c", "--conversion", "quick", "--list"], "--conversion is 'quick'"),
    ],
)
def test_a_wrong_value_is_that_of_an_option(tmp_path, arguments, message):
    done = in_process.run(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"spiking: {message}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "m.mat has no factor; give one, such as scaling_factor=50",
            "m.mat has no factor; give one, such as --scaling-factor 50",
        ),
        ("it exists; replace it with --force (in Python force=True)", "it exists; replace it with --force"),
        ("scaling_factor is missing; expected one", "--scaling-factor is missing; expected one"),
        ("such as scaling_factor=50 (--scaling-factor 50), or", "such as --scaling-factor 50, or"),
        ("vary scaling_factor: grid", "vary scaling_factor: grid"),
        ("trials are few", "--trials are few"),
        ("the trials are few", "the trials are few"),
        ("extras['scaling_factor'] is 3", "extras['scaling_factor'] is 3"),
        ("from_rate(model, scaling_factor=50)", "from_rate(model, scaling_factor=50)"),
        ("the file scaling_factor.mat is empty", "the file scaling_factor.mat is empty"),
        ("--scaling-factor is 0", "--scaling-factor is 0"),
        ("output_file is 3", "output_file is 3"),
    ],
)
def test_only_arguments_are_replaced(message, shown):
    set_options(["-o", "--output", "--scaling-factor", "--trials"])
    assert with_options(message) == shown
    set_options([])
    assert with_options(message) == message.replace(" (in Python force=True)", "")  # of no use in a command
