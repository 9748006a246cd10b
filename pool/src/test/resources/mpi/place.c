/* Prints what the process manager tells of the job. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    int rank, found, *universe, *kind, local;
    MPI_Comm node;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &universe, &found);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_APPNUM, &kind, &found);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &local);
    printf("rank=%d universe=%d kind=%d node=%d secret=%s\n", rank, *universe, *kind, local,
            getenv("DDICT_RANK_SECRET") ? "shown" : "hidden");
    MPI_Finalize();
    return 0;
}
