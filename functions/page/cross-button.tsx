/** A button that is a cross: closes, dismisses, forgets. */
export const CrossButton = ({ label, run }: { label: string; run: () => void }) => (
  <button type="button" class="icon" aria-label={label} onClick={run}>
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d="m4 4 8 8m0-8-8 8" />
    </svg>
  </button>
);
