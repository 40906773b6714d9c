// confluent-kafka-go's serializers, unchanged: client write|read BOOTSTRAP URL FORMAT TOPIC [COUNT].
// write: values as JSON lines on standard input become records; read: records become JSON lines on standard output.
// client seal|open: encryption.go.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type Address struct {
	Street string `json:"street" avro:"street"`
}

type Payment struct {
	ID      int64    `json:"id" avro:"id"`
	Amount  float64  `json:"amount" avro:"amount"`
	Note    *string  `json:"note" avro:"note"`
	Tags    []string `json:"tags" avro:"tags"`
	Status  string   `json:"status" avro:"status"`
	Address Address  `json:"address" avro:"address"`
}

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// The first message of the file whose descriptor is base64 in MESSAGE_DESCRIPTOR.
func firstMessage() protoreflect.MessageDescriptor {
	var file descriptorpb.FileDescriptorProto
	must(0, proto.Unmarshal(must(base64.StdEncoding.DecodeString(os.Getenv("MESSAGE_DESCRIPTOR"))), &file))
	return must(protodesc.NewFile(&file, nil)).Messages().Get(0)
}

func main() {
	verb, bootstrap, url, format, rest := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5:]
	client := must(schemaregistry.NewClient(schemaregistry.NewConfig(url)))
	switch verb {
	case "write":
		write(client, bootstrap, format, rest[0])
	case "read":
		read(client, bootstrap, format, rest[0], must(strconv.Atoi(rest[1])))
	case "seal":
		seal(client, bootstrap, format, rest[1:])
	case "open":
		open(client, bootstrap, format, must(strconv.Atoi(rest[0])), rest[1:])
	}
}

// The schema is registered by the test: serializers use the latest version of the subject.
func write(client schemaregistry.Client, bootstrap, format, topic string) {
	producer := must(kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}))
	lines := bufio.NewScanner(os.Stdin)
	var descriptor protoreflect.MessageDescriptor
	if format == "protobuf" {
		descriptor = firstMessage()
	}
	for lines.Scan() {
		var payment Payment
		must(0, json.Unmarshal(lines.Bytes(), &payment))
		var bytes []byte
		if format == "avro" {
			config := avrov2.NewSerializerConfig()
			config.AutoRegisterSchemas, config.UseLatestVersion = false, true
			bytes = must(must(avrov2.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, &payment))
		} else if format == "protobuf" {
			config := protobuf.NewSerializerConfig()
			config.AutoRegisterSchemas, config.UseLatestVersion = false, true
			message := dynamicpb.NewMessage(descriptor)
			must(0, protojson.Unmarshal(lines.Bytes(), message))
			bytes = must(must(protobuf.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, message))
		} else {
			config := jsonschema.NewSerializerConfig()
			config.AutoRegisterSchemas, config.UseLatestVersion, config.EnableValidation = false, true, true
			bytes = must(must(jsonschema.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, &payment))
		}
		to := kafka.TopicPartition{Topic: &topic, Partition: 0}
		delivered := make(chan kafka.Event, 1)
		must(0, producer.Produce(&kafka.Message{TopicPartition: to, Value: bytes}, delivered))
		must(0, (<-delivered).(*kafka.Message).TopicPartition.Error)
	}
}

func read(client schemaregistry.Client, bootstrap, format, topic string, count int) {
	consumer := must(kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": topic + "-go", "auto.offset.reset": "earliest"}))
	must(0, consumer.Assign([]kafka.TopicPartition{{Topic: &topic, Partition: 0, Offset: kafka.OffsetBeginning}}))
	var descriptor protoreflect.MessageDescriptor
	if format == "protobuf" {
		descriptor = firstMessage()
	}
	for i := 0; i < count; i++ {
		message := must(consumer.ReadMessage(30 * time.Second))
		var payment Payment
		if format == "avro" {
			deserializer := must(avrov2.NewDeserializer(client, serde.ValueSerde, avrov2.NewDeserializerConfig()))
			must(0, deserializer.DeserializeInto(topic, message.Value, &payment))
		} else if format == "protobuf" {
			deserializer := must(protobuf.NewDeserializer(client, serde.ValueSerde, protobuf.NewDeserializerConfig()))
			read := dynamicpb.NewMessage(descriptor)
			must(0, deserializer.DeserializeInto(topic, message.Value, read))
			payment = fromMessage(read)
		} else {
			deserializer := must(jsonschema.NewDeserializer(client, serde.ValueSerde, jsonschema.NewDeserializerConfig()))
			must(0, deserializer.DeserializeInto(topic, message.Value, &payment))
		}
		if payment.Tags == nil {
			payment.Tags = []string{}
		}
		fmt.Println(string(must(json.Marshal(payment))))
	}
	must(0, consumer.Close())
}

func fromMessage(message *dynamicpb.Message) Payment {
	field := func(name string) protoreflect.FieldDescriptor {
		return message.Descriptor().Fields().ByName(protoreflect.Name(name))
	}
	status := field("status")
	address := message.Get(field("address")).Message()
	payment := Payment{
		ID:      message.Get(field("id")).Int(),
		Amount:  message.Get(field("amount")).Float(),
		Status:  string(status.Enum().Values().ByNumber(message.Get(status).Enum()).Name()),
		Address: Address{Street: address.Get(address.Descriptor().Fields().ByName("street")).String()},
	}
	if message.Has(field("note")) {
		note := message.Get(field("note")).String()
		payment.Note = &note
	}
	tags := message.Get(field("tags")).List()
	for i := 0; i < tags.Len(); i++ {
		payment.Tags = append(payment.Tags, tags.Get(i).String())
	}
	return payment
}
