/*
 * The engine is Python, and what a template's author sees is Python's idea of text, numbers and equality.
 */

export { dumps, dumpsIndented, jsonKey } from './python-json.ts'
export { floatText, strip, toInt, toNumber } from './python-numbers.ts'
export * from './python-values.ts'
