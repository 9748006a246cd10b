package io.ddict.pool;

import io.ddict.client.ByteSize;
import io.ddict.client.DDict;
import io.ddict.client.DDictConfig;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that starts three processes: an executable, one that heeds no SIGTERM, and a lambda. It says
 * its cluster, its service's process id and theirs, and then ends as its argument says when its input
 * does.
 */
final class Starter {
    private Starter() {}

    public static void main(String[] arguments) throws IOException {
        DDict<String, String> dict = DDict.create(
                DDictConfig.builder().totalMemory(ByteSize.mib(16)).build());
        ProcessTemplate stubborn = ProcessTemplate.executable(
                "sh", "-c", "trap '' TERM INT; echo; while :; do sleep 1; done")
                .stdout(Redirect.PIPE);
        Process second = Process.start(stubborn);
        int _ = second.stdout().read();
        Process first = Process.start(ProcessTemplate.executable("sleep", "100"));
        Process third = Process.start(ProcessTemplate.of(() -> {
            dict.put("at", "work");
            LockSupport.park();
        }));
        dict.awaitValue("at", "work", java.time.Duration.ofSeconds(30));
        java.lang.System.out.println(String.join(
                " ", System.current().cluster(),
                Long.toString(dict.topology().getFirst().processId()),
                Long.toString(first.processId()),
                Long.toString(second.processId()),
                Long.toString(third.processId())));
        int _ = java.lang.System.in.read();
        if (arguments[0].equals("join")) {
            try {
                int _ = first.join();
            } catch (RuntimeException e) {
                java.lang.System.out.println(e.getMessage());
            }
        }
    }
}
