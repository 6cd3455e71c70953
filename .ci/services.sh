#!/usr/bin/env bash
# Installs and starts a real Kafka (KRaft, one broker), a real Redis, a real MQTT broker and a PostgreSQL with PostGIS for the tests, on
# loopback. PostGIS is the oracle of distances; Wardline itself never uses it.
#   .ci/services.sh start   prints KAFKA_BROKERS=…, REDIS_URL=…, MQTT_URL=… and POSTGIS_URL=… ; logs and data in a folder of their own
#   .ci/services.sh stop    ends what it started and removes the folder
# Needs Java 17 or newer, Maven for the first time, and (as root) apt for Redis, Mosquitto and PostGIS when they are missing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
cache=${WARDLINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wardline}
jars=$cache/kafka-4.1.0
run=${WARDLINE_SERVICES_DIR:-${TMPDIR:-/tmp}/wardline-services}

say() { echo "services: $*" >&2; }

# The first port from a wish on that nobody listens at.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 10)); done
  echo "$port"
}

install_kafka() {
  [ -f "$jars/.complete" ] && return
  say "fetching Kafka's jars (once)"
  mkdir -p "$jars"
  mvn -q -f "$here/kafka-pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies -DoutputDirectory="$jars" -DincludeScope=runtime >&2
  touch "$jars/.complete"
}

install_redis() {
  command -v redis-server >/dev/null && return
  say "installing redis-server"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq redis-server >&2
}

# Debian keeps it in /usr/sbin, which is not on everybody's path.
mosquitto_program() { PATH=$PATH:/usr/sbin:/usr/local/sbin type -P mosquitto; }

install_mosquitto() {
  mosquitto_program >/dev/null && return
  say "installing mosquitto"
  apt-get update -qq >&2
  # Only the program: its own service must not start on the usual port.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq mosquitto >/dev/null
}

postgis_bin=/usr/lib/postgresql/15/bin

install_postgis() {
  [ -x "$postgis_bin/initdb" ] && [ -f /usr/share/postgresql/15/extension/postgis.control ] && return
  say "installing postgresql-15-postgis-3"
  apt-get update -qq >&2
  # Only the programs: Debian's own cluster must not start on the usual port.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-15-postgis-3 >/dev/null
}

# PostgreSQL refuses to run as root: then as Debian's user, in a folder that this user may enter.
as_postgres() { if [ "$(id -u)" = 0 ]; then setsid -w runuser -u postgres -- "$@"; else setsid -w "$@"; fi; }

start_postgis() { # port
  local data
  data=$(mktemp -d /tmp/wardline-postgis.XXXXXX)
  echo "$data" >"$run/postgis.folder"
  [ "$(id -u)" != 0 ] || chown postgres "$data"
  (cd "$data" && as_postgres "$postgis_bin/initdb" -D "$data/db" -U postgres -A trust -E UTF8 --no-sync) >"$run/postgis.log" 2>&1
  cd "$data"
  as_postgres "$postgis_bin/postgres" -D "$data/db" -p "$1" -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
    -c shared_buffers=32MB -c max_connections=10 >>"$run/postgis.log" 2>&1 &
  cd - >/dev/null
}

wait_for() { # name, port
  for _ in $(seq 1 240); do
    (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null && return
    sleep 0.25
  done
  say "$1 did not come up on port $2; see $run"
  tail -n 20 "$run"/*.log >&2 || true
  exit 1
}

start() {
  install_kafka
  install_redis
  install_mosquitto
  install_postgis
  # What a run left that was killed: Kafka refuses to format its folder a second time.
  stop
  mkdir -p "$run"
  local kafka_port controller_port redis_port mqtt_port postgis_port
  kafka_port=$(free_port "${KAFKA_PORT:-19092}")
  controller_port=$(free_port "${KAFKA_CONTROLLER_PORT:-19093}")
  redis_port=$(free_port "${REDIS_PORT:-16379}")
  mqtt_port=$(free_port "${MQTT_PORT:-11883}")
  postgis_port=$(free_port "${POSTGIS_PORT:-15432}")
  cat >"$run/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller_port
listeners=PLAINTEXT://127.0.0.1:$kafka_port,CONTROLLER://127.0.0.1:$controller_port
advertised.listeners=PLAINTEXT://127.0.0.1:$kafka_port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$run/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
message.max.bytes=16777216
auto.create.topics.enable=false
PROPERTIES
  local id
  id=$(java -cp "$jars/*" kafka.tools.StorageTool random-uuid)
  java -cp "$jars/*" kafka.tools.StorageTool format -t "$id" -c "$run/server.properties" >"$run/format.log" 2>&1 || {
    say "Kafka's folder can't be formatted:"
    tail -n 20 "$run/format.log" >&2
    exit 1
  }
  setsid java -Xmx512m -Xms256m -XX:+UseG1GC -cp "$jars/*" kafka.Kafka "$run/server.properties" >"$run/kafka.log" 2>&1 &
  echo $! >"$run/kafka.pid"
  setsid redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$run" >"$run/redis.log" 2>&1 &
  echo $! >"$run/redis.pid"
  printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$mqtt_port" >"$run/mosquitto.conf"
  setsid "$(mosquitto_program)" -c "$run/mosquitto.conf" >"$run/mosquitto.log" 2>&1 &
  echo $! >"$run/mosquitto.pid"
  start_postgis "$postgis_port"
  wait_for Kafka "$kafka_port"
  wait_for Redis "$redis_port"
  wait_for Mosquitto "$mqtt_port"
  wait_for PostGIS "$postgis_port"
  head -n 1 "$(cat "$run/postgis.folder")/db/postmaster.pid" >"$run/postgis.pid"
  echo "KAFKA_BROKERS=127.0.0.1:$kafka_port"
  echo "REDIS_URL=redis://127.0.0.1:$redis_port"
  echo "MQTT_URL=mqtt://127.0.0.1:$mqtt_port"
  echo "POSTGIS_URL=postgres://postgres@127.0.0.1:$postgis_port/postgres"
}

# A signal to a service of ours: a number from an earlier boot may be somebody else's by now.
end_own() { # name, signal
  local pid
  pid=$(cat "$run/$1.pid")
  tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q -e kafka.Kafka -e redis-server -e mosquitto -e wardline-postgis || return 1
  kill "$2" "$pid" 2>/dev/null
}

stop() {
  # A start that was cut off between the two lines knows the folder, not yet the number.
  local folder=
  [ ! -f "$run/postgis.folder" ] || folder=$(cat "$run/postgis.folder")
  [ -z "$folder" ] || [ ! -f "$folder/db/postmaster.pid" ] || head -n 1 "$folder/db/postmaster.pid" >"$run/postgis.pid"
  for name in kafka redis mosquitto postgis; do
    [ -f "$run/$name.pid" ] || continue
    # PostgreSQL waits for its clients on the usual signal, and not on this one.
    if [ "$name" = postgis ]; then end_own "$name" -INT || true; else end_own "$name" -TERM || true; fi
  done
  for name in kafka redis mosquitto postgis; do
    [ -f "$run/$name.pid" ] || continue
    for _ in $(seq 1 60); do end_own "$name" -0 || break; sleep 0.25; done
    end_own "$name" -KILL || true
  done
  case $folder in /tmp/wardline-postgis.*) rm -rf "$folder" ;; esac
  rm -rf "$run"
}

case "${1:-}" in
start) start ;;
stop) stop ;;
*) say "usage: $0 start|stop" && exit 2 ;;
esac
