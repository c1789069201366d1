// Starts a command in an image as a container would, with what Linux itself offers for that.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import type { Image } from './image.ts'

/** Whether this machine lets us start a container of our own kind: only root can, and only on Linux. */
export function canStartContainers(): boolean {
  return (
    process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
  )
}

/** In a mount namespace of its own: this machine's system and its Node beside the image, and nothing can be written. */
const AS_CONTAINER = `
  set -e
  root=$1 workdir=$2 user=$3 node=$4
  shift 4
  mount --bind "$root" "$root"
  for name in bin sbin lib lib64 usr etc proc dev; do
    if [ -L "/$name" ]; then ln -sf "$(readlink "/$name")" "$root/$name"
    elif [ -d "/$name" ]; then
      mkdir -p "$root/$name"
      mount --bind "/$name" "$root/$name"
      mount -o remount,bind,ro "$root/$name"
    fi
  done
  mkdir -p "$root/node"
  mount --bind "$node" "$root/node"
  mount -o remount,bind,ro "$root/node"
  mount -o remount,bind,ro "$root"
  exec chroot --userspec="$user" --groups= "$root" env -C "$workdir" "$@"
`

/** Starts a command as the image's user, who sees only the image and the system, all of it read-only. */
export function startIn(
  image: Image,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  const { root, workdir, user } = image
  const asContainer = ['--mount', 'sh', '-c', AS_CONTAINER, 'sh', root, workdir, user, dirname(process.execPath)]
  return spawn('unshare', [...asContainer, ...command], {
    env: { PATH: '/node:/usr/bin:/bin:/usr/sbin:/sbin', ...image.env, ...env },
  })
}
