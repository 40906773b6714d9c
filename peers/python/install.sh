#!/usr/bin/env bash
# install.sh NAME: a Python environment with the packages of NAME.txt, in the cache; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need python3
fill() {
  python3 -m venv "$home"
  "$home/bin/pip" -q --disable-pip-version-check install --only-binary=:all: --no-binary=hkdf -r "$here/$packages.txt"
}
packages="${1:?name of a list of packages here}"
install_once "python-$packages" "$here/$packages.txt"
