import { INVALID_MESSAGE_BODY_CHAR } from '../../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
const NOT_ALLOWED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * Lets messages hold what SQS lets them hold. fauxqs's own expression leaves out everything above U+FFFF, so it refuses commit messages with
 * emoji; it asks this one object wherever it looks at a message.
 */
export function allowAllCharactersOfSqs(): void {
  INVALID_MESSAGE_BODY_CHAR.test = (body) => NOT_ALLOWED.test(body);
}
