# PyPI's confluent-kafka with its ENCRYPT rule and the local key service, unchanged: encryption.py write|read URL FORMAT TOPIC.
# write: values as JSON lines on standard input become base64 of records' values; read: the reverse.
# A record that cannot be read is {"error": …}. LOCAL_SECRET is the key service's secret.
import base64
import json
import sys
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer, JSONSerializer
from confluent_kafka.schema_registry.rules.encryption.encrypt_executor import FieldEncryptionExecutor
from confluent_kafka.schema_registry.rules.encryption.localkms.local_driver import LocalKmsDriver
from confluent_kafka.serialization import MessageField, SerializationContext

FieldEncryptionExecutor.register()
LocalKmsDriver.register()
verb, url, format, topic = sys.argv[1:5]
registry = SchemaRegistryClient({"url": url})
context = SerializationContext(topic, MessageField.VALUE)
config = {"auto.register.schemas": False, "use.latest.version": True}
latest = registry.get_latest_version(topic + "-value").schema


def text(value):
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


def value(text):
    return base64.b64decode(text["base64"]) if isinstance(text, dict) and list(text) == ["base64"] else text


if verb == "write":
    serializer = AvroSerializer(registry, latest, conf=config) if format == "avro" else JSONSerializer(latest, registry, conf=config)
    for line in sys.stdin:
        row = {name: value(one) for name, one in json.loads(line).items()}
        print(base64.b64encode(serializer(row, context)).decode())
else:
    deserializer = AvroDeserializer(registry) if format == "avro" else JSONDeserializer(None, schema_registry_client=registry)
    for line in sys.stdin:
        try:
            row = deserializer(base64.b64decode(line), context)
            print(json.dumps({name: text(one) for name, one in row.items()}))
        except Exception as error:
            print(json.dumps({"error": type(error).__name__}))
