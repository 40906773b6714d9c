#!/usr/bin/env bash
# npm's @confluentinc/schemaregistry, the client with its serializers; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need npm
version=1.10.1
fill() {
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home" "@confluentinc/schemaregistry@$version"
}
install_once schemaregistry-js
