/** Equal keys for values that are computed in the same way, so that each is computed once. */
import type { Step, Typed } from '../language/expression/typed.js';
import type { Type } from '../language/types.js';

const keys = new WeakMap<Typed, string>();

export function nodeKey(node: Typed): string {
  let key = keys.get(node);
  if (key === undefined) {
    key = compute(node);
    keys.set(node, key);
  }
  return key;
}

function compute(node: Typed): string {
  switch (node.op) {
    case 'constant':
      return `${node.value}`;
    case 'text':
      return JSON.stringify(node.value);
    case 'param':
      return `param.${node.name}`;
    case 'builtin':
      return node.name;
    case 'context':
      return `ctx${JSON.stringify(node.access)}${typeKey(node.type)}`;
    case 'saved':
      return `saved.${node.name}${typeKey(node.type)}`;
    case 'load':
    case 'place':
      return `${node.op}(${node.space} ${nodeKey(node.base)}${node.steps.map(stepKey).join('')} ${typeKey(node.type)})`;
    case 'convert':
      return `(${typeKey(node.type)})${nodeKey(node.operand)}`;
    case 'unary':
      return `${node.operator}(${nodeKey(node.operand)})`;
    case 'binary':
      return `(${nodeKey(node.left)} ${node.operator} ${nodeKey(node.right)})`;
    case 'choice':
      return `if(${nodeKey(node.condition)},${nodeKey(node.whenTrue)},${nodeKey(node.whenFalse)})`;
    case 'lookup':
      return `${node.map}[${node.key.map(nodeKey).join()}].${node.member}??${node.fallback === undefined ? '' : nodeKey(node.fallback)}`;
    case 'contains':
      return `${node.map} has [${node.key.map(nodeKey).join()}]`;
    case 'readText':
      return `str(${node.space} ${nodeKey(node.address)},${node.type.max}${node.length === undefined ? '' : `,${nodeKey(node.length)}`})`;
    case 'gathered':
      return `gathered(${node.pieces.map(({ byteOffset, bytes, value }) => `${byteOffset}:${bytes} ${nodeKey(value)}`).join()})`;
    case 'readBytes':
      return `bytes(${node.space} ${nodeKey(node.address)},${nodeKey(node.length)},${node.type.max})`;
    case 'readMac':
      return `mac(${node.space} ${nodeKey(node.address)})`;
    case 'readList':
      return `${node.list}(${nodeKey(node.address)},${node.type.max})`;
    case 'socketAddress':
      return `address(${nodeKey(node.v4)})`;
    case 'makeIp':
      return `ip(${node.v4 === undefined ? '' : nodeKey(node.v4)},${node.v6 === undefined ? '' : nodeKey(node.v6.address)})`;
    case 'stack':
      return `${node.type.kind}(${node.frames})`;
    case 'textTest':
      return `${node.test}(${nodeKey(node.text)},${nodeKey(node.wanted)})`;
    case 'call':
    case 'userCall':
      return `${node.function}(${node.arguments.map(nodeKey).join()})`;
    case 'let':
      return nodeKey(node.value);
  }
}

function stepKey(step: Step): string {
  return 'index' in step ? `[${nodeKey(step.index)}]` : `.${step.owner.id}.${step.member}`;
}

function typeKey(type: Type): string {
  switch (type.kind) {
    case 'int':
      return `${type.signed ? 'i' : 'u'}${type.bits}`;
    case 'enum':
      return `${type.signed ? 'i' : 'u'}${type.bits}`;
    case 'pointer':
      return `${typeKey(type.target)}*`;
    case 'struct':
      return type.id;
    case 'array':
      return `${typeKey(type.element)}[${type.count}]`;
    default:
      return type.kind;
  }
}
