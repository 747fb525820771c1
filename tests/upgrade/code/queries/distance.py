"""Asks for what a function in another language does."""


def edit_distance(source: str, target: str) -> int:
    """The edits that turn one text into another one."""
    previous = list(range(len(target) + 1))
    for row in range(1, len(source) + 1):
        current = [row] + [0] * len(target)
        for column in range(1, len(target) + 1):
            cost = 0 if source[row - 1] == target[column - 1] else 1
            current[column] = min(current[column - 1] + 1, previous[column] + 1, previous[column - 1] + cost)
        previous = current
    return previous[len(target)]
