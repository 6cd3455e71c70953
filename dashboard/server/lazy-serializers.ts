/**
 * What writes an answer by its schema is made when the first such answer is written. Made for every route at the start, it was a third of
 * the processor time that a start takes, most of it for answers that are never given.
 */
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';

type Build = ReturnType<typeof SerializerSelector>;

export const buildLazySerializer: Build = (schemas, options) => (route) => {
  let write: ReturnType<ReturnType<Build>> | undefined;
  return (answer) => {
    // A compiler of its own: one forgets a shared schema as soon as it has compiled it.
    write ??= SerializerSelector()(schemas, options)(route);
    return write(answer);
  };
};
