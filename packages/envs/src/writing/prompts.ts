/** What agents are asked (writing spec, 3 and 9). The wording is ours; what it reveals is the specification's. */
import { paragraphDelimiter } from './split-answer.js';

/** The prompts of a task. `source` is the post or abstract. */
export interface WritingPrompts {
  /** In training, per agent: nothing about lengths, ratios or overlap, and for TLDR nothing about a second agent. */
  readonly training: readonly [Prompt, Prompt];
  /** One model writes both texts; ends where its first paragraph begins. */
  single(source: string): string;
  /** The second agent's, once the first has written. */
  pipeline(source: string, first: string): string;
  /** Second round of a discussion, per agent: its own text of the first round and the other's. */
  readonly discussion: readonly [RefinePrompt, RefinePrompt];
}

type Prompt = (source: string) => string;
type RefinePrompt = (source: string, own: string, other: string) => string;

/** Task line, labelled texts and a list of instructions, a blank line between them. */
function prompt(
  task: string,
  texts: Readonly<Record<string, string>>,
  instructions: readonly string[],
): string {
  const labelled = Object.entries(texts).map(([label, text]) => `${label}:\n${text}\n\n`);
  const list = instructions.map((instruction) => `- ${instruction}\n`);
  return `${task}\n\n${labelled.join('')}Instructions:\n${list.join('')}`;
}

const moreThanTheSummary = [
  'Use more distinct words than the concise summary does.',
  'Connect the sentences with transition words of several kinds.',
  'Write two to three times as much text as the concise summary.',
];

export const tldrPrompts: WritingPrompts = {
  training: [
    (source) =>
      prompt('Write a short summary in reply to the post below.', { Query: source }, [
        'Come to the point: one sentence, or a few.',
        'Stay with the facts and be informative.',
      ]),
    (source) =>
      prompt('Write a detailed summary in reply to the post below.', { 'Original query': source }, [
        'Vary your vocabulary: use many distinct words.',
        'Connect the sentences with some transition words.',
      ]),
  ],
  single: (source) =>
    `${prompt('Summarise the Reddit post below in exactly two paragraphs.', { Post: source }, [
      'Paragraph 1: a concise summary of the main points.',
      'Paragraph 2: the same in more detail, with more distinct words than paragraph 1 and as many kinds of transition words as you can.',
      'Paragraph 2 has two to three times as many characters as paragraph 1, in the same style.',
      'Each paragraph has 10 to 200 tokens.',
      `Between the paragraphs write exactly ${paragraphDelimiter}`,
    ])}\nParagraph 1:\n`,
  pipeline: (source, first) =>
    prompt(
      'Write a detailed summary of the post below that expands the concise summary.',
      { Post: source, 'Concise summary, written by another agent': first },
      ['Build on the concise summary.', ...moreThanTheSummary],
    ),
  discussion: [
    (source, own, other) =>
      prompt(
        "Refine your concise summary of the post below, now that you can see the other agent's detailed summary.",
        { Post: source, 'Your previous summary': own, "The other agent's detailed summary": other },
        [
          'Make it a good base for the detailed summary.',
          'Keep it brief.',
          'Write the refined summary and nothing else.',
        ],
      ),
    (source, own, other) =>
      prompt(
        "Refine your detailed summary of the post below, now that you can see the other agent's concise summary.",
        { Post: source, "The other agent's concise summary": other, 'Your previous detailed summary': own },
        [
          'Build on the concise summary and expand it.',
          ...moreThanTheSummary,
          'Write the refined summary and nothing else.',
        ],
      ),
  ],
};

const expandAbstract =
  'Expand the scientific abstract below into longer text for the introduction of its paper.';

export const arxivPrompts: WritingPrompts = {
  training: [
    (source) =>
      prompt(expandAbstract, { Abstract: source }, [
        'Another agent writes about methodology and implications.',
        'Write about background and motivation only.',
        'Leave methodology and implications out.',
      ]),
    (source) =>
      prompt(expandAbstract, { Abstract: source }, [
        'Another agent writes about background and motivation.',
        'Write about methodology and implications only.',
        'Leave background and motivation out.',
      ]),
  ],
  single: (source) =>
    `${prompt(
      'Expand the abstract below into an introduction of exactly two paragraphs.',
      { Abstract: source },
      [
        'Paragraph 1: background and motivation.',
        'Paragraph 2: methodology and implications.',
        'Both paragraphs are about equally long.',
        'Each paragraph has 128 to 256 tokens.',
        `Between the paragraphs write exactly ${paragraphDelimiter}`,
      ],
    )}\nParagraph 1:\n`,
  pipeline: (source, first) =>
    prompt(
      'Expand the introduction of the paper whose abstract stands below.',
      { Abstract: source, 'Background and motivation, written by another agent': first },
      [
        'Write about methodology and implications.',
        'Build on the section that is given.',
        'Do not repeat what it says.',
      ],
    ),
  discussion: [
    (source, own, other) =>
      prompt(
        "Refine your section on background and motivation, now that you can see the other agent's section.",
        {
          Abstract: source,
          'Your previous section': own,
          "The other agent's section on methodology and implications": other,
        },
        [
          'Make it a good base for the section on methodology and implications.',
          'Keep both sections about equally long.',
          'Write the refined section and nothing else.',
        ],
      ),
    (source, own, other) =>
      prompt(
        "Refine your section on methodology and implications, now that you can see the other agent's section.",
        {
          Abstract: source,
          "The other agent's section on background and motivation": other,
          'Your previous section': own,
        },
        [
          'Build on the section on background and motivation and stay consistent with it.',
          'Keep both sections about equally long.',
          'Write the refined section and nothing else.',
        ],
      ),
  ],
};
