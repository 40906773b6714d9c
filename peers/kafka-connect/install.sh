#!/usr/bin/env bash
# Kafka Connect with the file connectors from its published Maven artifacts into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need java mvn
fill() {
  maven_jars "$here/pom.xml" "$home/libs"
  ls libs/connect-runtime-*.jar libs/connect-file-*.jar >/dev/null
}
install_once kafka-connect "$here/pom.xml"
