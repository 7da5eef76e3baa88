import { demo } from '../whole/demo.ts'

// Each image on the firmware that it was not started on in `test/whole/demo.test.ts`.
demo([
  { file: 'wordpress.yaml', kind: 'web', firmware: 'uefi' },
  { file: 'wordpress.yaml', kind: 'db', firmware: 'bios' },
  { file: 'wordpress.template', kind: 'db', firmware: 'uefi' },
  { file: 'wordpress.template', kind: 'web', firmware: 'bios' },
])
