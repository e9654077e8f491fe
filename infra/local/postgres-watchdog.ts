import { type ChildProcess, spawn } from 'node:child_process';

/** A program to keep no longer than this process lives. */
export interface Watched {
  program: string;
  args: string[];
  cwd: string;
  /** uid and gid to run as; undefined: this process's own. */
  user: number | undefined;
  /** A folder to remove when the program has ended. */
  removeAtEnd: string | undefined;
}

// Standard input is a pipe that this process holds open. It closes when we close it and also when we are killed with -9, where no
// handler of ours can run; either way PostgreSQL gets a fast shutdown (INT), and after ten seconds an immediate one (QUIT, safe: the
// log is replayed at the next start). `setpriv --pdeathsig` was no answer: it is tied to the thread that forked and is cleared by setuid.
const SHELL = `
exec 3<&0
"$@" & postgres=$!
{
  while read -r _; do :; done
  kill -INT $postgres
  trap 'kill $nap; exit' TERM
  sleep 10 & nap=$!
  wait $nap
  kill -QUIT $postgres
} <&3 2>/dev/null & reader=$!
wait $postgres; code=$?
kill $reader 2>/dev/null
[ -n "$REMOVE_AT_END" ] && rm -rf "$REMOVE_AT_END"
exit $code
`;

// The same where there is no shell. Windows has no INT to send: the server is ended and recovers from its log at the next start.
const NODE = `
const { spawn } = require('node:child_process');
const [program, ...args] = process.argv.slice(1);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('exit', (code) => {
  if (process.env.REMOVE_AT_END) require('node:fs').rmSync(process.env.REMOVE_AT_END, { recursive: true, force: true });
  process.exit(code ?? 1);
});
process.stdin.on('end', () => { child.kill('SIGINT'); setTimeout(() => child.kill('SIGQUIT'), 10000).unref(); }).resume();
process.stdin.on('error', () => child.kill('SIGINT'));
`;

/**
 * Starts a PostgreSQL server that ends with this process, however this process ends. End it by closing the returned
 * child's standard input; the child exits with the server's own exit code. It leads a session of its own, so Ctrl-C in the terminal
 * reaches this process alone and the server is stopped in order.
 */
export function spawnWatched(watched: Watched, platform: NodeJS.Platform = process.platform): ChildProcess {
  const [command, ...prefix] =
    platform === 'win32' ? [process.execPath, '-e', NODE, '--'] : ['/bin/sh', '-c', SHELL, 'postgres-watchdog'];
  const identity = watched.user === undefined ? {} : { uid: watched.user, gid: watched.user };
  return spawn(command as string, [...prefix, watched.program, ...watched.args], {
    cwd: watched.cwd,
    detached: platform !== 'win32',
    windowsHide: true,
    stdio: ['pipe', 'ignore', 'pipe'],
    env: { ...localeFree(), ...(watched.removeAtEnd === undefined ? {} : { REMOVE_AT_END: watched.removeAtEnd }) },
    ...identity,
  });
}

// PG* variables and the locale of whoever starts us must not change what the server does.
function localeFree(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG|TZ$)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
