/** Chat templates against Jinja2 as transformers runs it, recorded by fixtures/record-tokenizers.py. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ModelError } from '../src/errors.js';
import { ChatTemplate } from '../src/tokenizer/chat-template.js';
import { recorded, recordedConversation } from './fixtures/recorded-tokenizers.js';

const render = (source: unknown, variables: Record<string, unknown> = {}, tools = false) =>
  new ChatTemplate(source, 'chat_template.jinja').render(
    [{ role: 'user', content: 'hi' }],
    { variables, ...(tools ? { tools: recorded.tools } : {}) },
    {},
  );

describe.each(recorded.chats)('$name', ({ source, special, chats }) => {
  const template = new ChatTemplate(source, 'chat_template.jinja');

  it.each(chats)(
    'conversation $conversation, tools: $tools, prompt: $add_generation_prompt, $variables',
    (chat) => {
      const run = () =>
        template.render(
          recordedConversation(chat.conversation),
          {
            addGenerationPrompt: chat.add_generation_prompt,
            variables: chat.variables,
            ...(chat.tools ? { tools: recorded.tools } : {}),
          },
          special,
        );
      if (chat.error === undefined) expect(run()).toBe(chat.text);
      else
        expect(run).toThrow(
          new ModelError(`chat_template.jinja: the chat template refuses these messages: ${chat.error}`),
        );
    },
  );
});

describe('the language of templates', () => {
  const cases = recorded.templates.flatMap(({ name, source, rendered }) =>
    rendered.map((one) => ({ name, source, ...one })),
  );

  it.each(cases)('$name of $content', ({ source, content, text }) => {
    expect(render(source, { content })).toBe(text);
  });
});

describe('a chat template', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is chosen by name when there are several', () => {
    const several = [
      { name: 'default', template: 'plain' },
      { name: 'tool_use', template: 'tools' },
    ];
    expect(render(several)).toBe('plain');
    expect(render(several, {}, true)).toBe('tools');
    expect(render(several.slice(0, 1), {}, true)).toBe('plain');
    expect(() => render(several.slice(1))).toThrow(/\(tool_use\) none is called "default"/);
  });

  it('knows the date, in English', () => {
    vi.useFakeTimers({ now: new Date(2024, 6, 5, 15, 4, 9) });
    expect(render("{{ strftime_now('%d %b %Y, %A %B %H:%M:%S %I %p %%') }}")).toBe(
      '05 Jul 2024, Friday July 15:04:09 03 PM %',
    );
    expect(() => render("{{ strftime_now('%Q') }}")).toThrow(/%Q is not supported/);
    expect(render("{{ strftime_now('%Y') }}", { strftime_now: () => 'then' })).toBe('then');
  });

  it('that does not parse is refused by the name of its file', () => {
    for (const source of ['{% if %}', '{{ x', '{% for m in messages %}', 5, [{ name: 'default' }], {}])
      expect(() => render(source)).toThrow(ModelError);
    expect(() => render('{% if %}')).toThrow(/chat_template.jinja: the chat template does not parse/);
  });

  it('that fails says what failed', () => {
    expect(() => render("{{ 'a' + nothing }}")).toThrow(/chat_template.jinja: the chat template refuses/);
    expect(() => render("{{ (5).strip('a') }}")).toThrow(ModelError);
  });
});
