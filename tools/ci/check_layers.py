# SPDX-License-Identifier: Apache-2.0
"""Who may include whom: the folders of host/, the plugins, and the wrappers of third parties."""
import posixpath
import re
import sys

import tree

# Left may not see right.
LAYERS = ["base", "config", "runtime", "net", "plugin", "storage", "proxy", "event", "session",
          "webhook", "media", "http", "pages", "api", "app"]

# Libraries that stay behind one door: include pattern -> where it may be included. The first pattern
# that fits counts. Beast's parser takes Asio's buffers, which are no more than a pointer and a size;
# the loop of host/runtime needs no more of Asio.
WRAPPED = [
    (r"pistache/", r"host/http/pistache\.hpp$"),
    (r"boost/dll(/|\.hpp)", r"host/plugin/boost_dll\.hpp$"),
    (r"boost/asio/buffer\.hpp", r"host/http/"),
    (r"boost/asio(/|\.hpp)", r"(?!)"),  # nowhere
    (r"boost/beast(/|\.hpp)", r"host/(http|net)/"),
    (r"curl/", r"host/net/"),
    (r"spdlog/", r"host/base/log\.cc$"),
    (r"prometheus/", r"host/base/metrics\.cc$"),
    (r"yaml-cpp/", r"host/config/"),
    (r"valijson/", r"host/base/json_schema\.cc$"),
    (r"CLI/", r"host/app/|tools/"),
    (r"sqlite3\.h", r"plugins/|tools/"),
    (r"dlfcn\.h", r"host/plugin/|tools/"),
]
# Plugins' own libraries, and code that may use what it likes.
FREE = re.compile(r"^(tests|tools)/")

# Static libraries that plugins share: the only folders of plugins/ that another plugin may include.
SHARED_PLUGIN_FOLDERS = {"multidevice", "proxy-address"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
SUFFIXES = {".h", ".hpp", ".c", ".cc"}


def includes(text):
    """(line, is_quoted, name) of every include."""
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(2)) + 1
        yield line, match.group(1) == '"', match.group(2)


def host_problem(folder, quoted, name, known_folders):
    target = name.split("/")[0] if "/" in name else None
    if not quoted:
        return None
    if name.startswith(".."):
        return f"'{name}': include from the host/ root, not by '../'"
    if target is None:
        return f"'{name}': include from the host/ root: \"{folder}/{name}\""
    if target not in known_folders:
        return f"'{name}' is not a folder of host/"
    if folder in LAYERS and LAYERS.index(target) > LAYERS.index(folder):
        return f"{folder} may not know {target} ('{name}')"
    return None


def plugin_problem(own, quoted, name, known_folders):
    target = name.split("/")[0]
    if name.startswith(".."):
        return f"'{name}': include by the path from the plugin's own folder, not by '../'"
    if name.startswith("host/") or (quoted and "/" in name and target in known_folders
                                    and target not in own):
        return f"'{name}': a plugin knows plugin-api only, nothing of host/"
    return None


def plugin_api_problem(path, quoted, name):
    if quoted:
        target = posixpath.normpath(posixpath.join(str(path.parent), name))
        alone = target.startswith("plugin-api/")
    else:
        alone = "/" not in name or name.startswith(("waxwing/", "sys/"))
    return None if alone else f"'{name}': plugin-api depends on nothing"


def wrapper_problem(path, name):
    for pattern, door in WRAPPED:
        if re.match(pattern, name):
            if re.match(door, str(path)):
                return None
            return f"<{name}> is behind a door: only {door} may include it"
    return None


def problems(path, text, own_folders=frozenset()):
    """Each violation in one file as 'path:line: what'. own_folders: sub-folders of the plugin."""
    parts = path.parts
    if FREE.match(str(path)) or path.suffix not in SUFFIXES:
        return
    for line, quoted, name in includes(text):
        problem = wrapper_problem(path, name)
        if problem is None and parts[0] == "host" and len(parts) > 2:
            if parts[1] not in LAYERS:
                problem = f"the folder {parts[1]} has no place in LAYERS"
            else:
                problem = host_problem(parts[1], quoted, name, LAYERS)
        elif problem is None and parts[0] == "plugins":
            problem = plugin_problem(own_folders | SHARED_PLUGIN_FOLDERS, quoted, name, LAYERS)
        elif problem is None and parts[0] == "plugin-api":
            problem = plugin_api_problem(path, quoted, name)
        if problem is not None:
            yield f"{path}:{line}: {problem}"


def main():
    paths = [path for path in tree.files() if path.suffix in SUFFIXES]
    own = {}
    for path in paths:
        if path.parts[0] == "plugins" and len(path.parts) > 3:
            own.setdefault(path.parts[1], set()).add(path.parts[2])
    found = []
    for path in paths:
        folders = frozenset(own.get(path.parts[1], ())) if path.parts[0] == "plugins" else frozenset()
        found.extend(problems(path, (tree.ROOT / path).read_text("utf-8"), folders))
    return tree.report("layers", found, len(paths))


if __name__ == "__main__":
    sys.exit(main())
