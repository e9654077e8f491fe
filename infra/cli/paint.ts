import { styleText } from 'node:util';

/** A text in a colour where a person reads it: on a terminal, and not when NO_COLOR is set. */
export const paint = (format: Parameters<typeof styleText>[0], text: string): string =>
  styleText(format, text, { stream: process.stdout, validateStream: true });
