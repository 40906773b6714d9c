#!/usr/bin/env bash
# npm's @confluentinc/kafka-javascript, built here from its sources on Debian's libraries; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
# An addon fits one Node: this machine's own, as the one that npm put on PATH comes without headers.
PATH="$(tr ':' '\n' <<<"$PATH" | grep -v node_modules | paste -sd: -)"
need node npm g++ make python3
version=1.10.1
fill() {
  bash "$here/../debian/unpack.sh" "$home/root" host \
    zlib1g-dev libssl-dev libzstd-dev liblz4-dev libsasl2-dev libcurl4-openssl-dev
  local kind usr="$home/root/usr"
  kind="$(gcc -dumpmachine)"
  # Otherwise the build fetches those libraries' sources too.
  export CKJS_LINKING=dynamic CPATH="$usr/include:$usr/include/$kind" LIBRARY_PATH="$usr/lib/$kind"
  export LD_LIBRARY_PATH="$usr/lib/$kind" PKG_CONFIG_PATH="$usr/lib/$kind/pkgconfig"
  # Its makefiles say -j without a number: hundreds of compilers at once.
  mkdir bin
  printf '#!/bin/sh\nfor one; do shift; [ "$one" = -j ] || set -- "$@" "$one"; done\nexec %s -j2 "$@"\n' \
    "$(command -v make)" >bin/make
  chmod +x bin/make
  PATH="$home/bin:$PATH"
  npm install --no-audit --no-fund --foreground-scripts --prefix "$home" "@confluentinc/kafka-javascript@$version"
  command -v node >node
  echo "$LD_LIBRARY_PATH" >libraries
  find node_modules -type f \( -name '*.o' -o -name '*.a' -o -name '*.d' \) -delete
}
install_once confluent-js "$here/../debian/unpack.sh"
