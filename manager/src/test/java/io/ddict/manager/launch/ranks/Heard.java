package io.ddict.manager.launch.ranks;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.RanksNews;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** What a job's listener is told. */
final class Heard implements RankListener {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @Override
    public void onBroken(int rank, int exitCode, String cause) {
        told.add("broken " + rank + " " + exitCode + " " + cause);
    }

    @Override
    public void onAbort(int rank, int exitCode) {
        told.add("abort " + rank + " " + exitCode);
    }

    @Override
    public void onNews(RanksNews news) {
        told.add(
                "news joined=" + news.joined() + " waits=" + news.waits() + " met=" + news.met()
                        + " keys=" + new TreeMap<>(news.keys()));
    }

    /** The next that is told, within some seconds. */
    String next() throws InterruptedException {
        String next = told.poll(20, TimeUnit.SECONDS);
        assertThat(next).as("told within 20 s").isNotNull();
        return next;
    }

    boolean isEmpty() {
        return told.isEmpty();
    }
}
