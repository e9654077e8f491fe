import { query } from '../../../../functions/platform/http.ts';
import { loaded as sdk } from './sdk.ts';

export const loaded = sdk;

/** Beside the SDK what stands between an event and each of our handlers, and nothing behind it. */
export const handler = query(async () => ({ statusCode: 200 }));
