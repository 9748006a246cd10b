package io.ddict.manager.launch;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.ProcessEntry;
import io.ddict.client.protocol.ProcessOrder;
import io.ddict.client.protocol.ProcessOrder.Rank;
import io.ddict.client.protocol.Push;
import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import io.ddict.client.protocol.Request;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/** One client's part in the processes: what it asks, what it is told, and what ends with it. */
public final class ProcessSession implements AutoCloseable {
    private static final int SIGNAL_MAX = 64;

    private final Launcher launcher;
    private final Frames frames;
    private final Set<LaunchedProcess> started = new HashSet<>();
    private final Map<Long, RankGroup> rankGroups = new HashMap<>();
    private boolean closed;

    ProcessSession(Launcher launcher, Frames frames) {
        this.launcher = launcher;
        this.frames = frames;
    }

    /** Whether a request may take so long that others are not to wait for it. */
    public static boolean takesLong(byte request) {
        return request == Request.PROCESS_START.ordinal()
                || request == Request.PROCESS_INPUT.ordinal();
    }

    /** Does what is asked, and returns the answer. */
    public Frames.Writer handle(Request request, DataInputStream in) throws IOException {
        return switch (request) {
            case PROCESS_START -> start(ProcessOrder.read(in));
            case PROCESS_FIND -> find(in.readLong(), Fields.readText(in), in.readLong());
            case PROCESS_LIST -> list();
            case PROCESS_SIGNAL -> signal(in.readLong(), in.readInt());
            case PROCESS_INPUT -> input(in.readLong(), Fields.readBytes(in));
            case PROCESS_CREDIT -> credit(in.readLong(), in.readByte(), in.readInt());
            case PROCESS_TASK -> task(in.readLong());
            case PROCESS_REPORT -> report(in.readLong(), Fields.readBytes(in));
            case RANKS_OPEN -> openRanks(in.readLong(), RanksOrder.read(in));
            case RANKS_TELL -> tellRanks(in.readLong(), RanksNews.read(in));
            case RANKS_CLOSE -> closeRanks(in.readLong());
            case NODE -> launcher.facts()::write;
            default -> throw new IllegalArgumentException("unknown request: request=" + request);
        };
    }

    private Frames.Writer start(ProcessOrder order) throws IOException {
        LaunchedProcess process = launcher.start(this, order, ranks(order.rank()));
        boolean isOver;
        synchronized (this) {
            started.removeIf(LaunchedProcess::isOver);
            started.add(process);
            isOver = closed;
        }
        if (isOver) {
            launcher.end(List.of(process));
            throw new CancellationException("client has ended");
        }
        return process.entry()::write;
    }

    private Frames.Writer openRanks(long key, RanksOrder order) throws IOException {
        RankGroup opened = new RankGroup(this, key, order);
        synchronized (this) {
            rankGroups.put(key, opened);
            if (closed) {
                opened.close();
            }
        }
        return out -> {};
    }

    private synchronized Frames.Writer tellRanks(long key, RanksNews elsewhere) {
        RankGroup known = rankGroups.get(key);
        if (known != null) {
            known.tell(elsewhere);
        }
        return out -> {};
    }

    private synchronized Frames.Writer closeRanks(long key) {
        RankGroup known = rankGroups.remove(key);
        if (known != null) {
            known.close();
        }
        return out -> {};
    }

    private synchronized @Nullable RankGroup ranks(Rank rank) {
        RankGroup group = rank.isNone() ? null : rankGroups.get(rank.group());
        if (group == null && !rank.isNone()) {
            throw new IllegalArgumentException("no such MPI group: key=" + rank.group());
        }
        return group;
    }

    private Frames.Writer find(long number, String name, long key) {
        LaunchedProcess process = number < 0 ? launcher.find(name) : launcher.find(number);
        ProcessEntry entry =
                process == null ? null : process.watch(new LaunchedProcess.Watcher(this, key));
        return out -> {
            out.writeBoolean(entry != null);
            if (entry != null) {
                entry.write(out);
            }
        };
    }

