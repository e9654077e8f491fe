import { beforeAll, describe, expect, it } from 'vitest';
import { ofType, only, resource, synthesizeTemplate, type Template, textOf, withPage } from '../support/template.ts';

const pipeline = {
  'POST /pipeline/projects/{projectId}/versions': 'AWS_IAM',
  'PATCH /pipeline/projects/{projectId}/versions/{versionId}': 'AWS_IAM',
};

const everyone = { 'GET /openapi.json': 'NONE', 'GET /docs': 'NONE' };

/** The users' routes, each with what lets a caller in. */
const users = (authorization: string) => ({
  'GET /projects/{projectId}/versions': authorization,
  'GET /projects/{projectId}/versions/{versionId}': authorization,
  'GET /projects/{projectId}/publication': authorization,
  'GET /projects/{projectId}/publications': authorization,
  'POST /projects/{projectId}/versions/{versionId}/publish': authorization,
  'POST /projects/{projectId}/unpublish': authorization,
  'POST /projects/{projectId}/versions/{versionId}/rollback': authorization,
  'POST /projects/{projectId}/versions/{versionId}/restore': authorization,
  'PATCH /projects/{projectId}/versions/{versionId}/metadata': authorization,
  'DELETE /projects/{projectId}/versions/{versionId}': authorization,
});

const routes = (template: Template) =>
  Object.fromEntries(
    Object.values(ofType(template, 'AWS::ApiGatewayV2::Route')).map(({ Properties }) => [
      Properties.RouteKey,
      Properties.AuthorizationType,
    ]),
  );

describe('the API without an issuer', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate();
  });

  it('is for IAM callers, but for what describes it', () => {
    expect(routes(template)).toEqual({ ...users('AWS_IAM'), ...pipeline, ...everyone });
    expect(ofType(template, 'AWS::ApiGatewayV2::Authorizer')).toEqual({});
  });

  it('answers no browser of another origin', () => {
    expect(resource(template, 'VersionsApi').Properties.CorsConfiguration).toBeUndefined();
  });

  it('calls functions with payload format 2.0', () => {
    for (const { Properties } of Object.values(ofType(template, 'AWS::ApiGatewayV2::Integration'))) {
      expect(Properties).toMatchObject({ IntegrationType: 'AWS_PROXY', PayloadFormatVersion: '2.0' });
    }
  });

  it('may call each function for its own routes only', () => {
    const sources = Object.values(ofType(template, 'AWS::Lambda::Permission'))
      .filter(({ Properties }) => Properties.Principal === 'apigateway.amazonaws.com')
      .map(({ Properties }) => [Properties.FunctionName['Fn::GetAtt'][0], Properties.SourceArn['Fn::Join'][1].at(-1)]);
    expect(sources).toEqual([
      ['ListVersions', '/*/*/projects/{projectId}/versions'],
      ['ReadVersion', '/*/*/projects/{projectId}/versions/{versionId}'],
      ['ReadVersion', '/*/*/projects/{projectId}/publication'],
      ['ReadVersion', '/*/*/projects/{projectId}/publications'],
      ['ChangeVersion', '/*/*/projects/{projectId}/versions/{versionId}/publish'],
      ['ChangeVersion', '/*/*/projects/{projectId}/unpublish'],
      ['ChangeVersion', '/*/*/projects/{projectId}/versions/{versionId}/rollback'],
      ['ChangeVersion', '/*/*/projects/{projectId}/versions/{versionId}/restore'],
      ['ChangeVersion', '/*/*/projects/{projectId}/versions/{versionId}/metadata'],
      ['ChangeVersion', '/*/*/projects/{projectId}/versions/{versionId}'],
      ['RecordVersion', '/*/*/pipeline/projects/{projectId}/versions'],
      ['RecordVersion', '/*/*/pipeline/projects/{projectId}/versions/{versionId}'],
      ['ServeDocs', '/*/*/openapi.json'],
      ['ServeDocs', '/*/*/docs'],
    ]);
  });

  it('is throttled, and logs each call without project ids and addresses', () => {
    const { DefaultRouteSettings, AccessLogSettings } = only(template, 'AWS::ApiGatewayV2::Stage').Properties;
    expect(DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 });
    const format = textOf(AccessLogSettings.Format);
    expect(JSON.parse(format)).toMatchObject({
      requestId: '$context.requestId',
      status: '$context.status',
    });
    expect(format).not.toMatch(/context\.path|sourceIp/);
  });

  it('limits what is open to everyone apart, once those routes are there', () => {
    const { Properties, DependsOn } = only(template, 'AWS::ApiGatewayV2::Stage');
    const limit = { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 };
    expect(Properties.RouteSettings).toEqual({ 'GET /openapi.json': limit, 'GET /docs': limit });
    const open = Object.entries(ofType(template, 'AWS::ApiGatewayV2::Route'))
      .filter(([, route]) => route.Properties.AuthorizationType === 'NONE')
      .map(([id]) => id);
    expect(open).toHaveLength(2);
    for (const id of open) expect(DependsOn).toContain(id);
  });
});

