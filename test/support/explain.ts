import type pg from 'pg';

/** One statement as PostgreSQL ran it, those inside functions among them. */
export interface Plan {
  statement: string;
  /** Pages of 8 KB it touched, in memory or not. */
  buffers: number;
  /** The nodes from the top down, `Index Only Scan project_versions_history` for instance. */
  nodes: string[];
  /** Rows for which an index-only scan had to look into the table after all. */
  heapFetches: number;
}

interface Node {
  'Node Type': string;
  'Index Name'?: string;
  'Heap Fetches'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: Node[];
}

/** Has every later connection to the database explain what it runs, whoever connects. Takes a superuser. */
export async function explainEverything(superuser: pg.Client, database: string): Promise<void> {
  for (const setting of [
    `session_preload_libraries = 'auto_explain'`,
    'auto_explain.log_min_duration = 0',
    'auto_explain.log_analyze = on',
    'auto_explain.log_timing = off',
    'auto_explain.log_buffers = on',
    'auto_explain.log_nested_statements = on',
    `auto_explain.log_format = 'json'`,
    'client_min_messages = log',
  ])
    await superuser.query(`alter database ${database} set ${setting}`);
}

/** Runs a call and answers the plans of the statements inside it, without that of the call itself. */
export async function plansOf(client: pg.Client, call: string, values: unknown[]): Promise<Plan[]> {
  const plans: Plan[] = [];
  const hear = ({ message }: { message?: string | undefined }) => {
    if (message?.startsWith('duration:')) plans.push(planIn(message));
  };
  client.on('notice', hear);
  try {
    await client.query(call, values);
  } finally {
    client.off('notice', hear);
  }
  return plans.filter(({ statement }) => statement !== call);
}

function planIn(message: string): Plan {
  const { 'Query Text': statement, Plan: top } = JSON.parse(message.slice(message.indexOf('{'))) as {
    'Query Text': string;
    Plan: Node;
  };
  const nodes = flat(top);
  return {
    statement,
    buffers: top['Shared Hit Blocks'] + top['Shared Read Blocks'],
    nodes: nodes.map((node) => [node['Node Type'], node['Index Name']].filter(Boolean).join(' ')),
    heapFetches: nodes.reduce((sum, node) => sum + (node['Heap Fetches'] ?? 0), 0),
  };
}

const flat = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flat)];
