# PyPI's confluent-kafka against a broker: admin, an idempotent producer, a group of two members that share the work, a
# third that goes on from the committed offsets. Prints one JSON object of what was seen. Argument: host:port.
import json
import sys
import time
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

bootstrap = sys.argv[1]
seen = {}
admin = AdminClient({"bootstrap.servers": bootstrap})


def outcome(future):
    try:
        future.result(20)
        return "ok"
    except Exception as error:
        return error.args[0].name()


topic = NewTopic("orders", num_partitions=4, replication_factor=1, config={"retention.ms": "3600000"})
seen["create"] = outcome(admin.create_topics([topic])["orders"])
seen["create again"] = outcome(admin.create_topics([topic])["orders"])
seen["replicated"] = outcome(admin.create_topics([NewTopic("three", 1, 3)])["three"])
seen["bad config"] = outcome(admin.create_topics([NewTopic("bad", 1, 1, config={"nonsense": "1"})])["bad"])
resource = ConfigResource(ConfigResource.Type.TOPIC, "orders")
seen["retention"] = admin.describe_configs([resource])[resource].result(20)["retention.ms"].value
seen["partitions"] = outcome(admin.create_partitions([NewPartitions("orders", 6)])["orders"])
seen["listed"] = len(admin.list_topics("orders", timeout=20).topics["orders"].partitions)

producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4", "linger.ms": 5})
failures = []
for i in range(3000):
    producer.produce(
        "orders", key=f"k{i % 50}", value=f"v{i}", partition=i % 6, headers={"n": str(i)},
        on_delivery=lambda error, _: failures.append(str(error)) if error else None,
    )
    producer.poll(0)
seen["unsent"] = producer.flush(30)
seen["failures"] = failures


def consumer(instance=None):
    config = {
        "bootstrap.servers": bootstrap, "group.id": "readers", "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
        "partition.assignment.strategy": "cooperative-sticky",
    }
    one = Consumer(config)
    one.subscribe(["orders"])
    return one


members = [consumer(), consumer()]
values = []
deadline = time.time() + 40
while time.time() < deadline:
    for member in members:
        for message in member.consume(500, 0.05):
            assert message.error() is None, message.error()
            values.append((message.partition(), message.offset(), message.value().decode(), dict(message.headers())["n"].decode()))
    shares = [len(member.assignment()) for member in members]
    # A partition may be read twice while it moves from one member to the other.
    if len(set(values)) == 3000 and shares == [3, 3]:
        break
seen["shares"] = shares
seen["distinct"] = len(set(values))
seen["ordered"] = all(value == f"v{offset * 6 + partition}" and n == value[1:] for partition, offset, value, n in values)
groups = admin.list_consumer_groups().result(20)
seen["groups"] = [(group.group_id, group.state.name) for group in groups.valid if group.group_id == "readers"]
described = admin.describe_consumer_groups(["readers"])["readers"].result(20)
seen["members"] = sorted(len(member.assignment.topic_partitions) for member in described.members)
for member in members:
    member.commit(offsets=[TopicPartition("orders", one.partition, 500) for one in member.assignment()], asynchronous=False)
    member.close()

third = consumer()
committed = third.committed([TopicPartition("orders", p) for p in range(6)], timeout=20)
seen["committed"] = [one.offset for one in committed]
seen["watermarks"] = third.get_watermark_offsets(TopicPartition("orders", 0), timeout=20)
producer.produce("orders", value="last", partition=2)
producer.flush(20)
rest = []
deadline = time.time() + 20
while not rest and time.time() < deadline:
    rest = [(message.partition(), message.offset(), message.value().decode()) for message in third.consume(10, 1)]
seen["rest"] = rest
third.close()
seen["delete group"] = outcome(admin.delete_consumer_groups(["readers"])["readers"])
seen["delete topic"] = outcome(admin.delete_topics(["orders"])["orders"])
print(json.dumps(seen, sort_keys=True))
