/** What a partition is for, by the type that its table gives it. */
export type PartitionKind =
  | 'esp'
  | 'bios'
  | 'linux'
  | 'root'
  | 'boot'
  | 'home'
  | 'swap'
  | 'lvm'
  | 'raid'
  | 'luks'
  | 'prep'
  | 'microsoft'
  | 'other'

const GUIDS: Readonly<Record<string, PartitionKind>> = {
  'c12a7328-f81f-11d2-ba4b-00a0c93ec93b': 'esp',
  '21686148-6449-6e6f-744e-656564454649': 'bios',
  '0fc63daf-8483-4772-8e79-3d69d8477de4': 'linux',
  // Root of x86-64, 32-bit x86, 64-bit ARM, 32-bit ARM, 64-bit RISC-V, ppc64le, s390x.
  '4f68bce3-e8cd-4db1-96e7-fbcaf984b709': 'root',
  '44479540-f297-41b2-9af7-d131d5f0458a': 'root',
  'b921b045-1df0-41c3-af44-4c6f280d3fae': 'root',
  '69dad710-2ce4-4e3c-b16c-21a1d49abed3': 'root',
  '72ec70a6-cf74-40e6-bd49-4bda08e8f224': 'root',
  'c31c45e6-3f39-412e-80fb-4809c4980599': 'root',
  '5eead9a9-fe09-4a1e-a1d7-520d00531306': 'root',
  'bc13c2ff-59e6-4262-a352-b275fd6f7172': 'boot',
  '933ac7e1-2eb4-4f13-b844-0e14e2aef915': 'home',
  '0657fd6d-a4ab-43c4-84e5-0933c84b4f4f': 'swap',
  'e6d6d379-f507-44c2-a23c-238f2a3df928': 'lvm',
  'a19d880f-05fc-4d3b-a006-743f0f84911e': 'raid',
  'ca7d7ccb-63ed-4c53-861c-1742536059cc': 'luks',
  '9e1a2d38-c612-4316-aa26-8b49521e5a8b': 'prep',
  'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7': 'microsoft',
}

const BYTES: Readonly<Record<number, PartitionKind>> = {
  239: 'esp',
  131: 'linux',
  130: 'swap',
  142: 'lvm',
  253: 'raid',
  232: 'luks',
  65: 'prep',
  1: 'microsoft',
  4: 'microsoft',
  6: 'microsoft',
  7: 'microsoft',
  11: 'microsoft',
  12: 'microsoft',
  14: 'microsoft',
}

/** @param type of a GPT a GUID in lower case, of an MBR two digits of hex after `0x` */
export function kindOf(type: string): PartitionKind {
  return GUIDS[type] ?? (type.startsWith('0x') ? BYTES[Number(type)] : undefined) ?? 'other'
}
