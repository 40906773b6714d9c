#!/usr/bin/env bash
# Debian's Chromium with libraries and fonts, and playwright-core from npm, in the cache; prints the folder. Chromium starts
# itself anew for each of its processes, so it runs on this machine's C library: it is taken from this machine's release.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need npm
fill() {
  bash "$here/../debian/unpack.sh" "$home" host chromium fonts-dejavu-core
  local system="$home/usr/lib/$(uname -m)-linux-gnu" file
  mkdir libraries playwright
  for file in "$system"/*.so* "$system"/*/*.so*; do
    case "${file##*/}" in
      # Parts of the C library itself stay the machine's own, as its loader is used.
      libc.so* | libm.so* | libmvec.so* | libpthread.so* | libdl.so* | librt.so* | libresolv.so* | libnss_* | libanl.so* | libutil.so* | ld-linux*) ;;
      *) ln -sfn "$file" "libraries/${file##*/}" ;;
    esac
  done
  cat >fonts.conf <<XML
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>$home/usr/share/fonts</dir>
  <cachedir>$home/font-cache</cachedir>
  <include ignore_missing="yes">$home/etc/fonts/conf.d</include>
</fontconfig>
XML
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home/playwright" playwright-core@1.65.1
}
install_once chromium "$here/../debian/unpack.sh"
