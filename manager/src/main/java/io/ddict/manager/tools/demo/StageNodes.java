package io.ddict.manager.tools.demo;

import io.ddict.client.ManagerLostException;
import io.ddict.client.node.Members;
import io.ddict.client.node.NodeConnection;
import io.ddict.client.node.NodeProcess;
import io.ddict.client.node.PushListener;
import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.MemberEntry;
import io.ddict.client.protocol.ProcessEnd;
import io.ddict.client.protocol.Push;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The nodes that stages run on: all of the cluster that this program belongs to, or this one. */
final class StageNodes {
    private final NodeConnection home;
    private final List<MemberEntry> members;
    private final Map<Long, StageProcess> processes = new ConcurrentHashMap<>();
    private final Pushes pushes = new Pushes();
    private long nextKey;

    private StageNodes(NodeConnection home) {
        this.home = home;
        members = Members.of(home);
    }

    /** Those there are now. */
    static StageNodes all() {
        return new StageNodes(NodeProcess.home());
    }

    int count() {
        return members.size();
    }

    List<String> hosts() {
        return members.stream().map(MemberEntry::host).toList();
    }

    /** Starts a process of a stage; its number tells on which node, by turns. */
    StageProcess start(Stage stage, int number, String handle) {
        MemberEntry member = members.get(number % members.size());
        NodeConnection service = Members.connection(home, member);
        service.listen(Push.PROCESS_OUTPUT, pushes);
        service.listen(Push.PROCESS_ENDED, pushes);
        StageProcess process = new StageProcess(service, member.host(), stage, number);
        long key = nextKey++;
        // What it says, and even its end, may come before the answer to its start.
        processes.put(key, process);
        process.start(key, handle);
        return process;
    }

    private final class Pushes implements PushListener {
        @Override
        public void onPush(Push push, DataInputStream fields) throws IOException {
            StageProcess process = processes.get(fields.readLong());
            if (process == null) {
                return;
            }
            if (push == Push.PROCESS_ENDED) {
                process.ended(ProcessEnd.read(fields).exitCode());
            } else {
                fields.readByte();
                process.said(Fields.readBytes(fields));
            }
        }

        @Override
        public void onLost() {
            processes.values().forEach(each -> each.lost(
                    new ManagerLostException("node service ended, and a process of the demo")));
        }
    }
}
