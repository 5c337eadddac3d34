/** Between the spelling of the packages below (camelCase) and that of configurations (snake_case). */
import { z } from 'zod';

const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The same object of settings with its keys, and those of sections in it, in snake_case. `type` comes first. */
export function snakeSchema(schema: z.ZodObject): z.ZodObject {
  const shape = Object.entries(schema.shape).map(([key, value]) => [
    snake(key),
    snakeInside(value as z.ZodType),
  ]);
  return z.strictObject({ type: z.unknown(), ...Object.fromEntries(shape) });
}

function snakeInside(schema: z.ZodType): z.ZodType {
  const described = (changed: z.ZodType) =>
    schema.description === undefined ? changed : changed.describe(schema.description);
  if (schema instanceof z.ZodObject) {
    return described(snakeSchema(schema).omit({ type: true }));
  }
  if (schema instanceof z.ZodPrefault) {
    const inner = snakeInside(schema.def.innerType as z.ZodType);
    return described(inner.prefault(snakeKeys(schema.def.defaultValue as object)));
  }
  return schema;
}

/** Options as a section of a configuration, sections in them included. */
export function snakeKeys(section: object): object {
  return mapKeys(section, snake);
}

/** A section of a configuration as options, sections in it included. */
export function camelKeys(section: object): object {
  return mapKeys(section, camel);
}

function mapKeys(section: object, change: (key: string) => string): object {
  return Object.fromEntries(
    Object.entries(section).map(([key, value]) => [
      change(key),
      typeof value === 'object' && value !== null && !Array.isArray(value) ? mapKeys(value, change) : value,
    ]),
  );
}
