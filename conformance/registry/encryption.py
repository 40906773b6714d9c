# PyPI's confluent-kafka with its rules, unchanged: encryption.py write|read BOOTSTRAP URL FORMAT COUNT TOPIC...
# The secret of its local key service is LOCAL_SECRET. write: values as JSON lines on standard input go to every topic;
# read: for each topic a JSON line, its values or why they cannot be read. The field `photo` is bytes, in base64 in JSON.
# Of Protobuf the message is the first of the file whose descriptor is base64 in MESSAGE_DESCRIPTOR.
import base64
import copy
import json
import os
import sys
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer, ProtobufSerializer
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import EncryptionExecutor, FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.serialization import MessageField, SerializationContext

EncryptionExecutor.register()
FieldEncryptionExecutor.register()
LocalKmsDriver.register()
verb, bootstrap, url, format, count = sys.argv[1:6]
topics = sys.argv[6:]
registry = SchemaRegistryClient({"url": url})
config = {"auto.register.schemas": False, "use.latest.version": True}


def mapped(value, change):
    return {name: change(item) if name == "photo" and item is not None else item for name, item in value.items()}


def message_class():
    file = descriptor_pb2.FileDescriptorProto.FromString(base64.b64decode(os.environ["MESSAGE_DESCRIPTOR"]))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(file.package + "." + file.message_type[0].name))


def from_message(message):
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)


def make_serializer(topic):
    """A function of values as they lie in JSON, and of the context."""
    if format == "protobuf":
        customer = message_class()
        serializer = ProtobufSerializer(customer, registry, {**config, "use.deprecated.format": False})
        return lambda value, context: serializer(json_format.ParseDict(value, customer()), context)
    latest = registry.get_latest_version(topic + "-value").schema
    serializer = AvroSerializer(registry, latest, conf=config) if format == "avro" else JSONSerializer(latest, registry, conf=config)
    # Serializers put what they seal into the value that they are given.
    return lambda value, context: serializer(mapped(copy.deepcopy(value), base64.b64decode), context)


def make_deserializer():
    if format == "protobuf":
        deserializer = ProtobufDeserializer(message_class(), {"use.deprecated.format": False}, registry)
        return lambda value, context: from_message(deserializer(value, context))
    deserializer = AvroDeserializer(registry) if format == "avro" else JSONDeserializer(None, schema_registry_client=registry)
    return lambda value, context: mapped(deserializer(value, context), lambda photo: base64.b64encode(photo).decode())


if verb == "write":
    values = [json.loads(line) for line in sys.stdin]
    producer = Producer({"bootstrap.servers": bootstrap})
    for topic in topics:
        context = SerializationContext(topic, MessageField.VALUE)
        serializer = make_serializer(topic)
        for value in values:
            producer.produce(topic, partition=0, value=serializer(value, context))
    assert producer.flush(30) == 0
else:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "encryption-python", "auto.offset.reset": "earliest"})
    for topic in topics:
        context = SerializationContext(topic, MessageField.VALUE)
        deserializer = make_deserializer()
        consumer.assign([TopicPartition(topic, 0, 0)])
        values = []
        for _ in range(int(count)):
            message = consumer.poll(30)
            assert message is not None and message.error() is None, message and message.error()
            try:
                values.append(deserializer(message.value(), context))
            except Exception as error:
                values.append({"error": str(error)})
        print(json.dumps(values))
    consumer.close()
