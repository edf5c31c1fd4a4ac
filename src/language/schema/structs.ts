/** `structs`: layouts of memory that no type information describes. */
import { choose, isMapping, type JsonSchema } from './json-schema.js';
import { identifier, named, typeName } from './values.js';

const bytes: JsonSchema = {
  title: 'a whole number of bytes from 0 to 1048576',
  type: 'integer',
  minimum: 0,
  maximum: 1_048_576,
};

const offsetTitle = 'a number of bytes, or a mapping of versions of Go to them, such as { go1.18: 96, go1.26: 88 }';

const member: JsonSchema = {
  title: 'a mapping such as { offset: 8, type: u64 }',
  type: 'object',
  properties: {
    offset: {
      title: offsetTitle,
      description: 'Bytes from the beginning of the struct; or by the version of Go from which on it is there.',
      type: ['integer', 'object'],
      ...choose(
        isMapping,
        {
          title: offsetTitle,
          minProperties: 1,
          propertyNames: { pattern: '^go1[.][0-9]{1,3}$' },
          additionalProperties: bytes,
        },
        { ...bytes, title: offsetTitle },
      ),
    },
    type: {
      ...typeName,
      description:
        'What is there. Pointers point into user memory, string(N) is a text of at most N bytes in the struct itself.',
    },
  },
  required: ['offset', 'type'],
  additionalProperties: false,
};

const struct: JsonSchema = {
  title: 'a mapping with "members"',
  type: 'object',
  properties: {
    members: {
      ...named('names to members', member, 'What stands in it, in any order, and no more than is needed.'),
      minProperties: 1,
    },
    debug_name: {
      title: 'the name of a struct in debug information',
      description:
        'What the debug information of a program calls it, where that is another name. Its layout there goes before this one.',
      type: 'string',
      pattern: '\\S',
    },
    text: {
      title: 'a mapping of pointer and length to members',
      description:
        'Of a struct that is a text: which members are the address of its first byte and how many there are.',
      type: 'object',
      properties: {
        pointer: { ...identifier, description: 'The member that is the address of its first byte.' },
        length: { ...identifier, description: 'The member that is the number of its bytes.' },
      },
      required: ['pointer', 'length'],
      additionalProperties: false,
    },
  },
  required: ['members'],
  additionalProperties: false,
};

export const structs = named(
  'struct names to structs',
  struct,
  'Structs of programs without debug information, named in signatures and casts as struct NAME.',
);
