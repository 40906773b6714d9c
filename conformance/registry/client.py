# PyPI's confluent-kafka, unchanged: client.py write|read BOOTSTRAP URL FORMAT TOPIC [COUNT].
# write: values as JSON lines on standard input become records; read: records become JSON lines on standard output.
import json
import sys
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

verb, bootstrap, url, format, topic = sys.argv[1:6]
registry = SchemaRegistryClient({"url": url})
context = SerializationContext(topic, MessageField.VALUE)
latest = registry.get_latest_version(topic + "-value").schema
# The schema is registered by the test: serializers use the latest version of the subject.
config = {"auto.register.schemas": False, "use.latest.version": True}

if verb == "write":
    serializer = AvroSerializer(registry, latest, conf=config) if format == "avro" else JSONSerializer(latest, registry, conf=config)
    producer = Producer({"bootstrap.servers": bootstrap})
    for line in sys.stdin:
        producer.produce(topic, partition=0, value=serializer(json.loads(line), context))
    assert producer.flush(30) == 0
else:
    deserializer = AvroDeserializer(registry) if format == "avro" else JSONDeserializer(None, schema_registry_client=registry)
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic + "-python", "auto.offset.reset": "earliest"})
    consumer.assign([TopicPartition(topic, 0, 0)])
    for _ in range(int(sys.argv[6])):
        message = consumer.poll(30)
        assert message is not None and message.error() is None, message and message.error()
        print(json.dumps(deserializer(message.value(), context)))
    consumer.close()
