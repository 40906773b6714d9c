# PyPI's confluent-kafka, unchanged: client.py write|read BOOTSTRAP URL FORMAT TOPIC [COUNT].
# write: values as JSON lines on standard input become records; read: records become JSON lines on standard output.
import base64
import json
import os
import sys
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

verb, bootstrap, url, format, topic = sys.argv[1:6]
registry = SchemaRegistryClient({"url": url})
context = SerializationContext(topic, MessageField.VALUE)
# Of Protobuf the serializer asks for another form, and the client would remember this one.
latest = None if format == "protobuf" else registry.get_latest_version(topic + "-value").schema
# The schema is registered by the test: serializers use the latest version of the subject.
config = {"auto.register.schemas": False, "use.latest.version": True}



def payment_class():
    """The first message of the file whose descriptor is base64 in MESSAGE_DESCRIPTOR."""
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(os.environ["MESSAGE_DESCRIPTOR"]))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(file.package + "." + file.message_type[0].name))


def from_message(message):
    value = json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return {**value, "id": int(value["id"]), "note": value.get("note")}


def make_serializer():
    if format == "avro":
        return AvroSerializer(registry, latest, conf=config)
    if format == "json":
        return JSONSerializer(latest, registry, conf=config)
    payment = payment_class()
    serializer = ProtobufSerializer(payment, registry, {**config, "use.deprecated.format": False})
    return lambda value, context: serializer(json_format.ParseDict(value, payment()), context)


def make_deserializer():
    if format == "avro":
        return AvroDeserializer(registry)
    if format == "json":
        return JSONDeserializer(None, schema_registry_client=registry)
    deserializer = ProtobufDeserializer(payment_class(), {"use.deprecated.format": False}, registry)
    return lambda value, context: from_message(deserializer(value, context))


if verb == "write":
    serializer = make_serializer()
    producer = Producer({"bootstrap.servers": bootstrap})
    for line in sys.stdin:
        producer.produce(topic, partition=0, value=serializer(json.loads(line), context))
    assert producer.flush(30) == 0
else:
    deserializer = make_deserializer()
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic + "-python", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(int(sys.argv[6])):
        message = consumer.poll(30)
        assert message is not None and message.error() is None, message and message.error()
        print(json.dumps(deserializer(message.value(), context)))
    consumer.close()
