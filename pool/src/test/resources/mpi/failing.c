/* The last rank fails in a way that the argument names, while the others wait for it. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void spawn(void) {
    MPI_Comm others;
    MPI_Comm_spawn("true", MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, MPI_COMM_SELF, &others,
            MPI_ERRCODES_IGNORE);
}

int main(int argc, char **argv) {
    const char *how = argv[1];
    int isLast = atoi(getenv("PMI_RANK")) == atoi(getenv("PMI_SIZE")) - 1;
    if (isLast && !strcmp(how, "before-init"))
        return 0;
    MPI_Init(&argc, &argv);
    if (isLast && !strcmp(how, "exit"))
        _exit(0);
    if (isLast && !strcmp(how, "exit-code"))
        _exit(5);
    if (isLast && !strcmp(how, "kill"))
        raise(SIGKILL);
    if (isLast && !strcmp(how, "abort"))
        MPI_Abort(MPI_COMM_WORLD, 7);
    if (isLast && !strcmp(how, "spawn"))
        spawn();
    if (!strcmp(how, "wait")) {
        printf("ready\n");
        fflush(stdout);
        if (isLast)
            pause();
    }
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    return isLast && !strcmp(how, "after-finalize") ? 9 : 0;
}
