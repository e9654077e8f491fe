import { TemplateNotRunnable } from '../template/template.ts';

const MILLISECONDS: Record<string, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Milliseconds between two invocations of `rate(5 minutes)`.
 *
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
 * @throws TemplateNotRunnable for cron, at, and what is neither.
 */
export function rateOf(expression: string, at: string): number {
  const [, count = '', unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const every = Number(count) * (MILLISECONDS[unit] ?? 0);
  // A timer of Node holds 24 days.
  if (every > 0 && every < 2 ** 31) return every;
  throw new TemplateNotRunnable(
    `${at}: the local stack runs rate(N minutes|hours|days) of at most 24 days, not ${JSON.stringify(expression)}`,
  );
}
