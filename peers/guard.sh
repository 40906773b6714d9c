#!/usr/bin/env bash
# guard.sh GRACE_SECONDS LOG COMMAND [ARGUMENT...]: runs a command in a process group of its own, prints that group's id,
# and ends the group as soon as standard input closes: when the starter asks for it, and also when the starter is gone,
# even by kill -9. TERM first, KILL after the grace. Exits with the command's code.
set -um
grace="$1"
log="$2"
shift 2
exec 3<&0
"$@" >"$log" 2>&1 </dev/null 3<&- &
group=$!
echo "$group"
{
  cat <&3 >/dev/null
  kill -TERM -- "-$group"
  for ((tenths = grace * 10; tenths > 0; tenths--)); do
    kill -0 -- "-$group" || exit 0
    sleep 0.1
  done
  kill -KILL -- "-$group"
} >/dev/null 2>&1 &
watcher=$!
# Until it ends: one that is only stopped for a while goes on afterwards.
wait -f "$group"
status=$?
# What the command itself left behind.
kill -KILL -- "-$group" 2>/dev/null
kill -KILL -- "-$watcher" 2>/dev/null
exit "$status"
