/** The values used last, within a limit of how much they weigh together. */
export class Recent<K, V> {
  readonly #kept = new Map<K, { readonly value: V; readonly weight: number }>()
  readonly #limit: number
  #weight = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: K): V | undefined {
    const found = this.#kept.get(key)
    if (!found) return undefined
    // The order of a map is that of putting in: what is used goes to its end.
    this.#kept.delete(key)
    this.#kept.set(key, found)
    return found.value
  }

  /** Keeps a value; the last one always stays, whatever it weighs. */
  set(key: K, value: V, weight: number): void {
    this.delete(key)
    this.#kept.set(key, { value, weight })
    this.#weight += weight
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#limit || oldest === key) return
      this.delete(oldest)
    }
  }

  delete(key: K): void {
    this.#weight -= this.#kept.get(key)?.weight ?? 0
    this.#kept.delete(key)
  }
}
