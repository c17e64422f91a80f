"""Run the command line as ``python -m peqdlab``."""

from peqdlab.cli import main

if __name__ == "__main__":
    main()
