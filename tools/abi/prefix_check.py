# SPDX-License-Identifier: Apache-2.0
"""The gate of the plugin ABI: what an older version described must be a prefix of the newer one.

usage: prefix_check.py OLD NEW, each the name of a pair of files that dump.sh wrote (without suffix).

Allowed: members appended to a struct that starts with struct_size, new structs, new enumerators, new
text constants. Everything else breaks plugins that are already built, and exits with 1; 3 says that
the ABI only grew.
"""
import dataclasses
import pathlib
import sys
import xml.etree.ElementTree as ElementTree

SAME, BROKEN, GREW = 0, 1, 3
OUR_PREFIX = "wax_"
SIZE_MEMBER = "struct_size"


@dataclasses.dataclass(frozen=True)
class Member:
    name: str
    offset_bits: int
    type_name: str

    def __str__(self):
        return f"{self.type_name} {self.name} at bit {self.offset_bits}"


@dataclasses.dataclass
class Abi:
    structs: dict  # name -> [Member]
    enumerators: dict  # name -> value
    constants: dict  # name -> text


class Types:
    """Spells the types of one abidw description by structure, so that equal spelling is equal ABI."""

    def __init__(self, root):
        self._by_id = {node.get("id"): node for node in root.iter() if node.get("id")}

    def spell(self, type_id):
        node = self._by_id.get(type_id)
        if node is None:
            return "?"
        if node.tag == "pointer-type-def":
            return self.spell(node.get("type-id")) + "*"
        if node.tag == "qualified-type-def":
            qualifiers = [word for word in ("const", "volatile") if node.get(word) == "yes"]
            return " ".join(qualifiers + [self.spell(node.get("type-id"))])
        if node.tag == "function-type":
            returned = self.spell(node.find("return").get("type-id"))
            taken = [self.spell(child.get("type-id")) for child in node.findall("parameter")]
            return f"{returned}({', '.join(taken)})"
        if node.tag == "array-type-def":
            return f"{self.spell(node.get('type-id'))}[{node.get('size-in-bits')} bits]"
        if node.tag == "typedef-decl":
            # A struct keeps its name; a typedef of anything else is looked through.
            target = self._by_id.get(node.get("type-id"))
            if target is not None and target.tag in ("class-decl", "union-decl"):
                return node.get("name")
            return self.spell(node.get("type-id"))
        if node.tag == "type-decl":
            return f"{node.get('name')}:{node.get('size-in-bits')}"
        return node.get("name") or node.tag


def parse(xml_text, ids_text=""):
    root = ElementTree.fromstring(xml_text)
    types = Types(root)
    structs = {}
    for node in root.iter("class-decl"):
        name = node.get("name") or ""
        if not name.startswith(OUR_PREFIX) or node.get("is-declaration-only") == "yes":
            continue
        structs[name] = []
        for slot in node.findall("data-member"):
            variable = slot.find("var-decl")
            structs[name].append(Member(variable.get("name"), int(slot.get("layout-offset-in-bits")),
                                        types.spell(variable.get("type-id"))))
    enumerators = {item.get("name"): item.get("value")
                   for node in root.iter("enum-decl") for item in node.findall("enumerator")}
    constants = dict(line.split(" ", 1) for line in ids_text.splitlines() if line)
    return Abi(structs, enumerators, constants)


def load(stem):
    return parse(pathlib.Path(f"{stem}.abi").read_text("utf-8"),
                 pathlib.Path(f"{stem}.ids").read_text("utf-8"))


def compare(old, new):
    """(what broke, what grew), each a list of sentences."""
    broken, grew = [], []
    for name, members in old.structs.items():
        if name not in new.structs:
            broken.append(f"{name} was removed")
            continue
        now = new.structs[name]
        for index, member in enumerate(members):
            if index >= len(now):
                broken.append(f"{name}.{member.name} was removed")
            elif now[index] != member:
                broken.append(f"{name}: '{member}' became '{now[index]}'")
        added = [member.name for member in now[len(members):]]
        if not added:
            continue
        if members and members[0].name == SIZE_MEMBER:
            grew.append(f"{name} got {', '.join(added)}")
        else:
            broken.append(f"{name} has no {SIZE_MEMBER}, so it may not grow by {', '.join(added)}")
    for kind in ("enumerators", "constants"):
        before, after = getattr(old, kind), getattr(new, kind)
        for name, value in before.items():
            if name not in after:
                broken.append(f"{name} was removed")
            elif after[name] != value:
                broken.append(f"{name} was {value} and became {after[name]}")
        grew.extend(f"{name} is new" for name in after if name not in before)
    grew.extend(f"{name} is new" for name in new.structs if name not in old.structs)
    return broken, grew


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    old, new = load(arguments[0]), load(arguments[1])
    broken, grew = compare(old, new)
    for sentence in grew:
        print(f"grew: {sentence}")
    for sentence in broken:
        print(f"BROKEN: {sentence}")
    print(f"{len(old.structs)} structs, {len(old.enumerators)} enumerators and "
          f"{len(old.constants)} constants compared")
    return BROKEN if broken else GREW if grew else SAME


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
