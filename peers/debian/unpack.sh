#!/usr/bin/env bash
# unpack.sh ROOT SUITE PACKAGE...: Debian packages with all they depend on, unpacked into the folder ROOT; nothing is
# installed on this machine. SUITE is a release's name ("sid"), or "host" for this machine's own release. Archive and keys
# are those of this machine's apt; lists and downloads are kept apart from its own.
set -euo pipefail
root="$1"
suite="$2"
shift 2
for program in apt-get dpkg; do
  command -v "$program" >/dev/null || { echo "needs $program: only on Debian and its kin" >&2; exit 69; }
done

apt="${MILLRACE_CACHE:-$HOME/.cache/millrace}/apt/$suite"
downloads="$root/.downloads"
mkdir -p "$apt/lists/partial" "$apt/parts" "$downloads/partial"
exec 7>"$apt/lock"
flock 7
: >"$apt/status" # As if nothing were installed, so that every library is brought along.

archive="$(apt-get indextargets --format '$(SITE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
  awk '!found && $2 ~ /\/debian\/?$/ { print $2; found = 1 }')"
[[ -n "$archive" ]] || { echo "apt on this machine names no Debian archive" >&2; exit 69; }
release="$suite"
[[ "$suite" != host ]] || release="$(. /etc/os-release && echo "$VERSION_CODENAME")"
keys=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keys] $archive $release main" >"$apt/sources.list"

apt_get() {
  apt-get -qq -y \
    -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts" \
    -o Dir::Etc::preferencesparts="$apt/parts" -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" \
    -o Dir::State::extended_states="$apt/extended_states" -o Dir::Cache::archives="$downloads" \
    -o Dir::Cache::pkgcache="$apt/pkgcache.bin" -o Dir::Cache::srcpkgcache="$apt/srcpkgcache.bin" \
    -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@"
}

# The list is the slowest part; a day-old one does, unless a package in it has gone since.
if [[ -z "$(find "$apt/updated" -mtime -1 2>/dev/null)" ]]; then
  apt_get update
  touch "$apt/updated"
fi
download() { apt_get --no-install-recommends --download-only install "$@"; }
if ! download "$@"; then
  apt_get update
  download "$@"
fi
flock -u 7

# Debian merged these into /usr; older packages still name both places.
for folder in bin lib lib64 sbin; do
  mkdir -p "$root/usr/$folder"
  ln -sfn "usr/$folder" "$root/$folder"
done
for package in "$downloads"/*.deb; do
  dpkg --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner
done
rm -rf "$downloads"
