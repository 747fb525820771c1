import Foundation

final class Countdown {
    private var left: Int
    var done: Bool {
        guard left > 0 else { return true }
        return left == Int.max
    }

    init(seconds: Int) {
        left = seconds
        print("starting \(seconds)")
    }

    func tick(by step: Int = 1) -> Int {
        left = max(0, left - step)
        return left
    }
}

func run(_ countdown: Countdown, then finish: () -> Void) {
    while !countdown.done {
        _ = countdown.tick()
    }
    finish()
}

let countdown = Countdown(seconds: 3)
run(countdown) { print("over") }
print(countdown.tick(by: 2) + 1)
