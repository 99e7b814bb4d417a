"""Keeps the promise that the front door of judging is light: what computes is loaded when it is asked for."""

import subprocess
import sys


def test_the_front_door_is_light() -> None:
    code = "import sys, dataferry.judging as j; print(sorted({'numpy', 'scipy', 'choix'} & set(sys.modules)), j.rank)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
