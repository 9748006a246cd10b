package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.DestroyedException;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.Request;
import io.ddict.manager.launch.ProcessSession;
import io.ddict.manager.persist.ContinuousSettings;
import io.ddict.manager.persist.PersistSettings;
import io.ddict.store.pool.PoolLimits;
import io.ddict.store.pool.WorkingSet;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/*
 * One client process. Requests are answered one after the other; when the socket ends, which it does
 * with the process, the links that the process had are closed, and with that everything it held, and
 * the processes that it started are ended.
 *
 * The thread is one of the operating system: a JVM with virtual threads that wait for sockets takes 0.3 s
 * longer to end.
 */

/** Answers one client's requests until its socket ends. */
final class Session implements Runnable {
    // An answer's first byte: 0 for success, else the status plus one, else a caller's mistake.
    private static final byte OK = 0;
    private static final byte BAD_ARGUMENT = Byte.MAX_VALUE;
    private static final long LINK_TIMEOUT_MS = 15_000;

    private final NodeService service;
    private final Frames frames;
    private final Set<LinkName> links = new HashSet<>();
    private final ProcessSession processes;

    Session(NodeService service, SocketChannel socket) {
        this.service = service;
        this.frames = new Frames(socket);
        this.processes = service.launcher().session(frames);
    }

    @Override
    public void run() {
        try (frames) {
            for (DataInputStream frame = frames.receive(); frame != null; frame =
                    frames.receive()) {
                answer(frame);
            }
        } catch (IOException e) {
            // The end of a client, by whatever name the socket calls it.
        } finally {
            links.forEach(this::closeLink);
            processes.close();
            service.forget(this);
        }
    }

    /** Ends it, as the service does. */
    void close() {
        try {
            frames.close();
        } catch (IOException e) {
            // The end of a client at the same time.
        }
    }

    private void answer(DataInputStream frame) throws IOException {
        int number = frame.readInt();
        byte request = frame.readByte();
        if (takesLong(request)) {
            // Others of this client's requests go on.
            Thread.ofVirtual().name("ddict-session-long").start(() -> {
                try {
                    answer(number, request, frame);
                } catch (IOException e) {
                    // The end of a client, which the session sees as well.
                }
            });
        } else {
            answer(number, request, frame);
        }
    }

    private static boolean takesLong(byte request) {
        return request == Request.CREATE.ordinal()
                || request == Request.PERSIST.ordinal()
                || request == Request.RESTORE.ordinal()
                || request == Request.ADVANCE.ordinal()
                || ProcessSession.takesLong(request);
    }

    private void answer(int number, byte requested, DataInputStream frame) throws IOException {
        try {
            Request request = Request.of(requested);
            Frames.Writer fields = handle(request, frame);
            frames.send(out -> {
                out.writeInt(number);
                out.writeByte(OK);
                fields.write(out);
            });
            if (request == Request.STOP) {
                service.stop();
            }
        } catch (DDictException e) {
            refuse(number, e.status().ordinal() + 1, e);
        } catch (IllegalArgumentException e) {
            refuse(number, BAD_ARGUMENT, e);
        } catch (IOException | RuntimeException | Error e) {
            // An error too: without an answer the client would take the whole service for dead.
            refuse(number, DDictException.Status.UNAVAILABLE.ordinal() + 1, e);
        }
    }

    private void refuse(int number, int status, Throwable error) throws IOException {
        String message = error.getMessage() == null ? error.toString() : error.getMessage();
        frames.send(out -> {
            out.writeInt(number);
            out.writeByte(status);
            out.writeUTF(message);
        });
    }

    private Frames.Writer handle(Request request, DataInputStream in) throws IOException {
        return switch (request) {
            case HELLO -> hello(in.readInt());
            case CREATE -> location(
                    service.create(
                            new DictionarySettings(
                                    in.readUTF(), in.readInt(), in.readLong(), in.readLong(),
                                    new WorkingSet(in.readInt(), in.readBoolean(),
                                            in.readBoolean()),
                                    new PoolLimits(in.readDouble(), in.readLong()),
                                    persistSettings(in), continuousSettings(in), keyRule(in),
                                    in.readBoolean())));
            case ATTACH -> location(find(in.readUTF()));
            case LINK -> link(in.readUTF(), in.readInt());
            case UNLINK -> unlink(new LinkName(in.readUTF(), in.readInt(), in.readInt()));
            case DESTROY -> destroy(in.readUTF(), in.readBoolean());
            case FREEZE -> freeze(in.readUTF());
            case UNFREEZE -> unfreeze(in.readUTF());
            case LIST -> out -> writeAll(out, service.names());
            case STOP -> out -> {};
            case PERSIST -> persist(find(in.readUTF()), in.readLong());
            case PERSISTED -> persisted(find(in.readUTF()));
            case RESTORE -> restore(find(in.readUTF()), in.readLong());
            case ADVANCE -> advance(find(in.readUTF()));
            case PROCESS_START, PROCESS_FIND, PROCESS_LIST, PROCESS_SIGNAL, PROCESS_INPUT,
                    PROCESS_CREDIT, PROCESS_TASK, PROCESS_REPORT, NODE, RANKS_OPEN, RANKS_CLOSE ->
                    processes.handle(request, in);
        };
    }

