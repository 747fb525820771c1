import fs from 'fs';
const path = require('path');

class Queue {
  constructor(limit) {
    this.limit = limit;
    this.items = [];
  }

  push(item) {
    if (this.items.length >= this.limit) throw new Error(`full: ${this.items.map((i) => `<${i}>`)}`);
    this.items.push(item);
  }
}

const drain = async (queue) => {
  while (queue.items.length) {
    await queue.items.shift()();
  }
};

module.exports.clean = function (text) {
  const quoted = /["'\/]+/g;
  return text.replace(quoted, '') / 2;
};

const queue = new Queue(10);
for (const name of fs.readdirSync('.')) {
  queue.push(() => console.log(path.resolve(name)));
}
drain(queue);
