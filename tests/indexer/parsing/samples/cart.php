<html><body class="it's"></body></html>
<?php
namespace Shop;

use Shop\Model\Item;
require_once 'config.php';

class Cart
{
    private array $items = [];

    public function __construct(array $items)
    {
        $this->items = $items;
        sort($this->items);
    }

    #[Pure]
    public function total(): float
    {
        $sum = 0.0; # not counted
        foreach ($this->items as $item) {
            $sum += $item->price;
        }
        return $sum;
    }
}

function describe(Cart $cart): string
{
    $format = function (float $value) use ($cart) {
        $text = number_format($value, 2);
        return $text . <<<END
 euros // "kept"
END;
    };
    return $format($cart->total());
}

$cart = new Cart([]);
if ($cart->total() > 10) {
    echo describe($cart), PHP_EOL;
    exit(1);
}
?>
<p>the end's near</p>
