/** What the secret scan of `check/` finds, by the name that a recipe allows it by. Names stay: recipes hold them. */
export const KINDS = {
  'apt-credentials': 'login for a package repository',
  'authorized-keys': 'public key that may log in',
  'aws-key': 'key of Amazon Web Services',
  'azure-key': 'key of Microsoft Azure',
  'cloud-init-state': 'data of an instance that cloud-init has seen',
  'config-password': 'password or token in a configuration',
  'core-dump': 'memory of a program that crashed',
  'dhcp-lease': 'lease or identifier of a DHCP client',
  'docker-login': 'login for a container registry',
  dotenv: 'secret in a file of environment variables',
  'empty-password': 'account that needs no password',
  'gcp-key': 'key of Google Cloud',
  'git-credentials': 'login for Git',
  'github-token': 'token of GitHub',
  'gitlab-token': 'token of GitLab',
  'host-key': 'SSH key that is to be of one machine only',
  jwt: 'signed token (JWT)',
  'kerberos-keytab': 'Kerberos keys',
  'kerberos-ticket': 'Kerberos tickets',
  keystore: 'store of private keys or passwords',
  'kube-config': 'login for Kubernetes',
  'machine-id': 'identity that is to be of one machine only',
  'mysql-password': 'password of a MySQL client',
  netrc: 'login for a server',
  'npm-token': 'token of npm',
  'openstack-password': 'password or token of OpenStack',
  'password-hash': 'hash of a password',
  pgpass: 'password of a PostgreSQL client',
  'pgp-key': 'private OpenPGP key',
  'private-key': 'private key',
  'pypi-token': 'token of PyPI',
  'random-seed': 'seed for random numbers',
  'service-secret': 'secret that a service shares with others',
  'service-token': 'token of a service',
  'shell-history': 'what was typed in a shell or client',
  'slack-token': 'token of Slack',
  'stripe-key': 'key of Stripe',
  'terraform-state': 'state of Terraform',
  'url-password': 'password in an address',
  'vault-token': 'token of Vault',
  'vpn-secret': 'secret of a virtual private network',
  'wifi-password': 'password of a network connection',
} as const

export type SecretKind = keyof typeof KINDS

/** Whether a text is the name of a kind. */
export function isKind(text: string): text is SecretKind {
  return Object.hasOwn(KINDS, text)
}
