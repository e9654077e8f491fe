// Runs an assembly in a process of its own, to be killed: node test/support/run-assembly.ts <assembly> <data folder>
import { startLocalStack } from '../../infra/local/stack.ts';

const [assembly = '', dataDir = ''] = process.argv.slice(2);
const stack = await startLocalStack({ assembly, dataDir, durable: false });
const result = await stack.function('Echo').invoke({});
const functionPid = result.ok ? JSON.parse(result.payload).pid : undefined;
console.log(JSON.stringify({ endpoints: stack.endpoints, parkedUrl: stack.outputs.ParkedUrl, functionPid }));
