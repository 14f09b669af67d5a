/**
 * A binary heap of nodes by their distance, for Dijkstra's algorithm. It lies in two arrays and
 * allocates nothing for a node: shortest paths from thousands of SCXs push millions of them.
 */

export interface Heap {
  push(node: number, distance: number): void;
  /**
   * Removes the nearest node, which `node` and `distance` then give; false when the heap is empty.
   */
  pop(): boolean;
  node(): number;
  distance(): number;
}

/** Creates an empty heap. A node may be in it several times. */
export function createHeap(): Heap {
  const nodes: number[] = [];
  const keys: number[] = [];
  let node = -1;
  let distance = 0;

  const put = (index: number, ofNode: number, key: number): void => {
    nodes[index] = ofNode;
    keys[index] = key;
  };
  const copy = (from: number, to: number): void =>
    put(to, nodes[from] as number, keys[from] as number);

  const siftUp = (moved: number, key: number): void => {
    let index = keys.length;
    put(index, moved, key);
    for (let parent = (index - 1) >> 1; index > 0; parent = (index - 1) >> 1) {
      if ((keys[parent] as number) <= key) break;
      copy(parent, index);
      index = parent;
    }
    put(index, moved, key);
  };

  const siftDown = (moved: number, key: number): void => {
    const size = keys.length;
    let index = 0;
    for (let child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= key) break;
      copy(child, index);
      index = child;
    }
    put(index, moved, key);
  };

  return {
    push: siftUp,
    pop: () => {
      const last = nodes.pop();
      const key = keys.pop();
      if (last === undefined || key === undefined) return false;
      node = nodes[0] ?? last;
      distance = keys[0] ?? key;
      if (keys.length > 0) siftDown(last, key);
      return true;
    },
    node: () => node,
    distance: () => distance,
  };
}
