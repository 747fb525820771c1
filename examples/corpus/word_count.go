package corpus

import (
	"strings"
	"unicode"
)

// CountWords says how often each word occurs, ignoring case.
func CountWords(text string) map[string]int {
	counts := make(map[string]int)
	notInWord := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_'
	}
	for _, word := range strings.FieldsFunc(strings.ToLower(text), notInWord) {
		counts[word]++
	}
	return counts
}
