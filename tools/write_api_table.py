"""Write `fz_multi/server/api.json`: which members the game's runtime API has, as plain facts.

    python tools/write_api_table.py runtime-api-2.0.json runtime-api-2.1.json [--check] [-o FILE]

The two arguments are the game's machine-readable API descriptions of a 2.0 and a 2.1 release (the
game ships them in ``doc-html``). Kept are the classes that the embedded server offers, with all
their members: access, types, parameters, kinds of entities that have them; the defines, events,
globals, and the keys of table-shaped arguments. Texts are left out. ``--check`` writes nothing:
it compares the committed table with the dumps and exits 1 if they differ.

Form of the table: a type is a name, or a list whose head says what it is: ``["|", a, b]`` one of,
``["[]", a]`` array, ``["{}", key, value]`` dictionary, ``["()", a, b]`` tuple,
``["t", [[name, type, optional], ...]]`` table, ``["=", value]`` this value, ``["f"]`` function.
A member is an object: attributes have ``r`` and/or ``w`` (types); methods have ``p`` (parameters,
as in a table), ``t`` 1 if they take them as one table (2: the table may be left out), ``x`` the
type of more arguments, ``y`` the types of what they return. Both may have ``o`` 1 (may be nil) and
``s`` (kinds that have it). ``new`` is the member in the 2.1 release where it differs (0: gone), and
``added`` 1 marks what only the 2.1 release has.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

NAMES = """
LuaAISettings LuaBootstrap LuaBurner LuaBurnerPrototype LuaChunkIterator LuaCollisionLayerPrototype
LuaCommandProcessor LuaControl LuaCustomTable LuaElectricEnergySourcePrototype LuaEntity
LuaEntityPrototype LuaFlowStatistics LuaFluidBoxPrototype LuaFluidPrototype LuaForce LuaGameScript
LuaGroup LuaHelpers LuaInventory LuaItemCommon LuaItemPrototype LuaItemStack LuaPlayer LuaProfiler
LuaPrototypeBase LuaPrototypes LuaQualityPrototype LuaRandomGenerator LuaRCON LuaRecipe
LuaRecipePrototype LuaRemote LuaRendering LuaSettings LuaSurface LuaTechnology
LuaTechnologyPrototype LuaTile LuaTilePrototype LuaTransportLine LuaVoidEnergySourcePrototype
"""
CLASSES = NAMES.split()
TABLE = Path(__file__).resolve().parents[1] / "fz_multi" / "server" / "api.json"


def main() -> int:
    """Write or check the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("old", type=Path, help="API description of a 2.0 release")
    parser.add_argument("new", type=Path, help="API description of a 2.1 release")
    parser.add_argument("-o", "--output", type=Path, default=TABLE)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if it differs")
    options = parser.parse_args()
    dumps = [json.loads(path.read_text(encoding="utf-8")) for path in (options.old, options.new)]
    text = to_text(both(table(dumps[0]), table(dumps[1]), dumps))
    if options.check:
        same = options.output.read_text(encoding="utf-8") == text
        print("the table agrees with the dumps" if same else "the table DIFFERS from the dumps")
        return 0 if same else 1
    options.output.write_text(text, encoding="utf-8")
    print(f"{options.output}: {len(text)} bytes")
    return 0


def to_text(content: dict[str, Any]) -> str:
    """JSON with one line a class, concept, event or group: small, and readable in a diff."""
    parts = []
    for section, entries in content.items():
        if isinstance(entries, dict):
            lines = ",\n".join(f"{json.dumps(k)}:{compact(entries[k])}" for k in sorted(entries))
            parts.append(f"{json.dumps(section)}:{{\n{lines}\n}}")
        else:
            parts.append(f"{json.dumps(section)}:{compact(entries)}")
    return "{" + ",\n".join(parts) + "}\n"


def compact(value: Any) -> str:
    """One value of the table."""
    if isinstance(value, dict) and "members" in value:
        head = {k: v for k, v in value.items() if k != "members"}
        members = value["members"]
        lines = ",\n".join(f" {json.dumps(k)}:{plain(members[k])}" for k in sorted(members))
        return plain(head)[:-1] + ("," if head else "") + '"members":{\n' + lines + "}}"
    return plain(value)


