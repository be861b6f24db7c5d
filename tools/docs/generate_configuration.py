#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Writes docs/configuration.md and config/waxwing.example.yaml from the configuration's schema.
"""Usage: generate_configuration.py [--check]

With --check nothing is written; the exit status is 1 when a file is not what would be written.
"""

import json
import pathlib
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "host/config/schema.json"
SESSION_SCHEMA = ROOT / "host/config/session_config.json"
DOCUMENT = ROOT / "docs/configuration.md"
EXAMPLE = ROOT / "config/waxwing.example.yaml"

INTRODUCTION = """\
# Configuration

<!-- Made by tools/docs/generate_configuration.py from host/config/schema.json; change it there. -->

Waxwing runs without any configuration. What differs from the defaults comes from a YAML file
(`waxwing --config FILE`) and from the environment; the environment wins. The variables are those
that users of WAHA know. `config/waxwing.example.yaml` shows every option with its default.

- `waxwing --check-config` reports every problem at once, each with its line or variable, and
  exits with 1 if there is one. An unknown option, a wrong type or a bad value is an error.
- `waxwing --print-config` shows every option with its value and where the value comes from;
  secrets are masked.
- A variable that is set to nothing counts as not set. Booleans are `true`, `false`, `1` or `0` in
  any case, lists are separated by commas. A `WAHA_*` or `WHATSAPP_*` variable without a meaning
  here gives a warning.

In the YAML file

- `${NAME}` stands for an environment variable and `${NAME:-text}` gives a default; `$${` stands
  for the characters themselves. Without quotes the value then has the type that is wanted:
  `port: ${PORT}`; inside `{…}` and `[…]` YAML wants quotes;
- a value that begins with `file:/` stands for the contents of that file, without the line break
  at its end: `api_key: file:/run/secrets/api_key`. The environment may say so too for options
  marked *secret*.

The settings of engines, storage modules and proxy modules have one place each, by their id:
`engines.<ID>.config`, `storage.<id>.config` and `proxy.<id>.config`. Their own schemas (see
`GET /api/plugins`) check them when the plugin is loaded. `plugins.load` only says which files
are loaded.
"""

UNUSED = "Accepted and kept, but nothing reads these options yet."


def load_schemas():
    schema = json.loads(SCHEMA.read_text())
    session = json.loads(SESSION_SCHEMA.read_text())
    schema["definitions"] = dict(session["definitions"], session_config=session)
    return schema


