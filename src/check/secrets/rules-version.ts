/** Goes up when rules or what counts as public change: what was scanned before is scanned again. */
export const RULES_VERSION = 3
