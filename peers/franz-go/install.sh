#!/usr/bin/env bash
# franz-go's own tests of its client as one program, kgo.test; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need go
fill() {
  cp "$here/go.mod" .
  export GOMODCACHE="$cache/go/mod" GOCACHE="$cache/go/build" GOFLAGS=-mod=mod
  go test -c -o kgo.test github.com/twmb/franz-go/pkg/kgo
}
install_once franz-go "$here/go.mod"
