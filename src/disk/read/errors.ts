import { inputError, type KilnError } from '../../core/error.ts'

/** `what` without a full stop; `where` names the file, and the partition when it is about one. */
export function imageDamaged(where: string, what: string, cause?: unknown): KilnError {
  return inputError('KILN_IMAGE_DAMAGED', `${where}: ${what}.`, {
    hint: 'The image is damaged or was not copied whole; get it anew from where it was made.',
    cause,
  })
}

/** It is an image, but of a kind or with a feature that is not read. */
export function imageUnsupported(where: string, what: string, hint: string): KilnError {
  return inputError('KILN_IMAGE_UNSUPPORTED', `${where}: ${what}.`, { hint })
}

export function fileSystemDamaged(where: string, what: string): KilnError {
  return inputError('KILN_FILE_SYSTEM_DAMAGED', `${where}: ${what}.`, {
    hint: 'Let the file system be checked (fsck) on a machine that has it, or get the image anew from where it was made.',
  })
}

export function fileSystemUnsupported(where: string, what: string, hint: string): KilnError {
  return inputError('KILN_FILE_SYSTEM_UNSUPPORTED', `${where}: ${what}.`, { hint })
}
