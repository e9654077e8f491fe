/** Lambda's answer to a failed invocation, as the Invoke API and the logs show it. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace?: string[];
}

/** What an invocation came to: the function's JSON answer, or why there is none. */
export type InvocationResult = { ok: true; payload: string } | { ok: false; error: FunctionError };

/** One event on its way to a function process. */
export interface Invocation {
  requestId: string;
  /** JSON. */
  payload: string;
}

// Synchronous invocations take and give 6 MB: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
// The exact figure is the one Lambda's own error names.
export const PAYLOAD_LIMIT = 6_291_556;

export const responseTooLarge: FunctionError = {
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT} bytes).`,
};

/** The event is over the 6 MB a synchronous invocation takes. */
export class RequestTooLarge extends Error {
  override name = 'RequestTooLarge';
}

/** An error a function threw or ended with, for callers that must stop on it: message and type are the function's own. */
export class FunctionFailed extends Error {
  override name = 'FunctionFailed';
  readonly errorType: string;

  constructor(functionName: string, error: FunctionError) {
    super(`${functionName}: ${error.errorType}: ${error.errorMessage}`);
    this.errorType = error.errorType;
  }
}
