const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const dayAndTime = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const dayOnly = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS: [unit: Intl.RelativeTimeFormatUnit, milliseconds: number, upTo: number][] = [
  ['minute', MINUTE, HOUR],
  ['hour', HOUR, DAY],
  ['day', DAY, 7 * DAY],
];

/** How long ago a moment was: `just now`, `5 minutes ago`, `yesterday`; after a week its date says more. */
export function age(moment: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(moment));
  if (passed < 45_000) return 'just now';
  const step = STEPS.find(([, , upTo]) => passed < upTo);
  if (!step) return day(moment);
  const [unit, milliseconds] = step;
  return relative.format(-Math.max(1, Math.floor(passed / milliseconds)), unit);
}

/** In the zone of the reader: `Mar 18, 2018, 10:16 AM`. */
export const date = (moment: string): string => dayAndTime.format(Date.parse(moment));

/** `Mar 18, 2018` */
export const day = (moment: string): string => dayOnly.format(Date.parse(moment));

/** `0.4 s`, `38 s`, `3 min 20 s`, `1 h 5 min` */
export function duration(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1).replace('.0', '')} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
