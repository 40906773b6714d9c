#!/usr/bin/env bash
# run.sh ROOT PROGRAM [ARGUMENT...]: runs a program that unpack.sh unpacked, with that folder's own loader and C library.
set -euo pipefail
root="$1"
program="$2"
shift 2
own="$root/usr/lib/$(uname -m)-linux-gnu"
libraries="$own:$root/usr/lib"
for folder in "$own"/*/private "$own"/private; do
  [[ ! -d "$folder" ]] || libraries="$libraries:$folder"
done
loaders=("$root"/usr/lib64/ld-linux-*.so.* "$root"/usr/lib/ld-linux-*.so.*)
export OPENSSL_MODULES="$own/ossl-modules"
for file in "$root/usr/sbin/$program" "$root/usr/bin/$program"; do
  [[ -e "$file" ]] || continue
  for loader in "${loaders[@]}"; do
    [[ ! -e "$loader" ]] || exec "$loader" --library-path "$libraries" --argv0 "$file" "$file" "$@"
  done
done
echo "no program $program in $root" >&2
exit 127
