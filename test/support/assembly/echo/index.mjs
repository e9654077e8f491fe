// A function that says what it was given, or misbehaves as asked: `{"do": ...}` in the event, or ?do= in a request.
let calls = 0;

export const handler = async (event, context) => {
  calls += 1;
  const asked = event.do ?? event.queryStringParameters?.do;
  console.log(JSON.stringify({ asked: asked ?? 'echo', calls }));
  switch (asked) {
    case 'throw':
      throw new RangeError('asked to throw');
    case 'exit':
      process.exit(3);
      break;
    case 'kill':
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'reject':
      Promise.reject(new Error('nobody listens'));
      await new Promise((settle) => setTimeout(settle, 5_000));
      break;
    case 'hang':
      await new Promise((settle) => setTimeout(settle, 60_000));
      break;
    case 'spin':
      for (;;);
    case 'wait':
      await new Promise((settle) => setTimeout(settle, event.milliseconds ?? 300));
      break;
    case 'large':
      return 'x'.repeat(event.bytes);
    case 'nothing':
      return undefined;
    case 'answer':
      return event.answer ?? JSON.parse(event.body);
  }
  const seen = {
    event,
    calls,
    pid: process.pid,
    context: { ...context, remaining: context.getRemainingTimeInMillis() },
    environment: process.env,
    execArgv: process.execArgv,
  };
  if (event.version !== '2.0') return seen;
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(seen) };
};
