# SPDX-License-Identifier: Apache-2.0
"""What every file says: its licence, no path of one machine, no task without an issue number."""
import re
import sys

import tree

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCES = {".h", ".hpp", ".c", ".cc", ".py", ".cmake", ".js", ".map", ".supp"}
SOURCE_NAMES = {"CMakeLists.txt"}
# The licence's own text and recorded bytes are not ours to word.
# This check and its test quote what they forbid.
SKIPPED = re.compile(
    r"^(LICENSE$|tests/fuzz/corpus/|tests/data/|plugin-api/abi/|tools/ci/check(s_test|_words)\.py$)")
TASK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b(?!\(#\d+\))")
# Directories that exist on one machine only. Tests make theirs with mkdtemp, docs say <directory>;
# the default media folder keeps the name that users know.
MACHINE_PATH = re.compile(r"(?<![\w./$}-])/(home|root|Users)/[\w.-]")
TEMPORARY_PATH = re.compile(r"(?<![\w./$}-])/tmp/(?!whatsapp-files\b)[\w.-]*\w")


def is_source(path, text):
    return path.suffix in SOURCES or path.name in SOURCE_NAMES or text.startswith("#!")


def problems(path, text):
    """Each problem of one file as 'path:line: what'."""
    if SKIPPED.match(str(path)):
        return
    if is_source(path, text) and SPDX not in "\n".join(text.split("\n", 3)[:3]):
        yield f"{path}:1: the first lines lack '{SPDX}'"
    for number, line in enumerate(text.splitlines(), start=1):
        if TASK.search(line):
            yield f"{path}:{number}: a task names its issue: TODO(#12)"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine"
        if path.suffix == ".md" and TEMPORARY_PATH.search(line):
            yield f"{path}:{number}: a temporary path in a document"


def main():
    found = []
    checked = 0
    for path in tree.files():
        try:
            text = (tree.ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue  # A picture or a recording.
        checked += 1
        found.extend(problems(path, text))
    return tree.report("words", found, checked)


if __name__ == "__main__":
    sys.exit(main())
