/**
 * What a probe attaches to. `choose` leads into the one form that was written, so that a mistake in it is told once;
 * with `oneOf` every form would complain.
 */
import { choose, isMapping, type JsonSchema } from './json-schema.js';
import { expression, let_, signature } from './values.js';

const isList: JsonSchema = { type: 'array' };

const hook: JsonSchema = {
  title: 'a hook, such as function:tcp_connect',
  type: 'string',
  examples: [
    'function:tcp_connect',
    'call:vfs_read',
    'tracepoint:sched:sched_switch',
    'tp_btf:sched_switch',
    'syscall:openat',
    'kprobe:tcp_connect',
    'uprobe:libc:malloc',
    'usdt:/usr/bin/python3:python:function__entry',
    'lsm:file_open',
    'iter:task_file',
    'interval:1s',
  ],
};

const hooks: JsonSchema = { title: 'a list of hooks', type: 'array', minItems: 1, items: hook };

const alternative: JsonSchema = {
  title: 'a hook, a mapping with "hook", or a list of hooks that attach together',
  type: ['string', 'array', 'object'],
  ...choose(
    isMapping,
    {
      properties: {
        hook: {
          title: 'a hook, or a list of hooks that attach together',
          description: 'A hook, or several that attach together.',
          type: ['string', 'array'],
          minItems: 1,
          items: hook,
        },
        where: { ...expression, description: 'A filter for this hook only, besides the probe’s own.' },
        let: {
          ...let_,
          description: 'Values that are computed differently for this hook; they go before the probe’s own.',
        },
        signature,
      },
      required: ['hook'],
      additionalProperties: false,
    },
    choose(isList, hooks),
  ),
};

/** Used as `definitions/attach`, for it stands in three places. */
export const attach: JsonSchema = {
  title: 'a hook, or a list of alternatives',
  description: 'A hook, or alternatives of which the first that this kernel supports is taken.',
  type: ['string', 'array', 'object'],
  ...choose(isList, { minItems: 1, items: alternative }, alternative),
};
