# PyPI's confluent-kafka against a broker: a transactional producer that commits, aborts, sends a consumer's offsets within the
# transaction and fences another of its id, and consumers of both isolation levels. Prints one JSON object of what was seen.
# Argument: host:port.
import json
import sys
import time
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
seen = {}
admin = AdminClient({"bootstrap.servers": bootstrap})
for future in admin.create_topics([NewTopic("tx-in", 2, 1), NewTopic("tx-out", 2, 1)]).values():
    future.result(20)


def producer(transactional_id="copier"):
    one = Producer({"bootstrap.servers": bootstrap, "transactional.id": transactional_id, "transaction.timeout.ms": 20000, "linger.ms": 1})
    one.init_transactions(30)
    return one


def read(topic, isolation, count):
    consumer = Consumer({
        "bootstrap.servers": bootstrap, "group.id": f"{isolation}-{time.time()}", "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "isolation.level": isolation, "enable.partition.eof": True, "session.timeout.ms": 6000,
    })
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(2)])
    values, ends = [], 0
    deadline = time.time() + 30
    while ends < 2 and time.time() < deadline:
        for message in consumer.consume(500, 0.2):
            if message.error() is not None:
                ends += 1
            else:
                values.append(message.value().decode())
    consumer.close()
    return sorted(values)


plain = Producer({"bootstrap.servers": bootstrap})
for i in range(100):
    plain.produce("tx-in", value=f"{i:03}", partition=i % 2)
plain.flush(20)

first = producer()
first.begin_transaction()
for i in range(10):
    first.produce("tx-out", value=f"committed {i}", partition=i % 2)
first.commit_transaction(30)
first.begin_transaction()
for i in range(10):
    first.produce("tx-out", value=f"aborted {i}", partition=i % 2)
first.flush(20)
first.abort_transaction(30)
seen["after abort"] = [len(read("tx-out", "read_committed", 10)), len(read("tx-out", "read_uncommitted", 20))]

consumer = Consumer({
    "bootstrap.servers": bootstrap, "group.id": "copiers", "auto.offset.reset": "earliest", "enable.auto.commit": False,
    "isolation.level": "read_committed", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
})
consumer.subscribe(["tx-in"])
copied, rounds = 0, 0
deadline = time.time() + 60
while copied < 100 and time.time() < deadline:
    messages = [message for message in consumer.consume(20, 1) if message.error() is None]
    if not messages:
        continue
    rounds += 1
    first.begin_transaction()
    for message in messages:
        first.produce("tx-out", value=b"copy " + message.value(), partition=message.partition())
    first.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 30)
    if rounds % 3 == 0:
        first.abort_transaction(30)
        for position in consumer.committed(consumer.assignment(), 30):
            consumer.seek(TopicPartition(position.topic, position.partition, max(position.offset, 0)))
        continue
    first.commit_transaction(30)
    copied += len(messages)
seen["committed offsets"] = sorted(one.offset for one in consumer.committed([TopicPartition("tx-in", p) for p in range(2)], 30))
consumer.close()
seen["copies"] = read("tx-out", "read_committed", 110) == sorted([f"committed {i}" for i in range(10)] + [f"copy {i:03}" for i in range(100)])

first.begin_transaction()
first.produce("tx-out", value="zombie", partition=0)
first.flush(20)
second = producer()
try:
    first.commit_transaction(30)
    seen["zombie"] = "committed"
except KafkaException as error:
    seen["zombie"] = [error.args[0].name(), error.args[0].fatal()]
second.begin_transaction()
second.produce("tx-out", value="from the second", partition=0)
second.commit_transaction(30)
values = read("tx-out", "read_committed", 111)
seen["after fencing"] = ["zombie" in values, "from the second" in values, len(values)]
print(json.dumps(seen, sort_keys=True))