    private Frames.Writer list() {
        // Without what they reported, which may be long.
        List<ProcessEntry> entries = launcher.all().stream()
                .map(LaunchedProcess::entry)
                .map(ProcessSession::brief)
                .toList();
        return out -> {
            out.writeInt(entries.size());
            for (ProcessEntry each : entries) {
                each.write(out);
            }
        };
    }

    private static ProcessEntry brief(ProcessEntry entry) {
        ProcessEnd end = entry.end();
        return new ProcessEntry(
                entry.number(), entry.name(), entry.processId(), entry.host(),
                entry.command().subList(0, 1),
                end == null ? null : new ProcessEnd(end.exitCode(), new byte[0]));
    }

    private Frames.Writer signal(long number, int signal) {
        if (signal < 1 || signal > SIGNAL_MAX) {
            throw new IllegalArgumentException(
                    "no such signal: signal=" + signal + ", signalMax=" + SIGNAL_MAX);
        }
        LaunchedProcess process = launcher.find(number);
        boolean sent = process != null && process.signal(signal);
        return out -> out.writeBoolean(sent);
    }

    private Frames.Writer input(long number, byte[] bytes) throws IOException {
        LaunchedProcess process = launcher.find(number);
        if (process != null) {
            process.input(bytes);
        }
        return out -> {};
    }

    private Frames.Writer credit(long number, int stream, int bytes) {
        LaunchedProcess process = launcher.find(number);
        if (process != null) {
            process.credit(stream, bytes);
        }
        return out -> {};
    }

    private Frames.Writer task(long number) {
        LaunchedProcess process = find(number);
        byte[] task = process.order().task();
        return out -> Fields.writeBytes(out, task);
    }

    private Frames.Writer report(long number, byte[] report) {
        if (report.length > ProcessOrder.REPORT_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "report too long: length=" + report.length + "B, lengthMax="
                            + ProcessOrder.REPORT_LENGTH_MAX + "B");
        }
        find(number).report(report);
        return out -> {};
    }

    private LaunchedProcess find(long number) {
        @Nullable LaunchedProcess process = launcher.find(number);
        if (process == null) {
            throw new IllegalArgumentException("no such process: number=" + number);
        }
        return process;
    }

    /** Tells a piece of output, or its end if there are no bytes. */
    void pushOutput(long key, int stream, byte[] piece, int length) {
        push(Push.PROCESS_OUTPUT, out -> {
            out.writeLong(key);
            out.writeByte(stream);
            out.writeInt(length);
            out.write(piece, 0, length);
        });
    }

    /** Tells an end. */
    void pushEnd(long key, ProcessEnd end) {
        push(Push.PROCESS_ENDED, out -> {
            out.writeLong(key);
            end.write(out);
        });
    }

    /** Tells that a group of ranks cannot go on. */
    void pushBroken(long key, int rank, int exitCode, String cause) {
        push(Push.RANKS_BROKEN, out -> {
            out.writeLong(key);
            out.writeInt(rank);
            out.writeInt(exitCode);
            Fields.writeText(out, cause);
        });
    }

    /** Tells what the ranks of a group have come to. */
    void pushNews(long key, RanksNews news) {
        push(Push.RANKS_NEWS, out -> {
            out.writeLong(key);
            news.write(out);
        });
    }

    private void push(Push push, Frames.Writer fields) {
        try {
            frames.send(out -> {
                out.writeInt(Push.NUMBER);
                out.writeByte(push.ordinal());
                fields.write(out);
            });
        } catch (IOException e) {
            // The end of a client, which its session sees as well.
        }
    }

    /** Ends what the client started. */
    @Override
    public void close() {
        List<LaunchedProcess> left;
        synchronized (this) {
            closed = true;
            rankGroups.values().forEach(RankGroup::close);
            started.forEach(LaunchedProcess::discardOutput);
            left = started.stream().filter(LaunchedProcess::isAlive).toList();
        }
        launcher.all().forEach(each -> each.forget(this));
        if (!left.isEmpty()) {
            launcher.end(left);
        }
    }
}
