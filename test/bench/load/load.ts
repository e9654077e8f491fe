import { users, VERSIONS } from './history.ts';
import { type Level, loadLevel } from './level.ts';
import { startLoadedStack } from './loaded-stack.ts';
import { exploreProjects, MIX, requestsOf } from './traffic.ts';

/** A level that brings less than this many times as much is the last one. */
const WORTH_IT = 1.05;

/** `knee`: of the connections that brought something. `saturated`: more of them bring nothing. */
export interface LoadFigures {
  users: number;
  versions: number;
  mix: Record<string, number>;
  seconds: number;
  levels: Level[];
  knee: number;
  saturated: boolean;
}

export interface LoadOptions {
  /** For each number of connections. */
  seconds: number;
  /** Connections. */
  most: number;
  /** Is told of each level when it is through. */
  onLevel?: (level: Level) => void;
}

/** Loads a stack of its own with 1, 2, 4, ... connections, until twice as many bring less than 5 % more. */
export async function measureLoad({ seconds, most, onLevel = () => {} }: LoadOptions): Promise<LoadFigures> {
  const stack = await startLoadedStack();
  const levels: Level[] = [];
  try {
    const projects = await exploreProjects(stack.api, stack.tokens);
    for (let connections = 1; connections <= most && !saturated(levels); connections *= 2) {
      const level = await loadLevel(stack, connections, seconds, (client) => requestsOf(projects, client));
      levels.push(level);
      onLevel(level);
    }
  } finally {
    await stack.stop();
  }
  const knee = levels.at(saturated(levels) ? -2 : -1)?.connections ?? 0;
  return { users: users.length, versions: VERSIONS, mix: MIX, seconds, levels, knee, saturated: saturated(levels) };
}

/** Whether the last level has brought nothing over the one before. */
function saturated(levels: Level[]): boolean {
  const [before, last] = levels.slice(-2);
  return before !== undefined && last !== undefined && last.perSecond.mean < before.perSecond.mean * WORTH_IT;
}

/** Answers that should not have been: none are asked for but 2xx. */
export const failuresOf = ({ levels }: LoadFigures): string[] =>
  levels.flatMap(({ connections, errors, refused }) => [
    ...(errors > 0 ? [`${connections} connections: ${errors} got no answer`] : []),
    ...Object.entries(refused).map(([status, count]) => `${connections} connections: ${count} answers ${status}`),
  ]);
