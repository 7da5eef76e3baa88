/** Who sees an image: its project; those that it is offered to; all who know its id or name; all. */
export const VISIBILITIES = ['private', 'shared', 'community', 'public'] as const
export type Visibility = (typeof VISIBILITIES)[number]
