package io.ddict.manager.tools;

import io.ddict.client.Cluster;
import io.ddict.client.DDict;
import io.ddict.store.verify.PoolReport;
import io.ddict.store.verify.PoolVerifier;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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
    record Verdict(boolean ok, List<PoolVerdict> pools) {}

    /** One manager's memory pool. */
    record PoolVerdict(int manager, String directory, PoolReport report) {}

    @Override
    int run(Cluster cluster, DDict<Object, Object> dictionary) throws IOException {
        // Waits until all accepted writes are applied: then nothing moves.
        goToNewest(dictionary);
        Verdict verdict = verify(cluster.poolDirectories(address().dictionary()));
        if (json) {
            Json.print(terminal().out(), verdict);
        } else {
            verdict.pools().forEach(this::print);
        }
        return verdict.ok() ? ExitCodes.OK : ExitCodes.NEGATIVE;
    }

    private static Verdict verify(List<Path> directories) throws IOException {
        List<PoolVerdict> pools = new ArrayList<>();
        for (Path directory : directories) {
            pools.add(new PoolVerdict(pools.size(), directory.toString(),
                    PoolVerifier.verify(directory)));
        }
        return new Verdict(pools.stream().allMatch(p -> p.report().isClean()), pools);
    }

    private void print(PoolVerdict pool) {
        terminal().out().println("manager " + pool.manager() + ": " + pool.report().text());
    }
}
