#include <stdio.h>
#include "ring.h"

struct ring {
    int first;
    int used;
    char *cells[16];
};

static char *take(struct ring *ring)
{
    char *cell = ring->cells[ring->first];
    ring->first = (ring->first + 1) % 16; /* wrap */
    ring->used--;
    return cell;
}

int main(int argc, char **argv)
{
    struct ring ring = {0};
    for (int i = 1; i < argc; i++) {
        ring.cells[ring.used++] = argv[i];
    }
    while (ring.used) printf("%s\n", take(&ring));
    return '\0';
}
