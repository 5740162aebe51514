#!/bin/sh
# Asks ser as scripts of 2004 did: fifo_client.sh FIFO COMMAND [ARGUMENT LINE]...
set -e
fifo=$1
command=$2
shift 2
name=ser_reply_$$
reply=${fifo%/*}/$name

mkfifo "$reply"
trap 'rm -f "$reply"' EXIT
cat <"$reply" &
printf '%s\n' ":$command:$name" "$@" '' >"$fifo"
wait
