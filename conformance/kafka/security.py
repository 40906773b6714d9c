# PyPI's confluent-kafka against listeners that authenticate: each mechanism and mutual TLS, wrong passwords and tokens, rights by
# ACLs made through its admin client, users made through it, and what a quota tells a producer. Prints one JSON object of what was
# seen. Argument: a JSON object of addresses, files and tokens.
import json
import sys
import time
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import (
    AclBinding, AclBindingFilter, AclOperation, AclPermissionType, AdminClient, NewTopic, ResourcePatternType,
    ResourceType, ScramCredentialInfo, ScramMechanism, UserScramCredentialDeletion, UserScramCredentialUpsertion,
)

given = json.loads(sys.argv[1])
seen = {}
admin = AdminClient({"bootstrap.servers": given["bootstrap"]})


def name_of(error):
    cause = error.args[0] if isinstance(error, KafkaException) else error
    return cause.name()


def outcome(future):
    try:
        future.result(20)
        return "ok"
    except KafkaException as error:
        return name_of(error)


def until(look, holds):
    """What is seen once it holds, or last: a real cluster's broker learns of a change a moment after it was accepted."""
    deadline = time.time() + 10
    while True:
        try:
            found = look()
        except KafkaException as error:
            found = name_of(error)
        if holds(found) or time.time() > deadline:
            return found
        time.sleep(0.05)


tls = {"ssl.ca.location": given["authority"], "ssl.endpoint.identification.algorithm": "https"}


def sasl(mechanism, user, password):
    return {
        "bootstrap.servers": given["saslSsl"], "security.protocol": "SASL_SSL", "sasl.mechanism": mechanism,
        "sasl.username": user, "sasl.password": password, **tls,
    }


def bearer(token):
    return {
        "bootstrap.servers": given["saslSsl"], "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER",
        "oauth_cb": lambda _: (token, time.time() + 500), **tls,
    }


def mutual(certificate, key):
    more = {"ssl.certificate.location": certificate, "ssl.key.location": key} if certificate else {}
    return {"bootstrap.servers": given["mutual"], "security.protocol": "SSL", **tls, **more}


def produce(config, topic="paid"):
    """The offset, or why not: errors of the connection come first."""
    told = []
    producer = Producer({**config, "error_cb": lambda error: told.append(error.name()), "message.timeout.ms": 4000})
    done = []
    producer.produce(topic, b"one", on_delivery=lambda error, message: done.append(error.name() if error else message.offset()))
    deadline = time.time() + 10
    while not done and time.time() < deadline:
        producer.poll(0.05)
        # What does not go away by trying again.
        fatal = [one for one in told if one in ("_AUTHENTICATION", "_SSL", "SASL_AUTHENTICATION_FAILED")]
        if fatal:
            producer.purge()
            return fatal[0]
    return done[0] if done else "nothing"


def consume(config, group, topic="paid"):
    consumer = Consumer({**config, "group.id": group, "auto.offset.reset": "earliest", "error_cb": lambda _: None})
    consumer.subscribe([topic])
    try:
        deadline = time.time() + 15
        while time.time() < deadline:
            message = consumer.poll(0.1)
            if message is not None:
                return message.error().name() if message.error() else message.value().decode()
        return "nothing"
    except KafkaException as error:
        return name_of(error)
    finally:
        consumer.close()


if "throttled" in given:
    wanted, told = given["throttled"], []
    config = sasl("SCRAM-SHA-256", wanted["user"], wanted["password"])
    producer = Producer({**config, "throttle_cb": lambda event: told.append(event.throttle_time)})
    producer.produce("jobs", b"x" * wanted["bytes"])
    deadline = time.time() + 10
    while not told and time.time() < deadline:
        producer.poll(0.05)
    print(max(told, default=0))
    sys.exit()
if "acls" in given:
    of_user = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, given["acls"], None, AclOperation.ANY, AclPermissionType.ANY)
    print(json.dumps(until(lambda: [str(one) for one in admin.describe_acls(of_user).result(20)], lambda found: found == [])))
    sys.exit()