def plain(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def both(old: dict[str, Any], new: dict[str, Any], dumps: list[dict[str, Any]]) -> dict[str, Any]:
    """The two tables in one, what differs marked."""
    classes = {}
    for name in sorted({*old["classes"], *new["classes"]}):
        a, b = old["classes"].get(name), new["classes"].get(name)
        either: dict[str, Any] = a or b or {}
        entry = dict(either)
        entry["members"] = _merged((a or {}).get("members", {}), (b or {}).get("members", {}))
        classes[name] = entry
    result: dict[str, Any] = {
        "versions": [dump["application_version"] for dump in dumps],
        "classes": classes,
    }
    for section in ("globals", "functions", "events", "defines"):
        result[section] = _merged(old[section], new[section])
    used = _used(classes, new["concepts"], set()) | _used(classes, old["concepts"], set())
    result["concepts"] = _merged(
        {k: {"type": v} for k, v in old["concepts"].items() if k in used},
        {k: {"type": v} for k, v in new["concepts"].items() if k in used},
    )
    return result


def _merged(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    merged = {}
    for name in sorted({*old, *new}):
        if name not in old:
            merged[name] = {**new[name], "added": 1}
        elif name not in new:
            merged[name] = {**old[name], "new": 0}
        else:
            same = old[name] == new[name]
            merged[name] = old[name] if same else {**old[name], "new": new[name]}
    return merged


def _used(node: Any, concepts: dict[str, Any], found: set[str]) -> set[str]:
    """Names of the concepts that arguments and writes can lead to."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("classes", "members", "w", "p", "x", "new") or isinstance(value, dict):
                _used(value, concepts, found)
    elif isinstance(node, list):
        for value in node:
            _used(value, concepts, found)
    elif isinstance(node, str) and node in concepts and node not in found:
        found.add(node)
        _used(concepts[node], concepts, found)
    return found


def table(dump: dict[str, Any]) -> dict[str, Any]:
    """The facts of one dump."""
    classes = {c["name"]: c for c in dump["classes"]}
    kept = {}
    for name in CLASSES:
        if name not in classes:
            continue
        cls = classes[name]
        members = {}
        for attribute in cls["attributes"]:
            members[attribute["name"]] = _attribute(attribute)
        for method in cls["methods"]:
            members[method["name"]] = _method(method)
        for operator in cls["operators"]:
            is_call = operator["name"] == "call"
            node = _method(operator) if is_call else _attribute(operator)
            members[f"<{operator['name']}>"] = node
        kept[name] = {"parent": cls["parent"]} if cls.get("parent") else {}
        kept[name]["members"] = members
    defines: dict[str, Any] = {}
    for group in dump["defines"]:
        _defines(group["name"], group, defines)
    return {
        "classes": kept,
        "globals": {g["name"]: {"type": _type(g["type"])} for g in dump["global_objects"]},
        "functions": {f["name"]: _method(f) for f in dump["global_functions"]},
        "events": {
            event["name"]: {
                "fields": [
                    [d["name"], _type(d["type"]), int(d["optional"])]
                    for d in _in_order(event["data"])
                ]
            }
            for event in dump["events"]
        },
        "defines": defines,
        "concepts": {c["name"]: _type(c["type"]) for c in dump["concepts"]},
    }


def _defines(path: str, group: dict[str, Any], found: dict[str, Any]) -> None:
    names = [value["name"] for value in _in_order(group.get("values") or [])]
    found[path] = {"names": names}
    for part in group.get("subkeys") or []:
        _defines(f"{path}.{part['name']}", part, found)


def _attribute(node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if node.get("read_type") is not None:
        found["r"] = _type(node["read_type"])
    if node.get("write_type") is not None:
        found["w"] = _type(node["write_type"])
    return found | _common(node)


def _method(node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"p": _parameters(node)}
    form = node["format"]
    if form["takes_table"]:
        found["t"] = 2 if form.get("table_optional") else 1
    if node.get("variadic_parameter"):
        found["x"] = _type(node["variadic_parameter"].get("type", "Any"))
    if node["return_values"]:
        found["y"] = [_type(value["type"]) for value in _in_order(node["return_values"])]
        if any(value.get("optional") for value in node["return_values"]):
            found["o"] = 1
    return found | _common(node)


def _common(node: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if node.get("optional"):
        found["o"] = 1
    if node.get("subclasses"):
        found["s"] = sorted(node["subclasses"])
    return found


def _parameters(node: dict[str, Any]) -> list[list[Any]]:
    """Parameters in order, then those that some kinds add (all of them optional then)."""
    found = [
        [p["name"], _type(p["type"]), int(p["optional"])]
        for p in _in_order(node.get("parameters") or [])
    ]
    names = {parameter[0]: parameter for parameter in found}
    for group in node.get("variant_parameter_groups") or []:
        for p in _in_order(group["parameters"]):
            kind = _type(p["type"])
            if p["name"] not in names:
                names[p["name"]] = [p["name"], kind, 1]
                found.append(names[p["name"]])
            elif names[p["name"]][1] != kind:
                names[p["name"]][1] = "Any"
    return found


def _type(node: Any) -> Any:
    if isinstance(node, str):
        return node
    kind = node["complex_type"]
    if kind == "type":
        return _type(node["value"])
    if kind == "union":
        return ["|", *(_type(option) for option in node["options"])]
    if kind == "array":
        return ["[]", _type(node["value"])]
    if kind == "dictionary":
        return ["{}", _type(node["key"]), _type(node["value"])]
    if kind == "LuaCustomTable":
        return ["LuaCustomTable", _type(node["key"]), _type(node["value"])]
    if kind == "tuple":
        return ["()", *(_type(value) for value in node["values"])]
    if kind == "literal":
        return ["=", node["value"]]
    if kind == "table":
        return ["t", _parameters(node)]
    if kind == "function":
        return ["f"]
    return "Any"  # builtins, LuaStruct, lazily loaded values: nothing to check


def _in_order(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: int(item["order"]))


if __name__ == "__main__":
    sys.exit(main())
