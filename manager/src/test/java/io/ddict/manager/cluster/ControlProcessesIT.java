package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ControlProcessesIT {
    private static final long WAIT_NS = 30_000_000_000L;
    private static final long PAUSE_NS = 20_000_000L;

    @TempDir
    Path folder;

    private final List<ControlProcess> nodes = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (ControlProcess each : nodes) {
            each.close();
        }
    }

    @Test
    void goesOnWhenOneLeaderAfterTheOtherIsKilled() throws Exception {
        startThree();
        for (int loss = 0; loss < 2; loss++) {
            node();
            ControlProcess leader = leader();
            ControlProcess other = otherThan(leader);
            leader.kill();
            nodes.remove(leader);
            long startNs = System.nanoTime();
            assertThat(other.ask("claim after-" + loss + " 20000")).startsWith("claimed ");
            System.out.println(
                    "claim after a kill: " + (System.nanoTime() - startNs) / 1_000_000 + "ms");
            await(other, "living", said -> !numbers(said).contains(leader.number));
            await(other, "peers",
                    said -> living().containsAll(numbers(said)) && numbers(said).size() == 3);
        }
    }

    @Test
    void refusesInTimeWhenMostPeersAreGone() throws Exception {
        startThree();
        ControlProcess last = otherThan(leader());
        for (ControlProcess each : List.copyOf(nodes)) {
            if (each != last) {
                each.kill();
            }
        }

        String said = last.ask("claim orders 2000");

        assertThat(said).contains("peersAnswering=1, peers=3");
        assertThat(millisIn(said)).isBetween(1_900L, 15_000L);
        await(last, "lease", each -> each.startsWith("lease false false"));
    }

    @Test
    void buriesALeaderThatWasStoppedAndItComesBack() throws Exception {
        startThree();
        ControlProcess leader = leader();
        ControlProcess other = otherThan(leader);
        leader.signal("STOP");
        assertThat(other.ask("claim orders 20000")).startsWith("claimed ");
        await(other, "living", said -> !numbers(said).contains(leader.number));

        // Told before: it can have its lease back as soon as it goes on.
        leader.tell("lease");
        leader.signal("CONT");

        assertThat(leader.hear()).startsWith("lease false");
        await(leader, "lease", said -> said.startsWith("lease true false"));
        assertThat(leader.ask("claim mine 20000")).startsWith("claimed ");
        await(other, "living", said -> numbers(said).contains(leader.number));
    }

    @Test
    void takesANodeThatIsStartedAgainForANewMember() throws Exception {
        startThree();
        ControlProcess killed = otherThan(leader());
        killed.kill();
        nodes.remove(killed);

        ControlProcess again = node();

        assertThat(again.number).isEqualTo(4);
        await(again, "living", said -> !numbers(said).contains(killed.number));
        assertThat(again.ask("claim orders 20000")).startsWith("claimed ");
    }

    @Test
    void loadsRatisWhereItIsNeededOnly() throws Exception {
        Path log = folder.resolve("classes.txt");
        node();
        ControlProcess second = node("-Xlog:class+load:file=" + log);
        assertThat(second.ask("claim orders 20000")).startsWith("claimed ");

        assertThat(Files.readString(log))
                .contains("io.ddict.manager.cluster.ControlGroup")
                .doesNotContain("org.apache.ratis");
    }

    private void startThree() throws Exception {
        node();
        node();
        node();
        for (ControlProcess each : nodes) {
            await(each, "peers", said -> numbers(said).size() == 3);
        }
    }

    private ControlProcess node(String... flags) throws IOException {
        Path directory = folder.resolve("n" + System.nanoTime());
        ControlProcess made =
                nodes.isEmpty()
                        ? ControlProcess.start(directory, List.of(flags))
                        : ControlProcess.start(
                                directory, List.of(flags), Integer.toString(nodes.getFirst().port));
        nodes.add(made);
        return made;
    }

    private List<Integer> living() {
        return nodes.stream().map(each -> each.number).toList();
    }

    private ControlProcess leader() throws Exception {
        String said =
                await(
                        nodes.getFirst(), "peers",
                        each -> living().contains(Integer.parseInt(each.split(" ", -1)[1])));
        int number = Integer.parseInt(said.split(" ", -1)[1]);
        return nodes.stream().filter(each -> each.number == number).findFirst().orElseThrow();
    }

    private ControlProcess otherThan(ControlProcess leader) {
        return nodes.stream().filter(each -> each != leader).findFirst().orElseThrow();
    }

    private static List<Integer> numbers(String said) {
        String list = said.substring(said.indexOf('[') + 1, said.indexOf(']'));
        return list.isEmpty()
                ? List.of()
                : List.of(list.split(", ", -1)).stream().map(Integer::valueOf).toList();
    }

    private static long millisIn(String said) {
        String behind = said.substring(said.indexOf(" in ") + 4);
        return Long.parseLong(behind.substring(0, behind.indexOf("ms")));
    }

    private static String await(ControlProcess node, String question, Predicate<String> condition)
            throws IOException {
        long endNs = System.nanoTime() + WAIT_NS;
        String said = node.ask(question);
        while (!condition.test(said)) {
            assertThat(System.nanoTime()).as("%s in time: %s", question, said).isLessThan(endNs);
            LockSupport.parkNanos(PAUSE_NS);
            said = node.ask(question);
        }
        return said;
    }
}
