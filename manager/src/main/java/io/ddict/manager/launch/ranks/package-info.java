/**
 * The process manager's side of PMI-1, by which the processes of an MPI program find each other. A
 * <i>rank</i> is one of these processes, a <i>job</i> all of them; a rank has <i>joined</i> from
 * MPI_Init to MPI_Finalize. One thread, the server's, owns everything of a job.
 */
@NullMarked
package io.ddict.manager.launch.ranks;

import org.jspecify.annotations.NullMarked;
