/** The value of an environment variable the template sets. @throws with its name when it is missing: at start, not at the first request */
export function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`environment variable ${name} is not set: the stack sets it on every function that needs it`);
  return value;
}

/** The value of an environment variable the template sets on some deployments only. */
export const optional = (name: string): string | undefined => process.env[name] || undefined;

/** Where the database is: what every call of the Data API names. */
export interface DatabaseTarget {
  clusterArn: string;
  secretArn: string;
  database: string;
}

/** Where the database is, from the environment. */
export const databaseFromEnv = (): DatabaseTarget => ({
  clusterArn: required('DATABASE_CLUSTER_ARN'),
  secretArn: required('DATABASE_SECRET_ARN'),
  database: required('DATABASE_NAME'),
});
