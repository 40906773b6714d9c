#!/usr/bin/env bash
# versitygw, an S3 server over a plain folder, from the Go module proxy; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need go
fill() {
  export CGO_ENABLED=0 GOMODCACHE="$cache/go/mod" GOCACHE="$cache/go/build" GOFLAGS=-mod=mod GOBIN="$PWD"
  go install -trimpath -ldflags '-s -w' github.com/versity/versitygw/cmd/versitygw@v1.8.0
}
install_once s3
