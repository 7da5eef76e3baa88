/** How an instance's parts are called in one resource type. Dots go down. */
export interface InstanceType {
  readonly image: string
  readonly flavor: string
  readonly userData: string
  /** AWS instances hand their user data to heat-cfntools, always. */
  readonly aws: boolean
  /** It may boot from `block_device_mapping_v2`. */
  readonly blockDevices: boolean
}

const AWS: InstanceType = {
  image: 'ImageId',
  flavor: 'InstanceType',
  userData: 'UserData',
  aws: true,
  blockDevices: false,
}
const SERVER: InstanceType = {
  image: 'image',
  flavor: 'flavor',
  userData: 'user_data',
  aws: false,
  blockDevices: true,
}
const RACKSPACE_GROUP: InstanceType = {
  image: 'launchConfiguration.args.server.imageRef',
  flavor: 'launchConfiguration.args.server.flavorRef',
  userData: 'launchConfiguration.args.server.user_data',
  aws: false,
  blockDevices: false,
}

const TYPES: ReadonlyMap<string, InstanceType> = new Map([
  ['AWS::EC2::Instance', AWS],
  ['OS::Heat::ScaledResource', AWS],
  ['AWS::AutoScaling::LaunchConfiguration', AWS],
  ['OS::Nova::Server', SERVER],
  ['Rackspace::Cloud::Server', SERVER],
  ['Rackspace::AutoScale::Group', RACKSPACE_GROUP],
])

/** How `type` describes an instance; undefined if it is none. */
export function instanceType(type: string): InstanceType | undefined {
  return TYPES.get(type) ?? (/^OS::TripleO::(?:\w+::)*\w*Server$/.test(type) ? SERVER : undefined)
}

/** Resources whose images are the cloud's or the service's business: mentioned, never touched. */
export function ownImages(type: string): boolean {
  return (
    type === 'AWS::RDS::DBInstance' ||
    type === 'AWS::ElasticLoadBalancing::LoadBalancer' ||
    /^OS::(?:Trove|Magnum|Sahara|Zun|Senlin)::/.test(type)
  )
}

/** Resources that name their nested template in a property. */
export function isStack(type: string): boolean {
  return type === 'OS::Heat::Stack' || type === 'AWS::CloudFormation::Stack'
}
