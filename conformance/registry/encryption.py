# PyPI's confluent-kafka with its rules, unchanged: encryption.py write|read BOOTSTRAP URL FORMAT COUNT TOPIC...
# The secret of its local key service is LOCAL_SECRET. write: values as JSON lines on standard input go to every topic;
# read: for each topic a JSON line, its values or why they cannot be read. The field `photo` is bytes, in base64 in JSON.
import base64
import copy
import json
import sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.serialization import MessageField, SerializationContext

FieldEncryptionExecutor.register()
LocalKmsDriver.register()
verb, bootstrap, url, format, count = sys.argv[1:6]
topics = sys.argv[6:]
registry = SchemaRegistryClient({"url": url})
config = {"auto.register.schemas": False, "use.latest.version": True}


def mapped(value, change):
    return {name: change(item) if name == "photo" and item is not None else item for name, item in value.items()}


if verb == "write":
    values = [mapped(json.loads(line), base64.b64decode) for line in sys.stdin]
    producer = Producer({"bootstrap.servers": bootstrap})
    for topic in topics:
        context = SerializationContext(topic, MessageField.VALUE)
        latest = registry.get_latest_version(topic + "-value").schema
        serializer = AvroSerializer(registry, latest, conf=config) if format == "avro" else JSONSerializer(latest, registry, conf=config)
        for value in values:
            # Serializers put what they seal into the value that they are given.
            producer.produce(topic, partition=0, value=serializer(copy.deepcopy(value), context))
    assert producer.flush(30) == 0
else:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "encryption-python", "auto.offset.reset": "earliest"})
    for topic in topics:
        context = SerializationContext(topic, MessageField.VALUE)
        deserializer = AvroDeserializer(registry) if format == "avro" else JSONDeserializer(None, schema_registry_client=registry)
        consumer.assign([TopicPartition(topic, 0, 0)])
        values = []
        for _ in range(int(count)):
            message = consumer.poll(30)
            assert message is not None and message.error() is None, message and message.error()
            try:
                values.append(mapped(deserializer(message.value(), context), lambda photo: base64.b64encode(photo).decode()))
            except Exception as error:
                values.append({"error": str(error)})
        print(json.dumps(values))
    consumer.close()
