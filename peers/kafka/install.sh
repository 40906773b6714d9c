#!/usr/bin/env bash
# Apache Kafka, broker and tools, from its published Maven artifacts into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need java mvn
fill() {
  maven_jars "$here/pom.xml" "$home/libs"
  ls libs/kafka_2.13-*.jar libs/kafka-tools-*.jar >/dev/null
}
install_once kafka "$here/pom.xml"
