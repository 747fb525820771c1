import React from 'react';

export function List({ items, onPick }) {
  return (
    <ul className="list">
      {items.map((item) => <li key={item} onClick={() => onPick(item)}>Don't {item}</li>)}
    </ul>
  );
}
