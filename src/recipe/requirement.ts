import * as z from 'zod/mini'

const project = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'
const clause = '(?:===|==|~=|!=|<=|>=|<|>)[A-Za-z0-9][A-Za-z0-9.*+!_-]*'
const REQUIREMENT = new RegExp(
  `^(${project})(\\[${project}(?:,${project})*\\])?(${clause}(?:,${clause})*)?(;[\\w .'"<>=!~(),*+-]+)?$`,
)
/** No name and no list of versions is longer; looking through more would take long. */
const LONGEST = 500

/** A requirement of Python (PEP 508) by name: `name`, `name[extra]>=1,<2`, behind `;` when it counts. No address. */
export const pipPackage = z.pipe(
  z.string(),
  z.transform((input, context) => {
    const [wish, ...condition] = input
      .slice(0, LONGEST)
      .split(';')
      .map((part) => part.trim())
    const plain = [wish!.replace(/\s*([,<>=!~[\]]+)\s*/g, '$1'), ...condition].join(';')
    const [, name, extras = '', versions = '', when = ''] = REQUIREMENT.exec(plain) ?? []
    if (name === undefined || input.length > LONGEST) {
      const shown = JSON.stringify(input.slice(0, 80))
      const message = /[/@]/.test(wish!)
        ? `${shown} names an address: packages come from an index, whose address is configuration`
        : `${shown} is not a package of Python: write name, name==version or name[extra]>=version`
      context.issues.push({ code: 'custom', message, input })
      return z.NEVER
    }
    // One spelling for what pip takes for the same.
    return `${name.toLowerCase().replace(/[-_.]+/g, '-')}${extras.toLowerCase()}${versions}${when}`
  }),
)
