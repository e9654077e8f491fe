import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import { workFields } from './correlation.ts';
import { failureOf } from './failure.ts';

/** Lines as Powertools writes them; what it says of an error is what failureOf does. */
class Formatter extends LogFormatter {
  override formatError(error: Error): LogAttributes {
    return { ...failureOf(error) };
  }

  override formatAttributes(line: UnformattedAttributes, more: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        level: line.logLevel,
        message: line.message,
        timestamp: this.formatTimestamp(line.timestamp),
        service: line.serviceName,
        function: process.env.AWS_LAMBDA_FUNCTION_NAME,
        xray_trace_id: line.xRayTraceId,
        ...more,
        ...workFields(),
      },
    });
  }
}

/**
 * The one structured logger of a function. Ids and counts go in; prompts, tokens and SQL text never do. Loading it takes 8 ms: what answers a user loads it when
 * there is something to log.
 */
export const log = new Logger({ logFormatter: new Formatter() });
