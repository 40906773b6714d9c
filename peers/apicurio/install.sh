#!/usr/bin/env bash
# Apicurio Registry from Maven Central into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need java mvn tar
version=2.6.13.Final
fill() {
  mvn -q -B -ntp -Dmaven.repo.local="$cache/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dmdep.useBaseVersion=true -DoutputDirectory="$home" \
    -Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all"
  tar -xzf "apicurio-registry-app-$version-all.tar.gz"
  rm "apicurio-registry-app-$version-all.tar.gz"
  ls apicurio-registry-app-*-runner.jar >/dev/null
}
install_once apicurio
