package io.ddict.manager.launch.ranks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.protocol.RanksNews;
import io.ddict.client.protocol.RanksOrder;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What ranks of an MPI job say to their server, on real sockets. */
class RankServerTest {
    private static final String PUT = "cmd=put kvsname=ddict key=";
    private static final String GET = "cmd=get kvsname=ddict key=";
    private static final String SUCCESS = "cmd=put_result rc=0 msg=success";

    private final Heard heard = new Heard();
    private final List<RankServer> servers = new ArrayList<>();

    private RankServer serve(int... kinds) throws IOException {
        List<Integer> all = new ArrayList<>();
        for (int kind : kinds) {
            all.add(kind);
        }
        return serve(new RanksOrder(all, Collections.nCopies(all.size(), 0), 0));
    }

    private RankServer serve(RanksOrder order) throws IOException {
        RankServer server = RankServer.start(order, heard);
        servers.add(server);
        return server;
    }

    /** The server of one node of a job whose ranks are on several. */
    private RankServer serveOn(int node, Integer... nodes) throws IOException {
        return serve(
                new RanksOrder(
                        Collections.nCopies(nodes.length, 0), List.of(nodes), node));
    }

    @AfterEach
    void leaveNoThread() {
        servers.forEach(RankServer::close);
        long endNs = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().startsWith("ddict-ranks-"))) {
            assertThat(System.nanoTime() - endNs).isNegative();
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void tellsARankItsPlaceInTheJob() throws IOException {
        RankServer server = serve(0, 0, 1);

        assertThat(server.environment(2))
                .containsEntry("PMI_RANK", "2")
                .containsEntry("PMI_SIZE", "3")
                .containsEntry("PMI_SPAWNED", "0")
                .containsEntry("PMI_FD", "9");
        try (RankClient rank = RankClient.of(server, 2)) {
            assertThat(rank.ask("cmd=init pmi_version=1 pmi_subversion=1"))
                    .isEqualTo("cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0");
            assertThat(rank.ask("cmd=get_maxes"))
                    .isEqualTo("cmd=maxes kvsname_max=64 keylen_max=64 vallen_max=800");
            assertThat(rank.ask("cmd=get_appnum")).isEqualTo("cmd=appnum appnum=1");
            assertThat(rank.ask("cmd=get_universe_size")).isEqualTo("cmd=universe_size size=3");
            assertThat(rank.ask("cmd=get_my_kvsname"))
                    .isEqualTo("cmd=my_kvsname kvsname=ddict");
            assertThat(rank.ask(GET + "PMI_process_mapping"))
                    .isEqualTo("cmd=get_result rc=0 msg=success value=(vector,(0,1,3))");
            assertThat(rank.ask("cmd=finalize")).isEqualTo("cmd=finalize_ack");
            assertThat(heard.isEmpty()).isTrue();
        }
    }

    @Test
    void refusesAnotherVersionOfPmi() throws IOException {
        try (RankClient rank = RankClient.of(serve(0), 0)) {
            assertThat(rank.ask("cmd=init pmi_version=2 pmi_subversion=0")).endsWith(" rc=-1");
        }
    }

    @Test
    void showsTheKeysOfOneRankToAll() throws IOException {
        RankServer server = serve(0, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient second = RankClient.joined(server, 1)) {
            assertThat(first.ask(PUT + "address value=a b=c ")).isEqualTo(SUCCESS);
            assertThat(second.ask(GET + "address"))
                    .isEqualTo("cmd=get_result rc=0 msg=success value=a b=c ");
            assertThat(second.ask(GET + "nothing")).startsWith("cmd=get_result rc=-1 ");
            assertThat(second.ask("cmd=get kvsname=other key=address"))
                    .startsWith("cmd=get_result rc=-1 ");
        }
    }

    @Test
    void takesFieldsInAnyOrderAndBlanksBetweenThem() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            assertThat(rank.ask(" key=k  kvsname=ddict cmd=put value=v")).isEqualTo(SUCCESS);
            assertThat(rank.ask(GET + "k")).endsWith("value=v");
        }
    }

    @Test
    void letsNobodyOutOfABarrierBeforeAllAreIn() throws IOException {
        RankServer server = serve(0, 0, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient second = RankClient.joined(server, 1);
                RankClient third = RankClient.joined(server, 2)) {
            for (int round = 0; round < 3; round++) {
                first.send("cmd=barrier_in");
                second.send("cmd=barrier_in");
                assertThat(third.ask("cmd=get_appnum")).isEqualTo("cmd=appnum appnum=0");
                assertThat(first.hasAnswer()).isFalse();
                third.send("cmd=barrier_in");
                for (RankClient each : List.of(first, second, third)) {
                    assertThat(each.answer()).isEqualTo("cmd=barrier_out");
                }
            }
        }
    }

    @Test
    void letsARankJoinAgainAfterItFinished() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            assertThat(rank.ask("cmd=finalize")).isEqualTo("cmd=finalize_ack");
            assertThat(rank.ask("cmd=init pmi_version=1 pmi_subversion=1")).endsWith("rc=0");
            assertThat(rank.ask("cmd=barrier_in")).isEqualTo("cmd=barrier_out");
        }
    }

    @Test
    void refusesKeysAndValuesThatAreNotAscii() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            assertThat(rank.ask(PUT + "key value=\u00e4"))
                    .isEqualTo("cmd=put_result rc=-1 msg=key_or_value_is_not_ASCII");
            assertThat(rank.ask(PUT + "\u00e4 value=a")).startsWith("cmd=put_result rc=-1 ");
        }
    }

    @Test
    void refusesKeysAndValuesThatAreTooLong() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            String key = "k".repeat(RankJob.KEY_LENGTH_MAX);
            String value = "v".repeat(RankJob.VALUE_LENGTH_MAX);
            assertThat(rank.ask(PUT + key + " value=" + value)).isEqualTo(SUCCESS);
            assertThat(rank.ask(GET + key)).endsWith("value=" + value);
            assertThat(rank.ask(PUT + key + "k value=v"))
                    .isEqualTo("cmd=put_result rc=-1 msg=key_or_value_too_long");
            assertThat(rank.ask(PUT + "k value=v" + value))
                    .isEqualTo("cmd=put_result rc=-1 msg=key_or_value_too_long");
            assertThat(rank.ask("cmd=put kvsname=other key=k value=v"))
                    .isEqualTo("cmd=put_result rc=-1 msg=no_such_key_space");
        }
    }

    @Test
    void refusesMoreKeysThanItsLimit() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            for (int i = 1; i < RankJob.KEYS_MAX; i++) {
                assertThat(rank.ask(PUT + i + " value=v")).isEqualTo(SUCCESS);
            }
            assertThat(rank.ask(PUT + "another value=v"))
                    .isEqualTo("cmd=put_result rc=-1 msg=too_many_keys");
            assertThat(rank.ask(PUT + "1 value=changed")).isEqualTo(SUCCESS);
        }
    }

    @Test
    void refusesFurtherProcessesAndNames() throws IOException {
        try (RankClient rank = RankClient.joined(serve(0), 0)) {
            for (int number = 1; number <= 2; number++) {
                rank.send("mcmd=spawn\nnprocs=1\nexecname=./it\ntotspawns=2\nspawnssofar="
                        + number + "\nargcnt=0\npreput_num=0\ninfo_num=0\nendcmd");
            }
            assertThat(rank.answer()).isEqualTo("cmd=spawn_result rc=-1 msg=not_supported");
            assertThat(rank.ask("cmd=publish_name service=s port=p"))
                    .isEqualTo("cmd=publish_result rc=-1 msg=not_supported");
            assertThat(rank.ask("cmd=unpublish_name service=s"))
                    .isEqualTo("cmd=unpublish_result rc=-1 msg=not_supported");
            assertThat(rank.ask("cmd=lookup_name service=s"))
                    .isEqualTo("cmd=lookup_result rc=-1 msg=not_supported");
        }
    }

    @Test
    void tellsOfARankThatEndsWithoutFinalize() throws Exception {
        RankServer server = serve(0, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient second = RankClient.joined(server, 1)) {
            first.send("cmd=barrier_in");
            assertThat(second.ask("cmd=get_appnum")).isNotNull();
            server.ended(1, 139);

            assertThat(heard.next()).isEqualTo("broken 1 139 ended without MPI_Finalize");
            server.ended(0, 143);
            assertThat(heard.isEmpty()).as("told once").isTrue();
        }
    }

    @Test
    void tellsOfARankThatEndsWithoutInitWhileOthersJoin() throws Exception {
        RankServer server = serve(0, 0);
        server.ended(1, 0);
        assertThat(heard.isEmpty()).isTrue();

        try (RankClient first = RankClient.joined(server, 0)) {
            assertThat(heard.next()).isEqualTo("broken 1 0 ended without MPI_Init");
            assertThat(first.ask("cmd=get_appnum")).isNotNull();
        }
    }

    @Test
    void tellsOfARankThatEndsWhileOthersWaitForItInABarrier() throws Exception {
        RankServer server = serve(0, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient second = RankClient.joined(server, 1)) {
            assertThat(second.ask("cmd=finalize")).isEqualTo("cmd=finalize_ack");
            server.ended(1, 0);
            assertThat(heard.isEmpty()).isTrue();
            first.send("cmd=barrier_in");

            assertThat(heard.next())
                    .isEqualTo("broken 1 0 ended while others wait for it in a barrier");
        }
    }

    @Test
    void tellsOfARankThatLosesItsConnectionAndRunsOn() throws Exception {
        RankServer server = serve(0);
        RankClient.joined(server, 0).close();

        assertThat(heard.next())
                .isEqualTo("broken 0 -1 closed its connection without MPI_Finalize");
    }

    @Test
    void tellsOfAnAbortAndDoesNotAnswerIt() throws Exception {
        RankServer server = serve(0);
        try (RankClient rank = RankClient.joined(server, 0)) {
            rank.send("cmd=abort exitcode=7");
            rank.send("cmd=get_appnum");
            assertThat(heard.next()).isEqualTo("abort 0 7");
            assertThat(rank.hasAnswer()).isFalse();
            server.ended(0, 7);
            assertThat(heard.next()).isEqualTo("broken 0 7 called MPI_Abort");
        }
    }

    @Test
    void mindsNoProgramsWithoutMpi() throws Exception {
        RankServer server = serve(0, 0);
        try (RankClient connected = RankClient.of(server, 0)) {
            server.ended(0, 0);
            server.ended(1, 3);
            assertThat(connected.hasAnswer()).isFalse();
        }
        assertThat(heard.isEmpty()).isTrue();
    }

    @Test
    void letsGoWhoeverKnowsNoSecret() throws IOException {
        RankServer server = serve(0, 0);
        for (String line : List.of("", "cmd=init pmi_version=1 pmi_subversion=1", "0".repeat(32))) {
            try (RankClient stranger = RankClient.unnamed(server)) {
                assertThat(stranger.ask(line)).isNull();
            }
        }
        try (RankClient first = RankClient.joined(server, 0);
                RankClient again = RankClient.of(server, 0)) {
            assertThat(again.answer()).as("a secret is good once").isNull();
            assertThat(first.ask("cmd=get_appnum")).isNotNull();
        }
        assertThat(heard.isEmpty()).isTrue();
    }

    @Test
    void hasRoomForARankWhateverConnects() throws IOException {
        RankServer server = serve(0);
        List<RankClient> silent = new ArrayList<>();
        try {
            for (int i = 0; i < RankServer.UNNAMED_MAX + 20; i++) {
                silent.add(RankClient.unnamed(server));
            }
            try (RankClient rank = RankClient.joined(server, 0)) {
                assertThat(rank.ask("cmd=barrier_in")).isEqualTo("cmd=barrier_out");
            }
            assertThat(silent.getFirst().answer()).as("the oldest made room").isNull();
        } finally {
            for (RankClient each : silent) {
                each.close();
            }
        }
    }

    @Test
    void letsGoWhoeverTakesTooLongToSayWhichRankItIs() throws IOException {
        try (RankClient slow = RankClient.unnamed(serve(0))) {
            long startNs = System.nanoTime();
            slow.send("0".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(slow.answer()).isNull();
            assertThat(Duration.ofNanos(System.nanoTime() - startNs))
                    .isBetween(RankServer.NAME_PATIENCE.minusSeconds(1),
                            RankServer.NAME_PATIENCE.plusSeconds(8));
        }
    }

    @Test
    void letsGoARankThatDoesNotSpeakPmi() throws Exception {
        for (String line : List.of(
                "cmd=fly", "nonsense", "=", "cmd=put key=k", "cmd=init pmi_version=x",
                "cmd=abort", "x".repeat(RankConnection.LINE_LENGTH_MAX))) {
            RankServer server = serve(0, 0);
            try (RankClient rank = RankClient.joined(server, 1)) {
                assertThat(rank.ask(line)).as(line).isNull();
                assertThat(heard.next()).startsWith("broken 1 -1 does not speak PMI-1: ");
            }
        }
    }

    @Test
    void letsGoARankThatAsksWithinABarrier() throws Exception {
        try (RankClient rank = RankClient.joined(serve(0, 0), 0)) {
            rank.send("cmd=barrier_in\ncmd=get_appnum");
            assertThat(rank.answer()).isNull();
            assertThat(heard.next()).contains("request came within a barrier");
        }
    }

    @Test
    void letsGoARankThatDoesNotReadItsAnswers() throws Exception {
        RankServer server = serve(0);
        byte[] requests = "cmd=get kvsname=ddict key=long\n".repeat(1000)
                .getBytes(StandardCharsets.ISO_8859_1);
        try (RankClient rank = RankClient.joined(server, 0)) {
            String _ = rank.ask(PUT + "long value=" + "v".repeat(RankJob.VALUE_LENGTH_MAX));
            assertThatThrownBy(() -> {
                for (int i = 0; i < 1000; i++) {
                    rank.send(requests);
                }
            }).isInstanceOf(IOException.class);
            assertThat(heard.next()).contains("answers are not read");
        }
    }

    @Test
    void servesRanksBesideAnyGarbage() throws Exception {
        long seed = Long.getLong("ddict.test.seed", System.nanoTime());
        System.out.println("RankServerTest: -Dddict.test.seed=" + seed);
        Random random = new Random(seed);
        RankServer server = serve(0, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient second = RankClient.joined(server, 1)) {
            for (int round = 0; round < 300; round++) {
                sendGarbage(RankClient.unnamed(server), random);
                sendGarbage(RankClient.of(serveOne(), 0), random);
                if (round % 30 == 0) {
                    first.send("cmd=barrier_in");
                    assertThat(second.ask("cmd=barrier_in")).isEqualTo("cmd=barrier_out");
                    assertThat(first.answer()).isEqualTo("cmd=barrier_out");
                }
            }
        }
    }

    // A rank's own garbage breaks its job, whoever else is served.
    private RankServer serveOne() throws IOException {
        RankServer server = serve(0);
        servers.add(server);
        if (servers.size() > 10) {
            servers.remove(1).close();
        }
        return server;
    }

    private static void sendGarbage(RankClient client, Random random) throws IOException {
        try (client) {
            byte[] bytes = garbage(random).getBytes(StandardCharsets.ISO_8859_1);
            for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            client.send(bytes);
        } catch (java.net.SocketException e) {
            // It was let go before it had said all.
        }
    }

    private static String garbage(Random random) {
        List<String> parts = new ArrayList<>(List.of(
                "cmd=init pmi_version=1 pmi_subversion=1\n", "cmd=", "=", "\n", " ", "\0",
                "cmd=put kvsname=ddict key=a value=", "mcmd=spawn\n", "endcmd\n", "cmd=finalize\n",
                "cmd=abort exitcode=99999999999\n", "cmd=barrier_in\n", "value=\n",
                "totspawns=\n", "x".repeat(random.nextInt(2000))));
        Collections.shuffle(parts, random);
        return String.join("", parts.subList(0, 1 + random.nextInt(parts.size() - 1)));
    }

    @Test
    void tellsARankWhichOthersAreOnItsNode() throws IOException {
        RankServer server = serveOn(1, 0, 1, 1, 2, 1);

        assertThat(server.environment(4))
                .containsEntry("PMI_RANK", "4")
                .containsEntry("PMI_SIZE", "5")
                .containsEntry("MPI_LOCALRANKID", "2")
                .containsEntry("MPI_LOCALNRANKS", "3");
        try (RankClient rank = RankClient.joined(server, 4)) {
            assertThat(rank.ask(GET + "PMI_process_mapping"))
                    .endsWith(" value=(vector,(0,1,1),(1,1,2),(2,1,1),(1,1,1))");
            assertThat(rank.ask("cmd=get_universe_size")).isEqualTo("cmd=universe_size size=5");
        }
    }

    @Test
    void leavesItToHostNamesWhereTheMappingIsTooLong() throws IOException {
        Random random = new Random(1);
        Integer[] nodes = random.ints(RankServer.RANKS_MAX, 0, 9).boxed().toArray(Integer[]::new);
        nodes[0] = 0;

        try (RankClient rank = RankClient.joined(serveOn(0, nodes), 0)) {
            assertThat(rank.ask(GET + "PMI_process_mapping")).startsWith("cmd=get_result rc=-1 ");
        }
    }

    @Test
    void letsNobodyOutOfABarrierBeforeOtherNodesAreIn() throws Exception {
        RankServer server = serveOn(0, 0, 1, 0);
        try (RankClient first = RankClient.joined(server, 0);
                RankClient third = RankClient.joined(server, 2)) {
            assertThat(heard.next()).isEqualTo("news joined=true waits=false met=false keys={}");
            for (int round = 0; round < 3; round++) {
                String key = "here" + round;
                assertThat(third.ask(PUT + key + " value=a")).isEqualTo(SUCCESS);
                first.send("cmd=barrier_in");
                assertThat(heard.next())
                        .isEqualTo("news joined=true waits=true met=false keys={}");
                third.send("cmd=barrier_in");
                assertThat(heard.next())
                        .isEqualTo("news joined=true waits=true met=true keys={" + key + "=a}");
                server.tell(new RanksNews(true, true, false, Map.of()));
                assertThat(first.hasAnswer()).isFalse();

                server.tell(new RanksNews(true, false, false, Map.of("one" + round, "b")));
                server.tell(new RanksNews(true, false, true, Map.of("two" + round, "c")));

                assertThat(first.answer()).isEqualTo("cmd=barrier_out");
                assertThat(third.answer()).isEqualTo("cmd=barrier_out");
                assertThat(first.ask(GET + "one" + round)).endsWith(" value=b");
                assertThat(third.ask(GET + "two" + round)).endsWith(" value=c");
            }
            assertThat(heard.isEmpty()).isTrue();
        }
    }

    @Test
    void isBrokenByWhoEndsWithoutMpiInitWhileOneElsewhereHasCalledIt() throws Exception {
        RankServer server = serveOn(1, 0, 1);
        server.ended(1, 3);
        assertThat(heard.isEmpty()).isTrue();

        server.tell(new RanksNews(true, false, false, Map.of()));

        assertThat(heard.next()).isEqualTo("broken 1 3 ended without MPI_Init");
    }

    @Test
    void isBrokenByWhoHasEndedWhileOneElsewhereWaits() throws Exception {
        RankServer server = serveOn(1, 0, 1);
        try (RankClient rank = RankClient.joined(server, 1)) {
            assertThat(heard.next()).startsWith("news joined=true");
            assertThat(rank.ask("cmd=finalize")).isEqualTo("cmd=finalize_ack");
            assertThat(heard.next()).startsWith("news joined=false");
        }
        server.ended(1, 0);
        assertThat(heard.isEmpty()).isTrue();

        server.tell(new RanksNews(true, true, false, Map.of()));

        assertThat(heard.next())
                .isEqualTo("broken 1 0 ended while others wait for it in a barrier");
    }

    @Test
    void refusesJobsOfNoOrTooManyRanks() {
        assertThatThrownBy(() -> serve())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("number of ranks is not in 1..1024: ranks=0");
        assertThatThrownBy(() -> serve(new int[RankServer.RANKS_MAX + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ranks=1025");
    }

    @Test
    void endsItsConnectionsAndItsPort() throws IOException {
        RankServer server = serve(0);
        try (RankClient rank = RankClient.joined(server, 0);
                RankClient stranger = RankClient.unnamed(server)) {
            server.close();
            assertThat(rank.answer()).isNull();
            assertThat(stranger.answer()).isNull();
        }
        leaveNoThread();
        assertThatThrownBy(() -> RankClient.unnamed(server).close())
                .isInstanceOf(ConnectException.class);
        server.close();
    }
}
