import { type Template, TemplateNotRunnable, type TemplateValue } from './template.ts';

/**
 * What each resource waits for: its DependsOn and every resource its properties refer to, as CloudFormation counts them.
 *
 * @throws TemplateNotRunnable on a reference to nothing, and on a circle, naming its members in order.
 */
export function dependencies(template: Template, existing: ReadonlySet<string>): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (!existing.has(logicalId)) continue;
    const names = new Set([resource.DependsOn ?? []].flat());
    referredTo(resource.Properties ?? {}, names);
    const unknown = [resource.DependsOn ?? []].flat().find((name) => template.Resources[name] === undefined);
    if (unknown !== undefined)
      throw new TemplateNotRunnable(`${logicalId} depends on ${unknown}, which the template does not declare`);
    graph.set(logicalId, new Set([...names].filter((name) => existing.has(name) && name !== logicalId)));
  }
  refuseCircles(graph);
  return graph;
}

/** Collects the logical ids (and other names) that Ref, Fn::GetAtt and Fn::Sub mention anywhere in a value. */
function referredTo(value: TemplateValue, names: Set<string>): void {
  if (Array.isArray(value)) {
    for (const each of value) referredTo(each, names);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, argument] of Object.entries(value)) {
    if (key === 'Ref' && typeof argument === 'string') names.add(argument);
    else if (key === 'Fn::GetAtt')
      names.add(String(Array.isArray(argument) ? argument[0] : argument).split('.')[0] ?? '');
    else if (key === 'Fn::Sub') {
      const pattern = String(Array.isArray(argument) ? argument[0] : argument);
      for (const [, name] of pattern.matchAll(/\$\{([^!}][^}]*)\}/g)) names.add(name?.split('.')[0] ?? '');
    }
    referredTo(argument, names);
  }
}

function refuseCircles(graph: Map<string, Set<string>>): void {
  const done = new Set<string>();
  const visit = (logicalId: string, path: string[]): void => {
    if (done.has(logicalId)) return;
    if (path.includes(logicalId)) {
      const circle = [...path.slice(path.indexOf(logicalId)), logicalId];
      throw new TemplateNotRunnable(
        `The template's resources depend on each other in a circle: ${circle.join(' -> ')}`,
      );
    }
    for (const next of graph.get(logicalId) ?? []) visit(next, [...path, logicalId]);
    done.add(logicalId);
  };
  for (const logicalId of graph.keys()) visit(logicalId, []);
}
