#!/usr/bin/env bash
# Go's confluent-kafka-go with its serializers, as the small program that main.go is; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need go gcc
fill() {
  cp "$here"/*.go "$here/go.mod" .
  export CGO_ENABLED=1 GOMODCACHE="$cache/go/mod" GOCACHE="$cache/go/build" GOFLAGS=-mod=mod
  go build -o client .
}
install_once schemaregistry-go "$here"/*.go "$here/go.mod"
