# PyPI's confluent-kafka with group.protocol=consumer (KIP-848) against a broker. Prints one JSON object of what was seen; nothing in
# it depends on who comes first. Argument: host:port.
import json
import sys
import time
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1]
seen = {}
admin = AdminClient({"bootstrap.servers": bootstrap})


def outcome(future):
    try:
        future.result(20)
        return "ok"
    except Exception as error:
        return error.args[0].name()


def create(name, partitions):
    admin.create_topics([NewTopic(name, partitions, 1)])[name].result(20)


def named(error):
    return error.str().split("fatal error: ")[-1] if error.name() == "_FATAL" else error.name()


def consumer(group, topics, **more):
    errors = []
    config = {
        "bootstrap.servers": bootstrap, "group.id": group, "group.protocol": "consumer", "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "error_cb": lambda error: errors.append(named(error)),
    }
    one = Consumer({**config, **{key.replace("_", "."): value for key, value in more.items()}})
    one.subscribe(topics)
    one_errors[id(one)] = errors
    return one


one_errors = {}


def until(members, condition, seconds=60, take=lambda message: None):
    deadline = time.time() + seconds
    while time.time() < deadline:
        for member in members:
            for message in member.consume(100, 0.1):
                if not message.error():
                    take(message)
        if condition():
            return True
    return False


def share(member):
    return len(member.assignment())


def topics_of(member):
    return sorted({place.topic for place in member.assignment()})


def fatal(group, topics, **more):
    one = consumer(group, topics, **more)
    found = []
    deadline = time.time() + 30
    while time.time() < deadline and not found:
        try:
            for message in one.consume(10, 0.2):
                if message.error():
                    found.append(named(message.error()))
        except KafkaException as error:
            found.append(named(error.args[0]))
        found += one_errors[id(one)]
        # The client's own errors, such as a slow connection, are not the broker's answer.
        found = [name for name in found if not name.startswith("_")]
    one.close()
    return found[0] if found else "nothing"


create("orders", 6)
producer = Producer({"bootstrap.servers": bootstrap})
for i in range(300):
    producer.produce("orders", key=f"k{i}", value=f"v{i}", partition=i % 6)
producer.flush(30)

values = []
first = consumer("readers", ["orders"])
until([first], lambda: share(first) == 6)
seen["alone"] = [share(first)]
second = consumer("readers", ["orders"])
members = [first, second]
until(members, lambda: [share(one) for one in members] == [3, 3], take=lambda message: values.append(message.value()))
seen["two"] = sorted(share(one) for one in members)
until(members, lambda: len(set(values)) == 300, take=lambda message: values.append(message.value()))
seen["distinct"] = len(set(values))
described = admin.describe_consumer_groups(["readers"])["readers"].result(20)
seen["state"] = described.state.name
seen["type"] = described.type.name if hasattr(described, "type") else "CONSUMER"
seen["members"] = sorted(len(member.assignment.topic_partitions) for member in described.members)


def committed():
    for one in members:
        try:
            one.commit(asynchronous=False)
        except KafkaException as error:
            # Nothing new to commit.
            if error.args[0].name() != "_NO_OFFSET":
                raise
    total = first.committed([TopicPartition("orders", partition) for partition in range(6)], timeout=20)
    return sum(place.offset for place in total)


until(members, lambda: committed() == 300)
seen["committed"] = committed()
second.close()
until([first], lambda: share(first) == 6)
seen["one again"] = share(first)
seen["classic beside consumer"] = fatal("readers", ["orders"], group_protocol="classic")

# A service is rolled over to the new protocol and back, one consumer at a time.
old = consumer("rolled", ["orders"], group_protocol="classic")
until([old], lambda: share(old) == 6)
new = consumer("rolled", ["orders"])
until([old, new], lambda: (share(old), share(new)) == (3, 3))
seen["rolling over"] = [share(old), share(new)]
old.close()
until([new], lambda: share(new) == 6)
seen["rolled over"] = share(new)
old = consumer("rolled", ["orders"], group_protocol="classic")
until([old, new], lambda: (share(old), share(new)) == (3, 3))
seen["rolling back"] = [share(old), share(new)]
new.close()
until([old], lambda: share(old) == 6)
seen["rolled back"] = share(old)
old.close()
first.close()

create("jobs-a", 1)
create("jobs-b", 1)
matcher = consumer("matchers", ["^jobs-.*"])
until([matcher], lambda: topics_of(matcher) == ["jobs-a", "jobs-b"])
seen["by pattern"] = topics_of(matcher)
create("jobs-c", 1)
until([matcher], lambda: len(topics_of(matcher)) == 3)
seen["pattern grows"] = topics_of(matcher)
matcher.close()
seen["bad pattern"] = fatal("wrong", ["^(j)obs-\\1"])
seen["bad assignor"] = fatal("wrong", ["orders"], group_remote_assignor="nonsense")

still = [consumer("statics", ["orders"], group_instance_id=f"i{i}") for i in range(2)]
until(still, lambda: [share(one) for one in still] == [3, 3])
before = sorted(place.partition for place in still[0].assignment())
still[0].close()
again = consumer("statics", ["orders"], group_instance_id="i0")
until([again, still[1]], lambda: share(again) == 3)
seen["same share after a restart"] = sorted(place.partition for place in again.assignment()) == before
again.close()
still[1].close()

place = ConsumerGroupTopicPartitions("readers", [TopicPartition("orders", 0, 7)])
seen["offsets when empty"] = outcome(admin.alter_consumer_group_offsets([place])["readers"])
seen["deleted"] = outcome(admin.delete_consumer_groups(["readers"])["readers"])
print(json.dumps(seen))
