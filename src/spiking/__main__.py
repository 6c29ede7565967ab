"""Run the command line: ``python -m spiking``."""

from spiking.command_line import main

if __name__ == "__main__":
    main()
