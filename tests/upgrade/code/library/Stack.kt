package library

class Stack<T>(private val limit: Int) {
    private val items = ArrayDeque<T>()

    fun push(item: T): Boolean {
        if (items.size >= limit) {
            return false
        }
        items.addLast(item)
        return true
    }

    fun pop(): T? {
        if (items.isEmpty()) {
            return null
        }
        return items.removeLast()
    }
}
