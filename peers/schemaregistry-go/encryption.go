// The same client with its rules and local key service, unchanged:
// client seal|open BOOTSTRAP URL FORMAT COUNT TOPIC... The secret of its local key service is LOCAL_SECRET.
// seal: values as JSON lines on standard input go to every topic; open: for each topic a JSON line, its values or why they
// cannot be read. The field photo is bytes, in base64 in JSON.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	_ "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rules/encryption"
	_ "github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rules/encryption/localkms"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/avrov2"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/jsonschema"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/serde/protobuf"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/dynamicpb"
)

type Home struct {
	Street string `json:"street" avro:"street"`
	City   string `json:"city" avro:"city"`
}

type Customer struct {
	ID    int64    `json:"id" avro:"id"`
	Name  string   `json:"name" avro:"name"`
	Note  *string  `json:"note" avro:"note"`
	Photo []byte   `json:"photo,omitempty" avro:"photo"`
	Mails []string `json:"mails" avro:"mails"`
	Home  Home     `json:"home" avro:"home"`
	Card  string   `json:"card" avro:"card"`
}

func seal(client schemaregistry.Client, bootstrap, format string, topics []string) {
	producer := must(kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap}))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		for _, topic := range topics {
			to := kafka.TopicPartition{Topic: &topic, Partition: 0}
			delivered := make(chan kafka.Event, 1)
			value := sealed(client, format, topic, lines.Bytes())
			must(0, producer.Produce(&kafka.Message{TopicPartition: to, Value: value}, delivered))
			must(0, (<-delivered).(*kafka.Message).TopicPartition.Error)
		}
	}
}

func sealed(client schemaregistry.Client, format, topic string, line []byte) []byte {
	if format == "protobuf" {
		config := protobuf.NewSerializerConfig()
		config.AutoRegisterSchemas, config.UseLatestVersion = false, true
		message := dynamicpb.NewMessage(firstMessage())
		must(0, protojson.Unmarshal(line, message))
		return must(must(protobuf.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, message))
	}
	// Serializers put what they seal into the value that they are given.
	var customer Customer
	must(0, json.Unmarshal(line, &customer))
	if format == "avro" {
		config := avrov2.NewSerializerConfig()
		config.AutoRegisterSchemas, config.UseLatestVersion = false, true
		return must(must(avrov2.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, &customer))
	}
	config := jsonschema.NewSerializerConfig()
	config.AutoRegisterSchemas, config.UseLatestVersion = false, true
	return must(must(jsonschema.NewSerializer(client, serde.ValueSerde, config)).Serialize(topic, &customer))
}

func open(client schemaregistry.Client, bootstrap, format string, count int, topics []string) {
	consumer := must(kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers": bootstrap, "group.id": "encryption-go", "auto.offset.reset": "earliest"}))
	for _, topic := range topics {
		must(0, consumer.Assign([]kafka.TopicPartition{{Topic: &topic, Partition: 0, Offset: kafka.OffsetBeginning}}))
		values := []json.RawMessage{}
		for i := 0; i < count; i++ {
			message := must(consumer.ReadMessage(30 * time.Second))
			value, err := opened(client, format, topic, message.Value)
			if err != nil {
				value = must(json.Marshal(map[string]string{"error": err.Error()}))
			}
			values = append(values, value)
		}
		fmt.Println(string(must(json.Marshal(values))))
	}
	must(0, consumer.Close())
}

func opened(client schemaregistry.Client, format, topic string, bytes []byte) ([]byte, error) {
	if format == "protobuf" {
		deserializer := must(protobuf.NewDeserializer(client, serde.ValueSerde, protobuf.NewDeserializerConfig()))
		message := dynamicpb.NewMessage(firstMessage())
		if err := deserializer.DeserializeInto(topic, bytes, message); err != nil {
			return nil, err
		}
		return protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(message)
	}
	var customer Customer
	var err error
	if format == "avro" {
		deserializer := must(avrov2.NewDeserializer(client, serde.ValueSerde, avrov2.NewDeserializerConfig()))
		err = deserializer.DeserializeInto(topic, bytes, &customer)
	} else {
		deserializer := must(jsonschema.NewDeserializer(client, serde.ValueSerde, jsonschema.NewDeserializerConfig()))
		err = deserializer.DeserializeInto(topic, bytes, &customer)
	}
	if err != nil {
		return nil, err
	}
	if customer.Mails == nil {
		customer.Mails = []string{}
	}
	if format == "json" {
		return json.Marshal(customer)
	}
	// An empty photo is one, too.
	return json.Marshal(struct {
		Customer
		Photo []byte `json:"photo"`
	}{customer, append([]byte{}, customer.Photo...)})
}
