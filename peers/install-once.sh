# Sourced by each install.sh: `install_once NAME FILE...` puts a peer into the cache, once, however many ask at a time.
# The caller defines `fill`, which is run in the empty folder $home. A new content of FILE... installs anew. An interrupted
# install leaves no .complete, and is begun again. Exit code 69: this machine lacks what the peer needs.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)"
cache="${MILLRACE_CACHE:-$HOME/.cache/millrace}"

# Where Go's own installer puts it, which is often not on PATH.
command -v go >/dev/null || PATH="$PATH:${GOROOT:-/usr/local/go}/bin"

need() {
  for program in "$@"; do
    command -v "$program" >/dev/null && continue
    echo "needs $program, which is not on PATH" >&2
    exit 69
  done
}

install_once() {
  local name="$1" key
  shift
  key="$(cat "$here/install.sh" "$@" | sha256sum | cut -d' ' -f1)"
  home="$cache/peers/$name"
  mkdir -p "$cache/peers"
  exec 8>"$cache/peers/$name.lock"
  flock 8
  if [[ "$(cat "$home/.complete" 2>/dev/null || true)" != "$key" ]]; then
    rm -rf "$home"
    mkdir -p "$home"
    (cd "$home" && fill) >&2
    echo "$key" >"$home/.complete"
  fi
  flock -u 8
  echo "$home"
}

# maven_jars POM FOLDER: the jars of a pom's runtime dependencies. The local repository is shared and may be deleted.
maven_jars() {
  mvn -q -B -ntp -f "$1" -Dmaven.repo.local="$cache/m2" \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$2"
}
