import { Logger } from '@aws-lambda-powertools/logger';

/** The one structured logger of a function. Ids and counts go in; prompts, tokens and SQL text never do. */
export const log = new Logger();