seen["topics"] = [outcome(one) for one in admin.create_topics([NewTopic("paid", 1, 1), NewTopic("pay-roll", 1, 1)]).values()]
upsertions = [
    UserScramCredentialUpsertion("scott", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"tiger"),
    UserScramCredentialUpsertion("scott", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192), b"tiger"),
]
# One at a time: Kafka takes a user once in a request.
seen["users made"] = [outcome(admin.alter_user_scram_credentials([one])["scott"]) for one in upsertions]


def mechanisms_of(user):
    described = admin.describe_user_scram_credentials([user])[user].result(20)
    return sorted((one.mechanism.name, one.iterations) for one in described.scram_credential_infos)


seen["user described"] = until(lambda: mechanisms_of("scott"), lambda found: len(found) == 2)


def acl(principal, operation, name="paid", kind=ResourceType.TOPIC, pattern=ResourcePatternType.LITERAL, permission=AclPermissionType.ALLOW):
    return AclBinding(kind, name, pattern, principal, "*", operation, permission)


bindings = [
    *[acl(f"User:{name}", operation) for name in ("scott", "pam", "token-user", "ada") for operation in (AclOperation.WRITE, AclOperation.READ)],
    acl("User:scott", AclOperation.READ, "readers", ResourceType.GROUP),
    acl("User:pam", AclOperation.ALL, "pay-", pattern=ResourcePatternType.PREFIXED),
    acl("User:pam", AclOperation.WRITE, "pay-roll", permission=AclPermissionType.DENY),
]
seen["acls made"] = sorted({outcome(one) for one in admin.create_acls(bindings).values()})
any_acl = AclBindingFilter(ResourceType.ANY, None, ResourcePatternType.ANY, "User:scott", None, AclOperation.ANY, AclPermissionType.ANY)
seen["acls of scott"] = until(
    lambda: sorted(f"{one.restype.name} {one.name} {one.operation.name}" for one in admin.describe_acls(any_acl).result(20)),
    lambda found: len(found) == 3,
)
seen["SCRAM-SHA-256"] = until(lambda: produce(sasl("SCRAM-SHA-256", "scott", "tiger")), lambda found: found == 0)
seen["SCRAM-SHA-512"] = produce(sasl("SCRAM-SHA-512", "scott", "tiger"))
seen["PLAIN"] = produce(sasl("PLAIN", "pam", "pam-secret"))
seen["OAUTHBEARER"] = produce(bearer(given["token"]))
seen["mutual TLS"] = produce(mutual(given["certificate"], given["key"]))
seen["wrong password, SCRAM"] = produce(sasl("SCRAM-SHA-256", "scott", "lion"))
seen["wrong password, PLAIN"] = produce(sasl("PLAIN", "pam", "lion"))
seen["unknown user"] = produce(sasl("SCRAM-SHA-512", "nobody", "tiger"))
seen["token for another audience"] = produce(bearer(given["foreign token"]))
seen["expired token"] = produce(bearer(given["expired token"]))
seen["no certificate"] = produce(mutual(None, None))
seen["no right"] = produce(sasl("PLAIN", "eve", "eve-secret"))
seen["denied below a prefix"] = produce(sasl("PLAIN", "pam", "pam-secret"), "pay-roll")
seen["group with a right"] = consume(sasl("SCRAM-SHA-256", "scott", "tiger"), "readers")
seen["group without a right"] = consume(sasl("SCRAM-SHA-256", "scott", "tiger"), "others")
seen["topics that eve sees"] = sorted(
    name for name in AdminClient(sasl("PLAIN", "eve", "eve-secret")).list_topics(timeout=20).topics if name in ("paid", "pay-roll")
)
removed = admin.delete_acls([any_acl])[any_acl].result(20)
seen["acls removed"] = len(removed)
seen["user removed"] = {
    user: outcome(one)
    for user, one in admin.alter_user_scram_credentials([UserScramCredentialDeletion("scott", ScramMechanism.SCRAM_SHA_256)]).items()
}
seen["login of a removed user"] = until(
    lambda: produce(sasl("SCRAM-SHA-256", "scott", "tiger")), lambda found: found == "_AUTHENTICATION"
)
print(json.dumps(seen))
