package io.ddict.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.ddict.client.protocol.Fields;
import io.ddict.client.protocol.NodeAddress;
import io.ddict.manager.cluster.Command.Claim;
import io.ddict.manager.cluster.Command.Die;
import io.ddict.manager.cluster.Command.Join;
import io.ddict.manager.cluster.Command.Leave;
import io.ddict.manager.cluster.Command.Origin;
import io.ddict.manager.cluster.Command.Release;
import io.ddict.manager.cluster.Command.Return;
import io.ddict.manager.cluster.Outcome.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClusterMachineTest {
    private static final long TERM = 7;

    private final List<ClusterState> heard = new ArrayList<>();
    private final ClusterMachine machine = new ClusterMachine(heard::add);

    @Test
    void numbersMembersInTheOrderInWhichTheyJoin() throws IOException {
        assertThat(join(uuid(1))).isEqualTo(1);
        assertThat(join(uuid(2))).isEqualTo(2);

        assertThat(machine.state().members()).extracting(Member::number).containsExactly(1, 2);
        assertThat(machine.state().members()).allMatch(Member::isAlive);
        assertThat(heard).last().isEqualTo(machine.state());
    }

    @Test
    void answersTheSameNumberToWhoAsksAgainToJoin() throws IOException {
        int first = join(uuid(1));
        long version = machine.state().version();

        assertThat(join(uuid(1))).isEqualTo(first);
        assertThat(machine.state().version()).isEqualTo(version);
    }

    @Test
    void refusesToLetADeadMemberJoinAgain() throws IOException {
        int number = join(uuid(1));
        apply(die(number, TERM));

        assertThat(applied(joining(uuid(1))).code()).isEqualTo(Code.MEMBER_DEAD);
        assertThat(join(uuid(2))).as("number of its next life").isEqualTo(number + 1);
    }

    @Test
    void ignoresADeathThatWasDecidedInAnEarlierTerm() throws IOException {
        int number = join(uuid(1));

        assertThat(applied(die(number, TERM - 1)).code()).isEqualTo(Code.TOO_LATE);
        assertThat(machine.state().isAlive(number)).isTrue();
    }

    @Test
    void buriesAMemberOnce() throws IOException {
        int number = join(uuid(1));
        apply(die(number, TERM));
        long version = machine.state().version();

        assertThat(applied(die(number, TERM)).code()).isEqualTo(Code.DONE);
        assertThat(machine.state().isAlive(number)).isFalse();
        assertThat(machine.state().version()).isEqualTo(version);
    }

    @Test
    void claimsANameOnceHoweverOftenTheCommandComes() throws IOException {
        int number = join(uuid(1));
        Claim claim = claim(new Origin(number, 1), "orders", number);

        Outcome first = applied(claim);
        Outcome again = applied(claim);

        assertThat(first.isDone()).isTrue();
        assertThat(again).isEqualTo(first);
        assertThat(machine.state().dictionary("orders"))
                .hasValueSatisfying(each -> assertThat(each.epoch()).isEqualTo(first.value()));
    }

    @Test
    void refusesAStragglerAfterALaterCommandOfTheSameMember() throws IOException {
        int number = join(uuid(1));
        Claim claim = claim(new Origin(number, 1), "orders", number);
        apply(claim);
        apply(new Release(new Origin(number, 2), "orders"));

        assertThat(applied(claim).code()).isEqualTo(Code.TOO_LATE);
        assertThat(machine.state().dictionaries()).isEmpty();
    }

    @Test
    void refusesANameThatALivingDictionaryHas() throws IOException {
        int first = join(uuid(1));
        int second = join(uuid(2));
        apply(claim(new Origin(first, 1), "orders", first));

        Outcome refused = applied(claim(new Origin(second, 1), "orders", second));

        assertThat(refused.code()).isEqualTo(Code.NAME_TAKEN);
        assertThat(refused.text()).contains("name=orders", "members=[1]");
    }

    @Test
    void letsANameBeClaimedWhoseSeatsAreAllDead() throws IOException {
        int first = join(uuid(1));
        int second = join(uuid(2));
        long epoch = applied(claim(new Origin(first, 1), "orders", first)).value();
        apply(die(first, TERM));

        Outcome outcome = applied(claim(new Origin(second, 1), "orders", second));

        assertThat(outcome.isDone()).isTrue();
        assertThat(outcome.value()).isGreaterThan(epoch);
    }

    @Test
    void keepsANameWhileOneOfItsSeatsLives() throws IOException {
        int first = join(uuid(1));
        int second = join(uuid(2));
        apply(claim(new Origin(first, 1), "orders", first, second));
        apply(die(first, TERM));

        assertThat(applied(claim(new Origin(second, 1), "orders", second)).code())
                .isEqualTo(Code.NAME_TAKEN);
    }

    @Test
    void refusesASeatThatIsNotAlive() throws IOException {
        int first = join(uuid(1));

        Outcome refused = applied(claim(new Origin(first, 1), "orders", first, 99));

        assertThat(refused.code()).isEqualTo(Code.SEAT_DEAD);
        assertThat(refused.text()).contains("member=99");
    }

    @Test
    void refusesCommandsOfTheDead() throws IOException {
        int first = join(uuid(1));
        join(uuid(2));
        apply(die(first, TERM));

        assertThat(applied(claim(new Origin(first, 1), "orders", 2)).code())
                .isEqualTo(Code.MEMBER_DEAD);
        assertThat(applied(new Release(new Origin(first, 2), "orders")).code())
                .isEqualTo(Code.MEMBER_DEAD);
        assertThat(applied(new Return(new Origin(99, 1))).code()).isEqualTo(Code.MEMBER_DEAD);
    }

    @Test
    void letsADeadMemberComeBackWithWhatNobodyHasTakenFromIt() throws IOException {
        int first = join(uuid(1));
        int second = join(uuid(2));
        apply(claim(new Origin(first, 1), "orders", first));
        apply(claim(new Origin(first, 2), "stock", first));
        Member.Life before = machine.state().member(first).orElseThrow().life();
        apply(new Die(before, TERM));
        apply(claim(new Origin(second, 1), "stock", second));

        assertThat(applied(new Return(new Origin(first, 3))).isDone()).isTrue();

        assertThat(machine.state().isAlive(first)).isTrue();
        assertThat(machine.state().dictionary("orders"))
                .hasValueSatisfying(each -> assertThat(each.seats()).containsExactly(first));
        assertThat(machine.state().dictionary("stock"))
                .hasValueSatisfying(each -> assertThat(each.seats()).containsExactly(second));
        assertThat(applied(new Die(before, TERM)).code()).as("a straggler").isEqualTo(Code.DONE);
        assertThat(machine.state().isAlive(first)).isTrue();
    }

    @Test
    void letsNobodyComeBackWhoHasLeft() throws IOException {
        int first = join(uuid(1));
        apply(new Leave(new Origin(first, 1)));

        assertThat(applied(new Return(new Origin(first, 2))).code()).isEqualTo(Code.TOO_LATE);
        assertThat(applied(new Leave(new Origin(first, 1))).isDone()).isTrue();
        assertThat(machine.state().isAlive(first)).isFalse();
    }

    @Test
    void refusesWhatIsTooLong() throws IOException {
        int first = join(uuid(1));
        byte[] properties = new byte[ClusterMachine.PROPERTIES_LENGTH_MAX + 1];

        Outcome byProperties =
                applied(
                        new Claim(
                                new Origin(first, 1),
                                new Listing("orders", List.of(first), 0, properties)));
        Outcome byName = applied(claim(new Origin(first, 2), "x".repeat(256), first));
        Outcome byNoName = applied(claim(new Origin(first, 3), "", first));

        assertThat(List.of(byProperties, byName, byNoName))
                .extracting(Outcome::code)
                .containsOnly(Code.FULL);
    }

    @Test
    void refusesOneDictionaryTooMany() throws IOException {
        int first = join(uuid(1));
        for (int i = 0; i < ClusterMachine.DICTIONARIES_MAX; i++) {
            apply(claim(new Origin(first, i), "d" + i, first));
        }

        assertThat(applied(claim(new Origin(first, 5000), "more", first)).code())
                .isEqualTo(Code.FULL);
    }

    @Test
    void forgetsThoseThatDiedLongAgo() throws IOException {
        for (int i = 1; i <= ClusterMachine.DEAD_MAX + 10; i++) {
            apply(die(join(uuid(i)), TERM));
        }

        assertThat(machine.state().members()).hasSize(ClusterMachine.DEAD_MAX);
        assertThat(machine.state().isAlive(1)).isFalse();
        assertThat(join(uuid(9999))).isEqualTo(ClusterMachine.DEAD_MAX + 11);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void givesEveryReaderTheSameStateByChangesAsAsAWhole(long seed) throws IOException {
        Random random = new Random(seed);
        List<ClusterState> readers =
                new ArrayList<>(List.of(ClusterState.EMPTY, ClusterState.EMPTY));
        for (int i = 0; i < 3_000; i++) {
            apply(randomCommand(random, i));
            int reader = random.nextInt(100);
            if (reader < readers.size()) {
                readers.set(reader, overTheWire(machine.since(readers.get(reader).version()))
                        .appliedTo(readers.get(reader)));
                assertThat(readers.get(reader)).as("seed %d, step %d", seed, i)
                        .isEqualTo(machine.state());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void goesOnFromAnImageAsTheOriginalDoes(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 500; i++) {
            apply(randomCommand(random, i));
        }
        ClusterMachine copy = new ClusterMachine(state -> {});
        copy.load(machine.image());

        for (int i = 500; i < 1_000; i++) {
            byte[] entry = Fields.bytes(randomCommand(random, i)::write);
            assertThat(copy.apply(TERM, entry)).isEqualTo(machine.apply(TERM, entry));
        }
        assertThat(copy.image()).as("seed %d", seed).isEqualTo(machine.image());
    }

    @Test
    void appliesAnOldUpdateWithoutHarm() throws IOException {
        join(uuid(1));
        Update old = machine.since(0);
        join(uuid(2));
        ClusterState newest = machine.state();

        assertThat(old.appliedTo(newest)).isEqualTo(newest);
        assertThat(machine.since(newest.version())).isEqualTo(Update.NONE);
    }

    private Command randomCommand(Random random, int step) {
        int member = 1 + random.nextInt(20);
        Origin origin =
                new Origin(member, random.nextInt(4) == 0 ? random.nextInt(step + 1) : step);
        return switch (random.nextInt(9)) {
            case 0, 1 -> joining(uuid(random.nextInt(40)));
            case 2 -> die(member, TERM - random.nextInt(2));
            case 3 -> new Leave(origin);
            case 4, 5, 6 ->
                    claim(origin, "d" + random.nextInt(5), 1 + random.nextInt(20), member);
            case 7 -> new Return(origin);
            default -> new Release(origin, "d" + random.nextInt(5));
        };
    }

    private static Update overTheWire(Update update) throws IOException {
        return Update.read(Encoded.in(Fields.bytes(update::write)));
    }

    private Die die(int number, long term) {
        long epoch = machine.state().member(number).map(Member::epoch).orElse(0L);
        return new Die(new Member.Life(number, epoch), term);
    }

    private static UUID uuid(int i) {
        return new UUID(0, i);
    }

    private static Join joining(UUID identity) {
        return new Join(identity, "n1", new NodeAddress("127.0.0.1", 4711), 99);
    }

    private static Claim claim(Origin origin, String name, int... seats) {
        List<Integer> members = IntStream.of(seats).boxed().toList();
        return new Claim(origin, new Listing(name, members, 0, new byte[]{1, 2}));
    }

    private int join(UUID identity) throws IOException {
        Outcome outcome = applied(joining(identity));
        assertThat(outcome.isDone()).isTrue();
        return (int) outcome.value();
    }

    private void apply(Command command) throws IOException {
        applied(command);
    }

    private Outcome applied(Command command) throws IOException {
        byte[] reply = machine.apply(TERM, Fields.bytes(command::write));
        return Outcome.read(Encoded.in(reply));
    }
}
