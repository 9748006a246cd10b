package io.ddict.manager;

import io.ddict.client.DDictException;
import io.ddict.client.protocol.DictionaryOrder;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.Frames;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.Request;
import io.ddict.manager.classes.ClassSession;
import io.ddict.manager.launch.ProcessSession;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

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

    private final NodeService service;
    private final Frames frames;
    private final Set<LinkName> links = ConcurrentHashMap.newKeySet();
    private final ProcessSession processes;
    private final ClassSession classes;

    Session(NodeService service, SocketChannel socket) {
        this.service = service;
        this.frames = new Frames(socket);
        this.processes = service.launcher().session(frames);
        this.classes = service.classes().session();
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
            classes.close();
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

    private static boolean takesLong(byte number) {
        return ProcessSession.takesLong(number)
                || ClassSession.takesLong(number)
                || number == Request.CREATE.ordinal()
                || number == Request.ATTACH.ordinal()
                || number == Request.LIST.ordinal()
                || number == Request.PART.ordinal()
                || DictionaryCallsAdapter.isCall(number);
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
                service.leave();
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
            Fields.writeText(out, message);
        });
    }

    private Frames.Writer handle(Request request, DataInputStream in) throws IOException {
        return switch (request) {
            case HELLO -> hello(in.readInt());
            case CREATE -> service.dictionaries().create(DictionaryOrder.read(in))::write;
            case ATTACH -> service.dictionaries().locate(Fields.readText(in))::write;
            case LINK -> link(Fields.readText(in), in.readInt());
            case UNLINK -> unlink(new LinkName(Fields.readText(in), in.readInt(), in.readInt()));
            case LIST -> out -> Fields.writeTexts(out, service.dictionaries().names());
            case MEMBERS -> members(service.nodes().members());
            case FIGURES -> PoolsHere.figures(
                    service.dictionaries().locate(Fields.readText(in)));
            case VERIFY -> PoolsHere.verify(
                    service.dictionaries().locate(Fields.readText(in)));
            case CONNECTIONS -> service.connections()::write;
            case STOP -> out -> {};
            case FREEZE, UNFREEZE, PERSIST, PERSISTED, BEGIN_RESTORE, LOAD_RESTORED, END_RESTORE,
                    RESTORE, ADVANCE, DESTROY -> {
                String name = Fields.readText(in);
                yield call(request, name, service.dictionaries().whole(name), in);
            }
            case PART -> part(Request.of(in.readByte()), in);
            case PROCESS_START, PROCESS_FIND, PROCESS_LIST, PROCESS_SIGNAL, PROCESS_INPUT,
                    PROCESS_CREDIT, PROCESS_TASK, PROCESS_REPORT, NODE, RANKS_OPEN, RANKS_TELL,
                    RANKS_CLOSE ->
                    processes.handle(request, in);
            case CLASSES_FIND, CLASSES_BEGIN, CLASSES_PIECE, CLASSES_END ->
                    classes.handle(request, in);
        };
    }

    // The service that asks has a whole dictionary in mind, and this one its part of it.
    private Frames.Writer part(Request request, DataInputStream in) throws IOException {
        if (request == Request.CREATE) {
            return service.dictionaries().createPart(DictionaryOrder.read(in))::write;
        }
        String name = Fields.readText(in);
        return call(request, name, service.dictionaries().part(name), in);
    }

    private static Frames.Writer members(List<MemberEntry> members) {
        return out -> {
            out.writeInt(members.size());
            for (MemberEntry each : members) {
                each.write(out);
            }
        };
    }

    private Frames.Writer call(
            Request request, String dictionary, DictionaryCalls calls, DataInputStream in)
            throws IOException {
        Frames.Writer answer = DictionaryCallsAdapter.call(request, calls, in);
        if (request == Request.DESTROY) {
            links.removeIf(link -> link.dictionary.equals(dictionary));
        }
        return answer;
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
            Fields.writeText(out, service.cluster());
        };
    }

    private Frames.Writer link(String dictionary, int manager) throws IOException {
        int id = service.dictionaries().local(dictionary).openLink(manager);
        links.add(new LinkName(dictionary, manager, id));
        return out -> out.writeInt(id);
    }

    private Frames.Writer unlink(LinkName link) {
        if (links.remove(link)) {
            closeLink(link);
        }
        return out -> {};
    }

    private void closeLink(LinkName link) {
        Dictionary dictionary = service.dictionaries().find(link.dictionary);
        if (dictionary != null) {
            dictionary.closeLink(link.manager, link.id);
        }
    }

    private record LinkName(String dictionary, int manager, int id) {}
}
