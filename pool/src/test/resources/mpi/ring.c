/* Each rank sends a block to the next one and takes the previous one's, until its own has come round. */
#include <mpi.h>
#include <stdio.h>

#define COUNT 20000

int main(int argc, char **argv) {
    static int block[COUNT], taken[COUNT];
    int rank, size, errors = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int i = 0; i < COUNT; i++)
        block[i] = rank * COUNT + i;
    for (int step = 1; step <= size; step++) {
        int owner = ((rank - step) % size + size) % size;
        MPI_Sendrecv(block, COUNT, MPI_INT, (rank + 1) % size, step, taken, COUNT, MPI_INT,
                (rank + size - 1) % size, step, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        for (int i = 0; i < COUNT; i++) {
            errors += taken[i] != owner * COUNT + i;
            block[i] = taken[i];
        }
    }
    printf("rank=%d size=%d home=%d errors=%d\n", rank, size, block[0] / COUNT, errors);
    MPI_Finalize();
    return errors != 0;
}
