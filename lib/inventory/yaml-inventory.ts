import type { Position } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import { expandHostNames } from './host-range.ts';
import { isValueMap, type Value, type ValueMap } from './inventory.ts';
import type { InventoryDraft } from './inventory-draft.ts';
import type { Places } from './places.ts';
import { hideAll, hideSecret } from './secret-names.ts';

const SECTIONS = ['hosts', 'vars', 'children'] as const;

export interface YamlInventoryOptions {
  readonly value: Value | undefined;
  readonly places: Places;
  readonly encrypted: boolean;
  readonly draft: InventoryDraft;
}

/** Reads a YAML (or JSON) inventory into the draft: groups, each with `hosts`, `vars` and `children`. */
export function parseYamlInventory({ value, places, encrypted, draft }: YamlInventoryOptions): void {
  if (!isValueMap(value) || Object.keys(value).length === 0) {
    draft.report('inventory-syntax', 'an inventory in YAML must be a mapping of group names to groups', places.at);
    return;
  }
  if (value['plugin'] !== undefined && value['plugin'] !== null) {
    const text =
      'this is the configuration of an inventory plugin, which pgup does not run: save what it gives as a file';
    draft.report('inventory-syntax', text, places.keys?.get('plugin') ?? places.at);
    return;
  }
  new YamlInventory(draft, encrypted).groups(value, places);
}

class YamlInventory {
  readonly #draft: InventoryDraft;
  readonly #encrypted: boolean;

  constructor(draft: InventoryDraft, encrypted: boolean) {
    this.#draft = draft;
    this.#encrypted = encrypted;
  }

  groups(map: ValueMap, places: Places): void {
    for (const [name, content] of entriesOf(map, places)) {
      this.#checkText('group', name, places);
      this.#group(name, content, placesIn(places, name), keyIn(places, name));
    }
  }

  #group(name: string, content: Value, places: Places, at: Position): void {
    if (name === '') {
      this.#draft.report('inventory-syntax', 'a group name may not be empty', at);
      return;
    }
    this.#draft.addGroup(name, at);
    const sections = this.#mapping(content, `group "${name}"`, at);
    for (const [section, value] of entriesOf(sections, places)) {
      const known = SECTIONS.find((each) => each === section);
      if (!known) {
        const text = `group "${name}" has an unknown key "${section}": hosts, vars and children are known`;
        this.#draft.report('inventory-syntax', `${text}${didYouMean(section, SECTIONS)}`, keyIn(places, section));
        continue;
      }
      // `hosts: web1` is short for a mapping with one key.
      const short = typeof value === 'string' && value !== '';
      const map = short ? { [value]: null } : this.#mapping(value, `${section} of "${name}"`, keyIn(places, section));
      const inside = short ? { at: placesIn(places, section).at } : placesIn(places, section);
      if (known === 'vars') this.#variables(name, map, inside);
      if (known === 'hosts')
        for (const [host, own] of entriesOf(map, inside)) {
          this.#checkText('host', host, inside);
          this.#hosts(name, host, own, inside);
        }
      if (known !== 'children') continue;
      for (const [child, its] of entriesOf(map, inside)) {
        this.#checkText('group', child, inside);
        this.#group(child, its, placesIn(inside, child), keyIn(inside, child));
        if (child !== '') this.#draft.addChild(name, child, keyIn(inside, child));
      }
    }
  }

  /** Ansible refuses `80:` and `yes:` as names, and so do we: `0644:` would be called 420. */
  #checkText(what: 'group' | 'host', name: string, places: Places): void {
    if (places.notText?.has(name) !== true) return;
    const text = `"${name}" is no text for YAML: put quotes around the name of a ${what}`;
    this.#draft.report('inventory-syntax', text, keyIn(places, name));
  }

  #hosts(group: string, text: string, variables: Value, places: Places): void {
    const at = keyIn(places, text);
    const expanded = expandHostNames(text);
    if (expanded.kind === 'refused') {
      this.#draft.report('inventory-syntax', expanded.reason, at);
      return;
    }
    if (expanded.names.length === 0) {
      this.#draft.report('inventory-syntax', `"${text}" stands for no host: its range is empty`, at);
    }
    const own = this.#mapping(variables, `host "${text}"`, at);
    for (const name of expanded.names) {
      this.#draft.addHost({ name, group, port: expanded.port, at });
      this.#variables(name, own, placesIn(places, text));
    }
  }

  #variables(owner: string, map: ValueMap, places: Places): void {
    for (const [name, value] of entriesOf(map, places)) {
      const at = keyIn(places, name);
      const kept = this.#encrypted ? hideAll(name, value) : hideSecret(name, value, placesIn(places, name).text);
      if (kept !== undefined) this.#draft.setVariable(owner, { name, value: kept, at });
      else this.#draft.report('vault', `"${name}" mixes secret text with "{{ }}"`, at);
    }
  }

  /** A mapping, or nothing at all, which is an empty one. */
  #mapping(value: Value, what: string, at: Position): ValueMap {
    if (isValueMap(value)) return value;
    if (value !== null)
      this.#draft.report('inventory-syntax', `${what} must be a mapping (a name with a colon after it)`, at);
    return {};
  }
}

/** In the order of the file, which objects do not keep for keys that look like numbers. */
function entriesOf(map: ValueMap, places: Places): readonly (readonly [string, Value])[] {
  const names = places.keys ? [...places.keys.keys()] : Object.keys(map);
  return names.map((name) => [name, map[name] ?? null] as const);
}

function keyIn(places: Places, key: string): Position {
  return places.keys?.get(key) ?? places.at;
}

function placesIn(places: Places, key: string): Places {
  return places.inside?.get(key) ?? { at: keyIn(places, key) };
}
