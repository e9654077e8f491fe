/** What a person types to look after a stack's migrations. Said in one place: reasons, logs and alarms name the same. */

/** Shows how far they are. */
export const showMigrations = (stack: string): string => `npm run migrate -- status --stack ${stack}`;

/** Goes on where they stopped: the one or the other. */
export const finishMigrations = (stack: string): string => `npx cdk deploy, or npm run migrate -- up --stack ${stack}`;

/** Goes on with what takes the old system away, which only a deployment that asks for it does. */
export const FINISH_CONTRACT = 'npx cdk deploy -c contractMigrations=true';

/**
 * The error for whoever sees nothing else: its reason, and the command that comes after the repair. No stack trace: CloudFormation would show it in the
 * reason's place, in 4 KB.
 */
export function withCommand(error: unknown, command: string): Error {
  const reason = error instanceof Error ? error.message : String(error);
  const plain = new Error(`${reason.replace(/\.$/, '')}; then: ${command}`);
  plain.stack = plain.message;
  return plain;
}
