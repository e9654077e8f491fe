import { parse } from '../../../../functions/platform/parse.ts';
import { listQuery } from '../../../../functions/versions/list.ts';

/** The schemas of the list and what parses with them, and nothing parsed. */
export const loaded = [parse, listQuery];

export const handler = async () => ({ statusCode: 200 });
