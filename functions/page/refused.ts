/** The API answered an error, or nothing: `status` is 0 then. */
export class Refused extends Error {
  override name = 'Refused';
  readonly status: number;
  /** Of a 409: a code of the API. */
  readonly reason: string | undefined;

  constructor(status: number, detail: string, reason?: string) {
    super(detail);
    this.status = status;
    this.reason = reason;
  }

  /** Whether the same request may succeed when it is sent again. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}
