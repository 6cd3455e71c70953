#!/usr/bin/env bash
# Schemathesis over the OpenAPI of a started program, as each role: no 5xx, no answer that breaks its schema. SCHEMATHESIS_S seconds a role
# (12). The tool goes into the cache folder. Exit code 0: nothing found; 3: the tool could not be installed, so nothing was tried.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${WARDLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wardline}
version=4.32.5
tool=$cache/schemathesis-$version
seconds=${SCHEMATHESIS_S:-12}
out=$(mktemp -d)
chmod 755 "$out"
node=$PWD/node_modules/.bin/node
pid=

finish() {
  if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
    kill -TERM "$pid"
    wait "$pid" || true
  fi
  rm -rf "$out"
}
trap finish EXIT

if [ ! -x "$tool/bin/schemathesis" ]; then
  rm -rf "$tool"
  if ! { python3 -m venv "$tool" && "$tool/bin/pip" install --quiet "schemathesis==$version"; }; then
    rm -rf "$tool"
    echo "schemathesis: could not be installed: nothing was tried"
    exit 3
  fi
fi

export DATA_DIR=$out/data HOST=127.0.0.1 PORT=0 OSMAND_PORT=0 JT808_PORT=0 WATCH_PORT=0 CALLS_A_MINUTE=1000000
export WARDLINE_ADMIN_PASSWORD=schemathesis LOG_LEVEL=error
unset DATABASE_URL SERVICE_DATABASE_URL KAFKA_BROKERS REDIS_URL MQTT_URL
"$node" src/main.ts start --no-demo >"$out/start.log" 2>"$out/errors.log" &
pid=$!
for _ in $(seq 120); do
  grep -q 'Ctrl-C' "$out/start.log" && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.5
done
url=$(sed -n 's/^ *page *\(http[^ ]*\).*/\1/p' "$out/start.log")
if [ -z "$url" ]; then
  echo "schemathesis: the program did not start"
  cat "$out/errors.log"
  exit 1
fi

cat >"$out/roster.json" <<'JSON'
{"subjects":[
 {"id":"S1","name":"测试人员一","office":"445281/office-01","grade":"strict","devices":[{"id":"D1","kind":"phone","protocol":"osmand","intervalS":60,"from":"2026-01-01T00:00:00Z"}],"zones":[{"zone":"z1","rule":"stay-in"}]},
 {"id":"S2","name":"测试人员二","office":"445222/office-01","grade":"standard","minor":true,"devices":[{"id":"D2","kind":"phone","intervalS":60,"from":"2026-01-01T00:00:00Z"}]}]}
JSON
cat >"$out/zones.geojson" <<'JSON'
{"type":"FeatureCollection","features":[{"type":"Feature","id":"z1","properties":{"name":"测试区域","radiusM":500},"geometry":{"type":"Point","coordinates":[116.3,23.5]}}]}
JSON
"$node" src/main.ts roster load --roster "$out/roster.json" --zones "$out/zones.geojson" >/dev/null

# As one role, for so many seconds. It keeps its own cache where it is run.
ask() {
  (cd "$out" && "$tool/bin/schemathesis" run "$url/api/docs/json" --url "$url" -H "Authorization: Bearer $token" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --phases coverage,fuzzing --max-time "$1" --seed 1 --continue-on-failure --no-shrink --request-timeout 30 \
    --warnings off --output-sanitize true) >"$out/$role.log" 2>&1
}
# Every operation was asked something.
is_whole() {
  local all tested
  all=$(sed -n 's/.*Selected: [0-9]*\/\([0-9]*\).*/\1/p' "$out/$role.log")
  tested=$(sed -n 's/.*Tested: \([0-9]*\).*/\1/p' "$out/$role.log")
  [ -n "$all" ] && [ "$all" = "$tested" ]
}

failed=0
for role in administrator duty-officer office-officer manager auditor prosecutor; do
  token=$("$node" src/main.ts token create --role "$role" --minors)
  echo "schemathesis: as $role"
  is_fine=1
  ask "$seconds" || is_fine=0
  # On a busy machine the time is over before all was asked: once more, with more of it.
  if [ "$is_fine" = 1 ] && ! is_whole; then ask "$((seconds * 5))" || is_fine=0; fi
  if [ "$is_fine" = 0 ]; then
    failed=1
    tail -n 80 "$out/$role.log"
  elif ! is_whole; then
    failed=1
    echo "schemathesis: $((seconds * 5)) s were too few to ask every operation"
    tail -n 20 "$out/$role.log"
  else
    grep -E 'Tested:|generated' "$out/$role.log"
    tail -n 1 "$out/$role.log"
  fi
done
if [ -s "$out/errors.log" ]; then
  failed=1
  echo "schemathesis: the program complained:"
  head -c 4000 "$out/errors.log"
fi
exit "$failed"
