#!/usr/bin/env bash
# Kafka Streams from its published Maven artifacts, and a word count compiled on it, into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need java javac mvn
fill() {
  maven_jars "$here/pom.xml" "$home/libs"
  javac -cp "$home/libs/*" -d "$home/classes" "$here/WordCount.java"
}
install_once kafka-streams "$here/pom.xml" "$here/WordCount.java"
