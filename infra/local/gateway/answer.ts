/** An HTTP answer ready to be sent. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[]>;
  body: Buffer;
}

/** The gateway's own answers: `{"message": "..."}`. */
export function gatewayAnswer(status: number, message: string, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify({ message })),
  };
}

/** What clients see when a function fails or answers something that is no HTTP answer. The reason is in the function's log. */
export const internalServerError = (): Answer => gatewayAnswer(500, 'Internal Server Error');

/**
 * The answer a function's result stands for in payload format 2.0: with a statusCode as it says, any other JSON is the body of a 200.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.response
 */
export function answerOf(payload: string): Answer {
  const result: unknown = JSON.parse(payload);
  if (typeof result !== 'object' || result === null || !('statusCode' in result)) {
    const body = typeof result === 'string' ? result : payload;
    return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
  }
  const { statusCode, body, isBase64Encoded, cookies } = result as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return internalServerError();
  if (body !== undefined && body !== null && typeof body !== 'string') return internalServerError();

  const headers: Answer['headers'] = {};
  for (const [name, value] of Object.entries((result as { headers?: Record<string, unknown> | null }).headers ?? {})) {
    if (value !== undefined && value !== null) headers[name.toLowerCase()] = String(value);
  }
  // What the service puts where a function names no type.
  headers['content-type'] ??= 'text/plain;charset=UTF-8';
  if (Array.isArray(cookies)) headers['set-cookie'] = cookies.map(String);
  return { status, headers, body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8') };
}
