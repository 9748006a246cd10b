/* Each rank adds rank + 1 to a sum of all, in each of many elements, and prints its place and the sum. */
#include <mpi.h>
#include <stdio.h>

#define COUNT 10000

int main(int argc, char **argv) {
    static long mine[COUNT], sum[COUNT];
    int rank, size, errors = 0;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (long i = 0; i < COUNT; i++)
        mine[i] = (rank + 1) * (i + 1);
    MPI_Allreduce(mine, sum, COUNT, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    for (long i = 0; i < COUNT; i++)
        errors += sum[i] != size * (size + 1) / 2 * (i + 1);
    printf("rank=%d size=%d sum=%ld errors=%d\n", rank, size, sum[0], errors);
    fflush(stdout);
    MPI_Finalize();
    return errors != 0;
}
