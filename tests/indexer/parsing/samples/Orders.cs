using System;
using System.Collections.Generic;

namespace Shop
{
    public class Orders
    {
        private readonly List<decimal> prices = new List<decimal>();

        public Orders(IEnumerable<decimal> initial)
        {
            foreach (var price in initial) prices.Add(price);
            Console.WriteLine(@"C:\orders ""new""");
        }

        public decimal Total
        {
            get { decimal sum = 0; foreach (var price in prices) sum += price; return sum; }
            set { prices.Clear(); prices.Add(value); }
        }

        [Obsolete]
        public string Describe(int digits)
        {
            string Round(decimal value)
            {
                var rounded = Math.Round(value, digits);
                return $"{rounded} EUR";
            }
            return Round(Total);
        }
    }
}
