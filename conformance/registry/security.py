# PyPI's confluent-kafka against a registry over TLS that asks who one is. Prints one JSON object of what was seen.
# Argument: a JSON object of address, files and tokens.
import json
import sys
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

given = json.loads(sys.argv[1])
seen = {}


def client(**more):
    return SchemaRegistryClient({"url": given["url"], "ssl.ca.location": given["authority"], "max.retries": 0, **more})


def basic(user, password):
    return client(**{"basic.auth.user.info": f"{user}:{password}"})


def bearer(token):
    return client(**{
        "bearer.auth.credentials.source": "STATIC_TOKEN", "bearer.auth.token": token,
        "bearer.auth.logical.cluster": "lsrc-1", "bearer.auth.identity.pool.id": "pool-1",
    })


def outcome(call):
    try:
        return call()
    except Exception as error:
        status = getattr(error, "http_status_code", None)
        return [status, error.error_code] if status else type(error).__name__


schema = Schema('{"type":"record","name":"Payment","fields":[{"name":"id","type":"long"}]}', "AVRO")
app = basic("app", "se:cret")
seen["registers its own"] = isinstance(outcome(lambda: app.register_schema("payments-value", schema)), int)
seen["sets its compatibility"] = outcome(lambda: app.set_compatibility("payments-value", "FULL") and "ok")
seen["reads it back"] = outcome(lambda: app.get_latest_version("payments-value").version)
seen["registers another's"] = outcome(lambda: app.register_schema("loans-value", schema))
seen["sets it for all"] = outcome(lambda: app.set_compatibility(level="NONE"))
seen["deletes its own"] = outcome(lambda: app.delete_subject("payments-value"))
seen["sees"] = outcome(lambda: app.get_subjects())
seen["reader by token reads"] = outcome(lambda: bearer(given["token"]).get_latest_version("payments-value").version)
seen["reader by token registers"] = outcome(lambda: bearer(given["token"]).register_schema("payments-value", schema))
seen["wrong password"] = outcome(lambda: basic("app", "other").get_subjects())
seen["unknown user"] = outcome(lambda: basic("nobody", "se:cret").get_subjects())
seen["expired token"] = outcome(lambda: bearer(given["expired token"]).get_subjects())
seen["nobody"] = outcome(lambda: client().get_subjects())
seen["another authority"] = outcome(
    lambda: SchemaRegistryClient({"url": given["url"], "basic.auth.user.info": "app:se:cret", "max.retries": 0}).get_subjects()
)
print(json.dumps(seen))
