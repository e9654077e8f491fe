/** A value of a template before its intrinsics are resolved. */
export type TemplateValue = string | number | boolean | null | TemplateValue[] | { [key: string]: TemplateValue };

export interface TemplateResource {
  Type: string;
  Properties?: Record<string, TemplateValue>;
  DependsOn?: string | string[];
  Condition?: string;
}

/** The parts of a CloudFormation template that decide what runs. */
export interface Template {
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<string, { Value: TemplateValue; Condition?: string }>;
  Conditions?: Record<string, TemplateValue>;
  Parameters?: Record<string, { Default?: string | number; Type?: string }>;
  Mappings?: Record<string, Record<string, Record<string, TemplateValue>>>;
}

/** The template asks for something the local stack cannot run. Nothing is left out in silence: the start stops. */
export class TemplateNotRunnable extends Error {
  override name = 'TemplateNotRunnable';
}