describe('the API with an issuer, origins and a domain', () => {
  let template: Template;
  beforeAll(async () => {
    template = await synthesizeTemplate({
      jwtIssuer: 'https://issuer.example',
      jwtAudience: 'web,mobile',
      corsOrigins: 'https://app.example,http://localhost:5173',
      throttleRate: '7',
      throttleBurst: '9',
      domainName: 'versions.example.com',
      certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
    });
  });

  it('takes users’ tokens, and on the pipeline’s routes IAM still', () => {
    expect(routes(template)).toEqual({ ...users('JWT'), ...pipeline, ...everyone });
    expect(only(template, 'AWS::ApiGatewayV2::Authorizer').Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['web', 'mobile'] },
    });
  });

  it('serves no page without the client it would sign users in as', () => {
    expect(template.Resources).not.toHaveProperty('ServePage');
  });

  it('answers browsers of the configured origins, for the users’ methods', () => {
    expect(resource(template, 'VersionsApi').Properties.CorsConfiguration).toEqual({
      AllowOrigins: ['https://app.example', 'http://localhost:5173'],
      AllowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'x-correlation-id'],
      ExposeHeaders: ['etag', 'link', 'idempotency-replayed', 'retry-after', 'x-correlation-id'],
      MaxAge: 3600,
    });
  });

  it('has the configured limits', () => {
    const { DefaultRouteSettings } = only(template, 'AWS::ApiGatewayV2::Stage').Properties;
    expect(DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
    const { RouteSettings } = only(template, 'AWS::ApiGatewayV2::Stage').Properties;
    expect(RouteSettings['GET /docs']).toEqual({ ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 });
  });

  it('is reached at the domain, with TLS 1.2, and says where DNS must point', () => {
    const { DomainName, DomainNameConfigurations } = only(template, 'AWS::ApiGatewayV2::DomainName').Properties;
    expect(DomainName).toBe('versions.example.com');
    expect(DomainNameConfigurations[0].SecurityPolicy).toBe('TLS_1_2');
    expect(only(template, 'AWS::ApiGatewayV2::ApiMapping').Properties.ApiId).toEqual({ Ref: 'VersionsApi' });
    expect(template.Outputs.ApiUrl?.Value).toBe('https://versions.example.com');
    expect(template.Outputs.ApiDomainTarget).toBeDefined();
  });
});

describe('the API with an issuer and a client', () => {
  it('serves the page to everyone, and tells its function how users sign in', async () => {
    const issuer = 'https://issuer.example/';
    const template = await synthesizeTemplate({
      ...withPage,
      jwtIssuer: issuer,
      jwtAudience: 'api,other',
      jwtScope: 'openid versions',
    });
    expect(routes(template)).toEqual({ ...users('JWT'), ...pipeline, ...everyone, 'GET /': 'NONE' });
    expect(resource(template, 'ServePage').Properties.Environment.Variables).toMatchObject({
      SIGN_IN_ISSUER: issuer,
      SIGN_IN_AUDIENCE: 'api',
      SIGN_IN_CLIENT_ID: 'page',
      SIGN_IN_SCOPE: 'openid versions',
    });
  });
});
