/** Endings of the files beside an image: its bill of materials, and the signed statements of where it comes from. */
export const SBOM_ENDING = '.cdx.json'
export const STATEMENTS_ENDING = '.intoto.jsonl'
