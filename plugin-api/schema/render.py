#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes docs/plugins/operations.md from the schema files. --check: fails when it is out of date."""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "plugins" / "operations.md"

INTRO = """# Operations and events

<!-- Made by plugin-api/schema/render.py from the files beside it; change those. -->

An operation is what a REST caller asks of an engine: a name, a JSON object, binary parts, and the same back. An
engine lists those it has in `kOps`; for the others the caller gets 422 from the server. The fields are described by
JSON Schema in `plugin-api/schema/`, from which the server's checks, its OpenAPI document and this page come. A vendor's
own operations begin with `x-`.

An event is what an engine tells: `emit({type, json, order_key})`. The server adds id, time, session and engine around
it and delivers it. Types that are not listed here are delivered as they are.
Of what comes often and few ask for (`engine.event`), `wanted(type)` says whether anybody does.
"""


def link(name):
    return f"[{name}](#{name.lower()})"


def type_of(schema):
    if "x-type" in schema:
        return link(schema["x-type"])
    if "anyOf" in schema:
        return " or ".join(map(type_of, schema["anyOf"]))
    kind = schema.get("type", "any")
    kind = " or ".join(kind) if isinstance(kind, list) else kind
    return f"array of {type_of(schema['items'])}" if kind == "array" and "items" in schema else kind


def rows(schema, prefix=""):
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        text = field.get("description", "").replace("|", "\\|")
        if "enum" in field:
            text += " One of " + ", ".join(f"`{value}`" for value in field["enum"]) + "."
        if field.get("default") is not None:
            text += f" Default `{json.dumps(field['default'])}`."
        need = "yes" if name in required else ""
        yield f"| `{prefix}{name}` | {type_of(field)} | {need} | {text.strip()} |"
        nested = field.get("items", field)
        if len(prefix) < 12 and "x-type" not in nested:
            yield from rows(nested, f"{prefix}{name}{'[]' if nested is not field else ''}.")


def table(title, schema):
    nested = schema.get("items", schema)
    if "x-type" in nested:
        return f"{title}: {type_of(schema)}.\n"
    if "allOf" in schema:
        return f"{title}: as {type_of(schema['allOf'][0])}, and\n\n" + table("more", schema["allOf"][1])
    lines = list(rows(nested))
    if not lines:
        return f"{title}: no fields.\n"
    return "\n".join([f"{title}:\n", "| Field | Type | Required | Meaning |", "|---|---|---|---|", *lines, ""])


def operation(data):
    out = [f"### {data['name']}\n", data["summary"] + "\n", table("Request", data["request"])]
    out.append(table("Answer", data["response"]))
    for part in data.get("parts", {}).get("response", []):
        out.append(f"Answer, binary part `{part['name']}`: {part['summary']}\n")
    out.append("\n".join(f"* `{e['status']}`: {e['when']}" for e in data["errors"]) + "\n")
    example = data["examples"][0]
    out.append(f"```json\n{json.dumps(example['request'])}\n{json.dumps(example['response'])}\n```\n")
    return "\n".join(out)


def event(data):
    maker = "the server, from what the engine reports" if data["source"] == "host" else "the engine"
    names = ", ".join(f"`{name}`" for name in [data["name"], *data.get("aliases", [])])
    out = [f"### {data['name']}\n", f"{data['summary']} Made by {maker}. Names: {names}.\n"]
    out.append(table("Payload", data["payload"]))
    out.append(f"```json\n{json.dumps(data['examples'][0])}\n```\n")
    return "\n".join(out)


def load_file(path):
    """The file, with the types it refers to in their place; the first line of each names its type."""
    def fill(node):
        if isinstance(node, dict) and "$ref" in node:
            return {**load_file(path.parent / node["$ref"]), "x-type": pathlib.Path(node["$ref"]).stem}
        if isinstance(node, dict):
            return {key: fill(value) for key, value in node.items()}
        return [fill(value) for value in node] if isinstance(node, list) else node

    return fill(json.loads(path.read_text()))


def types():
    return {path.stem: load_file(path) for path in sorted((HERE / "types").glob("*.json"))}


def page():
    load = lambda folder: [load_file(p) for p in sorted((HERE / folder).glob("*.json"))]
    shapes = [f"### {name}\n\n{table(schema['description'], schema)}" for name, schema in types().items()]
    parts = [INTRO, "## Operations\n", *map(operation, load("ops")), "## Events\n", *map(event, load("events"))]
    parts += ["## Types\n", *shapes]
    return "\n".join(parts)


if __name__ == "__main__":
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit(f"{PAGE.name} is out of date: run plugin-api/schema/render.py")
    else:
        PAGE.write_text(text)
