import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { CORRELATION_HEADER, correlationOf, invoked } from './correlation.ts';
import type { Handle, Request } from './request.ts';

/**
 * A handler whose work bears the id of its request: the one in the header, when it may be one, else API Gateway's. A strange id fails no request, since
 * it is there for looking back: the answer's header says which id was taken.
 */
export const correlatedAnswer =
  (handle: Handle): Handle =>
  (request: Request, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const { awsRequestId } = context;
    const id = correlationOf(awsRequestId, request.headers[CORRELATION_HEADER], request.requestContext.requestId);
    return invoked(awsRequestId, id, async () => {
      const answer = await handle(request, context);
      return { ...answer, headers: { ...answer.headers, [CORRELATION_HEADER]: id } };
    });
  };
