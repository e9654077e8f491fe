import { DataApiError } from './errors.ts';
import type { FaultSpec, Faults } from './faults.ts';

/** Where faults are programmed when the endpoint is a process of its own. */
export const CONTROL_PATH = '/_faults';

/**
 * `GET` lists the faults and how often each has struck, `POST` adds one or an array of them, `DELETE` removes all.
 *
 * @returns the JSON text of the faults as they are then.
 * @throws DataApiError that says what is wrong with a fault.
 */
export function control(faults: Faults, method: string | undefined, body: string): string {
  if (method === 'POST') faults.add(...parseFaults(body));
  else if (method === 'DELETE') faults.clear();
  else if (method !== 'GET')
    throw new DataApiError('UnknownOperationException', `${CONTROL_PATH} takes GET, POST and DELETE.`);
  return JSON.stringify(faults.list());
}

/** One fault or an array of them, as JSON. */
export function parseFaults(text: string): FaultSpec[] {
  try {
    return [JSON.parse(text)].flat();
  } catch (cause) {
    throw new DataApiError('SerializationException', 'Expected JSON: one fault or an array of them.', {}, { cause });
  }
}