class Generator:
    def __init__(self, schema):
        self.schema = schema
        self.variables = {}

    def resolve(self, node):
        while "$ref" in node:
            target = self.schema
            for step in node["$ref"][2:].split("/"):
                target = target[step]
            # What stands beside a reference describes its use.
            node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
        return node

    # ---- the document ---------------------------------------------------------------------------

    def document(self):
        out = [INTRODUCTION]
        for name, section in self.schema["properties"].items():
            out.append(f"## {name}\n\n{section['description']}\n")
            if section.get("x-unused"):
                out.append(UNUSED + "\n")
            rows = list(self.rows(section, name))
            if rows:
                out.append(self.table(["Option", "Default", "Environment", "Meaning"], rows))
            if "examples" in section:
                out.append(self.example_block(name, section["examples"][0]))
        out.append("## The config of a session\n\n" + self.session_text())
        out.append("## Environment variables\n\n" + self.variable_table())
        return "\n".join(out)

    def rows(self, node, path):
        node = self.resolve(node)
        for name, child in node.get("properties", {}).items():
            child = self.resolve(child)
            yield from self.option_rows(child, f"{path}.{name}")
        for key, word in (("additionalProperties", "<name>"), ("items", "[]")):
            child = node.get(key)
            if isinstance(child, dict):
                child = self.resolve(child)
                place = path + ("[]" if word == "[]" else f".{word}")
                if child.get("properties") and not place.endswith(".config"):
                    yield from self.rows(child, place)

    def option_rows(self, node, path):
        if path.endswith("].config") or path == "sessions.<name>.config":
            yield [f"`{path}`", "", "", "Its config, see below."]
            return
        if node.get("properties") and node.get("type") != "array":
            yield from self.rows(node, path)
            return
        names = []
        for entry in node.get("x-env", []):
            name = entry if isinstance(entry, str) else f"{entry['name']}={entry['when'][0]}"
            names.append(f"`{name}`")
            self.variables.setdefault(name, path)
        default = f"`{json.dumps(node['default'])}`" if "default" in node else ""
        if node.get("items", {}).get("properties"):
            default = "`[]`" if node.get("default") == [] else default
        yield [f"`{path}`", default, " ".join(names), self.meaning(node)]
        if node.get("type") == "array":
            yield from self.rows(node, path)

    def meaning(self, node):
        text = node.get("description", "")
        if "enum" in node:
            values = [v for v in node["enum"] if v is not None]
            if len(values) <= 8:
                text += " One of " + ", ".join(f"`{v}`" for v in values) + "."
        low, high = node.get("minimum"), node.get("maximum")
        if low is not None and high is not None:
            text += f" {low} to {high}."
        if node.get("x-secret"):
            text += " *Secret.*"
        if node.get("x-yes-no"):
            text += " `yes` and `no` count too in the environment."
        return text.strip()

    @staticmethod
    def table(head, rows):
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
        return "\n".join(lines) + "\n"

    @staticmethod
    def example_block(name, example):
        return "```yaml\n" + "\n".join(yaml_lines({name: example}, 0)) + "\n```\n"

    def session_text(self):
        session = self.schema["definitions"]["session_config"]
        rows = []
        self.session_rows(session, "", rows)
        events = ", ".join(f"`{e}`" for e in self.schema["definitions"]["event_name"]["enum"])
        return (
            "The same in `POST` and `PUT /api/sessions` and below `sessions.<name>.config`. Every\n"
            "field may be absent; a default counts when the object around it is given. An engine\n"
            "brings the schema of its own section with it; the sections below are those that this\n"
            "version knows by itself.\n\n"
            + self.table(["Field", "Type", "Default", "Meaning"], rows)
            + f"\nEvents: {events}. `*` stands for all but `engine.event` and `state.change`.\n"
        )

    def session_rows(self, node, path, rows):
        node = self.resolve(node)
        for name, child in node.get("properties", {}).items():
            child = self.resolve(child)
            place = f"{path}.{name}" if path else name
            types = child.get("type", "")
            types = types if isinstance(types, list) else [types]
            required = name in node.get("required", [])
            text = self.meaning(child) + (" Required." if required else "")
            default = f"`{json.dumps(child['default'])}`" if "default" in child else ""
            rows.append([f"`{place}`", " or ".join(types), default, text.strip()])
            self.session_rows(child, place, rows)
            if isinstance(child.get("items"), dict):
                self.session_rows(child["items"], place + "[]", rows)

    def variable_table(self):
        rows = [[f"`{name}`", f"`{path}`"] for name, path in sorted(self.variables.items())]
        text = self.table(["Variable", "Option"], rows)
        text += "\nKnown, but without effect:\n\n"
        unused = sorted(self.schema["x-env-unused"].items())
        text += self.table(["Variable", "Reason"], [[f"`{n}`", r] for n, r in unused])
        return text

    # ---- the example ----------------------------------------------------------------------------

    def example(self):
        out = [
            "# SPDX-License-Identifier: Apache-2.0",
            "# Every option with its default. Made by tools/docs/generate_configuration.py from the",
            "# schema; docs/configuration.md says more. A file of your own needs only what differs.",
        ]
        for name, section in self.schema["properties"].items():
            out.append("")
            self.example_option(name, self.resolve(section), 0, out)
        return "\n".join(out) + "\n"

    def example_option(self, name, node, depth, out):
        indent = "  " * depth
        text = node.get("description", "")
        names = [e if isinstance(e, str) else e["name"] for e in node.get("x-env", [])]
        if names:
            text += " (" + ", ".join(names) + ")"
        if node.get("x-unused"):
            text += " Not used yet."
        out += textwrap.wrap(text, 98, initial_indent=indent + "# ", subsequent_indent=indent + "# ",
                             break_long_words=False, break_on_hyphens=False)
        if node.get("properties") and node.get("type") == "object":
            out.append(f"{indent}{name}:")
            for child_name, child in node["properties"].items():
                self.example_option(child_name, self.resolve(child), depth + 1, out)
            return
        for example in node.get("examples", []):
            out += [f"{indent}#   {line}" for line in yaml_lines({name: example}, 0)]
        default = node["default"]
        if isinstance(default, list) and default and isinstance(default[0], dict):
            out += yaml_lines({name: default}, depth)
        else:
            out.append(f"{indent}{name}: {json.dumps(default, ensure_ascii=False)}")


def yaml_lines(value, depth):
    """Block style for objects and lists of objects, JSON for the rest."""
    indent = "  " * depth
    lines = []
    for key, child in value.items():
        if isinstance(child, dict) and child:
            lines.append(f"{indent}{key}:")
            lines += yaml_lines(child, depth + 1)
        elif isinstance(child, list) and child and isinstance(child[0], dict):
            lines.append(f"{indent}{key}:")
            for item in child:
                inner = yaml_lines(item, depth + 2)
                lines.append(f"{indent}  - {inner[0].strip()}")
                lines += inner[1:]
        else:
            lines.append(f"{indent}{key}: {json.dumps(child, ensure_ascii=False)}")
    return lines


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    schema = load_schemas()
    wanted = {DOCUMENT: Generator(schema).document(), EXAMPLE: Generator(schema).example()}
    stale = [path for path, text in wanted.items()
             if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date: run tools/docs/generate_configuration.py",
                  file=sys.stderr)
        sys.exit(1 if stale else 0)
    for path in stale:
        path.write_text(wanted[path])
        print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
