package io.ddict.manager.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ddict.client.protocol.Fields;
import io.ddict.manager.cluster.Outcome.Code;
import io.ddict.manager.cluster.raft.ReplicatedMachine;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/*
 * Commands come through a replicated log, so each peer's machine goes through the same states. A
 * command may come more than once: who sent it and got no answer sends it again, perhaps to another
 * leader, and the first may have been taken as well. Joining is told apart by the identity of who
 * joins; for the rest the machine keeps the newest sequence of each member and what came of it. A
 * member has one command on its way at a time, so one is enough: an older sequence is a straggler whose
 * sender has long gone on. After one that left, everything is.
 *
 * The newest changes are kept, so that a member which lacks a few is sent those and not all. They are no
 * part of the image: who lacks more gets the whole state.
 */

/** The state that all nodes agree on, and the rules by which it changes. */
final class ClusterMachine implements ReplicatedMachine {
    /** Members alive at a time. */
    static final int MEMBERS_MAX = 4096;

    /** Dead members that are remembered: the newest ones. Those can come back; others must join anew. */
    static final int DEAD_MAX = 256;

    /** Dictionaries registered at a time. */
    static final int DICTIONARIES_MAX = 1024;

    /** Bytes of a dictionary's name. */
    static final int NAME_LENGTH_MAX = 255;

    /** Bytes of a dictionary's properties. */
    static final int PROPERTIES_LENGTH_MAX = 16 << 10;

    // 1,024 changes of at most 16 KiB: 16 MiB.
    static final int CHANGES_MAX = 1024;

    private final Consumer<ClusterState> listener;
    private final Deque<Change> newest = new ArrayDeque<>();
    private final Map<Integer, UUID> identities = new LinkedHashMap<>();
    private final Map<Integer, Done> lastOf = new TreeMap<>();
    private volatile ClusterState state = ClusterState.EMPTY;
    private int nextNumber = 1;

    /** Newest command of a member, and what came of it. */
    private record Done(long sequence, Outcome outcome) {}

    // Of a member that left, which says nothing any more.
    private static final long LAST = Long.MAX_VALUE;

    /** An empty machine; the listener is told each new state, by the thread that applies. */
    ClusterMachine(Consumer<ClusterState> listener) {
        this.listener = listener;
    }

    /** The newest state; any thread may ask. */
    ClusterState state() {
        return state;
    }

    /** What somebody lacks who knows the state of a version; any thread may ask. */
    synchronized Update since(long version) {
        if (version >= state.version()) {
            return Update.NONE;
        }
        Change oldest = newest.peekFirst();
        if (oldest == null || oldest.version() > version + 1) {
            return new Update(state, List.of());
        }
        return new Update(null, newest.stream().filter(c -> c.version() > version).toList());
    }

    @Override
    public byte[] apply(long term, byte[] entry) throws IOException {
        Outcome outcome;
        ClusterState before = state;
        synchronized (this) {
            outcome = apply(term, Command.read(Encoded.in(entry)));
        }
        if (state.version() != before.version()) {
            listener.accept(state);
        }
        return Fields.bytes(outcome::write);
    }

    /** Applies a command that was appended in a term. */
    private Outcome apply(long term, Command command) {
        return switch (command) {
            case Command.Join join -> join(join);
            case Command.Die die -> die(term, die);
            case Command.Leave(Command.Origin origin) -> leave(origin.number());
            case Command.Return(Command.Origin origin) ->
                    once(origin, () -> comeBack(origin.number()));
            case Command.Claim claim -> onceAlive(claim.origin(), () -> claim(claim));
            case Command.Release(Command.Origin origin, String name) ->
                    onceAlive(origin, () -> release(name));
        };
    }

    private interface Step {
        Outcome apply();
    }

    private Outcome once(Command.Origin origin, Step step) {
        Done last = lastOf.get(origin.number());
        if (last != null && origin.sequence() == last.sequence()) {
            return last.outcome();
        }
        if (state.member(origin.number()).isEmpty()) {
            return dead(origin.number());
        }
        if (last != null && origin.sequence() < last.sequence()) {
            return Outcome.refused(
                    Code.TOO_LATE,
                    "sequence=" + origin.sequence() + ", newest=" + last.sequence());
        }
        Outcome outcome = step.apply();
        lastOf.put(origin.number(), new Done(origin.sequence(), outcome));
        return outcome;
    }

    private Outcome onceAlive(Command.Origin origin, Step step) {
        return once(
                origin,
                () -> state.isAlive(origin.number()) ? step.apply() : dead(origin.number()));
    }

    private static Outcome dead(int number) {
        return Outcome.refused(Code.MEMBER_DEAD, "member=" + number);
    }

    private Outcome join(Command.Join join) {
        for (Map.Entry<Integer, UUID> each : identities.entrySet()) {
            if (each.getValue().equals(join.identity())) {
                int number = each.getKey();
                return state.isAlive(number) ? Outcome.done(number) : dead(number);
            }
        }
        if (state.living().size() >= MEMBERS_MAX) {
            return Outcome.refused(Code.FULL, "membersMax=" + MEMBERS_MAX);
        }
        int number = nextNumber++;
        identities.put(number, join.identity());
        change(
                version -> new Change.OfMember(
                        version, new Member(
                                number, join.host(), join.address(), join.processId(), true,
                                version)));
        return Outcome.done(number);
    }

