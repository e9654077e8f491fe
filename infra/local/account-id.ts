/** The account an SQS emulator puts in its ARNs; the other services use the same. */
export const ACCOUNT_ID = '000000000000';
