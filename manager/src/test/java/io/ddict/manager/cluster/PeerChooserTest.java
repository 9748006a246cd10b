package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PeerChooserTest {
    private final ControlSettings settings = ControlSettings.in(Path.of("unused"));

    @Test
    void growsOneAtATime() {
        assertThat(next(Set.of(1), List.of(1, 2, 3), 1)).containsExactlyInAnyOrder(1, 2);
        assertThat(next(Set.of(1, 2), List.of(1, 2, 3), 1)).containsExactlyInAnyOrder(1, 2, 3);
        assertThat(next(Set.of(1, 2, 3), List.of(1, 2, 3), 1)).containsExactlyInAnyOrder(1, 2, 3);
    }

    @Test
    void staysAloneWithOneOtherNode() {
        assertThat(next(Set.of(1), List.of(1, 2), 1)).containsExactly(1);
    }

    @Test
    void replacesADeadPeerInOneStep() {
        assertThat(next(Set.of(1, 2, 3), List.of(1, 2, 4, 5), 2)).containsExactlyInAnyOrder(1, 2,
                4);
    }

    @Test
    void shrinksToTheLeaderWhenTwoAreLeft() {
        assertThat(next(Set.of(1, 2, 3), List.of(2, 3), 3)).containsExactly(3);
    }

    @Test
    void handsOverBeforeTheLastPeerGoes() {
        assertThat(next(Set.of(1), List.of(2), 1)).containsExactlyInAnyOrder(1, 2);
        assertThat(next(Set.of(1, 2), List.of(2), 1)).containsExactly(2);
    }

    @Test
    void keepsThePeersWhenNobodyLives() {
        assertThat(next(Set.of(1), List.of(), 1)).containsExactly(1);
    }

    @Test
    void takesFiveBeyondSixtyFourNodes() {
        assertThat(settings.peersAmong(1)).isEqualTo(1);
        assertThat(settings.peersAmong(2)).isEqualTo(1);
        assertThat(settings.peersAmong(3)).isEqualTo(3);
        assertThat(settings.peersAmong(64)).isEqualTo(3);
        assertThat(settings.peersAmong(65)).isEqualTo(5);
        assertThat(settings.withPeers(5).peersAmong(4)).isEqualTo(3);
        assertThat(settings.withPeers(1).peersAmong(100)).isEqualTo(1);
    }

    @Test
    void reachesWhatIsWantedByStepsThatRaftAllows() {
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            Set<Integer> current = new HashSet<>(IntStream.rangeClosed(1, 3).boxed().toList());
            List<Integer> living = new ArrayList<>();
            IntStream.rangeClosed(1, 3 + random.nextInt(70))
                    .filter(i -> i == 2 || random.nextInt(3) > 0)
                    .forEach(living::add);
            for (int step = 0; step < 12; step++) {
                Set<Integer> next = next(current, living, 2);
                checkStep(seed, current, next);
                current = next;
            }
            assertThat(current).as("seed=%d", seed).hasSize(settings.peersAmong(living.size()));
            assertThat(living).as("seed=%d", seed).containsAll(current);
        }
    }

    private static void checkStep(long seed, Set<Integer> current, Set<Integer> next) {
        Set<Integer> fresh = new HashSet<>(next);
        fresh.removeAll(current);
        boolean isSecond = current.size() == 1 && next.size() == 2;
        assertThat(isSecond || fresh.size() < next.size() - fresh.size())
                .as("seed=%d, current=%s, next=%s", seed, current, next)
                .isTrue();
    }

    private Set<Integer> next(Set<Integer> current, List<Integer> living, int leader) {
        return PeerChooser.next(current, living, leader, settings.peersAmong(living.size()));
    }
}
