import { useState } from 'react';

type Props = { title: string; start: number };

export const Panel = ({ title, start }: Props) => {
  const [count, setCount] = useState<number>(start);
  return (
    <button onClick={() => setCount(count + 1)}>{title}: {count}</button>
  );
};
