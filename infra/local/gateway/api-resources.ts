import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Account, Api } from '../account.ts';
import type { Declared, ResourceKind } from '../template/deploy.ts';
import { ignored, propertiesOf } from '../template/properties.ts';
import { TemplateNotRunnable } from '../template/template.ts';
import { type HttpApi, serveHttpApi } from './server.ts';

const strings = z.array(z.string()).default([]);

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ApiGatewayV2.html
const ApiProperties = z.strictObject({
  ProtocolType: z.literal('HTTP'),
  CorsConfiguration: z
    .strictObject({
      AllowOrigins: strings,
      AllowMethods: strings,
      AllowHeaders: strings,
      ExposeHeaders: strings,
      MaxAge: z.number().optional(),
      AllowCredentials: z.boolean().default(false),
    })
    .optional(),
  Description: ignored,
  DisableExecuteApiEndpoint: ignored,
  Name: ignored,
  Tags: ignored,
});

const IntegrationProperties = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  // The default and the most an HTTP API waits.
  TimeoutInMillis: z.number().max(30_000).default(30_000),
  IntegrationMethod: ignored,
  Description: ignored,
});

const AuthorizerProperties = z.strictObject({
  ApiId: z.string(),
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.tuple([z.literal('$request.header.Authorization')]),
  JwtConfiguration: z.strictObject({ Issuer: z.string(), Audience: z.array(z.string()) }),
  Name: ignored,
});

const RouteProperties = z.strictObject({
  ApiId: z.string(),
  RouteKey: z.string(),
  AuthorizationType: z.enum(['NONE', 'JWT', 'AWS_IAM']).default('NONE'),
  AuthorizerId: z.string().optional(),
  AuthorizationScopes: strings,
  Target: z.string().startsWith('integrations/'),
  OperationName: ignored,
});

const StageProperties = z.strictObject({
  ApiId: z.string(),
  StageName: z.literal('$default', 'only the $default stage runs locally'),
  AccessLogSettings: ignored,
  AutoDeploy: ignored,
  // Throttling is not applied: a local client is its own neighbour.
  DefaultRouteSettings: ignored,
  RouteSettings: ignored,
  Description: ignored,
  Tags: ignored,
});

/** An HTTP API: listens at once; its routes are added as they are deployed, each when its function and the migrations are there. */
export const apiResource: ResourceKind<Account> = {
  types: ['AWS::ApiGatewayV2::Api'],
  deploy: async (resource, account) => {
    const { CorsConfiguration: cors } = propertiesOf(resource, ApiProperties);
    const apiId = idOf(resource);
    const api: HttpApi = {
      accountId: account.accountId,
      region: account.region,
      apiId,
      stage: '$default',
      deploying: true,
      routes: [],
      integrations: new Map(),
      authorizers: new Map(),
      publicKey: account.issuer.publicKey,
      permissions: account.permissions,
      cors: cors && {
        allowOrigins: cors.AllowOrigins,
        allowMethods: cors.AllowMethods,
        allowHeaders: cors.AllowHeaders,
        exposeHeaders: cors.ExposeHeaders,
        maxAge: cors.MaxAge,
        allowCredentials: cors.AllowCredentials,
      },
    };
    // One API gets the port that was asked for.
    const served = await serveHttpApi(api, account.apis.size === 0 ? account.ports.api : 0);
    account.onStop(() => served.close());
    account.apis.set(apiId, Object.assign(api, { url: served.url }));
    const attributes: Record<string, string> = { ApiEndpoint: served.url, ApiId: apiId };
    return { ref: apiId, attribute: (name) => attributes[name] };
  },
};

export const integrationResource: ResourceKind<Account> = {
  types: ['AWS::ApiGatewayV2::Integration'],
  deploy: (resource, account) => {
    const properties = propertiesOf(resource, IntegrationProperties);
    const pool = account.functions.get(functionOf(properties.IntegrationUri), `${resource.logicalId}.IntegrationUri`);
    apiOf(properties.ApiId, resource, account).integrations.set(idOf(resource), {
      function: pool,
      timeoutMilliseconds: properties.TimeoutInMillis,
    });
    return { ref: idOf(resource) };
  },
};

export const authorizerResource: ResourceKind<Account> = {
  types: ['AWS::ApiGatewayV2::Authorizer'],
  deploy: (resource, account) => {
    const { ApiId, JwtConfiguration } = propertiesOf(resource, AuthorizerProperties);
    apiOf(ApiId, resource, account).authorizers.set(idOf(resource), {
      issuer: JwtConfiguration.Issuer,
      audience: JwtConfiguration.Audience,
    });
    return { ref: idOf(resource) };
  },
};

export const routeResource: ResourceKind<Account> = {
  types: ['AWS::ApiGatewayV2::Route'],
  deploy: (resource, account) => {
    const properties = propertiesOf(resource, RouteProperties);
    apiOf(properties.ApiId, resource, account).routes.push({
      key: properties.RouteKey,
      authorization: properties.AuthorizationType,
      authorizerId: properties.AuthorizerId,
      scopes: properties.AuthorizationScopes,
      integrationId: properties.Target.replace('integrations/', ''),
    });
    return { ref: idOf(resource) };
  },
};

export const stageResource: ResourceKind<Account> = {
  types: ['AWS::ApiGatewayV2::Stage'],
  deploy: (resource) => ({ ref: propertiesOf(resource, StageProperties).StageName }),
};

// Ten letters and digits, as the service gives them; the same at every start.
function idOf(resource: Declared): string {
  return createHash('sha256').update(resource.logicalId).digest('hex').slice(0, 10);
}

function apiOf(apiId: string, resource: Declared, account: Account): Api {
  const api = account.apis.get(apiId);
  if (api === undefined)
    throw new TemplateNotRunnable(`${resource.logicalId}: the template declares no HTTP API ${apiId}`);
  return api;
}

/** An integration names its function by ARN, or by the API Gateway path that invokes it. */
function functionOf(uri: string): string {
  return /\/functions\/([^/]+)\/invocations$/.exec(uri)?.[1] ?? uri;
}
