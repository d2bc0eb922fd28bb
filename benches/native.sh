#!/bin/bash
# Native speed: one appserver worker beside one nginx worker answering the same bytes, on the same core, in turns.
#   benches/native.sh [ROUNDS]        (default 5; needs wrk, nginx and taskset, and two cores)
# Prints the median of each, the median of the ratios of the rounds, the same per second of the worker's processor time
# (which tells the truth on a machine that is busy with other things), and what ran; exits 1 if the ratio is below 0.9.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
server=${APPSERVER:-target/x86_64-unknown-linux-gnu/release/appserver}
path=/airbnb-onepage/
body='Hello HBNB!'
export PATH=$PATH:/usr/sbin

for program in wrk nginx taskset curl; do
  command -v "$program" >/dev/null || { echo "missing: $program" >&2; exit 2; }
done
[ -x "$server" ] || { echo "missing: $server (cargo build --release)" >&2; exit 2; }
[ "$(nproc)" -ge 2 ] || { echo "two cores are needed: one serves, one asks" >&2; exit 2; }

work=$(mktemp -d)
started=()
end() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap end EXIT

cat >"$work/nginx.conf" <<CONF
daemon off;
pid $work/nginx.pid;
error_log $work/nginx.log;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  keepalive_requests 100000000;
  default_type text/plain;
  server { listen 127.0.0.1:18081; location / { return 200 '$body'; } }
}
CONF
taskset -c 0 nginx -e "$work/nginx.log" -p "$work" -c "$work/nginx.conf" & started+=($!)
taskset -c 0 "$server" --bind 127.0.0.1:18082 --workers 1 --keep-alive 75 --log-level error @hbnb/onepage & started+=($!)

for port in 18081 18082; do
  for _ in $(seq 100); do
    [ "$(curl -fs "http://127.0.0.1:$port$path" || true)" = "$body" ] && continue 2
    sleep 0.1
  done
  echo "no '$body' from port $port" >&2
  exit 1
done

worker_of() { pgrep -P "$1"; }
bytes() { curl -s -D- -o /dev/null "http://127.0.0.1:$1$path" | wc -c; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# Requests a second, and requests a second of the worker's processor time: PORT WORKER.
measure() {
  local before after
  before=$(ticks "$2")
  taskset -c 1 wrk -t1 -c32 -d3s "http://127.0.0.1:$1$path" >"$work/out"
  after=$(ticks "$2")
  ! grep -E 'Non-2xx|Socket errors' "$work/out" >&2 || exit 1
  awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    '/requests in/ { all = $1 } /Requests\/sec/ { printf "%d %d\n", $2, all * hz / ticks }' "$work/out"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
column() { awk -v c="$2" '{ print $c }' "$work/$1" | median; }
ratio() { paste "$work/appserver" "$work/nginx" | awk -v c="$1" '{ printf "%.2f\n", $c / $(c + 2) }' | median; }

nginx_worker=$(worker_of "${started[0]}")
our_worker=$(worker_of "${started[1]}")
for _ in $(seq "$rounds"); do
  measure 18081 "$nginx_worker" >>"$work/nginx"
  measure 18082 "$our_worker" >>"$work/appserver"
done

resident=$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$our_worker/status")
echo
echo "| '$body', 1 worker, 1 core, keep-alive, wrk -c32, median of $rounds | requests/s | per CPU second | header bytes |"
echo "|---|---|---|---|"
echo "| nginx $(nginx -v 2>&1 | sed 's/.*nginx\///; s/ .*//'), return 200 | $(column nginx 1) | $(column nginx 2) | $(bytes 18081) |"
echo "| appserver $("$server" -v | sed 's/appserver //') (worker: $resident MB) | $(column appserver 1) | $(column appserver 2) | $(bytes 18082) |"
echo "| ratio | $(ratio 1) | $(ratio 2) | |"
ratio 1 | awk '{ exit $1 < 0.9 }' || { echo "below 0.9" >&2; exit 1; }
