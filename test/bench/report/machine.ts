import { arch, availableParallelism, cpus, totalmem, type } from 'node:os';

/** What the figures were measured on. Without its name. */
export interface Machine {
  cores: number;
  processor: string;
  memoryGiB: number;
  system: string;
  node: string;
}

export const machine = (): Machine => ({
  cores: availableParallelism(),
  processor: cpus()[0]?.model.trim() || 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${arch()}`,
  node: process.version.slice(1),
});
