import { type CfnSubnet, type CfnVPC, type ISubnet, type IVpc, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { RemovalPolicies, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';

/**
 * The network of a new cluster: two isolated subnets and nothing else, no gateway, no NAT, no route out.
 *
 * Nothing connects to the cluster; functions reach it through the Data API, which is outside the network. Kept when
 * the stack is deleted, because the cluster that is kept lies in it.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly subnets: ISubnet[];

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      natGateways: 0,
      maxAzs: 2, // what a DB subnet group needs at least
      subnetConfiguration: [{ name: 'isolated', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 26 }],
      createInternetGateway: false,
      restrictDefaultSecurityGroup: false,
    });
    (vpc.node.defaultChild as CfnVPC).overrideLogicalId('DatabaseVpc');
    vpc.isolatedSubnets.forEach((subnet, index) => {
      (subnet.node.defaultChild as CfnSubnet).overrideLogicalId(`DatabaseSubnet${index + 1}`);
    });
    RemovalPolicies.of(this).retain();
    Validations.of(vpc).acknowledge({
      id: 'AwsSolutions-VPC7',
      reason: 'There is no route into or out of this network and no ingress rule in it: a flow log would stay empty.',
    });
    // Vpc is an IVpc except under exactOptionalPropertyTypes, which aws-cdk-lib is not compiled with.
    this.vpc = vpc as IVpc;
    this.subnets = vpc.isolatedSubnets;
  }
}
