package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.manager.VerifiedPool;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        description = {
            "Walks the memory of a dictionary and checks that all of it fits together.",
            "Let no program write to it meanwhile: what is half done looks broken."})
final class VerifyCommand extends DictionaryCommand {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    /** What {@code --json} prints. */
    record Verdict(boolean ok, List<VerifiedPool> pools) {}

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        // Waits until all accepted writes are applied: then nothing moves.
        goToNewest(dictionary);
        List<VerifiedPool> pools =
                Services.of(cluster.name()).verify(address().dictionary());
        boolean ok = pools.stream().allMatch(pool -> pool.report().isClean());
        if (json) {
            Json.print(terminal().out(), new Verdict(ok, pools));
        } else {
            pools.forEach(this::print);
        }
        return ok ? ExitCodes.OK : ExitCodes.NEGATIVE;
    }

    private void print(VerifiedPool pool) {
        terminal().out().println("manager " + pool.manager() + ": " + pool.report().text());
    }
}
