package io.ddict.manager.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ddict.client.DDictException;
import io.ddict.client.DDictFullException;
import io.ddict.client.DDictTimeoutException;
import io.ddict.client.DestroyedException;
import io.ddict.client.channel.CallContext;
import io.ddict.client.channel.CollectedPuts;
import io.ddict.client.channel.Coordination.Outcome;
import io.ddict.client.channel.ShardChannel;
import io.ddict.client.channel.shm.ShmChannel;
import io.ddict.client.codec.Codec;
import io.ddict.client.codec.Codecs;
import io.ddict.client.codec.Scratch;
import io.ddict.store.MemoryPool;
import io.ddict.store.pool.KeyHash;
import io.ddict.store.pool.PoolStatus;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls in place while their node's lease is over. A channel asks now and then, while it waits, whether its
 * manager is lost: so many questions later something happens.
 */
class LeaseWaitTest {
    private static final String OVER = "lease of the node is over";
    private static final String MAY_TAKE_EFFECT = "may take effect";
    private static final Codecs CODECS = Codecs.standard();
    private static final int ENTRIES = 100;
    private static final long GIVEN_UP_AFTER_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long TIMEOUT_NS = TimeUnit.SECONDS.toNanos(20);
    private static final ShardChannel.ValueReader READER = new ShardChannel.ValueReader() {
        @Override
        public boolean isRawCopy(byte tag) {
            return false;
        }

        @Override
        public Object read(byte tag, MemorySegment source, long offset, long length) {
            return CODECS.byTag(tag).read(source, offset, length);
        }
    };

    @TempDir(factory = SharedMemory.class)
    private Path directory;

    private final CallContext call = new CallContext();
    private Manager manager;
    private ShmChannel channel;
    private PoolStatus status;
    private KeyHash hash;
    private Runnable event = () -> {};
    private int questionsLeft;

    @BeforeEach
    void open() throws Exception {
        MemoryPool pool = MemoryPool.create(directory, 8 << 20, ENTRIES, 7);
        manager = new Manager(0, pool);
        manager.start();
        status = pool.mapped().status();
        hash = new KeyHash(pool.mapped().geometry().hashSeed());
        renew();
        int link = manager.openLink().get(20, TimeUnit.SECONDS);
        channel = new ShmChannel(0, directory, link, this::isLost);
        begin("key");
        channel.put(call, codec("first"), "first", false);
    }

    @AfterEach
    void close() {
        channel.close();
        manager.close();
    }

    @Test
    void goesOnOnceTheLeaseIsRenewed() {
        endLease();
        in(20, this::renew);
        begin("key");
        assertThat(get()).isEqualTo("first");

        endLease();
        in(20, this::renew);
        begin("key");
        channel.put(call, codec("second"), "second", false);
        begin("key");
        assertThat(get()).isEqualTo("second");
    }

    @Test
    void isRefusedIfNobodyRenewsIt() {
        endLease();
        begin("key");
        assertThatThrownBy(this::get).hasMessageContaining(OVER);
        // It has waited once; and nobody would renew it so soon.
        in(3, this::renew);
        begin("key");
        call.deadline().startBrief();
        assertThatThrownBy(this::get).hasMessageContaining(OVER);
        begin("key");
        assertThatThrownBy(() -> channel.put(call, codec("late"), "late", false))
                .hasMessageContaining(OVER)
                .hasMessageNotContaining(MAY_TAKE_EFFECT)
                .isInstanceOfSatisfying(
                        DDictException.class,
                        e -> assertThat(e.status())
                                .isEqualTo(DDictException.Status.UNAVAILABLE));
        renew();
        begin("key");
        assertThat(get()).isEqualTo("first");
    }

    @Test
    void isRefusedAtOnceWithoutTimeToWait() {
        endLease();
        in(3, this::renew);
        begin("key");
        call.deadline().start(0);
        assertThatThrownBy(this::get).hasMessageContaining(OVER);
    }

    @Test
    void beginsElsewhereIfItsThreadMustNotWait() {
        endLease();
        begin("key");
        call.deadline().startBrief();
        assertThatThrownBy(this::get).isInstanceOf(DDictTimeoutException.class);
        begin("key");
        call.deadline().startBrief();
        assertThatThrownBy(() -> channel.put(call, codec("late"), "late", false))
                .isInstanceOf(DDictTimeoutException.class);
        begin("key");
        call.deadline().startBrief();
        assertThatThrownBy(() -> channel.coordination().acknowledge(call, 1, Outcome.USED))
                .isInstanceOf(DDictTimeoutException.class);
        renew();
        begin("key");
        assertThat(get()).isEqualTo("first");
    }

