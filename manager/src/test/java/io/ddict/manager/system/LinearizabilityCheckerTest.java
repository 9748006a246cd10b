package io.ddict.manager.system;

import static io.ddict.manager.system.HistoryOperation.ABSENT;
import static io.ddict.manager.system.HistoryOperation.Kind.COMPARE_AND_SET;
import static io.ddict.manager.system.HistoryOperation.Kind.GET;
import static io.ddict.manager.system.HistoryOperation.Kind.GET_AND_ADD;
import static io.ddict.manager.system.HistoryOperation.Kind.PUT;
import static io.ddict.manager.system.HistoryOperation.Kind.PUT_IF_ABSENT;
import static io.ddict.manager.system.HistoryOperation.Kind.REMOVE;
import static io.ddict.manager.system.HistoryOperation.NEVER;
import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.manager.system.HistoryOperation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The checker accepts what can have been, and nothing else. */
class LinearizabilityCheckerTest {
    private final List<HistoryOperation> history = new ArrayList<>();

    @Test
    void acceptsNothing() {
        accepts();
    }

    @Test
    void acceptsOneCallAfterTheOther() {
        call(0, 1, GET, 0, 0, ABSENT);
        call(2, 3, PUT, 7, 0, 0);
        call(4, 5, GET, 0, 0, 7);
        call(6, 7, PUT_IF_ABSENT, 8, 0, 7);
        call(8, 9, COMPARE_AND_SET, 9, 7, 1);
        call(10, 11, COMPARE_AND_SET, 10, 7, 0);
        call(12, 13, GET_AND_ADD, 5, 0, 9);
        call(14, 15, REMOVE, 0, 0, 14);
        call(16, 17, REMOVE, 0, 0, ABSENT);
        call(18, 19, GET_AND_ADD, 5, 0, 0);
        call(20, 21, GET, 0, 0, 5);
        accepts();
    }

    @Test
    void acceptsEitherOrderOfCallsThatOverlap() {
        call(0, 10, PUT, 1, 0, 0);
        call(1, 9, PUT, 2, 0, 0);
        call(11, 12, GET, 0, 0, 1);
        accepts();
        history.removeLast();
        call(11, 12, GET, 0, 0, 2);
        accepts();
    }

    @Test
    void acceptsAReadOfAPutThatIsUnderWay() {
        call(0, 10, PUT, 1, 0, 0);
        call(2, 3, GET, 0, 0, ABSENT);
        call(4, 5, GET, 0, 0, 1);
        accepts();
    }

    @Test
    void acceptsThatACallWhichNeverReturnedTookEffectOrNot() {
        call(0, NEVER, PUT, 1, 0, 0);
        call(2, 3, GET, 0, 0, ABSENT);
        accepts();
        call(4, 5, GET, 0, 0, 1);
        accepts();
        call(6, NEVER, GET_AND_ADD, 10, 0, 0);
        call(7, NEVER, REMOVE, 0, 0, 0);
        call(8, 9, GET, 0, 0, 11);
        accepts();
        call(10, 11, GET, 0, 0, ABSENT);
        accepts();
    }

    @Test
    void acceptsCallsThatMeetInOneMoment() {
        call(0, 1, PUT, 1, 0, 0);
        call(1, 2, GET, 0, 0, ABSENT);
        accepts();
    }

