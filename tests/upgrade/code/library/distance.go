package library

// EditDistance counts the edits that turn one text into another one.
func EditDistance(from, to string) int {
	previous := make([]int, len(to)+1)
	for column := range previous {
		previous[column] = column
	}
	for row := 1; row <= len(from); row++ {
		current := make([]int, len(to)+1)
		current[0] = row
		for column := 1; column <= len(to); column++ {
			cost := 1
			if from[row-1] == to[column-1] {
				cost = 0
			}
			current[column] = min(current[column-1]+1, min(previous[column]+1, previous[column-1]+cost))
		}
		previous = current
	}
	return previous[len(to)]
}
