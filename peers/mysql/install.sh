#!/usr/bin/env bash
# MySQL 9 (server, client, mysqlbinlog) from Debian sid with the C library it was built against, and a fresh data folder
# to start from; prints the folder.
source "$(dirname "${BASH_SOURCE[0]}")/../install-once.sh"
fill() {
  bash "$here/../debian/unpack.sh" "$home" sid mysql-server-core mysql-client-core
  # Made once here, because it takes seconds. Not written to a binary log, so that a new server has an empty GTID set.
  cat >first.sql <<'SQL'
CREATE USER 'root'@'127.0.0.1' IDENTIFIED BY 'millrace';
GRANT ALL PRIVILEGES ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;
SQL
  local user=()
  [[ "$(id -u)" != 0 ]] || user=(--user=root)
  mkdir fresh
  bash "$here/../debian/run.sh" "$home" mysqld --no-defaults --basedir="$home/usr" --datadir="$home/fresh" \
    --lc-messages-dir="$home/usr/share/mysql" --character-sets-dir="$home/usr/share/mysql/charsets" \
    --plugin-dir="$home/usr/lib/mysql/plugin" --log-error="$home/initialize.log" "${user[@]}" --skip-log-bin \
    --innodb-redo-log-capacity=8M --init-file="$home/first.sql" --initialize-insecure || {
    tail -n 20 "$home/initialize.log"
    return 1
  }
  # Holds the server's own id, which each server must make for itself.
  rm fresh/auto.cnf
}
install_once mysql "$here/../debian/unpack.sh" "$here/../debian/run.sh"
