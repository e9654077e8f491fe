import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface CliOptions {
  port: number | undefined;
  database: string;
  user: string;
  data: string;
  postgres: string | undefined;
  faults: string[];
  strict: boolean;
  typedNulls: boolean;
  json: boolean;
}

export const USAGE = `The RDS Data API of Aurora PostgreSQL, on this machine.

  npm run data-api -- [options]

  --port N          listen there (default: any free port)
  --database NAME   database, made if it is not there (default: app)
  --user NAME       role that owns it, no superuser, as an Aurora master user (default: app)
  --data DIR        where its PostgreSQL keeps its data (default: .local/data-api)
  --postgres URL    use this running PostgreSQL instead, with the user, password and database of the URL
  --faults JSON     start with a fault or an array of them, e.g. '{"kind":"throttled","count":2}'; may be repeated
  --strict          a row over the documented 64 KB is an error, not a warning
  --typed-nulls     declare nulls as text: a statement fails where it does not cast a parameter that may be null
  --json            print the endpoint and ARNs as one line of JSON
  --help            this text`;

/** @returns the options, `help`, or what is wrong with the arguments. */
export function parseCli(args: string[]): CliOptions | string {
  let values: ReturnType<typeof parse>['values'];
  try {
    values = parse(args).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (values.help) return 'help';
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    return `--port must be a number from 0 to 65535, not "${values.port}".`;
  }
  if (values.postgres !== undefined && !URL.canParse(values.postgres)) {
    return '--postgres must be a URL such as postgres://user:password@127.0.0.1:5432/database.';
  }
  const named = values.postgres === undefined ? '' : decodeURIComponent(new URL(values.postgres).pathname.slice(1));
  return {
    port,
    database: values.database ?? (named || 'app'),
    user: values.user,
    data: values.data,
    postgres: values.postgres,
    faults: values.faults,
    strict: values.strict,
    typedNulls: values['typed-nulls'],
    json: values.json,
  };
}

const parse = (args: string[]) =>
  parseArgs({
    args,
    options: {
      port: { type: 'string' },
      database: { type: 'string' },
      user: { type: 'string', default: 'app' },
      data: { type: 'string', default: '.local/data-api' },
      postgres: { type: 'string' },
      faults: { type: 'string', multiple: true, default: [] },
      strict: { type: 'boolean', default: false },
      'typed-nulls': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
