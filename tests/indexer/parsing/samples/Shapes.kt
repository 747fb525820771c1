package shapes

import kotlin.math.PI

class Circle(private val radius: Double) {
    constructor(text: String) : this(text.toDouble()) {
        println("parsed $text")
        check(radius > 0)
    }

    fun area(): Double {
        val square = radius * radius
        return PI * square
    }
}

object Registry {
    private val shapes = mutableListOf<Circle>()

    fun largest(): Circle? {
        return shapes.maxByOrNull { shape ->
            val area = shape.area()
            if (area.isNaN()) 0.0 else area
        }
    }
}

fun String.shout(times: Int): String {
    val loud = uppercase()
    return loud.repeat(times) + """raw "quotes" \"""
}
