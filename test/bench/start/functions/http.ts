import { query } from '../../../../functions/platform/http.ts';

/** What stands between an event and each of our handlers, and nothing behind it. */
export const handler = query(async () => ({ statusCode: 200 }));
