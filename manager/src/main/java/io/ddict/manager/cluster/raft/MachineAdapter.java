package io.ddict.manager.cluster.raft;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle.State;
import org.apache.ratis.util.MD5FileUtil;
import org.jspecify.annotations.Nullable;

/*
 * Entries begin with a byte: an entry of the machine's, or the mark that a new leader makes to learn for sure
 * in which term it leads (the answer is that term; see RaftNode).
 *
 * Ratis calls all of this from one thread, that of its updater. A snapshot is the machine's image in one
 * file; it is written aside and renamed.
 */

/** A {@link ReplicatedMachine} as Ratis wants it. */
final class MachineAdapter extends BaseStateMachine {
    static final byte ENTRY = 0;
    static final byte MARK = 1;

    private final ReplicatedMachine machine;
    private final Runnable leaderListener;
    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();

    MachineAdapter(ReplicatedMachine machine, Runnable leaderListener) {
        this.machine = machine;
        this.leaderListener = leaderListener;
    }

    @Override
    public void initialize(RaftServer server, RaftGroupId group, RaftStorage raftStorage)
            throws IOException {
        getLifeCycle()
                .startAndTransition(
                        () -> {
                            super.initialize(server, group, raftStorage);
                            storage.init(raftStorage);
                            load(storage.getLatestSnapshot());
                        },
                        IOException.class);
    }

    @Override
    public void pause() {
        getLifeCycle().transition(State.PAUSING);
        getLifeCycle().transition(State.PAUSED);
    }

    @Override
    public void reinitialize() throws IOException {
        load(storage.loadLatestSnapshot());
        if (getLifeCycleState() == State.PAUSED) {
            getLifeCycle().transition(State.STARTING);
            getLifeCycle().transition(State.RUNNING);
        }
    }

    private void load(@Nullable SingleFileSnapshotInfo snapshot) throws IOException {
        if (snapshot != null) {
            machine.load(Files.readAllBytes(snapshot.getFile().getPath()));
            setLastAppliedTermIndex(snapshot.getTermIndex());
        }
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied = getLastAppliedTermIndex();
        if (applied.getIndex() < 0) {
            return RaftLog.INVALID_LOG_INDEX;
        }
        File file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
        Path aside = file.toPath().resolveSibling(file.getName() + ".new");
        Files.write(aside, machine.image());
        Files.move(
                aside, file.toPath(), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        MD5Hash hash = MD5FileUtil.computeAndSaveMd5ForFile(file);
        storage.updateLatestSnapshot(
                new SingleFileSnapshotInfo(
                        new FileInfo(file.toPath(), hash), applied.getTerm(), applied.getIndex()));
        return applied.getIndex();
    }

    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LogEntryProto entry = Objects.requireNonNull(transaction.getLogEntry());
        try {
            byte[] data = entry.getStateMachineLogEntry().getLogData().toByteArray();
            byte[] outcome = apply(entry.getTerm(), data);
            updateLastAppliedTermIndex(entry.getTerm(), entry.getIndex());
            return CompletableFuture.completedFuture(Message.valueOf(ByteString.copyFrom(outcome)));
        } catch (IOException | RuntimeException e) {
            // What cannot be applied here can be applied nowhere: the entry is damaged, or a newer release's.
            return CompletableFuture.failedFuture(e);
        }
    }

    private byte[] apply(long term, byte[] data) throws IOException {
        if (data.length > 0 && data[0] == MARK) {
            return TermAnswer.encode(term);
        }
        byte[] entry = new byte[Math.max(0, data.length - 1)];
        System.arraycopy(data, 1, entry, 0, entry.length);
        return machine.apply(term, entry);
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId member, RaftPeerId leader) {
        leaderListener.run();
    }

    @Override
    public void notifyLeaderReady() {
        leaderListener.run();
    }
}
