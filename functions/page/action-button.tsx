import { useId } from 'preact/hooks';

interface ActionButtonProps {
  label: string;
  /** What is named by it, for who hears buttons one by one: `Publish version 1.2.0`. */
  of: string;
  /** Why it is off. */
  reason: string | undefined;
  primary?: boolean;
  run: () => void;
}

/** A button that, when it is off, can still be reached and says why. */
export function ActionButton({ label, of, reason, primary = false, run }: ActionButtonProps) {
  const id = useId();
  return (
    <span class="action">
      <button
        type="button"
        class={primary ? 'primary small' : 'small'}
        aria-disabled={reason !== undefined}
        aria-describedby={reason === undefined ? undefined : id}
        onClick={() => reason === undefined && run()}
      >
        {label}
        <span class="sr"> {of}</span>
      </button>
      {reason !== undefined && (
        <span id={id} class="reason" role="tooltip">
          {reason}
        </span>
      )}
    </span>
  );
}
