import type { PlaceRule } from '../types.ts'
import { isReference } from '../values.ts'

/** Offsets of what `pattern` (global, the value its first group) finds and what is no placeholder. */
function values(pattern: RegExp) {
  return (text: string): number[] =>
    [...text.matchAll(pattern)]
      .filter((match) => !isReference(unquoted(match[1] ?? '')))
      .map(({ index }) => index)
}

/** `name = value` at the start of a line, any of these names. */
function settings(names: string, separator = String.raw`[ \t]*[=:][ \t]*`) {
  return values(
    new RegExp(`^[ \\t]*(?:export[ \\t]+)?["']?(?:${names})["']?${separator}([^\\s#][^\\n]*)`, 'gim'),
  )
}

function unquoted(value: string): string {
  return value.trim().replace(/^(["'])(.*)\1,?$/, '$2')
}

const anything = (text: string) => text.trim().length > 0

const SECRET_NAMES =
  '[A-Z0-9_.-]*(?:PASS(?:WORD|WD|PHRASE)?|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?|_KEY|AUTH)[A-Z0-9_]*'

/** Files that programs keep logins in. Here any password counts, a weak one, too. */
export const credentialRules: readonly PlaceRule[] = [
  {
    kind: 'apt-credentials',
    what: 'login for a package repository',
    path: /^etc\/apt\/auth\.conf(\.d\/[^/]+)?$/,
    find: (text) => [...text.matchAll(/^[^#\n]*\bpassword[ \t\r\n]+\S/gm)].map(({ index }) => index),
  },
  {
    kind: 'apt-credentials',
    what: 'login for a package repository',
    path: /^etc\/(yum\.repos\.d\/.+\.repo|yum\.conf|dnf\/dnf\.conf|zypp\/credentials\.d\/.+)$/,
    find: settings('password|proxy_password'),
  },
  {
    kind: 'netrc',
    what: 'login for a server',
    path: /(^|\/)[._]netrc$/,
    find: (text) => [...text.matchAll(/\bpassword[ \t\r\n]+\S/g)].map(({ index }) => index),
  },
  {
    kind: 'pgpass',
    what: 'password of a PostgreSQL client',
    path: /(^|\/)\.?pgpass(\.conf)?$/,
    find: (text) => [...text.matchAll(/^(?!#)(?:[^:\n]*:){4}[^\s]/gm)].map(({ index }) => index),
  },
  {
    kind: 'mysql-password',
    what: 'password of a MySQL client',
    path: /(^|\/)(\.my\.cnf|my\.cnf|\.mariadb\.cnf)$|^etc\/(mysql|my\.cnf\.d)\/.*\.cnf$/,
    find: settings('password'),
  },
  { kind: 'mysql-password', what: 'password of a MySQL client', path: /(^|\/)\.mylogin\.cnf$/ },
  {
    kind: 'wifi-password',
    what: 'password of a network connection',
    path: /^(etc|run|usr\/lib)\/NetworkManager\/system-connections\/[^/]+$/,
    find: settings('psk|password|wep-key\\d?|leap-password|private-key-password|pin|secret|private-key'),
  },
  {
    kind: 'wifi-password',
    what: 'password of a network connection',
    path: /^etc\/(wpa_supplicant\/[^/]+|wpa_supplicant[^/]*\.conf|hostapd\/[^/]+\.conf|network\/interfaces(\.d\/[^/]+)?)$/,
    find: values(
      /^[ \t]*(?:psk|password|wep_key\d|wpa_passphrase|private_key_passwd|wpa-psk|wireless-key)[ \t]*[= \t][ \t]*([^\s#][^\n]*)$/gm,
    ),
  },
  {
    kind: 'wifi-password',
    what: 'password of a network connection',
    path: /^(etc|run|lib|usr\/lib)\/netplan\/[^/]+\.yaml$|^var\/lib\/iwd\/[^/]+\.(psk|8021x)$/,
    find: settings('password|passphrase|presharedkey|key|.*-passphrase'),
  },
  {
    kind: 'vpn-secret',
    what: 'password of a connection',
    path: /^etc\/(ppp\/(chap|pap|srp)-secrets|ipsec\.secrets|ipsec\.d\/.*\.secrets|swanctl\/.*\.conf|racoon\/psk\.txt|vpnc\/.*\.conf|xl2tpd\/.*secrets)$/,
    find: (text) =>
      [
        ...text.matchAll(
          /^(?![ \t]*(?:#|include))[^\n]*(?:"[^"\n]+"|:[ \t]*PSK|\bsecret\b[ \t]*[=:]?[ \t]*\S|^\S+[ \t]+\S+[ \t]+\S+)/gim,
        ),
      ].map(({ index }) => index),
  },
  {
    kind: 'vpn-secret',
    what: 'login of a connection',
    path: /^etc\/openvpn\/.*(auth|pass|login|credential|\.up)[^/]*$/,
    find: (text) => /^\S+\r?\n\S+\s*$/.test(text),
  },
  {
    kind: 'git-credentials',
    what: 'login for Git',
    path: /(^|\/)(\.git-credentials|\.config\/git\/credentials)$/,
    find: anything,
  },
  {
    kind: 'docker-login',
    what: 'login for a container registry',
    path: /(^|\/)(\.docker\/config\.json|\.dockercfg|containers\/auth\.json|\.dockerconfigjson)$/,
    find: (text) => /"(auth|password|identitytoken|registrytoken)"\s*:\s*"[^"]+"/.test(text),
  },
  {
    kind: 'kube-config',
    what: 'login for Kubernetes',
    path: /(^|\/)(\.kube\/config|[^/]*kubeconfig[^/]*|kubernetes\/[^/]+\.conf|(k3s|rke2)\.yaml)$/,
    find: values(
      /^[ \t]*-?[ \t]*["']?(?:client-key-data|token|password|id-token|refresh-token|client-secret)["']?[ \t]*:[ \t]*(\S[^\n]*)$/gm,
    ),
  },
  { kind: 'vault-token', what: 'token of Vault', path: /(^|\/)(\.vault-token|vault-token)$/, find: anything },
  {
    kind: 'aws-key',
    what: 'key of AWS',
    path: /(^|\/)(\.aws\/credentials|\.boto|\.s3cfg|\.passwd-s3fs)$|^etc\/(boto\.cfg|passwd-s3fs)$/,
    find: settings(
      'aws_secret_access_key|aws_session_token|secret_key|gpg_passphrase|gs_secret_access_key|gs_oauth2_refresh_token',
    ),
  },
  {
    kind: 'gcp-key',
    what: 'login for Google Cloud',
    path: /(^|\/)(gcloud\/(credentials\.db|access_tokens\.db|application_default_credentials\.json|legacy_credentials\/.+)|\.config\/gcloud\/.*adc\.json)$/,
  },
  {
    kind: 'azure-key',
    what: 'login for Azure',
    path: /(^|\/)\.azure\/(accessTokens\.json|msal_token_cache\.(json|bin)|service_principal_entries\.(json|bin))$/,
  },
  {
    kind: 'openstack-password',
    what: 'password or token of OpenStack',
    path: /(^|\/)(clouds|secure)\.ya?ml$/,
    find: settings('password|token|application_credential_secret|client_secret', '[ \\t]*:[ \\t]*'),
  },
  {
    kind: 'github-token',
    what: 'login for GitHub',
    path: /(^|\/)(\.config\/)?(gh\/hosts\.yml|hub)$/,
    find: settings('oauth_token', '[ \\t]*:[ \\t]*'),
  },
  {
    kind: 'npm-token',
    what: 'login for an npm registry',
    path: /(^|\/)\.(npmrc|yarnrc(\.yml)?)$/,
    find: values(/(?:_authToken|_auth|_password|npmAuthToken|npmAuthIdent)["']?[ \t]*[=:][ \t]*(\S[^\n]*)/g),
  },
  {
    kind: 'pypi-token',
    what: 'login for a Python index',
    path: /(^|\/)\.pypirc$/,
    find: settings('password'),
  },
  {
    kind: 'service-token',
    what: 'login for a package registry',
    path: /(^|\/)(\.cargo\/credentials(\.toml)?|\.gem\/credentials|\.terraform\.d\/credentials\.tfrc\.json|\.terraformrc|\.composer\/auth\.json|NuGet\.Config|\.m2\/settings(-security)?\.xml|\.gradle\/gradle\.properties|\.bundle\/config)$/i,
    find: values(
      /(?:token|rubygems_api_key|password|secret|ClearTextPassword"\s+value|http-basic|BUNDLE_[A-Z0-9_]*__[A-Z_]*)["']?[ \t]*[=:>][ \t]*["']?([^\s"'<]{4,})/gi,
    ),
  },
  {
    kind: 'service-token',
    what: 'login of a mail or file program',
    path: /(^|\/)(\.(msmtprc|fetchmailrc|muttrc|offlineimaprc|mbsyncrc|smbcredentials|davfs2\/secrets|config\/rclone\/rclone\.conf)|rclone\.conf|(smb|cifs)[._-]?cred(ential)?s?)$|^etc\/(msmtprc|fetchmailrc|davfs2\/secrets|ssmtp\/ssmtp\.conf|postfix\/sasl_passwd|exim4\/passwd\.client)$/,
    find: (text, path) =>
      /sasl_passwd|passwd\.client|davfs2/.test(path)
        ? [...text.matchAll(/^(?![ \t]*#)\S+[ \t:]+\S+/gm)].map(({ index }) => index)
        : [
            ...text.matchAll(/^(?![ \t]*#)[^\n]*\b(?:auth)?pass(?:word)?\b[ \t]*[= \t][ \t]*["']?\S{2,}/gim),
          ].map(({ index }) => index),
  },
  {
    kind: 'dotenv',
    what: 'secret in a file of environment variables',
    path: /(^|\/)(\.env(\.[\w.-]+)?|[\w-]+\.env|\.envrc)$|^etc\/(environment|environment\.d\/.+|default\/.+|sysconfig\/.+)$/,
    find: values(
      new RegExp(
        `^[ \\t]*(?:export[ \\t]+)?(?:${SECRET_NAMES})[ \\t]*[=:][ \\t]*(?!["']?(?:true|false|yes|no|on|off|none|null|\\d{1,6})?["']?[ \\t]*\\r?$|["']?/)([^\\s#][^\\n]*)`,
        'gim',
      ),
    ),
  },
  {
    kind: 'service-secret',
    what: 'login that a program keeps',
    path: /(^|\/)(filezilla\/\w+\.xml|credentials\.xml)$/,
    find: values(
      /<(?:Pass|password|secret|passphrase|privateKey|apiToken)(?: [^>\n]{0,60})?>([^<\s][^<\n]*)/g,
    ),
  },
  {
    kind: 'terraform-state',
    what: 'state of Terraform',
    path: /\.tfstate(\.backup|\.\d+\.backup)?$/,
    find: (text) => /"(terraform_version|resources|lineage)"/.test(text),
  },
  {
    kind: 'kerberos-keytab',
    what: 'Kerberos keys',
    path: /(^|\/)(krb5\.keytab|[^/]+\.keytab)$/,
  },
  {
    kind: 'kerberos-ticket',
    what: 'Kerberos tickets',
    path: /(^|\/)(krb5cc_[^/]+|krb5cc)$/,
  },
  {
    kind: 'pgp-key',
    what: 'private OpenPGP key',
    path: /(^|\/)(\.gnupg|gnupg)\/(.*\/)?(secring\.gpg|private-keys-v1\.d\/[^/]+)$/,
  },
  {
    kind: 'keystore',
    what: 'store of passwords',
    path: /(^|\/)(keyrings\/[^/]+\.keyring|logins\.json|\.local\/share\/kwalletd\/[^/]+\.kwl|[^/]+\.kdbx?)$/,
    find: (text, path) =>
      !/\.keyring$/.test(path) || text.startsWith('GnomeKeyring') || /^secret=/m.test(text),
  },
  { kind: 'service-secret', what: 'key of MUNGE', path: /^etc\/munge\/munge\.key$/ },
  {
    kind: 'service-secret',
    what: 'key of Corosync',
    path: /^etc\/corosync\/authkey$|^etc\/pacemaker\/authkey$/,
  },
  { kind: 'service-secret', what: 'cookie of Erlang', path: /(^|\/)\.erlang\.cookie$/ },
  {
    kind: 'service-secret',
    what: 'passwords of Samba',
    path: /^var\/lib\/samba\/(private\/)?(secrets|passdb)\.tdb$|^etc\/samba\/smbpasswd$/,
  },
  {
    kind: 'service-secret',
    what: 'password of an LDAP client',
    path: /^etc\/(ldap|libnss-ldap|pam_ldap|nslcd)\.secret$/,
  },
  {
    kind: 'service-secret',
    what: 'password of a directory client',
    path: /^etc\/(sssd\/(conf\.d\/.+|sssd\.conf)|nslcd\.conf|ldap\.conf|pam_ldap\.conf|libnss-ldap\.conf)$/,
    find: settings('ldap_default_authtok|bindpw|rootpwmodpw', '[ \\t]*[= \\t][ \\t]*'),
  },
  {
    kind: 'service-secret',
    what: 'password of an iSCSI session',
    path: /^etc\/iscsi\/iscsid\.conf$/,
    find: settings('(?:node\\.session|discovery\\.sendtargets)\\.auth\\.password(?:_in)?'),
  },
  {
    kind: 'service-secret',
    what: 'user of SNMP',
    path: /^(etc|var\/lib)\/snmp\/snmpd?\.conf$/,
    find: values(
      /^[ \t]*(?:createUser[ \t]+\S+[ \t]+\S+[ \t]+(\S+)|usmUser[ \t]+(?:\S+[ \t]+){4}(0x[0-9a-f]+))/gim,
    ),
  },
  {
    kind: 'service-secret',
    what: 'password in an answer to a question of a package',
    path: /^var\/cache\/debconf\/passwords\.dat$/,
    find: values(/^Value: (.+)$/gm),
  },
  { kind: 'service-secret', what: 'secret of one-time passwords', path: /(^|\/)\.google_authenticator$/ },
  { kind: 'service-secret', what: 'cookie of an X server', path: /(^|\/)\.Xauthority$/ },
  {
    kind: 'service-secret',
    what: 'master key of an application',
    path: /(^|\/)(config\/(master\.key|credentials\/[\w-]+\.key)|jenkins\/secrets\/[^/]+|\.ansible\/vault[_-]pass[^/]*|\.?vault[_-]pass(word)?(\.txt)?)$/,
    find: anything,
  },
  {
    kind: 'password-hash',
    what: 'password of a web server',
    path: /(^|\/)(\.?htpasswd|[^/]+\.htpasswd|htdigest)$/,
    find: (text) => [...text.matchAll(/^[^:#\n]+:(?:[^:\n]+:)?\S{13,}/gm)].map(({ index }) => index),
  },
]
