import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnApi,
  type CfnStage,
  CorsHttpMethod,
  DomainName,
  HttpApi,
  type HttpMethod,
  HttpNoneAuthorizer,
  type HttpRoute,
  HttpStage,
  type IDomainName,
  LogGroupLogDestination,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, Aws, CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { Config } from '../config.ts';
import { type ServiceFunction, serviceName } from './service-function.ts';

/** What describes the API is for everyone, and so is the page that signs users in. */
const OPEN_PATHS = ['/openapi.json', '/docs', '/'] as const;
/** Requests a second to each of them; browsers keep what they were answered for five minutes. */
const OPEN_THROTTLE = { rate: 20, burst: 40 };

/** One line of the API: a method and a path, and the function that answers. */
export interface ApiRoute {
  method: HttpMethod;
  path: `/projects/${string}` | `/pipeline/${string}` | (typeof OPEN_PATHS)[number];
  to: ServiceFunction;
}

/**
 * The HTTP API. `/projects/...` is for end users, with a token when an issuer is configured, else for IAM callers;
 * `/pipeline/...` is for IAM callers always; the description of the API and the page are for everyone. Browsers of the configured
 * origins may call the users' routes.
 */
export class VersionsApi extends Construct {
  /** Where clients call: the custom domain when there is one, without a slash at the end. */
  readonly url: string;
  readonly routes: HttpRoute[];
  /** A line a request. */
  readonly accessLog: LogGroup;
  private readonly api: HttpApi;
  private readonly definitions: ApiRoute[];

  constructor(scope: Construct, id: string, config: Config, definitions: ApiRoute[]) {
    super(scope, id);
    this.definitions = definitions;
    this.api = new HttpApi(this, 'Api', {
      apiName: Aws.STACK_NAME,
      description: 'Version history of projects',
      createDefaultStage: false,
      ...(config.corsOrigins.length > 0 && { corsPreflight: this.cors(config.corsOrigins) }),
    });
    (this.api.node.defaultChild as CfnApi).overrideLogicalId('VersionsApi');
    this.routes = this.addRoutes(config);
    this.accessLog = this.addStage(config);
    this.url = config.domain ? `https://${config.domain.name}` : this.api.apiEndpoint;
  }

  get apiId(): string {
    return this.api.apiId;
  }

  /** Those that answer, in the order of the routes. */
  get functions(): ServiceFunction[] {
    return [...new Set(this.definitions.map(({ to }) => to))];
  }

  /** The ARNs with which IAM lets a caller invoke the pipeline's routes, a `*` for each path parameter. */
  pipelineRouteArns(): string[] {
    return this.definitions
      .filter(({ path }) => path.startsWith('/pipeline/'))
      .map(({ method, path }) =>
        Stack.of(this).formatArn({
          service: 'execute-api',
          resource: this.api.apiId,
          resourceName: `$default/${method}${path.replace(/\{[^}]+\}/g, '*')}`,
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      );
  }

  private cors(allowOrigins: string[]) {
    const methods = this.definitions.filter(({ path }) => path.startsWith('/projects/')).map(({ method }) => method);
    return {
      allowOrigins,
      allowMethods: [...new Set(methods)].map((method) => CorsHttpMethod[method]),
      allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-none-match', 'x-correlation-id'],
      exposeHeaders: ['etag', 'link', 'idempotency-replayed', 'retry-after', 'x-correlation-id'],
      maxAge: Duration.hours(1),
    };
  }

  private addRoutes({ jwt }: Config): HttpRoute[] {
    const iam = new HttpIamAuthorizer();
    const users = jwt ? new HttpJwtAuthorizer('Users', jwt.issuer, { jwtAudience: jwt.audience }) : iam;
    const integrations = new Map<ServiceFunction, HttpLambdaIntegration>();
    return this.definitions.flatMap(({ method, path, to }) => {
      const integration = integrations.get(to) ?? new HttpLambdaIntegration(to.node.id, to);
      integrations.set(to, integration);
      const open = OPEN_PATHS.some((each) => each === path);
      const authorizer = open ? new HttpNoneAuthorizer() : path.startsWith('/pipeline/') ? iam : users;
      const routes = this.api.addRoutes({ path, methods: [method], integration, authorizer });
      if (open) for (const route of routes) acknowledgeOpen(route);
      return routes;
    });
  }

  private addStage(config: Config): LogGroup {
    const accessLog = new LogGroup(this, 'AccessLog', {
      // Groups with this prefix do not count against the size of the account's log resource policy, which API
      // Gateway otherwise extends for every new group (API Gateway developer guide, "HTTP API logging").
      logGroupName: `/aws/vendedlogs/${Aws.STACK_NAME}/api`,
      retention: config.logRetentionDays as RetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.throttle.rate, burstLimit: config.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(accessLog),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
      ...(config.domain && { domainMapping: { domainName: this.domainName(config.domain) } }),
    });
    this.limitOpenRoutes(stage, config);
    return accessLog;
  }

  /** Routes that need no token have a limit of their own: whoever exhausts it does not exhaust the users'. */
  private limitOpenRoutes(stage: HttpStage, { throttle }: Config): void {
    const open = this.routes.filter(({ path }) => OPEN_PATHS.some((each) => each === path));
    const limit = {
      ThrottlingRateLimit: Math.min(throttle.rate, OPEN_THROTTLE.rate),
      ThrottlingBurstLimit: Math.min(throttle.burst, OPEN_THROTTLE.burst),
    };
    (stage.node.defaultChild as CfnStage).routeSettings = Object.fromEntries(
      open.map(({ path }) => [`GET ${path}`, limit]),
    );
    // A setting names a route that must be there.
    stage.node.addDependency(...open);
  }

  private domainName(domain: { name: string; certificateArn: string }): IDomainName {
    const domainName = new DomainName(this, 'Domain', {
      domainName: domain.name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', domain.certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new CfnOutput(Stack.of(this), 'ApiDomainTarget', {
      description: `What the DNS record of ${domain.name} points at (a CNAME, or an alias in Route 53)`,
      value: domainName.regionalDomainName,
    });
    return domainName;
  }
}

const acknowledgeOpen = (route: HttpRoute): void =>
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason: 'It is for those who have no token yet, and reads no user’s data.',
  });

// Who called what, how it ended and what took the time. No path: it carries project ids; no address of the caller.
const accessLogFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLength: '$context.responseLength',
  responseLatency: '$context.responseLatency',
  integrationLatency: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
  authorizerError: '$context.authorizer.error',
  caller: '$context.identity.userArn',
  // The dimensions of what is counted in it.
  service: serviceName,
  stack: Aws.STACK_NAME,
};
