import { readFile, writeFile } from 'node:fs/promises';
import type { Template } from './template.ts';

/** Takes actions out of the policies of functions' roles, in a synthesized template on disk. @throws when there is no such grant */
export async function revoke(file: string, grants: [functionId: string, action: string][]): Promise<void> {
  const template = JSON.parse(await readFile(file, 'utf8')) as Template;
  for (const [functionId, action] of grants) {
    const roleId = template.Resources[functionId]?.Properties.Role['Fn::GetAtt'][0];
    if (!take(template, roleId, action)) throw new Error(`the role of ${functionId} was not allowed ${action}`);
  }
  await writeFile(file, JSON.stringify(template));
}

function take({ Resources }: Template, roleId: string, action: string): boolean {
  let found = false;
  for (const { Type, Properties } of Object.values(Resources)) {
    if (Type !== 'AWS::IAM::Policy' || !Properties.Roles.some(({ Ref }: { Ref: string }) => Ref === roleId)) continue;
    const { PolicyDocument } = Properties;
    PolicyDocument.Statement = PolicyDocument.Statement.flatMap((statement: { Action: string | string[] }) => {
      const actions = [statement.Action].flat();
      found ||= actions.includes(action);
      const kept = actions.filter((each) => each !== action);
      return kept.length === 0 ? [] : [{ ...statement, Action: kept }];
    });
  }
  return found;
}
