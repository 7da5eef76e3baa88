import { demo } from './demo.ts'

// Each image once, and each kind of server on either firmware; the slow tests have the rest.
demo([
  { file: 'wordpress.yaml', kind: 'web', firmware: 'bios' },
  { file: 'wordpress.yaml', kind: 'db', firmware: 'uefi' },
  { file: 'wordpress.template', kind: 'db', firmware: 'bios' },
  { file: 'wordpress.template', kind: 'web', firmware: 'uefi' },
])
