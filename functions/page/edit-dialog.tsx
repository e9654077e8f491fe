import { useEffect, useRef, useState } from 'preact/hooks';
import type { Edit, ProjectApi, Version, VersionDetails } from './api.ts';
import { Dialog } from './dialog.tsx';
import type { Refused } from './refused.ts';
import { useAttempt } from './use-attempt.ts';
import { called, failureWords, TYPE_WORDS } from './words.ts';

// A rollback is made by rolling back.
const EDITABLE_TYPES = ['major', 'minor', 'patch'] as const;

interface EditDialogProps {
  api: ProjectApi;
  version: Version;
  /** Writes it. @throws Refused when the same may succeed later */
  perform: (edit: Edit) => Promise<void>;
  onClosed: () => void;
}

/** A person's words about a version: nothing generated overwrites them afterwards. */
export function EditDialog({ api, version, perform, onClosed }: EditDialogProps) {
  const [details, setDetails] = useState<VersionDetails>();
  const [unread, setUnread] = useState<Refused>();
  const { busy, failure = unread, attempt } = useAttempt();
  const form = useRef<HTMLFormElement>(null);
  // The list holds the beginning of a description: saved, it would be all that is left.
  useEffect(() => {
    api.version(version.id).then(setDetails, setUnread);
  }, [api, version.id]);
  const submit = (close: () => void) => {
    if (!details || !form.current) return;
    const edit = edited(details, new FormData(form.current));
    if (Object.keys(edit).length === 0) close();
    else void attempt(() => perform(edit), close);
  };
  return (
    <Dialog title={`Rename ${called(version)}`} onClosed={onClosed}>
      {(close) => (
        <form
          ref={form}
          onSubmit={(event) => {
            event.preventDefault();
            submit(close);
          }}
        >
          <label class="field">
            <span>Name</span>
            <input name="name" maxLength={100} defaultValue={version.name ?? ''} required={version.name !== null} />
          </label>
          <label class="field">
            <span>Description</span>
            <textarea
              // The whole text takes the place of its beginning.
              key={details ? 'whole' : 'beginning'}
              name="description"
              rows={5}
              maxLength={5_000}
              readOnly={!details}
              defaultValue={details?.fullDescription ?? version.description ?? ''}
            />
          </label>
          <label class="field">
            <span>Kind of change</span>
            <select name="type" defaultValue={version.type ?? ''}>
              {!isEditable(version.type) && (
                <option value={version.type ?? ''}>{version.type ? TYPE_WORDS[version.type] : 'Not known'}</option>
              )}
              {EDITABLE_TYPES.map((type) => (
                <option key={type} value={type} selected={version.type === type}>
                  {TYPE_WORDS[type]}
                </option>
              ))}
            </select>
          </label>
          <p class="hint">The number stays. What you write here is not overwritten by anything generated.</p>
          <div role="alert">{failure && <p class="problem">{failureWords(failure)}</p>}</div>
          <div class="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" class="primary" aria-disabled={busy || !details}>
              {busy ? 'One moment …' : 'Save'}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

type EditableType = (typeof EDITABLE_TYPES)[number];

const isEditable = (type: string | null): type is EditableType => EDITABLE_TYPES.some((each) => each === type);

/** Only what differs is sent: what nobody touched stays generated or as it was. */
function edited(before: VersionDetails, form: FormData): Edit {
  const field = (name: string) => String(form.get(name) ?? '').trim();
  const [name, description, type] = [field('name'), field('description'), field('type')];
  return {
    ...(name !== '' && name !== before.name && { name }),
    ...(description !== '' && description !== before.fullDescription && { description }),
    ...(isEditable(type) && type !== before.type && { type }),
  };
}
