// A worker on a queue that does what each message says, and the two handlers of a custom resource.
export const handler = async ({ Records }) => {
  const wishes = Records.map(({ body }) => body);
  console.log(
    JSON.stringify({
      batch: Records.map(({ messageId, body, attributes }) => ({
        messageId,
        body,
        count: attributes.ApproximateReceiveCount,
      })),
    }),
  );
  if (wishes.includes('throw')) throw new Error('asked to throw');
  if (wishes.includes('malformed')) return { batchItemFailures: [{ wrongKey: 'x' }] };
  if (wishes.includes('wait')) await new Promise((settle) => setTimeout(settle, 500));
  if (wishes.includes('event')) console.log(JSON.stringify({ event: { Records } }));
  return {
    batchItemFailures: Records.filter(({ body }) => body === 'fail').map(({ messageId }) => ({
      itemIdentifier: messageId,
    })),
  };
};

let asked = 0;

export const onEvent = async (event) => {
  console.log(JSON.stringify({ onEvent: event }));
  if (event.ResourceProperties.fail === 'onEvent') throw new Error('the migration 002 does not compile');
  return { PhysicalResourceId: 'migrations', Data: { Started: 'yes' } };
};

export const isComplete = async (event) => {
  asked += 1;
  console.log(JSON.stringify({ isComplete: event.PhysicalResourceId, asked }));
  if (event.ResourceProperties.fail === 'never') return { IsComplete: false };
  return asked < 2 ? { IsComplete: false } : { IsComplete: true, Data: { Applied: '3' } };
};
