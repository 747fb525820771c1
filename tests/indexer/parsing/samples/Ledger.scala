package bank

import scala.collection.mutable

class Ledger(limit: Int) {
  private val entries = mutable.Buffer.empty[Int]

  def post(amount: Int): Boolean = {
    if (entries.sum + amount > limit) return false
    entries += amount
    true
  }
}

object Ledger {
  def merge(left: Ledger, right: Ledger): Ledger = {
    val merged = new Ledger(10)
    List(left, right).foreach(ledger => merged.post('x'.toInt))
    merged
  }
}
