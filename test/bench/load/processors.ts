import { readdirSync, readFileSync } from 'node:fs';

/** Seconds of processor time by who took them. */
export interface ProcessorTimes {
  /** Gateway, Data API, queue and Lambda's part: one process. */
  stack: number;
  functions: number;
  postgres: number;
  client: number;
}

// What /proc counts in, on every Linux that Node runs on: USER_HZ.
const TICKS_A_SECOND = 100;

/** What a stack's process, and everything it has started, has used until now, and this process. Undefined where there is no /proc. */
export function processorTimes(stackPid: number): ProcessorTimes | undefined {
  const processes = readProcesses();
  if (processes.length === 0) return undefined;
  const times = { stack: 0, functions: 0, postgres: 0, client: 0 };
  const family = new Set([stackPid]);
  // A child may have a lower id than its parent when ids have gone round: until nobody is added.
  for (let known = 0; known !== family.size; ) {
    known = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  for (const { pid, name, seconds } of processes) {
    if (pid === stackPid) times.stack += seconds;
    else if (pid === process.pid) times.client += seconds;
    else if (family.has(pid)) times[name === 'postgres' ? 'postgres' : 'functions'] += seconds;
  }
  return times;
}

interface RunningProcess {
  pid: number;
  parent: number;
  name: string;
  seconds: number;
}

function readProcesses(): RunningProcess[] {
  return list('/proc').flatMap((entry) => {
    // pid (name) state ppid ... utime and stime are the 14th and 15th: proc_pid_stat(5)
    const [, pid, name, rest] = /^(\d+) \((.*)\) (.*)$/s.exec(read(`/proc/${entry}/stat`)) ?? [];
    if (pid === undefined || name === undefined || rest === undefined) return [];
    const fields = rest.split(' ');
    const seconds = (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
    return [{ pid: Number(pid), parent: Number(fields[1]), name, seconds }];
  });
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

/** Empty for a process that has ended meanwhile. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
