import { describe, expect, test } from 'vitest'
import { cleanLine, openConsole } from './console.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('a line of a console', () => {
  test.each([
    ['colours', '\u001b[0;32m  OK  \u001b[0m done', '  OK   done'],
    ['a title', '\u001b]0;evil\u0007plain', 'plain'],
    ['a cursor move and a screen clear', '\u001b[2J\u001b[1;1Htext', 'text'],
    ['what was overwritten', 'loading…\rdone', 'done'],
    ['bells, nulls and C1 controls', 'a\u0007b\u0000c\u009bd', 'abcd'],
    ['text that turns direction', 'a\u202eb', 'ab'],
  ])('loses %s', (_what, line, shown) => expect(cleanLine(line)).toBe(shown))
  test('is cut when it is very long', () => expect(cleanLine('x'.repeat(9999)).length).toBe(400))
})

describe('a console', () => {
  test('keeps its last lines and an unfinished prompt', () => {
    const console = openConsole()
    for (let n = 0; n < 100; n++) console.add(bytes(`line ${n}\r\n`))
    console.add(bytes('web login: '))
    const tail = console.tail()
    expect(tail.at(-1)).toBe('web login:')
    expect(tail.at(-2)).toBe('line 99')
    expect(tail.length).toBeLessThan(70)
  })
  test('sees a login prompt once, though it comes in pieces', () => {
    let prompts = 0
    const console = openConsole({ onLogin: () => prompts++ })
    console.add(bytes('\r\nweb lo'))
    expect(console.login).toBe(false)
    console.add(bytes('gin: '))
    console.add(bytes('\r\nweb login: '))
    expect([console.login, prompts]).toEqual([true, 1])
  })
  test('a message about logins is no prompt', () => {
    const console = openConsole()
    console.add(bytes('Last login: Mon Jan 1\nsystemd-logind started\n'))
    expect(console.login).toBe(false)
  })
  test('letters that arrive in halves stay whole', () => {
    const lines: string[] = []
    const console = openConsole({ onLine: (line) => lines.push(line) })
    const text = bytes('é\n')
    console.add(text.subarray(0, 1))
    console.add(text.subarray(1))
    expect(lines).toEqual(['é'])
  })
  test('the log is bounded however much a guest prints', () => {
    let written = 0
    const console = openConsole({ onBytes: (chunk) => (written += chunk.length) })
    const chunk = new Uint8Array(1 << 20).fill(0x78)
    for (let n = 0; n < 20; n++) console.add(chunk)
    expect(written).toBe(16 << 20)
    expect(console.bytes).toBe(20 << 20)
  })
  test.each([
    ['No bootable device.', 'BIOS found nothing'],
    ['[    1.2] Kernel panic - not syncing: VFS: Unable to mount root fs', 'panicked'],
    ['grub rescue> ', 'boot loader'],
    ['You are in emergency mode. After logging in, type…', 'emergency'],
    ['ALERT!  LABEL=root does not exist.  Dropping to a shell!', 'initramfs'],
    ['BdsDxe: failed to load Boot0001 "UEFI Misc Device": Access Denied', 'Secure Boot'],
  ])('"%s" is the end', (line, why) => {
    const console = openConsole()
    console.add(bytes(`ordinary line\n${line}`))
    expect(console.fatal).toContain(why)
  })
  test('ordinary lines are not', () => {
    const console = openConsole()
    console.add(
      bytes('Booting from Hard Disk...\nGRUB loading.\n[  OK  ] Reached target emergency-ready.target\n'),
    )
    expect(console.fatal).toBeUndefined()
  })
})
