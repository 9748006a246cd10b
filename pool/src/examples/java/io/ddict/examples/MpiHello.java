package io.ddict.examples;

import io.ddict.pool.ProcessGroup;
import io.ddict.pool.ProcessTemplate;
import java.time.Duration;

/**
 * A group whose members are the ranks of an MPI program, which is started as it is: no {@code mpiexec}, and
 * what it prints comes to this program.
 *
 * <p>{@code mpicc -o hello pool/src/examples/c/hello.c && ./ddict run io.ddict.examples.MpiHello ./hello 3}
 */
final class MpiHello {
    private MpiHello() {}

    static void main(String[] arguments) {
        String program = arguments[0];
        int ranks = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
        // snippet: mpi-hello
        try (ProcessGroup group = ProcessGroup.builder()
                .mpi(true)
                .add(ranks, ProcessTemplate.executable(program))
                .build()) {
            group.start();
            group.join(Duration.ofMinutes(1));
            IO.println("ranks that ended well: " + group.inactive().size());
        }
        // end
    }
}
