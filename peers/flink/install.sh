#!/usr/bin/env bash
# Apache Flink, its SQL Gateway, formats and connectors, from Maven artifacts into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need java mvn
fill() {
  maven_jars "$here/pom.xml" "$home/lib"
  ls lib/flink-sql-gateway-*.jar lib/flink-table-planner-loader-*.jar >/dev/null
}
install_once flink "$here/pom.xml"
