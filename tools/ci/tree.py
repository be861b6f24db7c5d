# SPDX-License-Identifier: Apache-2.0
"""The files of the project, and how a check reports what it found."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def files(root=ROOT):
    """Paths relative to the root: what git knows, and new files it does not ignore."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=root, check=True, capture_output=True).stdout
    names = sorted({name for name in listed.decode().split("\0") if name})
    return [pathlib.PurePosixPath(name) for name in names if (root / name).is_file()]


def report(check, problems, checked):
    """Prints the problems and returns the exit code."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{check}: {len(problems)} problems", file=sys.stderr)
        return 1
    print(f"{check}: {checked} files are fine")
    return 0