    private Outcome die(long term, Command.Die die) {
        if (die.term() == term && isAlive(die.life())) {
            end(die.life().number());
        }
        return isAlive(die.life())
                ? Outcome.refused(Code.TOO_LATE, "term=" + die.term() + ", appendedIn=" + term)
                : Outcome.done(0);
    }

    private boolean isAlive(Member.Life life) {
        return state.member(life.number())
                .filter(Member::isAlive)
                .map(each -> each.life().equals(life))
                .orElse(false);
    }

    private Outcome leave(int number) {
        if (state.isAlive(number)) {
            end(number);
        }
        if (state.member(number).isPresent()) {
            lastOf.put(number, new Done(LAST, Outcome.done(0)));
        }
        return Outcome.done(0);
    }

    private Outcome comeBack(int number) {
        Member member = state.member(number).orElseThrow();
        if (!member.isAlive()) {
            if (state.living().size() >= MEMBERS_MAX) {
                return Outcome.refused(Code.FULL, "membersMax=" + MEMBERS_MAX);
            }
            change(version -> new Change.OfMember(version, member.backAt(version)));
        }
        return Outcome.done(0);
    }

    private void end(int number) {
        Member member = state.member(number).orElseThrow();
        change(version -> new Change.OfMember(version, member.dead()));
        List<Member> gone = state.members().stream().filter(each -> !each.isAlive()).toList();
        for (Member each : gone.subList(0, Math.max(0, gone.size() - DEAD_MAX))) {
            identities.remove(each.number());
            lastOf.remove(each.number());
            change(version -> new Change.Forgotten(version, each.number()));
        }
    }

    private Outcome claim(Command.Claim claim) {
        Listing wanted = claim.listing();
        String limit = limitOver(wanted);
        if (limit != null) {
            return Outcome.refused(Code.FULL, limit);
        }
        Listing present = state.dictionary(wanted.name()).orElse(null);
        if (present != null && state.isAlive(present)) {
            return Outcome.refused(
                    Code.NAME_TAKEN,
                    "name="
                            + wanted.name()
                            + ", members="
                            + present.seats()
                            + ", epoch="
                            + present.epoch());
        }
        for (int seat : wanted.seats()) {
            if (!state.isAlive(seat)) {
                return Outcome.refused(Code.SEAT_DEAD,
                        "name=" + wanted.name() + ", member=" + seat);
            }
        }
        change(version -> new Change.OfListing(version, claim.at(version)));
        return Outcome.done(state.version());
    }

    private @Nullable String limitOver(Listing wanted) {
        int nameLength = wanted.name().getBytes(UTF_8).length;
        if (nameLength == 0 || nameLength > NAME_LENGTH_MAX) {
            return "nameLength=" + nameLength + "B, nameLengthMax=" + NAME_LENGTH_MAX + "B";
        }
        if (wanted.properties().length > PROPERTIES_LENGTH_MAX) {
            return "propertiesLength="
                    + wanted.properties().length
                    + "B, propertiesLengthMax="
                    + PROPERTIES_LENGTH_MAX
                    + "B";
        }
        if (state.dictionaries().size() >= DICTIONARIES_MAX
                && state.dictionary(wanted.name()).isEmpty()) {
            return "dictionariesMax=" + DICTIONARIES_MAX;
        }
        return null;
    }

    private Outcome release(String name) {
        if (state.dictionary(name).isEmpty()) {
            return Outcome.refused(Code.NO_DICTIONARY, "name=" + name);
        }
        change(version -> new Change.Released(version, name));
        return Outcome.done(0);
    }

    private void change(LongFunction<Change> changeAt) {
        Change change = changeAt.apply(state.version() + 1);
        state = state.with(change);
        newest.addLast(change);
        if (newest.size() > CHANGES_MAX) {
            newest.removeFirst();
        }
    }

    @Override
    public synchronized byte[] image() {
        return Fields.bytes(out -> {
            state.write(out);
            out.writeInt(nextNumber);
            out.writeInt(identities.size());
            for (Map.Entry<Integer, UUID> each : identities.entrySet()) {
                out.writeInt(each.getKey());
                out.writeLong(each.getValue().getMostSignificantBits());
                out.writeLong(each.getValue().getLeastSignificantBits());
            }
            writeDone(out);
        });
    }

    private void writeDone(DataOutputStream out) throws IOException {
        out.writeInt(lastOf.size());
        for (Map.Entry<Integer, Done> each : lastOf.entrySet()) {
            out.writeInt(each.getKey());
            out.writeLong(each.getValue().sequence());
            each.getValue().outcome().write(out);
        }
    }

    @Override
    public void load(byte[] image) throws IOException {
        DataInputStream in = Encoded.in(image);
        synchronized (this) {
            state = ClusterState.read(in);
            nextNumber = in.readInt();
            identities.clear();
            for (int left = in.readInt(); left > 0; left--) {
                identities.put(in.readInt(), new UUID(in.readLong(), in.readLong()));
            }
            lastOf.clear();
            for (int left = in.readInt(); left > 0; left--) {
                lastOf.put(in.readInt(), new Done(in.readLong(), Outcome.read(in)));
            }
            newest.clear();
        }
        listener.accept(state);
    }
}
