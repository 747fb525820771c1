/** Number of single-character edits between two strings. */
fun editDistance(a: String, b: String): Int {
    val distance = Array(a.length + 1) { IntArray(b.length + 1) }
    for (i in 0..a.length) distance[i][0] = i
    for (j in 0..b.length) distance[0][j] = j
    for (i in 1..a.length) {
        for (j in 1..b.length) {
            val change = if (a[i - 1] == b[j - 1]) 0 else 1
            distance[i][j] = minOf(
                distance[i - 1][j] + 1,
                distance[i][j - 1] + 1,
                distance[i - 1][j - 1] + change,
            )
        }
    }
    return distance[a.length][b.length]
}
