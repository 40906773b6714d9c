# PyPI's confluent-kafka with its serializers, unchanged, against a broker and a registry. Arguments: host:port, URL.
# Prints one JSON object of what was seen.
import json
import sys
from decimal import Decimal
from datetime import datetime, timezone
from confluent_kafka import Consumer, Producer
from confluent_kafka.schema_registry import (
    AssociationCreateOrUpdateInfo, AssociationCreateOrUpdateRequest, Schema, SchemaReference, SchemaRegistryClient,
    SchemaRegistryError)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

bootstrap, url = sys.argv[1:]
registry = SchemaRegistryClient({"url": url})
seen = {}


def send(topic, serializer, values):
    producer = Producer({"bootstrap.servers": bootstrap})
    context = SerializationContext(topic, MessageField.VALUE)
    for key, value in values:
        producer.produce(topic, key=key, value=serializer(value, context))
    assert producer.flush(30) == 0


def receive(topic, deserializer, count):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic + "-readers", "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    context = SerializationContext(topic, MessageField.VALUE)
    values = []
    while len(values) < count:
        message = consumer.poll(30)
        assert message is not None, f"only {len(values)} of {count} came"
        assert message.error() is None, message.error()
        value = message.value()
        values.append(None if value is None else deserializer(value, context))
    consumer.close()
    return values


avro = json.dumps({
    "type": "record", "name": "Order", "namespace": "shop", "fields": [
        {"name": "id", "type": "long"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}},
        {"name": "note", "type": ["null", "string"], "default": None},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "source", "type": {"type": "enum", "name": "Source", "symbols": ["WEB", "APP"]}},
    ]})
at = datetime(2026, 3, 1, 12, 0, 0, 500000, tzinfo=timezone.utc)
orders = [
    {"id": 2**62, "amount": Decimal("12.34"), "note": None, "at": at, "tags": [], "source": "WEB"},
    {"id": -1, "amount": Decimal("-0.01"), "note": "ü", "at": at, "tags": ["a", "b"], "source": "APP"},
]
send("orders", AvroSerializer(registry, avro), [(b"k", order) for order in orders])
seen["avro"] = receive("orders", AvroDeserializer(registry), 2) == orders

schema = json.dumps({
    "$schema": "http://json-schema.org/draft-07/schema#", "title": "Event", "type": "object",
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}, "required": ["id"], "additionalProperties": False})
events = [{"id": 1, "name": "a"}, {"id": 2}]
send("events", JSONSerializer(schema, registry), [(None, event) for event in events])
seen["json"] = receive("events", JSONDeserializer(schema, schema_registry_client=registry), 2) == events

# What Millrace itself wrote before this ran.
seen["millrace"] = [
    {**row, "id": str(row["id"]), "amount": str(row["amount"]), "at": row["at"].isoformat()}
    for row in receive("written", AvroDeserializer(registry), 2)
]

# The client's own calls.
seen["subjects"] = sorted(registry.get_subjects())
latest = registry.get_latest_version("orders-value")
seen["latest"] = [latest.version, latest.schema_id, latest.subject, latest.schema.schema_type]
seen["same id"] = registry.register_schema("copy-value", Schema(avro, "AVRO")) == latest.schema_id
seen["lookup"] = registry.lookup_schema("orders-value", Schema(avro, "AVRO")).version
wider = json.loads(avro)
wider["fields"].append({"name": "extra", "type": "string"})
seen["compatible"] = registry.test_compatibility("orders-value", Schema(json.dumps(wider), "AVRO"))
try:
    registry.register_schema("orders-value", Schema(json.dumps(wider), "AVRO"))
except SchemaRegistryError as error:
    seen["refused"] = [error.http_status_code, error.error_code]
wider["fields"][-1]["default"] = ""
seen["version 2"] = registry.test_compatibility("orders-value", Schema(json.dumps(wider), "AVRO"))
registry.register_schema("orders-value", Schema(json.dumps(wider), "AVRO"))
seen["versions"] = registry.get_versions("orders-value")
address = Schema('{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"street","type":"string"}]}', "AVRO")
registry.register_schema("address", address)
user = Schema('{"type":"record","name":"User","namespace":"shop","fields":[{"name":"home","type":"Address"}]}', "AVRO",
              [SchemaReference("shop.Address", "address", 1)])
user_id = registry.register_schema("users-value", user)
seen["references"] = [(r.name, r.subject, r.version) for r in registry.get_schema(user_id).references]
send("users", AvroSerializer(registry, user), [(None, {"home": {"street": "s"}})])
seen["with reference"] = receive("users", AvroDeserializer(registry), 1)
# A topic whose values have another topic's subject, found by association.
registry.create_association(AssociationCreateOrUpdateRequest(
    resource_name="refunds", resource_namespace="lkc-1", resource_id="topic-1", resource_type="topic",
    associations=[AssociationCreateOrUpdateInfo(subject="users-value", association_type="value", lifecycle="WEAK")]))
seen["associations"] = [
    [one.subject, one.association_type, one.resource_id]
    for one in registry.get_associations_by_resource_name("refunds", "lkc-1")]
associated = {"subject.name.strategy.type": "ASSOCIATED", "subject.name.strategy.conf": {
    "subject.name.strategy.kafka.cluster.id": "lkc-1"}, "auto.register.schemas": False, "use.latest.version": True}
send("refunds", AvroSerializer(registry, user, conf=associated), [(None, {"home": {"street": "r"}})])
seen["associated"] = receive("refunds", AvroDeserializer(registry), 1)
registry.delete_associations("topic-1")
seen["left"] = registry.get_associations_by_resource_name("refunds", "lkc-1")
registry.set_compatibility("orders-value", "FULL")
seen["level"] = [registry.get_compatibility("orders-value"), registry.get_compatibility()]
seen["deleted"] = registry.delete_subject("copy-value")
seen["for good"] = registry.delete_subject("copy-value", permanent=True)
try:
    registry.get_latest_version("copy-value")
except SchemaRegistryError as error:
    seen["gone"] = [error.http_status_code, error.error_code]
print(json.dumps(seen))
