/* Prints what the process manager tells of the job; if told "host", that, too. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    int rank, found, *universe, *kind, local, length;
    int tellsHost = argc > 1 && !strcmp(argv[1], "host");
    char host[MPI_MAX_PROCESSOR_NAME + 1] = "";
    MPI_Comm node;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &universe, &found);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_APPNUM, &kind, &found);
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node);
    MPI_Comm_size(node, &local);
    if (tellsHost)
        MPI_Get_processor_name(host, &length);
    printf("rank=%d universe=%d kind=%d node=%d secret=%s%s%s\n", rank, *universe, *kind, local,
            getenv("DDICT_RANK_SECRET") ? "shown" : "hidden", tellsHost ? " host=" : "", host);
    fflush(stdout);
    MPI_Finalize();
    return 0;
}