    @Test
    void refusesAReadOfWhatWasReplacedBefore() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 3, PUT, 2, 0, 0);
        call(4, 5, GET, 0, 0, 1);
        refuses();
    }

    @Test
    void refusesAReadFromTheFuture() {
        call(0, 1, GET, 0, 0, 1);
        call(2, 3, PUT, 1, 0, 0);
        refuses();
    }

    @Test
    void refusesALostPut() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 3, GET, 0, 0, ABSENT);
        refuses();
    }

    @Test
    void refusesThatAReaderSeesTheNewValueAndALaterOneTheOld() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 20, PUT, 2, 0, 0);
        call(3, 4, GET, 0, 0, 2);
        call(5, 6, GET, 0, 0, 1);
        refuses();
    }

    @Test
    void refusesThatTwoRemoveOneValue() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 5, REMOVE, 0, 0, 1);
        call(3, 6, REMOVE, 0, 0, 1);
        refuses();
    }

    @Test
    void refusesThatTwoSetOnOneVersion() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 5, COMPARE_AND_SET, 2, 1, 1);
        call(3, 6, COMPARE_AND_SET, 3, 1, 1);
        refuses();
    }

    @Test
    void refusesThatASettingFailsWithoutCause() {
        call(0, 1, PUT, 1, 0, 0);
        call(2, 5, COMPARE_AND_SET, 2, 1, 0);
        refuses();
    }

    @Test
    void refusesThatTwoPutIfAbsent() {
        call(0, 5, PUT_IF_ABSENT, 1, 0, ABSENT);
        call(1, 6, PUT_IF_ABSENT, 2, 0, ABSENT);
        refuses();
    }

    @Test
    void refusesALostAddition() {
        call(0, 5, GET_AND_ADD, 3, 0, 0);
        call(1, 6, GET_AND_ADD, 4, 0, 0);
        call(7, 8, GET, 0, 0, 7);
        refuses();
    }

    @Test
    void refusesThatACallTakesEffectTwice() {
        call(0, NEVER, GET_AND_ADD, 5, 0, 0);
        call(1, 2, GET, 0, 0, 10);
        refuses();
    }

    @Test
    void agreesWithTryingAllOrders() {
        long seed = Long.getLong("ddict.checker.seed", 17);
        SplittableRandom random = new SplittableRandom(seed);
        int[] verdicts = new int[2];
        for (int round = 0; round < 20_000; round++) {
            history.clear();
            int count = random.nextInt(1, 7);
            for (int i = 0; i < count; i++) {
                history.add(randomCall(random));
            }
            boolean expected = someOrderFits(new ArrayList<>(history), ABSENT);
            verdicts[expected ? 1 : 0]++;
            assertThat(LinearizabilityChecker.check(history).isEmpty())
                    .as("seed %s, round %s: %s", seed, round, history)
                    .isEqualTo(expected);
        }
        assertThat(verdicts[0]).isGreaterThan(1_000);
        assertThat(verdicts[1]).isGreaterThan(1_000);
    }

    @Test
    void keepsUpWithManyThreadsAndALongHistory() {
        SplittableRandom random = new SplittableRandom(1);
        long value = ABSENT;
        for (int i = 0; i < 20_000; i++) {
            // Each takes effect at 10 i; up to eight overlap.
            long before = value;
            HistoryOperation call = switch (random.nextInt(3)) {
                case 0 -> operation(10L * i, PUT, i, 0, 0);
                case 1 -> operation(10L * i, GET, 0, 0, before);
                default -> operation(10L * i, REMOVE, 0, 0, before);
            };
            value = call.apply(before);
            history.add(new HistoryOperation(
                    0, i % 8, call.kind(), call.argument(), 0, call.result(), 0,
                    call.invokedNs() - random.nextInt(40), call.returnedNs() + random.nextInt(40)));
        }
        accepts();
    }

    private static HistoryOperation operation(long atNs, Kind kind, long argument, long expected,
            long result) {
        return new HistoryOperation(0, 0, kind, argument, expected, result, 0, atNs, atNs);
    }

    private static HistoryOperation randomCall(SplittableRandom random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        long invoked = random.nextInt(12);
        long returned = random.nextInt(8) == 0 ? NEVER : invoked + random.nextInt(6);
        long result = switch (kind) {
            case COMPARE_AND_SET -> random.nextInt(2);
            case GET_AND_ADD -> random.nextInt(4);
            default -> random.nextInt(4) == 0 ? ABSENT : random.nextInt(4);
        };
        long expected = random.nextInt(4) == 0 ? ABSENT : random.nextInt(4);
        return new HistoryOperation(0, 0, kind, random.nextInt(4), expected, result, 0, invoked,
                returned);
    }

    // By definition: calls are taken one by one, none that began after another's return before it.
    private static boolean someOrderFits(List<HistoryOperation> left, long value) {
        if (left.stream().noneMatch(HistoryOperation::hasReturned)) {
            return true;
        }
        long firstReturn =
                left.stream().mapToLong(HistoryOperation::returnedNs).min().orElse(NEVER);
        for (int i = 0; i < left.size(); i++) {
            HistoryOperation call = left.get(i);
            long after = call.apply(value);
            if (call.invokedNs() <= firstReturn && after != HistoryOperation.IMPOSSIBLE) {
                List<HistoryOperation> rest = new ArrayList<>(left);
                rest.remove(i);
                if (someOrderFits(rest, after)) {
                    return true;
                }
            }
        }
        return false;
    }

    private void call(long invoked, long returned, Kind kind, long argument, long expected,
            long result) {
        history.add(
                new HistoryOperation(0, 0, kind, argument, expected, result, 0, invoked, returned));
    }

    private void accepts() {
        assertThat(LinearizabilityChecker.check(history)).isEmpty();
    }

    private void refuses() {
        assertThat(LinearizabilityChecker.check(history)).get().asString()
                .contains("not linearizable");
    }
}
