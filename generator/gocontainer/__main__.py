"""The entry point. ``--version`` is answered before anything else is imported."""

from __future__ import annotations

import gc
import sys


def main() -> int:
    """Run the command line and return the exit code."""
    gc.disable()  # a run is over before looking for garbage could pay
    if sys.argv[1:] in (["--version"], ["-V"]):
        from gocontainer import __version__

        try:
            sys.stdout.write(f"gocontainer {__version__}\n")
            sys.stdout.flush()
        except OSError:  # nobody reads it, which is no failure
            from gocontainer.console import stop_printing

            stop_printing()
        return 0
    try:
        from gocontainer.cli.main import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while it is still being imported
        sys.stderr.write("Cancelled. Nothing was written.\n")
        return 130
    gc.freeze()  # nor is there a point in looking at the end
    return code


if __name__ == "__main__":
    sys.exit(main())
