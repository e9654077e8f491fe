/** The page's mark: versions on a line, the newest filled. */
export const Mark = () => (
  <svg class="mark-of-page" viewBox="0 0 16 16" aria-hidden="true">
    <path d="M8 5.5v5" />
    <circle class="full" cx="8" cy="3.5" r="2.5" />
    <circle cx="8" cy="12.5" r="2" />
  </svg>
);
