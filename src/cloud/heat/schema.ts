import { z } from 'zod'

const text = z.string().nullish()

export const validatedSchema = z.looseObject({
  Description: text,
  Parameters: z.record(z.string(), z.unknown()).default({}),
})

export const stackSchema = z.looseObject({
  id: z.string(),
  stack_name: z.string(),
  stack_status: z.string(),
  stack_status_reason: text,
  creation_time: text,
  outputs: z
    .array(z.looseObject({ output_key: z.string(), output_value: z.unknown(), output_error: text }))
    .optional(),
  parameters: z.record(z.string(), z.unknown()).optional(),
})
export type Stack = z.infer<typeof stackSchema>

export const resourceSchema = z.looseObject({
  resource_name: z.string(),
  resource_type: z.string(),
  resource_status: z.string().optional(),
  resource_status_reason: text,
  physical_resource_id: text,
})
export type StackResource = z.infer<typeof resourceSchema>

export const eventSchema = z.looseObject({
  id: z.string(),
  event_time: z.string(),
  resource_name: z.string(),
  resource_status: z.string(),
  resource_status_reason: text,
  physical_resource_id: text,
})
export type StackEvent = z.infer<typeof eventSchema>

export const madeSchema = z.object({ stack: z.looseObject({ id: z.string() }) })
export const oneSchema = z.object({ stack: stackSchema })
export const manySchema = z.object({ stacks: z.array(stackSchema) })
export const previewSchema = z.object({
  stack: z.looseObject({
    stack_name: z.string().optional(),
    // A group is a list of lists.
    resources: z.array(z.unknown()).default([]),
  }),
})
export const resourcesSchema = z.object({ resources: z.array(resourceSchema) })
export const eventsSchema = z.object({ events: z.array(eventSchema) })
export const versionsSchema = z.object({
  template_versions: z.array(z.looseObject({ version: z.string(), type: z.string() })),
})
export const functionsSchema = z.object({
  template_functions: z.array(z.looseObject({ functions: z.string() })),
})
export const typesSchema = z.object({ resource_types: z.array(z.string()) })
