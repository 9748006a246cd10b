package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictException;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(90)
class ControlGroupIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final long WAIT_NS = 30_000_000_000L;

    @TempDir
    Path folder;

    private final List<TestNode> nodes = new ArrayList<>();
    private int started;

    @AfterEach
    void closeAll() throws IOException {
        for (TestNode each : nodes) {
            each.close();
        }
    }

    @Test
    void servesAClusterOfOne() throws IOException {
        TestNode first = node();

        Listing listing = first.group.claim("orders", List.of(1), new byte[]{7}, TIMEOUT);

        assertThat(first.group.holdsLease()).isTrue();
        assertThat(first.group.leaseDeadlineNs() - System.nanoTime()).isPositive();
        assertThat(first.group.state().dictionaries()).containsExactly(listing);
        first.group.release("orders", TIMEOUT);
        assertThat(first.group.refreshed(TIMEOUT).dictionaries()).isEmpty();
    }

    @Test
    void leavesNoFileAndNoThreadOfItsOwnBehind() throws Exception {
        TestNode first = node();
        first.close();

        assertThat(folder).isEmptyDirectory();
        await(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(each -> each.getName().startsWith("ddict-control")));
    }

    @Test
    void tellsAllNodesOfAChangeWithinABeat() throws Exception {
        nodes(3);
        List<Long> heard = new CopyOnWriteArrayList<>();
        nodes.get(2).group.onChange(state -> heard.add(state.version()));
        Listing listing =
                nodes.get(1).group.claim("orders", List.of(1, 2, 3), new byte[0], TIMEOUT);

        await(() -> nodes.stream()
                .allMatch(each -> each.group.state().dictionaries().equals(List.of(listing))));
        await(() -> heard.contains(nodes.get(2).group.state().version()));
        assertThat(heard).isSorted();
    }

    @Test
    void refusesANameThatAnotherNodeHas() throws Exception {
        nodes(2);
        nodes.get(0).group.claim("orders", List.of(1), new byte[0], TIMEOUT);

        assertThatThrownBy(
                () -> nodes.get(1).group.claim("orders", List.of(2), new byte[0], TIMEOUT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("a dictionary of this name exists: name=orders");
        assertThatThrownBy(
                () -> nodes.get(1).group.claim("more", List.of(9), new byte[0], TIMEOUT))
                .isInstanceOf(DDictException.class)
                .hasMessageContaining("member=9");
    }

    @Test
    void letsTheMajorityGoOnWhenTheLeaderIsCutOff() throws Exception {
        nodes(3);
        awaitPeers(3);
        TestNode leader = leader();
        List<TestNode> others = nodes.stream().filter(each -> each != leader).toList();
        others.forEach(each -> cut(leader, each, true));

        Listing listing =
                others.getFirst().group
                        .claim("orders", List.of(others.getFirst().group.number()), new byte[0],
                                TIMEOUT);
        assertThatThrownBy(
                () -> leader.group.claim("mine", List.of(1), new byte[0], Duration.ofSeconds(1)))
                .hasMessageContaining("peersAnswering=1, peers=3");
        assertThatThrownBy(() -> leader.group.refreshed(Duration.ofSeconds(1)))
                .isInstanceOf(DDictException.class);
        await(() -> !leader.group.holdsLease());
        await(() -> !others.getLast().group.state().isAlive(leader.group.number()));
        assertThat(others.getLast().group.state().dictionaries()).containsExactly(listing);

        others.forEach(each -> cut(leader, each, false));
        await(leader.group::holdsLease);
        assertThat(leader.group.isExpelled()).isFalse();
        Member back = leader.group.state().member(leader.group.number()).orElseThrow();
        assertThat(back.isAlive()).isTrue();
        assertThat(back.epoch()).as("came back after the claim").isGreaterThan(listing.epoch());
        assertThat(leader.group.state().dictionaries()).containsExactly(listing);
        awaitPeers(3);
    }

    @Test
    void replacesADeadPeerByAnotherNode() throws Exception {
        nodes(4);
        awaitPeers(3);
        TestNode killed = nodes.stream()
                .filter(each -> each != leaderOrFirst() && each.group.number() <= 3)
                .findFirst().orElseThrow();
        killed.kill();
        nodes.remove(killed);

        await(() -> nodes.stream().allMatch(each -> each.group.peers().size() == 3
                && each.group.peers().contains(4)
                && !each.group.peers().contains(killed.group.number())));
        nodes.getLast().group.claim("orders", List.of(4), new byte[0], TIMEOUT);
    }

    @Test
    void keepsFivePeersIfAskedTo() throws Exception {
        for (int i = 0; i < 5; i++) {
            node(TestNode.settings(directory()).withPeers(5));
        }
        awaitPeers(5);
        for (TestNode each : List.of(nodes.get(0), nodes.get(1))) {
            each.kill();
            nodes.remove(each);
        }
        nodes.getFirst().group
                .claim("orders", List.of(nodes.getFirst().group.number()), new byte[0], TIMEOUT);
    }

    @Test
    void handsTheGroupOverWhenTheOnlyPeerLeaves() throws Exception {
        nodes(2);
        nodes.get(0).group.leave();
        assertThat(nodes.get(0).group.holdsLease()).isFalse();
        nodes.removeFirst().close();

        TestNode second = nodes.getFirst();
        second.group.claim("orders", List.of(2), new byte[0], TIMEOUT);
        assertThat(second.group.state().isAlive(1)).isFalse();
        await(() -> second.group.peers().equals(List.of(2)));
    }

    @Test
    void refusesGarbageAndNodesOfOtherClusters() throws Exception {
        nodes(1);
        ControlGroup group = nodes.getFirst().group;
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            byte[] request = new byte[random.nextInt(60)];
            random.nextBytes(request);
            if (request.length > 1 && i % 2 == 0) {
                request[0] = 1;
                request[1] = (byte) random.nextInt(8);
            }
            DataInputStream reply = Encoded.in(group.handle(request));
            assertThat(Ask.readReply(reply)).isEqualTo(Ask.Reply.REFUSED);
        }
        assertThat(group.claim("orders", List.of(1), new byte[0], TIMEOUT).epoch()).isPositive();
    }

    @Test
    void loosesItsLeaseButDoesNotHangWhenRepliesMakeNoSense() throws Exception {
        nodes(2);
        TestNode second = nodes.get(1);
        Random random = new Random(7);
        second.transport.tamper(reply -> {
            byte[] other = new byte[random.nextInt(40)];
            random.nextBytes(other);
            return other;
        });

        assertThatThrownBy(() -> second.group.claim("x", List.of(2), new byte[0], TIMEOUT))
                .isInstanceOf(DDictException.class);
        await(() -> !second.group.holdsLease());
    }

    @Test
    void keepsItsFilesSmallHoweverMuchChanges() throws Exception {
        nodes(1);
        ControlGroup group = nodes.getFirst().group;
        long startNs = System.nanoTime();
        int rounds = 3_000;
        for (int i = 0; i < rounds; i++) {
            group.claim("orders", List.of(1), new byte[1_000], TIMEOUT);
            group.release("orders", TIMEOUT);
        }
        System.out.println(
                "claim or release, alone: " + (System.nanoTime() - startNs) / 1_000 / rounds / 2
                        + "us");

        await(() -> lengthOf(folder) < 4 << 20);
    }

    @Test
    void tellsHowLongThingsTake() throws Exception {
        long startNs = System.nanoTime();
        node();
        System.out.println("found: " + (System.nanoTime() - startNs) / 1_000_000 + "ms");
        startNs = System.nanoTime();
        node();
        System.out.println("join: " + (System.nanoTime() - startNs) / 1_000_000 + "ms");
        startNs = System.nanoTime();
        node();
        awaitPeers(3);
        System.out.println("join and 1 -> 3: " + (System.nanoTime() - startNs) / 1_000_000 + "ms");
        for (TestNode each : nodes) {
            startNs = System.nanoTime();
            for (int i = 0; i < 200; i++) {
                each.group.claim("d", List.of(1), new byte[100], TIMEOUT);
                each.group.release("d", TIMEOUT);
            }
            System.out.println(
                    "claim or release at member " + each.group.number() + ": "
                            + (System.nanoTime() - startNs) / 400_000 + "us");
            startNs = System.nanoTime();
            for (int i = 0; i < 200; i++) {
                each.group.refreshed(TIMEOUT);
            }
            System.out.println("refreshed: " + (System.nanoTime() - startNs) / 200_000 + "us");
        }
        assertThat(nodes).allMatch(each -> each.group.holdsLease());
    }

    private static long lengthOf(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).mapToLong(each -> each.toFile().length())
                    .sum();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    private static void cut(TestNode a, TestNode b, boolean isCut) {
        a.transport.cut(b.address(), isCut);
        b.transport.cut(a.address(), isCut);
    }

    private boolean peersAreTheFirst(int count) {
        Set<Integer> wanted = new HashSet<>();
        for (int number = 1; number <= count; number++) {
            wanted.add(number);
        }
        return nodes.stream().allMatch(each -> Set.copyOf(each.group.peers()).equals(wanted));
    }

    private void awaitPeers(int count) throws InterruptedException {
        await(
                () -> nodes.stream()
                        .map(each -> each.group.number() + ": leader=" + each.group.leader()
                                + ", peers=" + each.group.peers() + ", alive="
                                + each.group.state().living().stream().map(Member::number).toList())
                        .collect(Collectors.joining("; ")),
                () -> peersAreTheFirst(count));
    }

    private TestNode leader() throws InterruptedException {
        await(() -> leaderOrNumber() > 0);
        return leaderOrFirst();
    }

    private int leaderOrNumber() {
        return nodes.getFirst().group.leader();
    }

    private TestNode leaderOrFirst() {
        return nodes.stream()
                .filter(each -> each.group.number() == leaderOrNumber())
                .findFirst().orElse(nodes.getFirst());
    }

    private void nodes(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            node();
        }
    }

    private TestNode node() throws IOException {
        return node(TestNode.settings(directory()));
    }

    private Path directory() {
        return folder.resolve("n" + started++);
    }

    private TestNode node(ControlSettings settings) throws IOException {
        TestNode made =
                nodes.isEmpty()
                        ? TestNode.found(settings)
                        : TestNode.join(settings, nodes.getFirst().address());
        nodes.add(made);
        return made;
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        await(() -> "in time", condition);
    }

    private static void await(Supplier<String> what, BooleanSupplier condition)
            throws InterruptedException {
        long endNs = System.nanoTime() + WAIT_NS;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as(what).isLessThan(endNs);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
