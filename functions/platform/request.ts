import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';

/** A request of the HTTP API, payload format 2.0. `body` is parsed JSON on routes that take one. */
export type Request = Omit<APIGatewayProxyEventV2, 'body'> & { body?: unknown };

/** Answers one route. */
export type Handle = (request: Request, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;
