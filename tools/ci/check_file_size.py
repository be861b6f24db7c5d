# SPDX-License-Identifier: Apache-2.0
"""No source file is longer than 800 lines: a longer one has more than one subject."""
import sys

import tree

LIMIT = 800
SUFFIXES = {".h", ".hpp", ".c", ".cc", ".py", ".cmake", ".js", ".sh", ".sql"}


def too_long(path, text):
    lines = text.count("\n")
    if lines > LIMIT:
        return f"{path}: {lines} lines, the limit is {LIMIT}"
    return None


def main():
    paths = [path for path in tree.files() if path.suffix in SUFFIXES]
    found = [too_long(path, (tree.ROOT / path).read_text("utf-8")) for path in paths]
    return tree.report("file sizes", [problem for problem in found if problem], len(paths))


if __name__ == "__main__":
    sys.exit(main())
