#!/usr/bin/env bash
# kcat (on librdkafka) from Debian's packages into the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
fill() {
  bash "$here/../debian/unpack.sh" "$home" host kcat
}
install_once kcat "$here/../debian/unpack.sh"
