# The Python reference libraries on the bytes of a file: fastavro (which confluent-kafka's serializers use) and json.
# Argument: a file with one JSON task a line. Prints one JSON answer a line. Values travel exactly: whole numbers as text,
# floating point as the hexadecimal bytes of a double, bytes as hexadecimal, records as objects, maps as lists of pairs.
import io
import json
import struct
import sys
from decimal import Decimal

from fastavro import parse_schema, schemaless_reader, schemaless_writer


def bare(schema):
    return schema["type"] if isinstance(schema, dict) and schema["type"] in plain else schema


plain = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def out(schema, value):
    schema = bare(schema)
    if isinstance(schema, list):
        return None if value is None else out(next(one for one in schema if one != "null"), value)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind in ("int", "long"):
        return str(value)
    if kind in ("float", "double"):
        return struct.pack(">d", value).hex()
    if kind in ("bytes", "fixed"):
        return value.hex()
    if kind == "array":
        return [out(schema["items"], item) for item in value]
    if kind == "map":
        return [[key, out(schema["values"], item)] for key, item in value.items()]
    if kind == "record":
        return {field["name"]: out(field["type"], value[field["name"]]) for field in schema["fields"]}
    return value


def into(schema, value):
    schema = bare(schema)
    if isinstance(schema, list):
        return None if value is None else into(next(one for one in schema if one != "null"), value)
    kind = schema if isinstance(schema, str) else schema["type"]
    if kind in ("int", "long"):
        return int(value)
    if kind in ("float", "double"):
        return struct.unpack(">d", bytes.fromhex(value))[0]
    if kind in ("bytes", "fixed"):
        return bytes.fromhex(value)
    if kind == "array":
        return [into(schema["items"], item) for item in value]
    if kind == "map":
        return {key: into(schema["values"], item) for key, item in value}
    if kind == "record":
        return {field["name"]: into(field["type"], value[field["name"]]) for field in schema["fields"]}
    return value


def read(task):
    schema = parse_schema(task["schema"])
    reader = parse_schema(task["reader"]) if "reader" in task else None
    values = [schemaless_reader(io.BytesIO(bytes.fromhex(one)), schema, reader) for one in task["values"]]
    return [out(task.get("reader", task["schema"]), value) for value in values]


def write(task):
    schema = parse_schema(task["schema"])
    written = []
    for value in task["values"]:
        to = io.BytesIO()
        schemaless_writer(to, schema, into(task["schema"], value))
        written.append(to.getvalue().hex())
    return written


# As json.dumps writes by default, compact, in lines, and with other letters than ASCII as they are.
styles = [{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}, {"sort_keys": True}]


def dumps(task):
    return [[json.dumps(value, **style) for value in task["values"]] for style in styles]


def loads(task):
    return [json.loads(text, parse_int=str, parse_float=lambda text: str(Decimal(text))) for text in task["values"]]


doings = {"read": read, "write": write, "dumps": dumps, "loads": loads}
with open(sys.argv[1], encoding="utf-8") as tasks:
    for line in tasks:
        task = json.loads(line)
        print(json.dumps(doings[task["do"]](task)))
