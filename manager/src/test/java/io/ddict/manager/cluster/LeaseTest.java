package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.ddict.manager.cluster.LeaseSimulation.Guard;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LeaseTest {
    private static final int SEEDS = Integer.getInteger("ddict.seeds", 1_000);
    private static final Duration LEASE = Duration.ofNanos(1_000);
    private static final Duration MARGIN = Duration.ofNanos(100);
    private static final Member.Life ONE = new Member.Life(1, 1);
    private static final Member.Life TWO = new Member.Life(2, 2);
    private static final List<Member.Life> BOTH = List.of(ONE, TWO);

    @Test
    void neverBuriesWhoBelievesInItsLease() {
        long first = Long.getLong("ddict.seed", 0);
        long deaths = 0;
        long returns = 0;
        long grants = 0;
        long elections = 0;
        for (long seed = first; seed < first + SEEDS; seed++) {
            LeaseSimulation simulation = new LeaseSimulation(seed, Set.of());
            String violation = simulation.run();
            if (violation != null) {
                fail(
                        violation
                                + "; repeat: mvn verify -pl manager -am -Dtest=LeaseTest -Dddict.seed="
                                + seed
                                + " -Dddict.seeds=1");
            }
            deaths += simulation.deaths();
            returns += simulation.returns();
            grants += simulation.grants();
            elections += simulation.elections();
        }
        System.out.println(
                "seeds=" + SEEDS + ", deaths=" + deaths + ", returns=" + returns + ", grants="
                        + grants + ", elections="
                        + elections);
        assertThat(deaths).as("deaths, or nothing was tried").isGreaterThan(SEEDS / 4);
        assertThat(returns).as("returns").isGreaterThan(SEEDS / 4);
        assertThat(grants).as("grants").isGreaterThan(SEEDS * 50L);
    }

    @ParameterizedTest
    @EnumSource
    void needsEachOfItsGuards(Guard guard) {
        for (long seed = 0; seed < 20_000; seed++) {
            if (new LeaseSimulation(seed, Set.of(guard)).run() != null) {
                System.out.println("without " + guard + ": seed=" + seed);
                return;
            }
        }
        fail("nothing goes wrong without it: guard=" + guard);
    }

    @Test
    void holdsNothingBeforeTheFirstAnswer() {
        LeaseHolder holder = new LeaseHolder(LEASE);

        assertThat(holder.holds(5)).isFalse();
        assertThat(holder.deadlineNs(5)).isEqualTo(5);
    }

    @Test
    void countsALeaseFromBeforeItsBeatWasSent() {
        LeaseHolder holder = new LeaseHolder(LEASE);
        holder.granted(100);

        assertThat(holder.holds(1_099)).isTrue();
        assertThat(holder.holds(1_100)).isFalse();
    }

    @Test
    void keepsTheLaterDeadlineWhenAnswersOvertakeEachOther() {
        LeaseHolder holder = new LeaseHolder(LEASE);
        holder.granted(500);
        holder.granted(100);

        assertThat(holder.deadlineNs(0)).isEqualTo(1_500);
    }

    @Test
    void holdsNothingOnceExpelledWhateverIsAnswered() {
        LeaseHolder holder = new LeaseHolder(LEASE);
        holder.granted(100);
        holder.expel();
        holder.granted(200);

        assertThat(holder.holds(300)).isFalse();
        assertThat(holder.isExpelled()).isTrue();
    }

    @Test
    void holdsAcrossAnOverflowOfTheClock() {
        LeaseHolder holder = new LeaseHolder(LEASE);
        holder.granted(Long.MAX_VALUE - 10);

        assertThat(holder.holds(Long.MIN_VALUE + 100)).isTrue();
        assertThat(holder.holds(Long.MIN_VALUE + 1_000)).isFalse();
    }

    @Test
    void givesEverybodyAFullLeaseInANewTerm() {
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        keeper.lead(1);
        keeper.grant(ONE, 1, 0);
        keeper.lead(2);

        assertThat(look(keeper, 2, 10_000, 11_100)).isEmpty();
        assertThat(keeper.condemn(2, BOTH, 11_101)).containsExactly(ONE, TWO);
    }

    @Test
    void givesEverybodyAFullLeaseWhenItWasStoppedItself() {
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        keeper.lead(1);
        look(keeper, 1, 0, 1_000);

        assertThat(keeper.condemn(1, BOTH, 1_300)).as("a gap of 300").isEmpty();
        assertThat(look(keeper, 1, 1_300, 2_400)).isEmpty();
        assertThat(look(keeper, 1, 2_400, 2_500)).containsExactly(ONE, TWO);
    }

    private static List<Member.Life> look(LeaseKeeper keeper, long term, long fromNs, long toNs) {
        List<Member.Life> dead = List.of();
        for (long nowNs = fromNs; nowNs <= toNs; nowNs += 100) {
            dead = keeper.condemn(term, BOTH, nowNs);
        }
        return dead;
    }

    @Test
    void grantsNothingToTheCondemnedInTheSameTerm() {
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        keeper.lead(1);
        look(keeper, 1, 0, 2_000);

        assertThat(keeper.grant(TWO, 1, 2_001)).isFalse();
        assertThat(keeper.condemn(1, List.of(TWO), 2_002)).as("until it is buried")
                .containsExactly(TWO);
        keeper.lead(2);
        assertThat(keeper.grant(TWO, 2, 2_003)).isTrue();
    }

    @Test
    void grantsALeaseInTheSameTermToTheCondemnedThatHasComeBack() {
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        keeper.lead(1);
        look(keeper, 1, 0, 2_000);
        Member.Life back = new Member.Life(TWO.number(), TWO.epoch() + 1);

        assertThat(keeper.grant(back, 1, 2_001)).isTrue();
        assertThat(keeper.condemn(1, List.of(back), 2_002)).isEmpty();
    }

    @Test
    void grantsNothingForABeatOfAnEarlierTerm() {
        LeaseKeeper keeper = new LeaseKeeper(LEASE, MARGIN);
        keeper.lead(2);

        assertThat(keeper.grant(ONE, 1, 0)).isFalse();
        assertThat(keeper.condemn(1, List.of(ONE), 99_999)).isEmpty();
    }
}
