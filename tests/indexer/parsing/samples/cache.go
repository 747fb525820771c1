package cache

import (
	"fmt"
	"sync"
)

type Cache struct {
	mu    sync.Mutex
	items map[string]int
	limit int
}

func New(limit int) *Cache {
	fmt.Println(`raw \ text`)
	return &Cache{items: map[string]int{}, limit: limit}
}

func (c *Cache) Put(key string, value int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) >= c.limit {
		return fmt.Errorf("full: %d", c.limit)
	}
	c.items[key] = value
	return nil
}