    @Test
    void acceptsWhatWasPostedAsTheLeaseEndedOnceItIsRenewed() {
        begin("key");
        in(20, this::renew);
        channel.put(call, endingTheLease("second"), "second", false);
        begin("key");
        assertThat(get()).isEqualTo("second");
    }

    @Test
    void tellsThatWhatWasPostedAsTheLeaseEndedMayTakeEffect() {
        begin("key");
        assertThatThrownBy(
                () -> channel.put(call, endingTheLease("second"), "second", false))
                .hasMessageContaining(OVER)
                .hasMessageContaining(MAY_TAKE_EFFECT);
        // And one that could begin elsewhere would be posted twice.
        renew();
        begin("key");
        call.deadline().startBrief();
        assertThatThrownBy(() -> channel.put(call, endingTheLease("third"), "third", false))
                .hasMessageContaining(OVER)
                .hasMessageContaining(MAY_TAKE_EFFECT);
    }

    @Test
    void refusesWhatABatchPostedAsTheLeaseEndedAlsoIfTheRestIsRefusedAnyway() {
        fill();
        CollectedPuts puts = new CollectedPuts();
        for (String key : List.of("key", "one too many")) {
            begin(key);
            Codec<String> codec = codec("late");
            puts.add(call, codec, "late", codec.prepare("late", call.scratch()));
        }
        CallContext sending = new CallContext();
        sending.deadline().start(TIMEOUT_NS);
        List<Integer> refused = new ArrayList<>();
        // As it has posted one, finds no room for the other, and looks whether that has an entry already.
        in(3, this::endLease);
        DDictException failure =
                channel.sendAll(sending, puts, (index, cause) -> refused.add(index)).await();
        assertThat(failure).isNotNull().hasMessageContaining(OVER);
        assertThat(refused).containsExactlyInAnyOrder(0, 1);
    }

    private void fill() {
        assertThatThrownBy(() -> {
            for (int i = 0; i < 100 * ENTRIES; i++) {
                begin("key-" + i);
                channel.put(call, codec("full"), "full", false);
            }
        }).isInstanceOf(DDictFullException.class);
    }

    @Test
    void findsOutThatTheDictionaryWasGivenUpBeforeTheLeaseIsRenewed() {
        endLease();
        in(20, this::giveUpSoon);
        begin("key");
        assertThatThrownBy(this::get).isInstanceOf(DestroyedException.class);
        endLease();
        begin("key");
        assertThatThrownBy(() -> channel.put(call, codec("late"), "late", false))
                .isInstanceOf(DestroyedException.class);
    }

    // As the service does it: while the call waits, most of all, and not just as it looks.
    private void giveUpSoon() {
        Thread.ofPlatform().start(() -> {
            LockSupport.parkNanos(GIVEN_UP_AFTER_NS);
            status.publishState(PoolStatus.STATE_DESTROYED);
            renew();
        });
    }

    private boolean isLost() {
        if (questionsLeft > 0 && --questionsLeft == 0) {
            event.run();
        }
        return false;
    }

    private void in(int questions, Runnable what) {
        event = what;
        questionsLeft = questions;
    }

    private void renew() {
        status.publishLease(System.nanoTime() + TIMEOUT_NS);
    }

    private void endLease() {
        status.publishLease(System.nanoTime() - 1);
    }

    private void begin(String key) {
        call.begin();
        CODECS.encodeKey(key, call.key());
        call.hash(
                hash.of(
                        call.key().array(), call.key().offset(), call.key().length(),
                        call.key().tag()));
        call.deadline().start(TIMEOUT_NS);
    }

    private Object get() {
        return channel.get(call, READER);
    }

    private static Codec<String> codec(String value) {
        return CODECS.forValue(value);
    }

    private Codec<String> endingTheLease(String text) {
        Codec<String> codec = codec(text);
        return new Codec<>() {
            @Override
            public byte tag() {
                return codec.tag();
            }

            @Override
            public long prepare(String value, Scratch scratch) {
                endLease();
                return codec.prepare(value, scratch);
            }

            @Override
            public void write(
                    String value, Scratch scratch, MemorySegment target, long offset) {
                codec.write(value, scratch, target, offset);
            }

            @Override
            public String read(MemorySegment source, long offset, long length) {
                return codec.read(source, offset, length);
            }
        };
    }
}
