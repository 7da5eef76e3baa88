import { parse } from 'yaml'

/** The two languages of the demo's template: what tests of one hold for the other. */

export const SECRET = 'never.To-be_seen-9c41'
/** How each of the twins names things, and how a document of its language looks with two images and without packages. */
export const TWINS = [
  {
    name: 'the HOT template on Debian 13',
    file: 'wordpress.yaml',
    given: ['-P', `db_password=${SECRET}`],
    values: {
      parameters: { db_password: SECRET },
      attributes: { 'db_server.first_address': '127.0.0.1' },
    },
    read: parse as (text: string) => unknown,
    db: 'db_server',
    web: 'web_server',
    seed: 'metadata',
    expected: (resources: Resources, image: (server: string) => string) => {
      for (const server of ['db_server', 'web_server']) resources[server]!.properties.image = image(server)
      const config = resources.db_config!.properties.cloud_config
      delete config.packages
      delete config.package_update
      const text = resources.web_server!.properties.user_data.str_replace
      text.template = text.template.replace(/^package_update: true\npackages:\n( {2}- .*\n)+/m, '')
    },
    resources: (document: Document) => document.resources,
    removed: [
      '        package_update: true',
      '        packages:',
      '          - mariadb-server',
      '      image: {get_param: image}',
      '      image: {get_param: image}',
      '            package_update: true',
      '            packages:',
      '              - apache2',
      '              - libapache2-mod-php',
      '              - php-mysql',
      '              - wordpress',
    ],
    added: /^ {6}image: (wordpress-\S+)$/,
  },
  {
    name: 'the CFN template on Debian 12',
    file: 'wordpress.template',
    given: ['-P', `DBPassword=${SECRET}`],
    values: {
      parameters: { DBPassword: SECRET, KeyName: 'admin' },
      attributes: { 'DatabaseServer.PrivateIp': '127.0.0.1' },
    },
    read: JSON.parse as (text: string) => unknown,
    db: 'DatabaseServer',
    web: 'WebServer',
    seed: 'configdrive',
    expected: (resources: Resources, image: (server: string) => string) => {
      for (const server of ['DatabaseServer', 'WebServer']) {
        resources[server]!.Properties.ImageId = image(server)
        delete resources[server]!.Metadata['AWS::CloudFormation::Init'].config.packages
      }
    },
    resources: (document: Document) => document.Resources,
    removed: [
      '            "packages": {',
      '              "apt": {"mariadb-server": []}',
      '            },',
      '        "ImageId": {"Ref": "Image"},',
      '            "packages": {',
      '              "apt": {',
      '                "apache2": [],',
      '                "libapache2-mod-php": [],',
      '                "php-mysql": [],',
      '                "wordpress": []',
      '              }',
      '            },',
      '        "ImageId": {"Ref": "Image"},',
    ],
    added: /^ {8}"ImageId": "(wordpress-\S+)",$/,
  },
] as const

// biome-ignore lint/suspicious/noExplicitAny: two languages of templates as plain data, looked into by name.
export type Resources = Record<string, any>
export type Document = Record<string, Resources>
