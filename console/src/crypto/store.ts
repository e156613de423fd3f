/** Non-extractable keys in IndexedDB: they can be used on this device and never read. */

const NAME = "consentry-keys";
const STORE = "keys";

export interface StoredKey {
  id: string;
  privateKey: CryptoKey;
  /** 65 bytes: 0x04 ‖ x ‖ y. */
  point: Uint8Array<ArrayBuffer>;
  /** Of a key for events: the edges that seal to it. */
  edges?: string[];
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("no key store"));
  });
}

async function run<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = act(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("key store failed"));
    });
  } finally {
    database.close();
  }
}

export async function findKey(id: string): Promise<StoredKey | undefined> {
  return run<StoredKey | undefined>("readonly", (store) => store.get(id) as IDBRequest<StoredKey | undefined>);
}

/** Every key whose id begins with `prefix`. */
export async function keysLike(prefix: string): Promise<StoredKey[]> {
  const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
  return run<StoredKey[]>("readonly", (store) => store.getAll(range) as IDBRequest<StoredKey[]>);
}

export async function keepKey(key: StoredKey): Promise<void> {
  await run("readwrite", (store) => store.put(key));
}

export async function dropKey(id: string): Promise<void> {
  await run("readwrite", (store) => store.delete(id));
}
