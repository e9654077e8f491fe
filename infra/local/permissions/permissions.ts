import { createHash } from 'node:crypto';
import { TemplateNotRunnable, type TemplateValue } from '../template/template.ts';
import { parseSignature } from './authorization-header.ts';
import { type Credentials, issueCredentials } from './credentials.ts';
import { evaluate, type Principal } from './evaluate.ts';
import { AWS_MANAGED_POLICIES } from './managed-policies.ts';
import { type Statement, statementsOf } from './policy-document.ts';
import { isSignedBy, type SignedRequest } from './signature.ts';

/**
 * Asks whether the caller with an access key may do an action (`sqs:SendMessage`) on a resource (its ARN).
 *
 * @throws UnknownAccessKey or AccessDenied, whose messages are AWS's; each service wraps them in an error of its own.
 */
export type Authorize = (accessKeyId: string, action: string, resource: string) => void;

/** What a service asks about a request: who signed it, and what they may do. */
export interface Access {
  /**
   * Computes the signature again.
   *
   * @throws UnknownAccessKey, SignatureMismatch
   */
  authenticate(request: SignedRequest): Promise<void>;
  authorize: Authorize;
}

/** The request is not what was signed, or was signed with another key. */
export class SignatureMismatch extends Error {
  override name = 'SignatureMismatch';

  constructor() {
    super(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
    );
  }
}

/** No identity of this account has the access key. */
export class UnknownAccessKey extends Error {
  override name = 'UnknownAccessKey';

  constructor() {
    super('The security token included in the request is invalid.');
  }
}

/** The caller's policies, or the resource's, do not allow it. */
export class AccessDenied extends Error {
  override name = 'AccessDenied';
}

/** Whoever holds an access key. */
export interface Caller extends Principal {
  credentials: Credentials;
  /** As a role's or user's unique id, with the session's name behind a role's. */
  userId: string;
}

/** The identities of the local account, what their policies and those of resources allow, and who holds which access key. */
export class Permissions implements Access {
  readonly #accountId: string;
  readonly #region: string;
  /** Statements by the ARN of a role, user, managed policy or resource. */
  readonly #attached = new Map<string, Statement[]>();
  readonly #callers = new Map<string, Caller>();

  constructor(accountId: string, region: string) {
    this.#accountId = accountId;
    this.#region = region;
    for (const [arn, document] of AWS_MANAGED_POLICIES) this.attach(arn, document, arn);
  }

  /** An identity is known from now on, with no permissions yet. @returns its ARN. */
  declare(kind: 'role' | 'user' | 'policy', name: string): string {
    const arn = `arn:aws:iam::${this.#accountId}:${kind}/${name}`;
    if (!this.#attached.has(arn)) this.#attached.set(arn, []);
    return arn;
  }

  /**
   * Attaches a policy document to an identity or a resource.
   *
   * @param at where the document stands, for messages.
   * @throws TemplateNotRunnable when it cannot be evaluated here.
   */
  attach(arn: string, document: TemplateValue | undefined, at: string): void {
    this.#attached.set(arn, [...(this.#attached.get(arn) ?? []), ...statementsOf(document, at)]);
  }

  /** Attaches a managed policy, AWS's own or the template's, to a role. @throws TemplateNotRunnable when nobody knows it. */
  attachManaged(roleArn: string, policyArn: string, at: string): void {
    const statements = this.#attached.get(policyArn);
    if (statements === undefined) {
      throw new TemplateNotRunnable(
        `${at}: the local stack does not know the managed policy ${policyArn}. Add it to infra/local/permissions/managed-policies.ts.`,
      );
    }
    this.#attached.set(roleArn, [...(this.#attached.get(roleArn) ?? []), ...statements]);
  }

  /**
   * Opens a session of a role.
   *
   * @param session its name; Lambda gives it the function's.
   * @throws TemplateNotRunnable when there is no such role.
   */
  assume(roleArn: string, session: string, credentials: Credentials = issueCredentials()): Credentials {
    const name = roleArn.split(':role/')[1];
    if (name === undefined || !this.#attached.has(roleArn))
      throw new TemplateNotRunnable(`${session}: the template declares no role ${roleArn}`);
    return this.#hold({
      credentials,
      accountId: this.#accountId,
      arn: `arn:aws:sts::${this.#accountId}:assumed-role/${name.split('/').at(-1)}/${session}`,
      identityArn: roleArn,
      userId: `${uniqueId('AROA', roleArn)}:${session}`,
    });
  }

  /** Adds a user that may do everything. */
  addAdministrator(name: string, credentials: Credentials): void {
    const arn = this.declare('user', name);
    this.attach(arn, EVERYTHING, name);
    const userId = uniqueId('AIDA', arn);
    this.#hold({ credentials, accountId: this.#accountId, arn, identityArn: arn, userId });
  }

  /** @throws UnknownAccessKey */
  caller(accessKeyId: string): Caller {
    const caller = this.#callers.get(accessKeyId);
    if (caller === undefined) throw new UnknownAccessKey();
    return caller;
  }

  async authenticate(request: SignedRequest): Promise<void> {
    const at = request.rawHeaders.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization');
    const signature = parseSignature(request.rawHeaders[at + 1]);
    if (at === -1 || signature === undefined) throw new SignatureMismatch();
    const { credentials } = this.caller(signature.accessKeyId);
    if (!(await isSignedBy(credentials, request, signature))) throw new SignatureMismatch();
  }

  /** Bound to this account: may be handed on by itself. */
  readonly authorize: Authorize = (accessKeyId, action, resource) => {
    const principal = this.caller(accessKeyId);
    const context = {
      'aws:PrincipalAccount': this.#accountId,
      'aws:PrincipalArn': principal.identityArn,
      'aws:RequestedRegion': this.#region,
      // Requests here do not leave the machine; the same ones to AWS are encrypted, as every SDK sends them.
      'aws:SecureTransport': 'true',
    };
    const decision = evaluate(
      { principal, action, resource, context },
      this.#attached.get(principal.identityArn) ?? [],
      this.#attached.get(resource) ?? [],
    );
    if (decision.allowed) return;
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    const why =
      decision.because === 'no statement'
        ? `because no identity-based policy allows the ${action} action`
        : `with an explicit deny in ${decision.because}`;
    throw new AccessDenied(
      `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} ${why}`,
    );
  };

  #hold(caller: Caller): Credentials {
    this.#callers.set(caller.credentials.accessKeyId, caller);
    return caller.credentials;
  }
}

const EVERYTHING: TemplateValue = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};

/** The same for the same ARN, in the form of IAM's unique ids. */
function uniqueId(prefix: string, arn: string): string {
  return prefix + createHash('sha256').update(arn).digest('hex').toUpperCase().slice(0, 17);
}
