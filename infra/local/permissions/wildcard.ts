/**
 * Makes a test of texts from an IAM pattern: `*` stands for any characters, none and `/` included, `?` for exactly one. Everything else
 * is literal. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 *
 * @param flags `i` for actions, whose case does not count.
 */
export function wildcard(pattern: string, flags: '' | 'i' = ''): (text: string) => boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, `s${flags}`);
  return (text) => expression.test(text);
}
