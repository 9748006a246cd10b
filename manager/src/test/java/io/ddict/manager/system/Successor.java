package io.ddict.manager.system;

import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.ShardChannel.ValueReader;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codecs;
import io.ddict.manager.serving.Manager;
import io.ddict.store.PoolRecovery;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.verify.PoolReport;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Managers in this process that take over the pools of managers that were killed. */
final class Successor implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final List<Manager> managers = new ArrayList<>();
    private final List<ShmChannel> channels = new ArrayList<>();
    private final Codecs codecs = Codecs.standard();
    private final CallContext call = new CallContext();

    /** Recovers pools, by the numbers of their managers, and lets managers apply what was posted. */
    Successor(List<Path> pools) throws Exception {
        for (Path pool : pools) {
            Manager manager = new Manager(managers.size(), PoolRecovery.recover(pool));
            managers.add(manager);
            manager.start();
            int link = manager.openLink().get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
            channels.add(
                    new ShmChannel(channels.size(), pool, link, () -> manager.failure() != null));
        }
        for (ShmChannel channel : channels) {
            Await.until(TIMEOUT, () -> "everything applied: " + channel.figures(),
                    () -> isApplied(channel));
        }
    }

    /** The key's value, or null. */
    Object get(Object key) {
        codecs.encodeKey(key, call.key());
        call.deadline().start(TIMEOUT.toNanos());
        KeyHash keyHash = new KeyHash(channels.getFirst().hashSeed());
        call.hash(keyHash.of(call.key().array(), call.key().offset(), call.key().length(),
                call.key().tag()));
        int manager = KeyHash.manager(call.hash(), channels.size());
        return channels.get(manager).get(call, new ByTag(codecs));
    }

    /** Keys of all managers. */
    long size() {
        return channels.stream().mapToLong(channel -> channel.figures().entries()).sum();
    }

    /** Ends the managers, and checks the pools that they leave. */
    List<PoolReport> verify() throws IOException {
        List<Path> pools = managers.stream().map(each -> each.pool().mapped().directory()).toList();
        close();
        return pools.stream().map(Machine::verify).toList();
    }

    @Override
    public void close() {
        channels.forEach(ShmChannel::close);
        managers.forEach(Manager::close);
        channels.clear();
        managers.clear();
    }

    private static boolean isApplied(ShmChannel channel) {
        return channel.figures().applied() == channel.figures().posted();
    }

    /** Decodes by the tag. */
    private record ByTag(Codecs codecs) implements ValueReader {
        @Override
        public boolean isRawCopy(byte tag) {
            return codecs.byTag(tag).rawCopy();
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return codecs.byTag(tag).read(source, offset, length);
        }
    }
}