    private static PersistSettings persistSettings(DataInputStream in) throws IOException {
        return new PersistSettings(
                in.readUTF(), Path.of(in.readUTF()), in.readInt(), in.readInt(), in.readLong(),
                in.readBoolean(), in.readBoolean());
    }

    private static ContinuousSettings continuousSettings(DataInputStream in) throws IOException {
        return new ContinuousSettings(Path.of(in.readUTF()), in.readInt());
    }

    private static Frames.Writer persist(Dictionary dictionary, long checkpoint)
            throws IOException {
        dictionary.persistence().persist(checkpoint);
        return out -> {};
    }

    private static Frames.Writer persisted(Dictionary dictionary) throws IOException {
        List<Long> ids = dictionary.persistence().ids();
        return out -> {
            out.writeInt(ids.size());
            for (long each : ids) {
                out.writeLong(each);
            }
        };
    }

    private static Frames.Writer restore(Dictionary dictionary, long checkpoint)
            throws IOException {
        dictionary.persistence().restore(checkpoint);
        return out -> {};
    }

    private static Frames.Writer advance(Dictionary dictionary) throws IOException {
        long shown = dictionary.persistence().advance();
        return out -> out.writeLong(shown);
    }

    private static KeyRule keyRule(DataInputStream in) throws IOException {
        String placement = in.readUTF();
        boolean isSeedGiven = in.readBoolean();
        long hashSeed = in.readLong();
        return isSeedGiven ? new KeyRule(hashSeed, placement) : KeyRule.drawn(placement);
    }

    private Frames.Writer hello(int version) {
        if (version != Request.VERSION) {
            throw new IllegalArgumentException(
                    "client of another version: clientVersion="
                            + version
                            + ", serviceVersion="
                            + Request.VERSION);
        }
        return out -> {
            out.writeLong(ProcessHandle.current().pid());
            out.writeUTF(service.cluster());
        };
    }

    private Frames.Writer location(Dictionary dictionary) {
        return out -> {
            out.writeUTF(dictionary.name());
            writeAll(out, dictionary.poolDirectories().stream().map(Path::toString).toList());
            out.writeUTF(service.node());
            out.writeUTF(dictionary.keyRule().placement());
            out.writeBoolean(dictionary.isTakenOver());
        };
    }

    private Frames.Writer link(String dictionary, int manager) throws IOException {
        try {
            int id =
                    find(dictionary)
                            .manager(manager)
                            .openLink()
                            .get(LINK_TIMEOUT_MS, TimeUnit.MILLISECONDS);
            links.add(new LinkName(dictionary, manager, id));
            return out -> out.writeInt(id);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException(
                    "link cannot be made: dictionary="
                            + dictionary
                            + ", manager="
                            + manager
                            + ", cause="
                            + (e.getCause() == null ? e : e.getCause()),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    private Frames.Writer unlink(LinkName link) {
        if (links.remove(link)) {
            closeLink(link);
        }
        return out -> {};
    }

    private Frames.Writer destroy(String dictionary, boolean keep) throws IOException {
        if (!service.destroy(dictionary, keep)) {
            throw missing(dictionary);
        }
        links.removeIf(link -> link.dictionary.equals(dictionary));
        return out -> {};
    }

    private Frames.Writer freeze(String dictionary) {
        find(dictionary).freeze();
        return out -> {};
    }

    private Frames.Writer unfreeze(String dictionary) {
        find(dictionary).unfreeze();
        return out -> {};
    }

    private void closeLink(LinkName link) {
        Dictionary dictionary = service.find(link.dictionary);
        if (dictionary != null) {
            var _ = dictionary.manager(link.manager).closeLink(link.id);
        }
    }

    private Dictionary find(String name) {
        Dictionary dictionary = service.find(name);
        if (dictionary == null) {
            throw missing(name);
        }
        return dictionary;
    }

    private static DestroyedException missing(String name) {
        return new DestroyedException("no such dictionary, or destroyed: dictionary=" + name);
    }

    private static void writeAll(DataOutputStream out, List<String> texts) throws IOException {
        out.writeInt(texts.size());
        for (String each : texts) {
            out.writeUTF(each);
        }
    }

    private record LinkName(String dictionary, int manager, int id) {}
}
