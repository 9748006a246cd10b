package io.ddict.pool;

import io.ddict.client.ManagerLostException;
import io.ddict.client.classes.RemoteClassPath;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.PushListener;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.ProcessEntry;
import io.ddict.client.protocol.ProcessOrder.Rank;
import io.ddict.client.protocol.Push;
import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/*
 * The service tells of a process by a key that this side chose, since what a process writes, and even
 * its end, may come before the answer to its start.
 */

/** The processes that this program knows, by one connection to a node service. */
final class Processes implements PushListener {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Map<NodeConnection, Processes> ALL = new ConcurrentHashMap<>();

    private final NodeConnection connection;
    private final Map<Long, Process> byKey = new ConcurrentHashMap<>();
    private final Map<Long, RankPart> ranksByKey = new ConcurrentHashMap<>();
    private final AtomicLong nextKey = new AtomicLong();

    private Processes(NodeConnection connection) {
        this.connection = connection;
    }

    static Processes of(NodeConnection connection) {
        Processes known = ALL.get(connection);
        return known != null ? known : ALL.computeIfAbsent(connection, Processes::listening);
    }

    private static Processes listening(NodeConnection connection) {
        Processes made = new Processes(connection);
        connection.listen(Push.PROCESS_OUTPUT, made);
        connection.listen(Push.PROCESS_ENDED, made);
        connection.listen(Push.RANKS_BROKEN, made);
        connection.listen(Push.RANKS_NEWS, made);
        return made;
    }

    NodeConnection connection() {
        return connection;
    }

    Process start(ProcessTemplate template, Placement placement, Rank rank) {
        String classPath = template.isJava() ? classPath() : "";
        long key = nextKey.getAndIncrement();
        Process process = new Process(this, key, template);
        byKey.put(key, process);
        try (DataInputStream answer = connection.call(
                Request.PROCESS_START, START_TIMEOUT,
                template.order(key, placement, rank, classPath, isElsewhere())::write)) {
            process.started(ProcessEntry.read(answer));
            return process;
        } catch (IOException e) {
            byKey.remove(key);
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            byKey.remove(key);
            throw e;
        }
    }

    private boolean isElsewhere() {
        return connection.address() != null;
    }

    // The process may have another working directory, so all of it is absolute.
    private String classPath() {
        List<Path> entries = Stream
                .of(java.lang.System.getProperty("java.class.path")
                        .split(File.pathSeparator, -1))
                .map(each -> Path.of(each).toAbsolutePath())
                .toList();
        return isElsewhere()
                ? RemoteClassPath.on(connection, entries)
                : entries.stream().map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator));
    }

    /** Lets the service serve its ranks of an MPI group. */
    RankPart openRanks(RanksOrder order, RankPart.Listener listener) {
        long key = nextKey.getAndIncrement();
        RankPart part = new RankPart(this, key, listener);
        ranksByKey.put(key, part);
        try (DataInputStream answer = connection.call(Request.RANKS_OPEN, out -> {
            out.writeLong(key);
            order.write(out);
        })) {
            assert answer.available() == 0;
            return part;
        } catch (IOException e) {
            closeRanks(key);
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            closeRanks(key);
            throw e;
        }
    }

    void tellRanks(long key, RanksNews elsewhere) {
        connection.tell(Request.RANKS_TELL, out -> {
            out.writeLong(key);
            elsewhere.write(out);
        });
    }

    void closeRanks(long key) {
        if (ranksByKey.remove(key) != null) {
            connection.tell(Request.RANKS_CLOSE, out -> out.writeLong(key));
        }
    }

    /** The process of a number, or of a name if that is negative; null if there is none. */
    @Nullable Process find(long number, String name) {
        long key = nextKey.getAndIncrement();
        Process process = new Process(this, key, null);
        byKey.put(key, process);
        try (DataInputStream answer = connection.call(Request.PROCESS_FIND, out -> {
            out.writeLong(number);
            Fields.writeText(out, name);
            out.writeLong(key);
        })) {
            if (!answer.readBoolean()) {
                byKey.remove(key);
                return null;
            }
            ProcessEntry entry = ProcessEntry.read(answer);
            process.started(entry);
            if (entry.end() != null) {
                process.ended(entry.end());
            }
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<ProcessEntry> list() {
        try (DataInputStream answer = connection.call(Request.PROCESS_LIST, out -> {})) {
            List<ProcessEntry> entries = new ArrayList<>();
            for (int left = answer.readInt(); left > 0; left--) {
                entries.add(ProcessEntry.read(answer));
            }
            return entries;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Nothing will come for a process any more. */
    void forget(long key) {
        byKey.remove(key);
    }

    @Override
    public void onPush(Push push, DataInputStream fields) throws IOException {
        if (push == Push.RANKS_BROKEN || push == Push.RANKS_NEWS) {
            onRanks(push, fields);
            return;
        }
        Process process = byKey.get(fields.readLong());
        if (process == null) {
            return;
        }
        if (push == Push.PROCESS_ENDED) {
            process.ended(ProcessEnd.read(fields));
        } else {
            process.wrote(fields.readByte(), Fields.readBytes(fields));
        }
    }

    private void onRanks(Push push, DataInputStream fields) throws IOException {
        RankPart part = ranksByKey.get(fields.readLong());
        if (part == null) {
            return;
        }
        if (push == Push.RANKS_NEWS) {
            part.news(RanksNews.read(fields));
        } else {
            part.broken(fields.readInt(), fields.readInt(), Fields.readText(fields));
        }
    }

    @Override
    public void onLost() {
        ALL.remove(connection, this);
        byKey.values().forEach(each -> each.lost(
                new ManagerLostException(
                        "node service ended, and the process with it: process="
                                + each + ", cluster=" + connection.cluster())));
        byKey.clear();
        ranksByKey.clear();
    }
}
