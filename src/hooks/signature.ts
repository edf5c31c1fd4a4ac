/** `signature: "(size: size_t) -> void *"`: the arguments and return value of a user-space function, as the user declares them. */
import { DiagnosticSink } from '../diagnostics/diagnostic.js';
import type { Kernel } from '../kernel/kernel.js';
import { type Token, tokenize } from '../language/expression/lexer.js';
import { typeFromName } from '../language/expression/type-from-name.js';
import { parseTypeTokens } from '../language/expression/type-name.js';
import type { LocatedText } from '../language/spec.js';
import type { FunctionType, Parameter, Type } from '../language/types.js';
import { voidType } from '../language/types.js';

export function parseSignature(text: LocatedText, kernel: Kernel, sink: DiagnosticSink): FunctionType | undefined {
  // `:` and `->` are no operators of expressions, so the lexer's complaints about them do not count here.
  const tokens = tokenize(text, new DiagnosticSink());
  return new SignatureReader(tokens, text, kernel, sink).read();
}

class SignatureReader {
  private at = 0;

  constructor(
    private readonly tokens: readonly Token[],
    private readonly text: LocatedText,
    private readonly kernel: Kernel,
    private readonly sink: DiagnosticSink,
  ) {}

  read(): FunctionType | undefined {
    if (!this.take('(')) return this.refuse('a signature begins with "("');
    const parameters: Parameter[] = [];
    while (!this.take(')')) {
      if (parameters.length > 0 && !this.take(',')) return this.refuse('"," or ")" should stand here');
      const name = this.tokens[this.at];
      if (name?.kind !== 'word') return this.refuse('the name of an argument should stand here');
      this.at++;
      if (!this.take(':')) return this.refuse(`":" and a type should follow "${name.text}"`);
      const type = this.type();
      if (type === undefined) return undefined;
      parameters.push({ name: name.text, type });
    }
    const arrow = this.take('.') || (this.take('-') && this.take('>'));
    const returns = arrow ? this.type() : voidType;
    if (returns === undefined) return undefined;
    if (this.tokens[this.at]?.kind !== 'end') return this.refuse('nothing should follow the signature');
    return { kind: 'function', parameters, returns };
  }

  private take(text: string): boolean {
    const token = this.tokens[this.at];
    if (token?.kind !== 'operator' || token.text !== text) return false;
    this.at++;
    return true;
  }

  private type(): Type | undefined {
    const parsed = parseTypeTokens(this.tokens, this.at);
    if ('expected' in parsed) return this.refuse(parsed.expected);
    this.at = parsed.at;
    return typeFromName(parsed.type, this.kernel, this.sink, 'user');
  }

  private refuse(message: string): undefined {
    const span = this.tokens[this.at]?.span ?? this.text.span;
    this.sink.add('signature', message, span, {
      hints: ['a signature reads (name: type, …) -> type, as in (size: size_t) -> void *'],
    });
  }
}
