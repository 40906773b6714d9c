# The Python reference libraries on the bytes of a file: fastavro (which confluent-kafka's serializers use), Apache's avro,
# Google's protobuf, json and csv.
# Argument: a file with one JSON task a line. Prints one JSON answer a line. Values travel exactly: whole numbers as text,
# floating point as the hexadecimal bytes of a double, bytes as hexadecimal, records as objects, maps as lists of pairs.
import base64
import csv
import io
import json
import struct
import sys
from decimal import Decimal

import avro.io
import avro.schema
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, unknown_fields
from google.protobuf.descriptor import FieldDescriptor
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


def apache_read(schema, one):
    return avro.io.DatumReader(schema).read(avro.io.BinaryDecoder(io.BytesIO(one)))


def apache_write(schema, value):
    to = io.BytesIO()
    avro.io.DatumWriter(schema).write(value, avro.io.BinaryEncoder(to))
    return to.getvalue()


def read(task):
    if task.get("library") == "avro":
        schema = avro.schema.parse(json.dumps(task["schema"]))
        return [out(task["schema"], apache_read(schema, bytes.fromhex(one))) for one in task["values"]]
    schema = parse_schema(task["schema"])
    reader = parse_schema(task["reader"]) if "reader" in task else None
    values = [schemaless_reader(io.BytesIO(bytes.fromhex(one)), schema, reader) for one in task["values"]]
    return [out(task.get("reader", task["schema"]), value) for value in values]


def write(task):
    if task.get("library") == "avro":
        schema = avro.schema.parse(json.dumps(task["schema"]))
        return [apache_write(schema, into(task["schema"], value)).hex() for value in task["values"]]
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


def message_class(task):
    """The task's message of its files, which are descriptors in base64, those that others import first."""
    pool = descriptor_pool.DescriptorPool()
    for file in task["files"]:
        pool.AddSerializedFile(base64.b64decode(file))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(task["message"]))


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def proto_value(field, value):
    """One value of a field as it travels: see above."""
    if field.type in (FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_GROUP):
        return proto_out(value)
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return struct.pack(">d", value).hex()
    if field.type == FieldDescriptor.TYPE_BYTES:
        return value.hex()
    if field.type == FieldDescriptor.TYPE_ENUM:
        return field.enum_type.values_by_number[value].name
    return value if isinstance(value, (bool, str)) else str(value)


def proto_out(message):
    """A message as an object: absent fields that tell so are null."""
    assert len(unknown_fields.UnknownFieldSet(message)) == 0
    seen = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if is_map(field):
            key, item = field.message_type.fields
            seen[field.name] = [[proto_value(key, k), proto_value(item, value[k])] for k in value]
        elif field.is_repeated:
            seen[field.name] = [proto_value(field, one) for one in value]
        elif field.has_presence and not message.HasField(field.name):
            seen[field.name] = None
        else:
            seen[field.name] = proto_value(field, value)
    return seen


def proto_scalar(field, value):
    if field.type in (FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_DOUBLE):
        return struct.unpack(">d", bytes.fromhex(value))[0]
    if field.type == FieldDescriptor.TYPE_BYTES:
        return bytes.fromhex(value)
    if field.type == FieldDescriptor.TYPE_ENUM:
        return field.enum_type.values_by_name[value].number
    return value if field.type in (FieldDescriptor.TYPE_BOOL, FieldDescriptor.TYPE_STRING) else int(value)


def proto_into(message, value):
    for field in message.DESCRIPTOR.fields:
        given = value.get(field.name)
        if given is None:
            continue
        if is_map(field):
            key, item = field.message_type.fields
            for k, one in given:
                getattr(message, field.name)[proto_scalar(key, k)] = proto_scalar(item, one)
        elif field.is_repeated:
            getattr(message, field.name).extend(proto_scalar(field, one) for one in given)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            getattr(message, field.name).SetInParent()
            proto_into(getattr(message, field.name), given)
        else:
            setattr(message, field.name, proto_scalar(field, given))
    return message


def proto_read(task):
    """What each value holds, and its bytes as Python writes them."""
    kind = message_class(task)
    messages = [kind.FromString(bytes.fromhex(one)) for one in task["values"]]
    return [[proto_out(one), one.SerializeToString().hex()] for one in messages]


def proto_write(task):
    kind = message_class(task)
    return [proto_into(kind(), value).SerializeToString().hex() for value in task["values"]]


def csv_read(task):
    return [next(csv.reader(io.StringIO(one, newline=""), strict=True)) for one in task["values"]]


quotings = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]


def csv_write(task):
    written = []
    for quoting in quotings:
        texts = []
        for row in task["values"]:
            to = io.StringIO(newline="")
            csv.writer(to, quoting=quoting, lineterminator="").writerow(row)
            texts.append(to.getvalue())
        written.append(texts)
    return written


doings = {"read": read, "write": write, "dumps": dumps, "loads": loads,
          "proto_read": proto_read, "proto_write": proto_write, "csv_read": csv_read, "csv_write": csv_write}
with open(sys.argv[1], encoding="utf-8") as tasks:
    for line in tasks:
        task = json.loads(line)
        print(json.dumps(doings[task["do"]](task)))
