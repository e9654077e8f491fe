import { parse } from '../../../../functions/platform/parse.ts';
import { listQuery } from '../../../../functions/versions/list.ts';
import { loaded as sdk } from './sdk.ts';

/** Beside the SDK the schemas of the list and what parses with them, and nothing parsed. */
export const loaded = [...sdk, parse, listQuery];

export const handler = async () => ({ statusCode: 200 });
