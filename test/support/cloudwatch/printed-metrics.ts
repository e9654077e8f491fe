import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofType, type Template } from '../template.ts';
import type { AlarmOfTemplate } from './alarm.ts';
import { readEmf, type Sample } from './emf.ts';

/** The metrics in the logs of a folder, as they come. */
export class PrintedMetrics {
  readonly #folder: string;
  /** Bytes read of each file. */
  readonly #read = new Map<string, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What was printed since the last time. */
  take(): Sample[] {
    return globSync('*.log', { cwd: this.#folder }).flatMap((file) => {
      const text = readFileSync(join(this.#folder, file));
      const from = this.#read.get(file) ?? 0;
      const until = text.lastIndexOf('\n') + 1;
      this.#read.set(file, until);
      return text.subarray(from, until).toString('utf8').split('\n').flatMap(readEmf);
    });
  }
}

/**
 * Whether a drill can make an alarm ring: it is on metrics our functions print, or on how many messages lie in a queue, which SQS tells here as there. The
 * others are on what AWS alone measures, or counts in a log of its own.
 */
export function isDrilled({ metrics }: AlarmOfTemplate, template: Template): boolean {
  const counted = Object.values(ofType(template, 'AWS::Logs::MetricFilter')).flatMap(({ Properties }) =>
    Properties.MetricTransformations.map(({ MetricName }: { MetricName: string }) => MetricName),
  );
  return metrics.every(
    ({ namespace, name }) =>
      (namespace === 'project-versions' && !counted.includes(name)) || name === 'ApproximateNumberOfMessagesVisible',
  );
}
