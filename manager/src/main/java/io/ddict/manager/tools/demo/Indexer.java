package io.ddict.manager.tools.demo;

import java.io.IOException;

/** Takes files from the dictionary, and leaves the postings of all their words there. */
final class Indexer {
    private final Workspace workspace;
    private final Plan plan;
    private long files;
    private long bytes;
    private long exchangeNs;
    private long words;

    Indexer(Workspace workspace) {
        this.workspace = workspace;
        this.plan = workspace.plan();
    }

    StageReport run() throws IOException {
        workspace.forEachUnit(Step.INDEX, plan.chunks(), this::index);
        workspace.awaitDone(Step.INDEX, plan.files());
        workspace.forEachUnit(Step.MERGE, plan.partitions(), this::merge);
        return new StageReport(files, bytes, exchangeNs, words);
    }

    private int index(int chunk) {
        WordIndex index = new WordIndex();
        for (int file = plan.start(chunk); file < plan.end(chunk); file++) {
            String path = workspace.path(file);
            long startNs = System.nanoTime();
            byte[] text = workspace.file(path);
            exchangeNs += System.nanoTime() - startNs;
            bytes += text.length;
            files++;
            index.add(file, text);
        }
        byte[][] encoded = index.encode(plan.partitions());
        for (int partition = 0; partition < encoded.length; partition++) {
            workspace.putPartial(partition, chunk, encoded[partition]);
        }
        return plan.end(chunk) - plan.start(chunk);
    }

    /** Chunks are merged in their order, so that file numbers only grow. */
    private int merge(int partition) {
        WordIndex index = new WordIndex();
        for (int chunk = 0; chunk < plan.chunks(); chunk++) {
            index.merge(workspace.takePartial(partition, chunk));
        }
        index.forEach(workspace::putPostings);
        workspace.putMostFrequent(partition, index.mostFrequent(Queries.MOST_FREQUENT_COUNT));
        words += index.count();
        return 1;
    }
}
