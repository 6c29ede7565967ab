"""The command line as a process of its own: ``spiking``, or ``python -m spiking``."""

import atexit
import os
import sys


def main() -> None:
    """Run the command line until the process ends, also by Ctrl-C at any moment."""
    try:
        from spiking.interruption import end_at_ctrl_c, uninterrupted

        end_at_ctrl_c()
    except KeyboardInterrupt:
        os.write(2, b"spiking: interrupted; nothing was done yet\n")
        os._exit(130)
    status = 1

    def end() -> None:
        with uninterrupted:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)

    atexit.register(end)  # the first comes last; what follows would give signals back to the system

    from spiking.command_line import main as run

    try:
        run()
    except SystemExit as ended:
        status = int(ended.code or 0)
        raise


if __name__ == "__main__":
    main()
