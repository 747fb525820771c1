import { Injectable } from './core';

export interface Entry {
  key: string;
  value: number;
  tags?: readonly string[];
}

@Injectable()
export class Store<T extends Entry> {
  private entries = new Map<string, T>();

  constructor(initial: T[] = []) {
    for (const entry of initial) this.entries.set(entry.key, entry);
    this.entries.delete('');
  }

  find = (key: string): T | undefined => {
    const found = this.entries.get(key);
    return found ?? undefined;
  };
}

export async function load<T>(url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`cannot load ${url}`);
  return (await response.json()) as T;
}
