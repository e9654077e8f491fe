import { useEffect, useRef } from 'preact/hooks';
import { type Filters, PUBLICATIONS, STATUSES, TYPES } from './address.ts';
import { capitalised, TYPE_WORDS } from './words.ts';

interface FilterBarProps {
  filters: Filters;
  change: (filters: Filters, how?: 'replace') => void;
}

// Long enough for the next letter, short enough not to be noticed.
const TYPING_MS = 300;

const PUBLICATION_WORDS = { all: 'Published?', published: 'Published', unpublished: 'Not published' };

/** Which versions are shown. */
export function FilterBar({ filters, change }: FilterBarProps) {
  const typing = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const input = useRef<HTMLInputElement>(null);
  // Back and forward bring another text; while somebody types it is theirs.
  useEffect(() => {
    if (input.current && document.activeElement !== input.current) input.current.value = filters.text;
  }, [filters.text]);
  useEffect(() => () => clearTimeout(typing.current), []);
  /** With what has been typed so far: the wait for another letter ends with it. */
  const choose = (chosen: Partial<Filters>) => {
    clearTimeout(typing.current);
    change({ ...filters, text: input.current?.value.trim() ?? '', ...chosen });
  };
  const search = (how?: 'replace') => {
    clearTimeout(typing.current);
    const text = input.current?.value.trim() ?? '';
    if (text !== filters.text) change({ ...filters, text }, how);
  };
  return (
    <search aria-label="Versions">
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          search();
        }}
      >
        <label class="search">
          <span class="sr">Text in name or description</span>
          <input
            ref={input}
            type="search"
            placeholder="Search"
            maxLength={100}
            defaultValue={filters.text}
            onInput={() => {
              clearTimeout(typing.current);
              typing.current = setTimeout(() => search('replace'), TYPING_MS);
            }}
          />
        </label>
        <Choice
          label="Kind of change"
          any="Any kind"
          words={TYPES.map((type) => [type, TYPE_WORDS[type]])}
          value={filters.type}
          choose={(type) => choose({ type })}
        />
        <Choice
          label="Build"
          any="Any build"
          words={STATUSES.map((status) => [status, capitalised(status)])}
          value={filters.status}
          choose={(status) => choose({ status })}
        />
        <Choice
          label="Publication"
          any={PUBLICATION_WORDS.all}
          words={PUBLICATIONS.filter((each) => each !== 'all').map((each) => [each, PUBLICATION_WORDS[each]])}
          value={filters.publication === 'all' ? null : filters.publication}
          choose={(publication) => choose({ publication: publication ?? 'all' })}
        />
        <Flag label="Checkpoints" value={filters.checkpoints} choose={(checkpoints) => choose({ checkpoints })} />
        <Flag label="Deleted" value={filters.deleted} choose={(deleted) => choose({ deleted })} />
      </form>
    </search>
  );
}

interface ChoiceProps<Word extends string> {
  label: string;
  any: string;
  words: [Word, string][];
  value: Word | null;
  choose: (value: Word | null) => void;
}

function Choice<Word extends string>({ label, any, words, value, choose }: ChoiceProps<Word>) {
  return (
    <label>
      <span class="sr">{label}</span>
      <select
        value={value ?? ''}
        onChange={({ currentTarget }) => choose((currentTarget.value || null) as Word | null)}
      >
        <option value="">{any}</option>
        {words.map(([word, shown]) => (
          <option key={word} value={word}>
            {shown}
          </option>
        ))}
      </select>
    </label>
  );
}

function Flag({ label, value, choose }: { label: string; value: boolean; choose: (value: boolean) => void }) {
  return (
    <label class="flag">
      <input type="checkbox" checked={value} onChange={({ currentTarget }) => choose(currentTarget.checked)} />
      {label}
    </label>
  );
}
