import type { AlarmOfTemplate } from './alarm.ts';
import type { Sample } from './emf.ts';
import { stateOf } from './evaluate.ts';

/** What was printed once, and is printed again every five minutes as long as it lasts. */
export interface Phase {
  printed: readonly Sample[];
  minutes: number;
}

const MINUTE = 60_000;
const EVERY = 5;

/**
 * Plays phases one after the other on a clock of its own, from the beginning of a day, and looks at every alarm as time goes by.
 *
 * @returns which alarms rang at any time of each phase, and which ring when all is over
 */
export function play(alarms: readonly AlarmOfTemplate[], phases: readonly Phase[]) {
  const ringing = new Set<string>();
  const samples = new Map(alarms.map(({ id }) => [id, [] as Sample[]]));
  let minute = 0;
  const rang = phases.map(({ printed, minutes }) => {
    const inPhase = new Set<string>();
    const end = minute + minutes;
    for (; minute < end; minute += EVERY)
      for (const alarm of alarms) {
        const { id, metrics } = alarm;
        const about = samples.get(id) as Sample[];
        const its = printed.filter(({ name }) => metrics.some((metric) => metric.name === name));
        about.push(...its.map((sample) => ({ ...sample, at: minute * MINUTE })));
        const before = ringing.has(id) ? 'ALARM' : 'OK';
        const isRinging = stateOf(alarm, about, (minute + EVERY) * MINUTE, before) === 'ALARM';
        if (isRinging) inPhase.add(id);
        ringing[isRinging ? 'add' : 'delete'](id);
      }
    return [...inPhase].sort();
  });
  return { rang, ringing: [...ringing].sort() };
}
