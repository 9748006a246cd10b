package io.ddict.manager.tools.demo;

import java.io.IOException;

/** Reads files into the dictionary. */
final class Loader {
    private final Workspace workspace;
    private final Source source;
    private final Plan plan;
    private long files;
    private long bytes;
    private long exchangeNs;

    Loader(Workspace workspace, Source source) {
        this.workspace = workspace;
        this.source = source;
        this.plan = workspace.plan();
    }

    StageReport run() throws IOException {
        workspace.forEachUnit(Step.LOAD, plan.chunks(), this::load);
        return new StageReport(files, bytes, exchangeNs, files);
    }

    private int load(int chunk) throws IOException {
        for (int file = plan.start(chunk); file < plan.end(chunk); file++) {
            String path = workspace.path(file);
            byte[] text = source.read(path);
            long startNs = System.nanoTime();
            workspace.putFile(path, text);
            exchangeNs += System.nanoTime() - startNs;
            bytes += text.length;
            files++;
        }
        return plan.end(chunk) - plan.start(chunk);
    }
}
