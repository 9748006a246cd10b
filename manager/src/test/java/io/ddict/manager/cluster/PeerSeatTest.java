package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.cluster.raft.RaftPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PeerSeatTest {
    private static final int NUMBER = 2;

    @Test
    void startsOnePeerHoweverManyAskForItMeanwhile(@TempDir Path folder) throws Exception {
        Newest newest = new Newest();
        try (PeerSeat seat = seat(folder, newest)) {
            List<FutureTask<Peer>> asking = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                FutureTask<Peer> ask = new FutureTask<>(() -> {
                    seat.start(NUMBER);
                    return seat.peer();
                });
                Thread.ofPlatform().daemon().start(ask);
                asking.add(ask);
            }
            for (FutureTask<Peer> each : asking) {
                assertThat(each.get()).isNotNull().isSameAs(seat.peer());
            }
        } finally {
            newest.close();
        }
    }

    private static PeerSeat seat(Path folder, Newest newest) {
        return new PeerSeat(
                new RaftPlace(NUMBER, new NodeAddress("n2", 1)), UUID.randomUUID(),
                ControlSettings.in(folder.resolve("control")), PeerSeatTest::unreachable, newest);
    }

    private static byte[] unreachable(NodeAddress to, byte[] request, java.time.Duration timeout)
            throws IOException {
        throw new IOException("nobody is there: to=" + to);
    }
}
