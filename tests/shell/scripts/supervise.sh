#!/bin/sh
# supervise.sh - start, stop and watch one service by its pid file.
#
#   supervise.sh start|stop|status|restart NAME [COMMAND...]
run=${RUN_DIR:-.}
action=$1 name=$2
[ $# -ge 2 ] || { echo "usage: supervise.sh start|stop|status|restart NAME [COMMAND...]" >&2; exit 64; }
shift 2
pidfile=$run/$name.pid

# In a container whose first process reaps nobody, what has ended stays as a zombie.
alive() { kill -0 "$1" 2>/dev/null && ! grep -q '^State:.*zombie' "/proc/$1/status" 2>/dev/null; }

# Sets pid; a file that is empty or names a process that is gone is as good as none.
running() {
    pid=
    [ -s "$pidfile" ] && read -r pid <"$pidfile" || return 1
    case $pid in *[!0-9]*) return 1 ;; esac
    alive "$pid"
}

start() {
    if running; then
        echo "$name is running already"
        return 0
    fi
    [ $# -gt 0 ] || { echo "$name: start what?" >&2; return 64; }
    : >"$pidfile"
    (exec "$@") >>"$run/$name.out" 2>&1 </dev/null &
    echo $! >"$pidfile"
    sleep "${SETTLE:-0.1}"
    if running; then
        echo "$name started"
    else
        echo "$name did not stay up" >&2
        : >"$pidfile"
        return 1
    fi
}

stop() {
    if ! running; then
        echo "$name is not running"
        return 0
    fi
    kill -TERM "$pid"
    tries=40
    while alive "$pid"; do
        tries=$((tries - 1))
        if [ $tries -eq 0 ]; then
            echo "$name does not listen, killed"
            kill -KILL "$pid"
            break
        fi
        sleep 0.05
    done
    : >"$pidfile"
    [ $tries -eq 0 ] || echo "$name stopped"
}

case $action in
    start) start "$@" ;;
    stop) stop ;;
    restart) stop && start "$@" ;;
    status)
        if running; then
            echo "$name is up"
        elif [ -s "$pidfile" ]; then
            echo "$name is dead, but its pid file is there"
            exit 1
        else
            echo "$name is down"
            exit 3
        fi
        ;;
    *)
        echo "supervise: what is '$action'?" >&2
        exit 64
        ;;
esac
